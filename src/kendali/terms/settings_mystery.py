"""The settings of mystery calling (mystery-calling "Decisions"); one programme, so none is per client."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kendali.terms.definition import DAYS, HOURS, WORKING_DAYS, Definition

MINUTES = _("minutes")

MYSTERY = (
    Definition("mystery.minimum", 60, _("Samples every month, at least"), "", 1, 100_000),
    Definition("mystery.reserve_percent", 10, _("Reserve above the minimum in a plan"), "%", 0, 100),
    Definition("mystery.window_minutes", 120, _("Width of a call's window"), MINUTES, 15, 480),
    Definition("mystery.attempts", 3, _("Attempts before a sample ends unconnected"), "", 1, 10),
    Definition("mystery.attempts_apart", 15, _("Attempts that count are apart by at least"), MINUTES, 0, 240),
    Definition(
        "mystery.clock_mode",
        "literal",
        _("H+2 runs from the finding (literal) or from each hand-over (chained)"),
        choices=("literal", "chained"),
    ),
    Definition("mystery.clock_days", 2, _("Each hand-over is made at most"), WORKING_DAYS, 1, 10),
    Definition("mystery.budget_k1", 0, _("Budget until QCO hands over to QA (H+)"), WORKING_DAYS, 0, 10),
    Definition("mystery.budget_k2", 1, _("Budget until QA forwards (H+)"), WORKING_DAYS, 0, 10),
    Definition("mystery.budget_k3", 2, _("Budget until the owner reports (H+)"), WORKING_DAYS, 0, 10),
    Definition("mystery.coaching_days", 7, _("Coaching is done within"), WORKING_DAYS, 1, 60),
    Definition("mystery.digest_hour", 8, _("Digest of findings at (local time)"), _("o'clock"), 0, 23),
    Definition("mystery.caller_lockout_days", 14, _("A caller rests in an area for"), DAYS, 0, 90),
    Definition("mystery.caller_lockout_refuses", False, _("A caller who has not rested is refused, not warned of")),
    Definition("mystery.number_lockout_days", 14, _("A caller's number or persona rests in an area for"), DAYS, 0, 90),
    Definition(
        "mystery.access_department",
        "",
        _("E-mail address of the department head who answers for Access"),
        maximum=254,
    ),
    Definition(
        "mystery.audio_to_supervisor",
        "excerpt",
        _("What Supervisor and agent hear of a recording"),
        choices=("excerpt", "all", "coaching"),
    ),
    Definition("mystery.agent_login", False, _("Agents log in to see and acknowledge their evaluations")),
    Definition("mystery.blind_score", False, _("Scores stay hidden until the form is submitted")),
    Definition("mystery.recording_minutes", 2, _("A recording is looked for around the call by"), MINUTES, 0, 60),
    Definition("mystery.recurs_within", 3, _("A finding recurs within (cycles)"), "", 1, 24),
    Definition("mystery.knowledge_url", "", _("Address from which knowledge articles are read (JSON)"), maximum=500),
    Definition("mystery.knowledge_hours", 24, _("Knowledge articles are read again after"), HOURS, 1, 720),
)
