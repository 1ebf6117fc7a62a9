"""Settings an operations manager may change: default, unit and bounds in one line each; values are versioned rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kendali.terms.definition import DAYS, HOURS, WORKING_DAYS, Definition
from kendali.terms.models import Setting
from kendali.terms.settings_mystery import MYSTERY

DEFINITIONS: dict[str, Definition] = {
    d.key: d
    for d in (
        Definition("organisation.name", "", _("Name of the organisation"), maximum=200),
        Definition(
            "handover.accept_days", 1, _("Team IT accepts an escalation within"), WORKING_DAYS, 1, 30, per_client=True
        ),
        Definition(
            "handover.run_days", 3, _("Team IT runs an escalation within"), WORKING_DAYS, 1, 60, per_client=True
        ),
        Definition(
            "handover.confirm_days", 2, _("Team Leader confirms a result within"), WORKING_DAYS, 1, 30, per_client=True
        ),
        Definition("escalation.periodic", True, _("Draft the periodic escalations each month"), per_client=True),
        Definition(
            "drill.mode", "sample", _("Restore drill after a backup"), choices=("sample", "all"), per_client=True
        ),
        Definition("drill.percent", 5, _("Size of the restore drill's sample"), "%", 1, 100, per_client=True),
        Definition("fixity.cycle_days", 90, _("Every package is read again within"), DAYS, 1, 3650, per_client=True),
        Definition(
            "fingerprint.cycle_days",
            30,
            _("Every record's fingerprint is compared within"),
            DAYS,
            1,
            3650,
            per_client=True,
        ),
        Definition(
            "register.code_conversation", "", _("Classification code of conversations"), maximum=40, per_client=True
        ),
        Definition("register.code_recording", "", _("Classification code of recordings"), maximum=40, per_client=True),
        Definition(
            "register.owner_unit", "Operasional", _("Owning unit in the register"), maximum=200, per_client=True
        ),
        Definition(
            "register.responsible", "Document Control", _("Responsible in the register"), maximum=200, per_client=True
        ),
        Definition(
            "sensitive.hours",
            24,
            _("A change of who may approve, or of how deletion is done, waits after its confirmation"),
            HOURS,
            24,
            720,
            per_client=True,
        ),
        Definition(
            "invitation.days", 14, _("A link to decide without a login lives at most"), DAYS, 1, 60, per_client=True
        ),
        Definition(
            "erasure.hours", 72, _("A customer's request for erasure is decided within"), HOURS, 1, 720, per_client=True
        ),
        Definition("approval.approvers", 1, _("People of the client who sign a list"), "", 1, 2, per_client=True),
        Definition("approval.answer_days", 14, _("The client answers within"), DAYS, 1, 90, per_client=True),
        Definition(
            "approval.remind_first_days", 7, _("First reminder to the client after"), DAYS, 1, 90, per_client=True
        ),
        Definition(
            "approval.remind_second_days", 12, _("Second reminder to the client after"), DAYS, 1, 90, per_client=True
        ),
        Definition(
            "approval.ask_again_days",
            90,
            _("A refusal is asked about again after (where no other day is given)"),
            DAYS,
            1,
            730,
            per_client=True,
        ),
        Definition("approval.valid_days", 30, _("An approval is valid for"), DAYS, 1, 365, per_client=True),
        Definition("approval.letter_suffices", False, _("A signed letter suffices as approval"), per_client=True),
        Definition(
            "approval.changed_voids", True, _("A record that changes after the approval voids it"), per_client=True
        ),
        Definition("proposal.open_eligible", False, _("Open conversations may be proposed"), per_client=True),
        Definition("proposal.compare_at_once", 5000, _("Lists up to this size are compared at once"), "", 0, 100_000),
        Definition("hold.review_days", 90, _("A hold by the client is reviewed after"), DAYS, 1, 730, per_client=True),
        Definition(
            "disposal.waiting_hours",
            24,
            _("Waiting period between the client's approval and the deletion"),
            HOURS,
            0,
            720,
            per_client=True,
        ),
        Definition(
            "disposal.arm_from", 8, _("Orders are armed on working days from"), _("o'clock"), 0, 23, per_client=True
        ),
        Definition(
            "disposal.arm_until", 17, _("Orders are armed on working days until"), _("o'clock"), 1, 24, per_client=True
        ),
        Definition(
            "disposal.window_from",
            0,
            _("Deletion runs only from (same hour twice: always)"),
            _("o'clock"),
            0,
            23,
            per_client=True,
        ),
        Definition("disposal.window_to", 0, _("Deletion runs only until"), _("o'clock"), 0, 23, per_client=True),
        Definition(
            "disposal.per_second",
            0,
            _("Records deleted in a second, at most (0 = no limit)"),
            "",
            0,
            100_000,
            per_client=True,
        ),
        Definition(
            "disposal.daily_quota",
            0,
            _("Records deleted on one day, at most (0 = no limit)"),
            "",
            0,
            100_000_000,
            per_client=True,
        ),
        Definition(
            "disposal.batch_records",
            2000,
            _("Records in one batch of a deletion, at most"),
            "",
            1,
            5000,
            per_client=True,
        ),
        Definition("disposal.tries", 5, _("Attempts to delete one record"), "", 1, 50, per_client=True),
        Definition(
            "disposal.settle_hours",
            72,
            _("A deletion that shows nowhere yet is looked for during"),
            HOURS,
            1,
            720,
            per_client=True,
        ),
        Definition(
            "recheck.first_days", 7, _("Deleted records are looked for again after"), DAYS, 1, 365, per_client=True
        ),
        Definition(
            "recheck.second_days",
            30,
            _("Deleted records are looked for a second time after"),
            DAYS,
            1,
            730,
            per_client=True,
        ),
        Definition(
            "destruction.epoch",
            "nightly",
            _("Keys of destroyed copies end with a change of epoch"),
            choices=("nightly", "at_once"),
            per_client=True,
        ),
        Definition("summary.monday", True, _("Mail the summary of the week to Manager Operation on Monday, 07:30 WIB")),
        Definition("package.records", 50_000, _("Records in one package, at most"), "", 1, 1_000_000),
        Definition("package.megabytes", 4096, _("Size of one package, at most"), "MB", 16, 1_000_000),
        Definition(
            "certificate.witnesses", 2, _("Witnesses on a certificate of destruction"), "", 1, 4, per_client=True
        ),
        Definition("certificate.client_signs", False, _("The client signs certificates, too"), per_client=True),
        Definition(
            "certificate.number_format",
            "",
            _("Printed form of a certificate's number, for example {nomor}/BAPD/TDSCC/{bulan}/{tahun}"),
            maximum=60,
            needs=("{nomor}", "{BA}"),
            per_client=True,
        ),
        Definition(
            "certificate.contract",
            "",
            _("Contract with the client, as certificates name it"),
            maximum=200,
            per_client=True,
        ),
        Definition(
            "certificate.regulations",
            "UU 27/2022 Pasal 43-44; UU 43/2009 Pasal 51 dan 86; UU 8/1997; PP 87/1999 Pasal 10",
            _("Regulations that certificates name as their basis, separated by a semicolon"),
            maximum=500,
            per_client=True,
        ),
        Definition("certificate.stamp_duty", False, _("Copies signed with ink carry an e-meterai"), per_client=True),
        *MYSTERY,
    )
}


# (key, client, record class) → the newest value, while one page is made; None elsewhere, empty = not asked yet.
_known: ContextVar[dict[tuple[str, int | None, str], Any] | None] = ContextVar("settings", default=None)
_ASKED: Final = ("", None, "")


@contextmanager
def remembered() -> Iterator[None]:
    """Within it all values in force are read once: what asks for many of them, as a page does, asks the database once.
    Who changes one says so by `forget`."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def forget() -> None:
    if (known := _known.get()) is not None:
        known.clear()


def get(key: str, client_id: int | None = None, record_class: str = "") -> int | str | bool:
    """The value in force: the client's own for this class, else the client's, else the organisation's, else the
    default."""
    newest = _newest(key)
    for place in _places(DEFINITIONS[key], client_id, record_class):
        if (key, *place) in newest:
            return newest[key, *place]  # type: ignore[no-any-return]
    return DEFINITIONS[key].default


def _newest(key: str) -> Mapping[tuple[str, int | None, str], Any]:
    rows, known = Setting.objects.order_by("version"), _known.get()
    if known is None:
        rows = rows.filter(key=key)
    elif _ASKED in known:
        return known
    newest: dict[tuple[str, int | None, str], Any] = {
        row[:3]: row[3] for row in rows.values_list("key", "client_id", "record_class", "value")
    }
    if known is not None:
        known.update(newest)
        known[_ASKED] = None
    return newest


def _places(definition: Definition, client_id: int | None, record_class: str) -> list[tuple[int | None, str]]:
    """Where a value may stand, the narrowest first."""
    places: list[tuple[int | None, str]] = [(None, "")]
    if client_id is not None and definition.per_client:
        places = [(client_id, ""), *places]
        if record_class and definition.per_class:
            places = [(client_id, record_class), *places]
    return places


def changed(keys: Sequence[str], client_id: int, record_class: str, *, at: datetime | None = None) -> list[Setting]:
    """What of these is in force by somebody's decision, as it was at `at` (None: now), in their order; with who, when
    and why. What stands at its default is not among them. One query."""
    rows = Setting.objects.filter(Q(client=None) | Q(client=client_id), key__in=keys).order_by("version")
    if at is not None:
        rows = rows.filter(created_at__lte=at)
    newest = {(row.key, row.client_id, row.record_class): row for row in rows.select_related("created_by", "client")}
    found = []
    for key in keys:
        places = [(key, *place) for place in _places(DEFINITIONS[key], client_id, record_class)]
        row = next((newest[place] for place in places if place in newest), None)
        if row is not None:
            found.append(row)
    return found


def number(key: str, client_id: int | None = None, record_class: str = "") -> int:
    value = get(key, client_id, record_class)
    if isinstance(value, int):
        return value
    raise TypeError(f"{key} is not a number")
