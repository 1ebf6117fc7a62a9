"""What the machines of samples and findings share: the parties, and a table of moves that answers with a sentence.

Source: mystery calling procedure, clauses 4 and 5 (parties, who may call). A machine is a dictionary event -> Move; its
own rules look at what one event needs besides state and role.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from kendali.verdict import YES, Verdict, no

Event = TypeVar("Event", bound=StrEnum)


class Role(StrEnum):
    """The parties; the codes are those of accounts.roles, `system` is Kendali itself."""

    QC_OFFICER = "qc_officer"
    QA = "qa"
    SUPERVISOR = "supervisor"
    TEAM_LEADER = "team_leader"
    COORDINATOR = "coordinator"  # Kordinator
    MANAGER_OPERATION = "manager_operation"
    DOCUMENT_CONTROL = "document_control"
    DEPARTMENT_HEAD = "department_head"
    AGENT = "agent"
    SYSTEM = "system"


EXECUTORS = frozenset({Role.QC_OFFICER, Role.TEAM_LEADER, Role.SUPERVISOR})  # clauses 5.1 and 5.2


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts; for a deputy the id of the one acted for, so that nobody judges his own work through another."""

    id: int
    role: Role


@dataclass(frozen=True, slots=True)
class Move:
    """From which states, by which roles, and whether it has to say why. Where it leads is the machine's to say."""

    sources: Collection[StrEnum]
    roles: frozenset[Role]
    needs_reason: bool = False


def may_move(moves: Mapping[Event, Move], event: Event, state: StrEnum, role: Role, *, reason: str = "") -> Verdict:
    """State first, then role, then reason: the first sentence is the one that cannot be helped by asking somebody."""
    move = moves[event]
    if state not in move.sources:
        return no("This step (%(event)s) does not follow from the status %(state)s.",
                  code="state", event=event.value, state=state.value)  # fmt: skip
    if role not in move.roles:
        return no("This step (%(event)s) is taken by %(roles)s.",
                  code="role", event=event.value, roles=sorted(move.roles))  # fmt: skip
    if move.needs_reason and not reason.strip():
        return no("Give a reason.", code="reason")
    return YES
