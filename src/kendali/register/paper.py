"""The sections of a certificate, field by field, as pairs of label and text in the certificate's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kendali import formats
from kendali.numerals import in_words
from kendali.register import words
from kendali.register.facts import ENDS
from kendali.register.models import Certificate

Rows = list[list[object]]


class Paper:
    """Texts of one certificate; translation is active already."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.facts: dict[str, Any] = certificate.facts
        self.lang = certificate.language
        self.zone = ZoneInfo(self.facts["zone"])
        self.verdicts = words.verdicts(certificate.act)

    # How values are written

    def moment(self, text: str | None) -> str:
        return formats.moment(datetime.fromisoformat(text), self.zone, self.lang) if text else "–"

    def day(self, text: str | None) -> str:
        return formats.day(date.fromisoformat(text[:10]), self.lang) if text else "–"

    def count(self, value: int | None) -> str:
        return "–" if value is None else formats.number(value, self.lang)

    def yes(self, value: bool) -> str:
        return _("yes, checked") if value else _("NO")

    def spelled_day(self, day: date) -> str:
        """Terbilang, as a Berita Acara begins; English has the date alone."""
        if self.lang != "id":
            return formats.weekday(day, self.lang)
        return (
            f"{formats.WEEKDAYS['id'][day.weekday()]}, tanggal {in_words(day.day)} bulan "
            f"{formats.MONTHS['id'][day.month - 1]} tahun {in_words(day.year)} ({formats.day(day, 'id')})"
        )

    def span(self, first: datetime, last: datetime) -> str:
        """From when until when it was carried out; with both days where it took more than one."""
        zone = formats.zone_name(self.zone, last)
        begun, ended = formats.time_of_day(first, self.lang), formats.time_of_day(last, self.lang)
        if first.date() == last.date():
            return _("from %(begun)s to %(ended)s %(zone)s") % {"begun": begun, "ended": ended, "zone": zone}
        return _("carried out from %(first)s, %(begun)s, to %(last)s, %(ended)s %(zone)s") % {
            "first": formats.day(first.date(), self.lang), "begun": begun,
            "last": formats.day(last.date(), self.lang), "ended": ended, "zone": zone,
        }  # fmt: skip

    # Parts of the paper

    def opening(self) -> str:
        first = datetime.fromisoformat(self.facts["started_at"]).astimezone(self.zone)
        last = datetime.fromisoformat(self.facts["finished_at"]).astimezone(self.zone)
        values = {
            "day": self.spelled_day(last.date()),
            "span": self.span(first, last),
            "unit": self.facts["owner_unit"],
            "client": self.certificate.client.name,
            "class": str(words.KINDS[self.certificate.record_class]).lower(),
        }
        if self.certificate.act == "backup":
            told = _(
                "Today, %(day)s, %(span)s, the backup copies of %(class)s of %(client)s (%(unit)s) named in the annex "
                "were destroyed, as this certificate records."
            )
            return told % values
        if len(self.certificate.acts) > 1:
            told = _(
                "Today, %(day)s, %(span)s, %(class)s of %(client)s (%(unit)s) named in the annex was deleted in the "
                "source application, and its backup copies were destroyed, as this certificate records."
            )
            return told % values
        told = _(
            "Today, %(day)s, %(span)s, %(class)s of %(client)s (%(unit)s) named in the annex was deleted in the source "
            "application, as this certificate records."
        )
        return told % values

    def correction(self) -> str:
        old = self.certificate.corrects
        if old is None:
            return ""
        told = _("This certificate corrects %(number)s, which stays as it is. Reason: %(reason)s")
        return told % {"number": str(old), "reason": self.certificate.reason}

    def totals(self) -> dict[str, Any]:
        totals = self.certificate.totals
        cells = [[_("Proposed"), self.count(totals["proposed"]), True]]
        cells += [[self.verdicts[end].capitalize(), self.count(totals[end]), end == "deleted"] for end in ENDS]
        note = _("%(proposed)s = %(sum)s. Volume of what went: %(size)s") % {
            "proposed": self.count(totals["proposed"]),
            "sum": " + ".join(self.count(totals[end]) for end in ENDS),
            "size": formats.size(self.certificate.bytes, self.lang),
        }
        if self.certificate.seconds:
            note += ", " + formats.duration(self.certificate.seconds, self.lang)
        return {"title": _("Totals"), "cells": cells, "note": note + "."}

    def sections(self) -> list[dict[str, Any]]:
        made = [
            self._subject(), self._basis(), self._approvals(), self._packages(), self._checks(), self._method(),
            self._destruction(), self._problems(), self._notes(),
        ]  # fmt: skip
        return [section for section in made if section]

    def _subject(self) -> dict[str, Any]:
        facts = self.facts
        sources = [_source(one) for one in facts["sources"]]
        period = f"{self.day(facts['period_first'])} – {self.day(facts['period_last'])}"
        rows: Rows = [
            [_("Act"), "\n".join(_act(one) for one in self.certificate.acts)],
            [_("Kind of documents"), str(words.KINDS[self.certificate.record_class])],
            [_("Channels"), ", ".join(facts["channels"]) or "–"],
            [_("Period"), period],
            [_("Source system"), "\n".join(sources) or "–"],
        ]
        if facts.get("other_act"):
            other = "backup" if self.certificate.act == "source" else "source"
            rows.append([_act(other), facts["other_act"]])
        return {"title": _("Act and documents"), "rows": rows}

    def _basis(self) -> dict[str, Any]:
        basis = self.facts["basis"]
        clauses = ", ".join(basis["clauses"])
        rows: Rows = [
            [_("Procedure"), _("clauses %(clauses)s") % {"clauses": clauses}],
            [_("Retention"), basis["policy"]],
            [_("Order number"), basis["order"]],
        ]
        named = [
            (_("Proposal"), basis.get("decision")), (_("Contract"), basis.get("contract")),
            (_("Erasure request"), self.facts.get("erasure_request")),
            (_("Regulations"), "\n".join(basis.get("regulations", []))),
        ]  # fmt: skip
        rows += [[label, text] for label, text in named if text]
        rows.append([_("Proposed by"), _person(self.facts["proposer"])])
        return {"title": _("Basis"), "rows": rows}

    def _approvals(self) -> dict[str, Any] | None:
        ways = {"login": _("logged in"), "link": _("link and code by e-mail"), "letter": _("signed letter")}
        rows: Rows = []
        for one in self.facts["approvals"]:
            rows += [
                [_("Number and time"), f"{one['number']} · {self.moment(one['decided_at'])}"],
                [_("Approved by"), f"{_person(one)} · {ways.get(one['way'], one['way'])}"],
                [_("Records approved"), f"{self.count(one['list_count'])}"],
                [_("Digest of the list"), {"digest": one["list_digest"]}],
                [_("Valid until"), self.moment(one["valid_until"])],
            ]
        return {"title": _("Approval of the client"), "rows": rows} if rows else None

    def _packages(self) -> dict[str, Any] | None:
        rows = [
            [
                one["number"], self.day(one["written_on"]), self.count(one["records"]),
                {"place": one["place"], "digest": one["sha256"]}, self._drill(one), self.day(one["destroyed_at"]),
            ]
            for one in self.facts["packages"]
        ]  # fmt: skip
        if not rows:
            return None
        head = [
            _("Package"), _("Written"), _("Records"), f"{_('Place')}, {_('SHA-256 of the tag manifest')}",
            _("Restore drill"), _("Destroyed"),
        ]  # fmt: skip
        widths = ["auto", "auto", "auto", 2, 1, "auto"]
        return {
            "title": _("Verified backup"), "rows": [], "head": head, "table": rows, "aligns": list("llrlll"),
            "widths": widths,
        }  # fmt: skip

    def _drill(self, package: dict[str, Any]) -> str:
        """The day and the result (field 10)."""
        at = package["drilled_at"]
        if not at:
            return package["drill"] or "–"
        day = datetime.fromisoformat(at).astimezone(self.zone).date()
        return f"{formats.day(day, self.lang)}: {package['drill']}"

    def _checks(self) -> dict[str, Any]:
        checks, period = self.facts["checks"], self.yes(self.facts["checks"]["retention_passed"])
        if checks.get("exempt"):
            period = _("not required: %(reason)s") % {"reason": checks["exempt"]}
        declared = _("as the owner of the records declares")
        rows: Rows = [
            [_("Retention period has passed"), period],
            [_("No legal hold"), self.yes(checks["no_hold"])],
            [_("Not linked to a legal case"), declared if checks["no_case"] else self.yes(False)],
            [_("No prohibition"), declared if checks["no_prohibition"] else self.yes(False)],
            [_("Checked for each record, last"), self.moment(checks["checked_at"])],
        ]
        note = _(
            "Period and legal holds were checked for every record just before it went; a record that failed a check "
            "stays, and is listed among the exceptions. That no case and no prohibition stands against it is declared "
            "with the approval and with the owner's signature."
        )
        return {"title": _("Checked before"), "rows": rows, "note": note}

    def _method(self) -> dict[str, Any]:
        method, seen = self.facts["method"], self.facts["verification"]
        ways = {
            "sql": _("logical deletion at the source, by SQL"), "api": _("logical deletion at the source, by its API"),
            "files": _("deletion of files and rows at the source"),
            "by_hand": _("deletion by hand at the source, with evidence"),
            "keys": _("destruction of the keys of our own packages"),
        }  # fmt: skip
        looks = {
            "read_back": _("read back at the source, apart from the deletion"),
            "read_failed": _("attempt to open each copy, which failed, beside a neighbour that opens"),
            "letter": _("letter of whoever deleted it"),
        }
        rows: Rows = [
            [
                _("Way and tool"),
                " + ".join(ways.get(how, how) for how in method["how"].split("+")) + f" · {method['tool']}",
            ],
            [_("Verification"), looks.get(seen["how"], seen["how"])],
            [_("From, until"), f"{self.moment(seen['first_at'])} – {self.moment(seen['last_at'])}"],
            [
                _("Records checked"),
                _("%(checked)s, %(found)s of them not shown to be gone")
                % {"checked": self.count(seen["checked"]), "found": self.count(seen["found"])},
            ],
        ]
        for one in seen["rechecks"]:
            done = (
                self.moment(one["done_at"]) if one["done_at"] else _("due %(day)s") % {"day": self.day(one["due_on"])}
            )
            again = "" if one["seen_again"] is None else " · " + self.count(one["seen_again"])
            rows.append([_("Looked for again, day %(days)s") % {"days": one["days"]}, done + again])
        if method["leaves_behind"]:
            rows.append([_("Stays at the source"), "\n".join(method["leaves_behind"])])
        note = ""
        if self.certificate.act == "source":
            note = _(
                "What is stated: logical deletion at the source, verified by %(count)s read-backs of each record. "
                "Storage media and copies that the source's operator keeps are not covered."
            ) % {"count": self.count(seen["read_backs"])}
        return {"title": _("Way and verification"), "rows": rows, "note": note}

    def _destruction(self) -> dict[str, Any] | None:
        facts = self.facts.get("destruction")
        if not facts:
            return None
        answers = {"gone": _("old master gone"), "pending": _("not reached yet")}
        slots = [
            f"{one['place']} ({one['kind']}): {answers.get(one['answer'], one['answer'])}, {self.moment(one['at'])}"
            for one in facts["slots"]
        ]
        rows: Rows = [
            [_("Epochs without the keys"), ", ".join(str(one) for one in facts["epochs"]) or "–"],
            [_("Places of the master key"), "\n".join(slots) or "–"],
            [_("Registered copies"), "\n".join(facts["copies"]) or "–"],
            [_("Packages"), "\n".join(facts.get("packages", [])) or "–"],
            [_("Returned to the client before"), "\n".join(facts.get("returned", [])) or "–"],
            [_("Old keys may still exist in"), "\n".join(facts["old_keys_may_exist"]) or "–"],
            [_("Proof"), facts["proof"]],
        ]
        note = _(
            "What is stated: no key known to the product remains; copies of a master or of opened data made outside it "
            "are not covered."
        )
        return {"title": _("Cryptographic erasure"), "rows": rows, "note": note}

    def _problems(self) -> dict[str, Any] | None:
        rows = [
            [self.verdicts.get(one["verdict"], one["verdict"]), one["reason"], self.count(one["count"])]
            for one in self.facts["problems"]
        ]
        if not rows:
            return None
        head = [_("Verdict"), _("Reason"), _("Records")]
        return {
            "title": _("Exceptions and failures"), "rows": [], "head": head, "table": rows, "aligns": list("llr"),
            "widths": ["auto", 1, "auto"],
        }  # fmt: skip

    def _notes(self) -> dict[str, Any] | None:
        notes = self.facts.get("notes")
        return {"title": _("Remarks"), "rows": [], "note": "\n".join(notes)} if notes else None


def _act(act: str) -> str:
    return f"({'a' if act == 'source' else 'b'}) {words.ACTS[act]}"


def _source(one: dict[str, Any]) -> str:
    """Name, system with its version, account, place; a version often names the system already."""
    kind, version = one["kind"], one["version"]
    named = bool(version) and version.startswith(kind.split()[0].rstrip(","))
    system = version if named else f"{kind} {version}".strip()
    account = _("account %(account)s") % {"account": one["account"]} if one["account"] else ""
    return ", ".join(filter(None, [f"{one['name']} ({system})", account, one.get("place", "")]))


def _person(one: dict[str, Any]) -> str:
    behalf = _("on behalf of %(name)s") % {"name": one["on_behalf_of"]} if one.get("on_behalf_of") else ""
    return " · ".join(text for text in (one["name"], one["position"], behalf) if text)
