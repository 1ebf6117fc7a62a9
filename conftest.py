"""Tests run as the program runs: migrated by the owner, then connected as kendali_app, which owns nothing.

`DATABASE_OWNER_URL` names a role that may create databases; each pytest process makes its own.
"""

from __future__ import annotations

import base64
import gc
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import timezone
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker

from kendali import environment
from kendali.home.database_roles import connect_arguments, grant_to_app
from tests import cheap, pristine
from tests.copies import Copies
from tests.mail_server import mailbox as mailbox

if TYPE_CHECKING:
    from tests.cast import Cast

LONG = os.environ.get("KENDALI_LONG") == "1"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

T = TypeVar("T")


def each(*every: T) -> Sequence[T]:
    """What the same test is tried with: in the long run all of it, else the first."""
    return every if LONG else every[:1]


def some(*every: T) -> Sequence[T]:
    """As `each`, but in the short run the first, one of the middle, and the last."""
    return every if LONG else (every[0], every[len(every) // 2], every[-1])


hypothesis_settings.register_profile("short", deadline=None, print_blob=True)
# The same thousand examples every time: what is red stays red until it is mended. `--hypothesis-profile=search` looks
# for new ones.
hypothesis_settings.register_profile("long", deadline=None, print_blob=True, max_examples=1000, derandomize=True)
hypothesis_settings.register_profile("search", deadline=None, print_blob=True, max_examples=5000)
hypothesis_settings.load_profile("long" if LONG else "short")


def pytest_configure() -> None:
    cheap.install()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes minutes runs only when asked for; a browser test only where there is a browser."""
    left_out = [item for item in items if _left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _left_out(item)]
    items.sort(key=_begins_later)  # files stay whole


def pytest_collection_finish() -> None:
    """What is loaded stays to the end: the collector of rubbish, a tenth of the time, need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line("Browser tests did NOT run: no Chromium found; apt-get install chromium.")
    if not LONG:
        terminalreporter.write_line("Tests that take minutes did not run: ./kendali test --long runs them too.")


def _begins_later(item: pytest.Item) -> bool:
    """What takes a minute a file goes first, so that no processor waits at the end for one other."""
    return not item.path.is_relative_to(item.config.rootpath / "tests") and "browser" not in item.path.name


def _left_out(item: pytest.Item) -> bool:
    if item.get_closest_marker("long") and not LONG:
        return True
    return item.get_closest_marker("browser") is not None and CHROMIUM is None


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's Chromium, for playwright's `executable_path`; such tests carry the marker `browser`."""
    assert CHROMIUM is not None
    return CHROMIUM


@pytest.fixture(scope="session")
def _copies() -> Iterator[Copies]:
    with psycopg.connect(**_owner("postgres"), autocommit=True) as server:
        copies = Copies(server)
        yield copies
        copies.end()


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Django finds the database made below, migrates it and leaves dropping it to us."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None, _copies: Copies
) -> Iterator[None]:
    """Make an empty database as `prepare` would: the owner's, with the program's rights on all that will be in it."""
    database = connections["default"].settings_dict
    name = database["TEST"]["NAME"] or f"test_{database['NAME']}"
    database["TEST"]["NAME"] = name
    reuse = request.config.getoption("reuse_db") and not request.config.getoption("create_db")
    with psycopg.connect(**_owner("postgres"), autocommit=True) as server:
        if not reuse:
            pristine.drop(server, name)
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            _copies.begin(name)
    with psycopg.connect(**_owner(name), autocommit=True) as owner:
        grant_to_app(owner, database["USER"])
    yield
    if not request.config.getoption("reuse_db"):
        with psycopg.connect(**_owner("postgres"), autocommit=True) as server:
            pristine.drop(server, name)


@pytest.fixture(scope="session")
def django_db_createdb() -> bool:
    return False


@pytest.fixture(scope="session")
def django_db_setup(
    _as_owner: dict[str, str], _copies: Copies, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    connection = connections["default"]
    with django_db_blocker.unblock():
        connection.close()
    connection.settings_dict.update(_as_owner)
    name = connection.settings_dict["NAME"]
    _copies.migrated(name)
    with psycopg.connect(**_owner(name), autocommit=True) as owner:
        pristine.remember(owner)
        DatabaseOperations.execute_sql_flush = lambda *_: pristine.put_back(owner)  # type: ignore[method-assign]
        yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(scope="session")
def _as_owner(django_db_modify_db_settings: None) -> dict[str, str]:
    """Connect as the owner while the migrations run; the answer is what to connect as afterwards."""
    database = connections["default"].settings_dict
    app = {key: database[key] for key in ("USER", "PASSWORD")}
    database.update({key: settings.DATABASE_OWNER[key] for key in app})
    return app


@pytest.fixture
def cast(db: None) -> Cast:
    """The people of the examples and the two clients, as rows."""
    from tests.cast import assemble

    return assemble()


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The story of the examples begins on the day of `tests.cast.NOW`, whenever the test is run: pages, jobs and what
    else asks `timezone.now()` find themselves there, and time goes on. Databases and other processes do not."""
    from tests.cast import NOW

    real, began = timezone.now, timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: NOW + (real() - began))


@pytest.fixture
def process_environment(transactional_db: None, tmp_path: Path) -> dict[str, str]:
    """What a second process needs to work on this test's database: a worker to be killed, a command, a web server."""
    database = connections["default"].settings_dict
    return os.environ | {
        "DATABASE_URL": environment.database_url(database),
        "DATABASE_OWNER_URL": environment.database_url(_owner_entry(database["NAME"])),
        "DJANGO_SETTINGS_MODULE": "kendali.settings",
        "KENDALI_HOME": str(tmp_path / "home"),
        "KENDALI_SECRET_KEY": settings.SECRET_KEY,
        "KENDALI_INSTALLATION_KEY": base64.b64encode(settings.KENDALI_INSTALLATION_KEY).decode(),
        "KENDALI_HEARTBEAT_SECONDS": "1",
        "PYTHONPATH": str(Path(__file__).parent / "src"),
    }


def _owner_entry(name: str) -> dict[str, Any]:
    return settings.DATABASE_OWNER | {"NAME": name}


def _owner(name: str) -> dict[str, Any]:
    return connect_arguments(_owner_entry(name))
