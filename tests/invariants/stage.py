"""A world ready to be played in: people with two hats, settings, and the eye on the keys that are taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from kendali.accounts import roles
from kendali.accounts.models import RoleGrant
from kendali.records.actions import destruction_keys, destruction_repack
from kendali.records.actions.destruction_plan import Target
from kendali.records.models import DisposalOrder, Record
from kendali.terms.models import Setting
from tests.invariants.play import Play
from tests.invariants.world import World


def furnish(world: World) -> None:
    """People with two hats, so that separation of duties is asked for; two signatures at one client."""
    people = world.cast
    hats = [
        (people.surya, roles.TEAM_LEADER, None), (people.kirana, roles.TEAM_LEADER, None),
        (people.kirana, roles.TEAM_IT, None), (people.qadri, roles.TEAM_IT, None),
        (people.qadri, roles.CLIENT, people.nusantara), (people.dina, roles.CLIENT, people.telko),
    ]  # fmt: skip
    RoleGrant.objects.bulk_create(
        RoleGrant(user=user, role=role, client=client, granted_at=world.now) for user, role, client in hats
    )
    values = [("approval.approvers", 2, people.telko), ("destruction.epoch", "at_once", None),
              ("disposal.batch_records", 2, None)]  # fmt: skip
    Setting.objects.bulk_create(
        Setting(key=key, client=client, value=value, version=1, reason="Uji", created_at=world.now)
        for key, value, client in values
    )
    world.save()


@contextmanager
def watched(play: Play) -> Iterator[None]:
    """`destruction_keys.gone` tells the oracle first: from there on no key opens these versions."""
    gone = destruction_keys.gone

    def told(order: DisposalOrder, row: object, found: Sequence[Target], **more: object) -> None:
        for one in found:
            record = Record.objects.get(pk=one.record)
            number = next(n for n, s in enumerate(play.world.sources) if s.pk == record.source_id)
            play.oracle.copy(number, one.ref, deleted_at=record.deleted_at)
        gone(order, row, found, **more)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(destruction_keys, "gone", told)
        patched.setattr(destruction_repack, "gone", told)
        yield
