from __future__ import annotations

import csv
import re
import shutil
import subprocess
import wave
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from kendali.home.sample.audio import MAKERS, alaw_to_linear, encoder
from kendali.home.sample.calls import BANK_SWITCH, TELKO_SWITCH, Wish
from kendali.home.sample.cdr import Leg, append_master_csv
from kendali.home.sample.recordings import seed_asterisk, seed_recordings
from kendali.home.sample.tree import AWKWARD, Recorded

from .support import own_database, tree_digest

TODAY = date(2026, 11, 21)
NAME = re.compile(r"(q|in|out|exten)-[0-9]+-[0-9]+-(\d{8})-(\d{6})-(\d+\.\d+)\.(wav|WAV|mp3|opus)")


class Server:
    def __init__(self, monitor: Path, legs: list[Leg], made: Recorded) -> None:
        self.monitor, self.legs, self.made = monitor, legs, made
        self.calls: dict[str, list[Leg]] = defaultdict(list)
        for leg in legs:
            self.calls[leg.linkedid].append(leg)

    def files(self) -> list[Path]:
        return sorted(path for path in self.monitor.rglob("*") if path.is_file())

    def case(self, name: str) -> list[Leg]:
        return self.calls[self.made.cases[name][0]]

    def file_of(self, name: str) -> Path | None:
        wanted = next(leg.recordingfile for leg in self.case(name) if leg.recordingfile).rsplit("/", 1)[-1]
        return next((path for path in self.files() if path.name in (wanted, f"{wanted}.wav")), None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    monitor = tmp_path_factory.mktemp("monitor")
    with own_database() as dsn:
        made = seed_asterisk(dsn, recordings=150, seed=2, today=TODAY, monitor=monitor)
        with psycopg.connect(dsn) as connection:
            rows = connection.execute(b"SELECT * FROM pbx_bank.cdr ORDER BY sequence, calldate").fetchall()
        yield Server(monitor, [Leg(*row) for row in rows], made)


def test_a_call_has_two_or_three_legs_of_one_linkedid(server: Server) -> None:
    assert len(server.calls) == server.made.calls == 150
    assert {len(legs) for legs in server.calls.values() if not legs[0].userfield} == {2, 3}
    assert all(legs[0].uniqueid == linked for linked, legs in server.calls.items())


def test_every_recording_of_an_ordinary_call_lies_where_its_name_says(server: Server) -> None:
    zone = ZoneInfo("Asia/Jakarta")
    for linked, legs in server.calls.items():
        if legs[0].userfield:
            continue
        parts = NAME.fullmatch(legs[0].recordingfile)
        assert parts, legs[0].recordingfile
        start = datetime.strptime(parts[2] + parts[3], "%Y%m%d%H%M%S").replace(tzinfo=zone)
        assert (server.monitor / f"{start:%Y/%m/%d}" / legs[0].recordingfile).is_file()
        assert legs[0].calldate == start.replace(tzinfo=None)
        assert parts[4] == linked
        assert int(linked.split(".")[0]) == start.astimezone(UTC).timestamp()


def test_every_sound_file_can_be_played(server: Server) -> None:
    spoiled = {server.file_of(case) for case in ("truncated_file", "empty_file")}
    kinds = set()
    for path in server.files():
        if path in spoiled:
            continue
        content = path.read_bytes()
        if content[:4] == b"RIFF":
            form = int.from_bytes(content[20:22], "little")
            assert int.from_bytes(content[4:8], "little") == len(content) - 8
            kinds.add(form)
            if form == 1:
                with wave.open(str(path)) as sound:
                    assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8_000, 1, 2)
                    assert sound.getnframes() >= 4 * 8_000
                    assert len(sound.readframes(sound.getnframes())) == 2 * sound.getnframes()
    assert kinds == {1, 6, 0x31}


def test_an_ordinary_player_agrees_on_every_kind(tmp_path: Path) -> None:
    """Runs ffprobe where it is installed; the headers are checked above in any case."""
    probe = shutil.which("ffprobe")
    for kind, (extension, make) in MAKERS.items():
        if kind in ("mp3", "opus") and not encoder():
            continue
        path = tmp_path / f"{kind}.{extension}"
        path.write_bytes(make(Random(4), 7.0))
        if probe:
            command = [probe, "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            assert not answer.stderr
            assert abs(float(answer.stdout) - 7.0) < 0.1


def test_a_law_values_are_those_of_the_standard() -> None:
    assert [alaw_to_linear(code) for code in (0xD5, 0x55, 0xAA, 0x2A, 0x80)] == [8, -8, 32_256, -32_256, 5_504]


def test_no_two_recordings_have_the_same_bytes(server: Server) -> None:
    contents = [path.read_bytes() for path in server.files()]
    assert len(set(contents)) == len(contents) == server.made.files
    assert sum(map(len, contents)) == server.made.bytes


def test_the_file_time_does_not_always_tell_the_call(server: Server) -> None:
    late = 0
    for legs in server.calls.values():
        path = server.monitor / f"{legs[0].calldate:%Y/%m/%d}" / (legs[0].recordingfile or "none")
        late += path.is_file() and path.stat().st_mtime - int(legs[0].linkedid.split(".")[0]) > 86_400 * 100
    assert late > 5


EXPECTED: dict[str, Callable[[Any], object]] = {
    "missing_file": lambda s: s.file_of("missing_file") is None,
    "truncated_file": lambda s: s.file_of("truncated_file").stat().st_size == 20_000,
    "empty_file": lambda s: s.file_of("empty_file").stat().st_size == 0,
    "unreadable_file": lambda s: s.file_of("unreadable_file").stat().st_mode & 0o777 == 0,
    "orphan_file": lambda s: s.made.cases["orphan_file"] == [""]
    and len({path.name for path in s.files()} - {leg.recordingfile.rsplit("/")[-1] for leg in s.legs}) == 2,
    "not_recorded": lambda s: {(leg.recordingfile, leg.billsec) for leg in s.case("not_recorded")} == {("", 0)},
    "two_files": lambda s: len({leg.recordingfile for leg in s.case("two_files")} - {""}) == 2,
    "over_midnight": lambda s: len({leg.calldate.date() for leg in s.case("over_midnight")}) == 2,
    "first_hour_of_the_year": lambda s: s.case("first_hour_of_the_year")[0].calldate.strftime("%m-%d %H") == "01-01 00",
    "leap_day": lambda s: s.case("leap_day")[0].calldate.date() == date(2024, 2, 29) and s.file_of("leap_day"),
    "clock_not_set": lambda s: s.case("clock_not_set")[0].calldate.year == 1970 and s.file_of("clock_not_set"),
    "copied_to_new_server": lambda s: s.file_of("copied_to_new_server").stat().st_mtime
    - s.case("copied_to_new_server")[0].calldate.timestamp() > 86_400 * 360,
    "modified_before_the_call": lambda s: s.file_of("modified_before_the_call").stat().st_mtime
    < s.case("modified_before_the_call")[0].calldate.timestamp() - 86_400 * 300,
    "full_path": lambda s: s.case("full_path")[0].recordingfile.startswith("/var/spool/") and s.file_of("full_path"),
    "wav49_capitals": lambda s: s.file_of("wav49_capitals").suffix == ".WAV",
    "name_without_extension": lambda s: s.file_of("name_without_extension").name
    == s.case("name_without_extension")[0].recordingfile + ".wav",
    "climbing_name": lambda s: ".." in s.case("climbing_name")[0].recordingfile,
    "wrong_folder": lambda s: s.file_of("wrong_folder").parent.name != f"{s.case('wrong_folder')[0].calldate:%d}",
}  # fmt: skip


@pytest.mark.parametrize("case", AWKWARD)
def test_the_awkward_case_is_there(case: str, server: Server) -> None:
    assert EXPECTED[case](server)


def test_the_same_seed_gives_the_same_calls_and_files(tmp_path: Path) -> None:
    def make(name: str, seed: int) -> tuple[list[Leg | Recorded], str]:
        rows = list(
            seed_recordings(TELKO_SWITCH, recordings=40, seed=seed, today=TODAY, monitor=tmp_path / name, wish=Wish())
        )
        for path in (tmp_path / name).rglob("*.*"):
            if path.is_file():
                path.chmod(0o600)
        return rows, tree_digest(tmp_path / name)

    first, again, other = make("a", 5), make("b", 5), make("c", 6)
    assert first == again
    assert first[1] != other[1]


def test_two_clients_have_two_trees_and_two_tables(tmp_path: Path) -> None:
    with own_database() as dsn:
        for switch in (BANK_SWITCH, TELKO_SWITCH):
            seed_asterisk(
                dsn, recordings=5, seed=1, today=TODAY, monitor=tmp_path / switch.code, switch=switch, awkward=False
            )
        with psycopg.connect(dsn) as connection:
            numbers = connection.execute(
                b"SELECT (SELECT max(did) FROM pbx_bank.cdr), (SELECT max(did) FROM pbx_telko.cdr)"
            ).fetchone()
    assert numbers == (BANK_SWITCH.did, TELKO_SWITCH.did)
    assert {path.name for path in tmp_path.iterdir()} == {"pbx_bank", "pbx_telko"}


def test_master_csv_has_asterisks_columns_and_the_recording_in_userfield(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "cdr-csv" / "Master.csv"
    assert append_master_csv(path, server.legs) == len(server.legs)
    with path.open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert {len(row) for row in rows} == {21}
    assert len(rows) == len(server.legs)
    first = next(row for row, leg in zip(rows, server.legs, strict=True) if leg.recordingfile and not leg.userfield)
    leg = next(leg for leg in server.legs if leg.recordingfile and not leg.userfield)
    assert first[9] == str(leg.calldate)
    assert first[16:18] == [leg.uniqueid, f"audio:{leg.recordingfile}"]
    assert first[19] == leg.linkedid
