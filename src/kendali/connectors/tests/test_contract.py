"""One suite, every connector, on real databases, trees and files."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kendali.connectors.base import Connector, Problem, SourceError
from kendali.connectors.fake import FakeSource, conversations, recordings
from kendali.connectors.registry import open as open_connector
from kendali.connectors.tests.conftest import Calls, Chatwoot
from kendali.connectors.tests.contract import PROMISES, Source
from kendali.connectors.tests.servers import MariaDb, Postgres


def _chatwoot(request: pytest.FixtureRequest) -> Source:
    made: Chatwoot = request.getfixturevalue("chatwoot")
    codes = {
        "missing_file": {"file_missing"},
        "truncated_file": {"file_truncated"},
        "damaged_file": {"checksum_differs"},
    }
    return Source(
        "chatwoot",
        made.open,
        wrong={
            "host": (partial(made.open, host="127.0.0.1", port=1), "host_unreachable"),
            "database": (partial(made.open, dbname="none_such"), "database_missing"),
            "user": (partial(made.open, user="none_such"), "wrong_password"),
            "account": (partial(made.open, account=99), "account_missing"),
            "folder": (partial(made.open, storage="/none/such"), "folder_missing"),
            "another database": (partial(made.open, dbname="postgres"), "tables_missing"),
        },
        broken={ref: found for case, found in codes.items() for ref in made.cases[case]},
        queries=lambda connector: connector.queries,  # type: ignore[attr-defined]
        word="Kartu saya tertelan",
        word_in=made.cases["reopened"],
    )


def _asterisk(
    calls: Calls, config: dict[str, Any], secret: dict[str, str], wrong: dict[str, tuple[dict[str, Any], str]]
) -> Source:
    def opened(**changes: Any) -> Connector:
        return open_connector("asterisk", "recording", {"monitor": str(calls.monitor), **config, **changes}, secret)

    codes = {
        "missing_file": {"file_missing"},
        "truncated_file": {"file_truncated"},
        "empty_file": {"file_empty"},
        "climbing_name": {"file_outside"},
        **({"unreadable_file": {"file_unreadable"}} if os.geteuid() else {}),
    }
    broken = {ref: found for case, found in codes.items() for ref in calls.made.cases[case]}
    return Source(
        "asterisk",
        opened,
        wrong={
            "folder": (partial(opened, monitor="/none/such"), "folder_missing"),
            **{name: (partial(opened, **changes), code) for name, (changes, code) in wrong.items()},
        },
        broken=broken,
        queries=lambda connector: connector._cdr.queries,  # type: ignore[attr-defined]
    )


def _asterisk_postgresql(request: pytest.FixtureRequest) -> Source:
    server: Postgres = request.getfixturevalue("cdr_postgresql")
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "table": ({"table": "none_such"}, "tables_missing"),
        "column": ({"file_column": "none_such"}, "columns_missing"),
        "port": ({"host": "127.0.0.1", "port": 1}, "host_unreachable"),
    }
    return _asterisk(
        request.getfixturevalue("calls"), {"database": "postgresql", **server.config}, server.secret, wrong
    )


def _asterisk_mariadb(request: pytest.FixtureRequest) -> Source:
    server: MariaDb = request.getfixturevalue("cdr_mariadb")
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "table": ({"table": "none_such"}, "tables_missing"),
        "column": ({"file_column": "none_such"}, "columns_missing"),
        "port": ({"port": 1}, "host_unreachable"),
        "user": ({"user": "none_such"}, "wrong_password"),
        "database": ({"dbname": "mysql"}, "no_right_to_read"),
    }
    return _asterisk(request.getfixturevalue("calls"), {"database": "mysql", **server.config}, server.secret, wrong)


def _asterisk_csv(request: pytest.FixtureRequest) -> Source:
    path: Path = request.getfixturevalue("cdr_csv")
    wrong: dict[str, tuple[dict[str, Any], str]] = {"file": ({"csv": "/none/such.csv"}, "export_missing")}
    return _asterisk(request.getfixturevalue("calls"), {"database": "csv", "csv": str(path)}, {}, wrong)


def _folder_drop(request: pytest.FixtureRequest) -> Source:
    return _drop(request.getfixturevalue("export"), "records.csv")


def _folder_drop_zip(request: pytest.FixtureRequest) -> Source:
    folder: Path = request.getfixturevalue("export")
    target = request.getfixturevalue("tmp_path_factory").mktemp("zipped")
    with zipfile.ZipFile(target / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return _drop(target, "export.zip")


def _drop(folder: Path, records: str) -> Source:
    def opened(**changes: Any) -> Connector:
        config = {"folder": str(folder), "records": records, "zone": "Asia/Jakarta", **changes}
        return open_connector("folder_drop", "conversation", config, {})

    return Source(
        "folder_drop",
        opened,
        wrong={
            "folder": (partial(opened, folder="/none/such"), "folder_missing"),
            "file": (partial(opened, records="none.csv"), "export_missing"),
        },
        broken={"C-003": {"file_missing"}, "C-006": {"file_empty"}},
        word="kata7x",
        word_in=["C-007"],
    )


def _folder_drop_recordings(request: pytest.FixtureRequest) -> Source:
    """The same export read as recordings: one unit a row, with the files of its row and its messages."""
    source = _drop(request.getfixturevalue("export"), "records.csv")
    folder = request.getfixturevalue("tmp_path_factory").mktemp("recordings")
    shutil.copytree(request.getfixturevalue("export"), folder, dirs_exist_ok=True)
    (folder / "messages.csv").unlink()
    lines = (folder / "records.csv").read_text("utf-8").splitlines()
    kept = [line for line in lines if ".txt" in line or line.startswith("id,")]
    (folder / "records.csv").write_text("\n".join(kept) + "\n", "utf-8")

    def opened() -> Connector:
        return open_connector("folder_drop", "recording", {"folder": str(folder), "zone": "Asia/Jakarta"}, {})

    return replace(source, open=opened, wrong={}, word="", word_in=())


def _fake(record_class: str, _request: pytest.FixtureRequest) -> Source:
    records = conversations(60) if record_class == "conversation" else recordings(60)
    with_file = [record.ref for record in records if record.files]

    def opened() -> Connector:
        return FakeSource(
            records,
            record_class,  # type: ignore[arg-type]
            missing_files={with_file[1]},
            unreadable_files={with_file[2]},
            wrong_sizes={with_file[3]},
        )

    def gone() -> Connector:
        lost = [SourceError("connection_lost", reason="gone.", host="fake") for _ in range(2)]
        return FakeSource(records, record_class, failures=lost)  # type: ignore[arg-type]

    def fast_clock() -> Connector:
        problem = Problem("clock_skew", facts={"seconds": 600})
        return FakeSource(records, skew=timedelta(minutes=10), probe_problems=[problem])

    return Source(
        "fake",
        opened,
        wrong={"gone": (gone, "connection_lost"), "clock": (fast_clock, "clock_skew")},
        broken={
            with_file[1]: {"file_missing"},
            with_file[2]: {"file_unreadable"},
            with_file[3]: {"file_changed_while_copying"},
        },
        queries=lambda connector: sum(connector.calls.values()),  # type: ignore[attr-defined]
        word="pesan 4",
        word_in=[record.ref for record in records if len(record.messages) > 4]
        if record_class == "conversation"
        else [],
    )


SOURCES: dict[str, Callable[[pytest.FixtureRequest], Source]] = {
    "chatwoot": _chatwoot,
    "asterisk_postgresql": _asterisk_postgresql,
    "asterisk_mariadb": _asterisk_mariadb,
    "asterisk_csv": _asterisk_csv,
    "folder_drop": _folder_drop,
    "folder_drop_zip": _folder_drop_zip,
    "folder_drop_recordings": _folder_drop_recordings,
    "fake_conversations": partial(_fake, "conversation"),
    "fake_recordings": partial(_fake, "recording"),
}


@pytest.fixture(scope="session", params=SOURCES)
def source(request: pytest.FixtureRequest) -> Source:
    made = SOURCES[request.param](request)
    return replace(made, word=made.word if made.word_in else "")


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_promise(source: Source, promise: Callable[[Source], None]) -> None:
    promise(source)
