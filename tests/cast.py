"""The people of every test and example, in the database.

    def test_something(cast: Cast) -> None:      # a fixture known to every test
        raise_order(user=cast.tari, client=cast.nusantara, at=cast.now)

Staff hold their role for all clients; Clara belongs to client A (Bank Nusantara), Candra to client B (Telko Raya).
Everybody's password is PASSWORD; `web(user)` is a logged-in browser without the second factor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from django.contrib.auth.hashers import make_password
from django.test import Client as Browser

from kendali.accounts import roles
from kendali.accounts.models import Client, RoleGrant, User

PASSWORD = "kopi-tubruk-tanpa-gula"
NOW = datetime(2026, 11, 20, 8, 40, tzinfo=UTC)  # Friday 15.40 WIB

PEOPLE = {
    "tari": ("Tari Lestari", "Team Leader", roles.TEAM_LEADER),
    "indra": ("Indra Saputra", "Staf IT", roles.TEAM_IT),
    "dewi": ("Dewi Anggraini", "Document Control", roles.DOCUMENT_CONTROL),
    "clara": ("Clara Wijaya", "Contact Centre Head", roles.CLIENT),
    "candra": ("Candra Halim", "Vendor Manager", roles.CLIENT),
    "qori": ("Qori Amelia", "QC Officer", roles.QC_OFFICER),
    "qanita": ("Qanita Putri", "QA", roles.QA),
    "surya": ("Surya Pratama", "Supervisor", roles.SUPERVISOR),
    "kirana": ("Kirana Dewi", "Kordinator", roles.COORDINATOR),
    "maya": ("Maya Sari", "Manager Operation", roles.MANAGER_OPERATION),
    "rahma": ("Rahma Hidayati", "QMR", roles.QMR),
    "qadri": ("Qadri Maulana", "QA", roles.QA),
    "agus": ("Agus Setiawan", "Agent", roles.AGENT),
    "dina": ("Dina Kusuma", "Kepala Departemen", roles.DEPARTMENT_HEAD),
    "aulia": ("Aulia Rahman", "Auditor", roles.AUDITOR),
    "adi": ("Adi Nugroho", "Administrator", roles.ADMINISTRATOR),
}


@dataclass
class Cast:
    nusantara: Client  # client A
    telko: Client  # client B
    people: dict[str, User]
    now: datetime = NOW
    tari: User = field(init=False)
    indra: User = field(init=False)
    dewi: User = field(init=False)
    clara: User = field(init=False)
    candra: User = field(init=False)
    qori: User = field(init=False)
    qanita: User = field(init=False)
    surya: User = field(init=False)
    kirana: User = field(init=False)
    maya: User = field(init=False)
    rahma: User = field(init=False)
    qadri: User = field(init=False)
    agus: User = field(init=False)
    dina: User = field(init=False)
    aulia: User = field(init=False)
    adi: User = field(init=False)

    def __post_init__(self) -> None:
        for name, person in self.people.items():
            setattr(self, name, person)

    def web(self, user: User) -> Browser:
        browser = Browser()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser


def assemble(now: datetime = NOW) -> Cast:
    """Five INSERTs; no audit entries, so that a test sees only its own."""
    nusantara = Client.objects.create(code="bank-nusantara", name="Bank Nusantara", customer_word="nasabah")
    telko = Client.objects.create(code="telko-raya", name="Telko Raya", customer_word="pelanggan")
    hashed = _hashed()
    rows = [
        User(email=f"{nick}@kendali.test", name=name, position=position, password=hashed, employee_number=f"K-{number}")
        for number, (nick, (name, position, _role)) in enumerate(PEOPLE.items(), start=101)
    ]
    people = dict(zip(PEOPLE, User.objects.bulk_create(rows), strict=True))
    belongs = {"clara": nusantara, "candra": telko}
    RoleGrant.objects.bulk_create(
        RoleGrant(user=people[nick], role=role, client=belongs.get(nick), granted_at=now)
        for nick, (_name, _position, role) in PEOPLE.items()
    )
    return Cast(nusantara=nusantara, telko=telko, people=people, now=now)


@cache
def _hashed() -> str:
    return make_password(PASSWORD)
