"""The sample organisation as plain data: who works there, for whom, on which sources, under which policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

ORGANISATION = "PT Kendali Sapa Nusantara"
UNIT = "Contact Center TDS"  # owner of the records on every certificate
DOMAIN = "kendali.example"
PASSWORD = "kendali-contoh"  # noqa: S105  # of every sample user; printed at the first start, refused by a real installation


@dataclass(frozen=True)
class SampleClient:
    code: str
    name: str
    customer_word: str
    zone: str
    domain: str
    account_id: int  # in the omni-channel application
    switch: str  # code of its telephone system


@dataclass(frozen=True)
class SamplePerson:
    key: str
    name: str
    email: str
    roles: tuple[str, ...]
    position: str
    employee_number: str
    language: str
    site: str
    zone: str
    client: str | None = None  # code; None = all clients


@dataclass(frozen=True)
class SampleApprover:
    """Somebody of a client who has no login and says Ya by a link in an e-mail."""

    client: str
    name: str
    email: str
    position: str


@dataclass(frozen=True)
class SampleSource:
    code: str
    name: str
    kind: str  # connector
    record_class: str
    client: str


@dataclass(frozen=True)
class SamplePolicy:
    client: str
    record_class: str
    backup_after_years: int
    lead_time: timedelta
    delete_after_years: int
    backup_kept_months: int  # after the deletion at the source; agreed with the client


BANK = SampleClient("bank", "Bank Nusantara", "nasabah", "Asia/Jakarta", "banknusantara.example", 1, "pbx_bank")
TELKO = SampleClient("telko", "Telko Raya", "pelanggan", "Asia/Makassar", "telkoraya.example", 2, "pbx_telko")
CLIENTS = (BANK, TELKO)
WIB, WITA = "Asia/Jakarta", "Asia/Makassar"
SITES = {
    "Medan": WIB, "Bandung": WIB, "Surabaya": WIB, "Jakarta": WIB, "Semarang": WIB, "Denpasar": WITA, "Makassar": WITA,
}  # fmt: skip
SITE_CODES = {
    "Medan": "mdn", "Bandung": "bdg", "Surabaya": "sby", "Jakarta": "jkt", "Semarang": "smg", "Denpasar": "dps",
    "Makassar": "mks",
}  # fmt: skip


def _person(
    key: str,
    name: str,
    role: str,
    position: str,
    number: int,
    *,
    site: str = "Jakarta",
    client: SampleClient | None = None,
) -> SamplePerson:
    outside = role == "client" and client is not None
    domain = client.domain if outside and client else DOMAIN
    return SamplePerson(
        key, name, f"{key}@{domain}", (role,), position, "" if outside else f"TDS{number:04d}", "id", site, SITES[site],
        client.code if client else None,
    )  # fmt: skip


PEOPLE = (
    _person("tari", "Tari Wulandari", "team_leader", "Team Leader", 1021),
    _person("indra", "Indra Saputra", "team_it", "Staf Team IT", 1107),
    _person("dewi", "Dewi Kartikasari", "document_control", "Document Control Pusat", 1003),
    _person("clara", "Clara Hutapea", "client", "Vice President Customer Care", 0, client=BANK),
    _person("candra", "Candra Wijaya", "client", "General Manager Service Quality", 0, site="Makassar", client=TELKO),
    _person("qori", "Qori Handayani", "qc_officer", "QC Officer", 1042),
    _person("qanita", "Qanita Zahra", "qa", "Quality Assurance", 1055),
    _person("surya", "Surya Darmawan", "supervisor", "Supervisor", 1012),
    _person("kirana", "Kirana Prameswari", "coordinator", "Kordinator", 1016),
    _person("maya", "Maya Situmeang", "manager_operation", "Manager Operation", 1002),
    _person("rahma", "Rahma Nuraini", "qmr", "Deputy QMR", 1001),
    _person("qadri", "Qadri Maulana", "qa", "Quality Assurance", 1056, site="Makassar"),
    _person("agus", "Agus Salim", "agent", "Agent", 1201, client=BANK),
    _person("dina", "Dina Mariana", "department_head", "Kepala Departemen Layanan", 1005),
    _person("aulia", "Aulia Fitri", "auditor", "Auditor Internal", 1090),
    _person("adi", "Adi Nugroho", "administrator", "Administrator Sistem", 1108),
)
APPROVERS = (
    SampleApprover("bank", "Bima Santoso", "bima@banknusantara.example", "Kepala Bagian Kepatuhan"),
    SampleApprover("telko", "Citra Lestari", "citra@telkoraya.example", "Manager Kepatuhan Data"),
)
NEW_APPROVER = SampleApprover("telko", "Yusuf Rahman", "yusuf@telkoraya.example", "Manager Layanan Pelanggan")
SOURCES = (
    SampleSource("omni-bank", "Omni-channel Bank Nusantara", "chatwoot", "conversation", "bank"),
    SampleSource("omni-telko", "Omni-channel Telko Raya", "chatwoot", "conversation", "telko"),
    SampleSource("pbx-bank", "Rekaman telepon Bank Nusantara", "asterisk", "recording", "bank"),
    SampleSource("pbx-telko", "Rekaman telepon Telko Raya", "asterisk", "recording", "telko"),
)
POLICIES = tuple(
    SamplePolicy(client.code, record_class, 1, timedelta(days=30), 2, months)
    for client, record_class, months in (
        (BANK, "conversation", 24),
        (BANK, "recording", 24),
        (TELKO, "conversation", 12),
        (TELKO, "recording", 3),
    )
)


def table() -> str:
    """The sample users for whoever starts it the first time: who to be, and the one password."""
    lines = [(person.email, person.name, person.position, person.client or "") for person in PEOPLE]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(["", *rows, "", f"Password of every sample user: {PASSWORD}", ""])
