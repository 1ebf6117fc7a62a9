"""A process that seals units, or checks packs, for the process that started it.

``python -m kendali.archive.lane_process``: frames of JSON on stdin and stdout, keys never on a command line. The first
message says what it is for. It ends when its stdin does: without its parent nothing goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from kendali.archive import errors
from kendali.archive.errors import ArchiveError, PackageError, StoreError
from kendali.archive.folder_store import os_errors
from kendali.archive.lane import Answer, Done, File, Job, Lane, Pack
from kendali.archive.pack_check import Found, PackCheck, Place, check_pack


class Process:
    """The other side of the pipes."""

    def __init__(self, start: object) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kendali.archive.lane_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C is for its parent, with whom it ends
        )
        self._tell(start)

    def _tell(self, message: object) -> IO[bytes]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            send(stdin, message)
        except BrokenPipeError as error:
            raise PackageError("lane_died", exit_status=self._process.wait()) from error
        return stdout

    def ask(self, message: object) -> Mapping[str, Any]:
        """The answer; raises the ArchiveError that the process met, or PackageError ``lane_died``."""
        reply = receive(self._tell(message))
        if reply is None:
            raise PackageError("lane_died", exit_status=self._process.wait())
        if "error" in reply:
            kind, code, facts = reply["error"]
            raise getattr(errors, kind, StoreError)(code, **facts)
        return reply  # type: ignore[no-any-return]

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):  # it is dead already
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class ProcessLane:
    """A `Lane` in a process of its own."""

    def __init__(self, folder: Path, prefix: str, pack_size: int) -> None:
        self._process = Process({"folder": str(folder), "prefix": prefix, "pack_size": pack_size})

    def run(self, jobs: Sequence[Job]) -> Answer:
        return answer_of(self._process.ask([job_message(job) for job in jobs]))

    def finish(self) -> Answer:
        return answer_of(self._process.ask("finish"))

    def close(self) -> None:
        self._process.close()


class ProcessCheck:
    """`check_pack` for local files in a process of its own."""

    def __init__(self) -> None:
        self._process = Process({"check": True})

    def check(self, path: Path, places: Mapping[int, Place], facts_name: str) -> PackCheck:
        listed = [[slot, p.offset, p.length, p.unit_key and p.unit_key.hex()] for slot, p in places.items()]
        answer = self._process.ask([str(path), facts_name, listed])
        found = [
            Found(slot, b64decode(facts), tuple((size, bytes.fromhex(sha)) for size, sha in files), code)
            for slot, facts, files, code in answer["found"]
        ]
        return PackCheck(bytes.fromhex(answer["sha256"]), answer["size"], found, answer["code"], answer["facts"])

    def close(self) -> None:
        self._process.close()


def send(stream: IO[bytes], message: object) -> None:
    data = json.dumps(message).encode()
    stream.write(len(data).to_bytes(4, "big") + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """The next message, None at the end."""
    size = stream.read(4)
    if len(size) < 4:
        return None
    data = stream.read(int.from_bytes(size, "big"))
    return json.loads(data) if len(data) == int.from_bytes(size, "big") else None


def job_message(job: Job) -> list[object]:
    files = [[file.name, file.size, file.path] for file in job.files]
    return [job.slot, job.recipient.hex(), job.facts_name, b64encode(job.facts).decode(), files]


def _job(message: list[Any]) -> Job:
    slot, key, facts_name, facts, files = message
    return Job(slot, bytes.fromhex(key), facts_name, b64decode(facts), [File(*file) for file in files])


def answer_message(answer: Answer) -> dict[str, object]:
    done = [[d.slot, d.pack, d.offset, d.length, [x.hex() for x in d.digests], d.problem] for d in answer.done]
    return {"done": done, "packs": [[p.name, p.size, p.sha256.hex()] for p in answer.packs]}


def answer_of(message: Mapping[str, Any]) -> Answer:
    done = [
        Done(slot, pack, offset, length, [bytes.fromhex(x) for x in digests], tuple(problem) if problem else None)
        for slot, pack, offset, length, digests, problem in message["done"]
    ]
    return Answer(done, [Pack(name, size, bytes.fromhex(digest)) for name, size, digest in message["packs"]])


def check_message(check: PackCheck) -> dict[str, object]:
    found = [
        [f.slot, b64encode(f.facts).decode(), [[size, sha.hex()] for size, sha in f.files], f.code] for f in check.found
    ]
    sums = {"sha256": check.sha256.hex(), "size": check.size}
    return sums | {"found": found, "code": check.code, "facts": dict(check.facts)}


def _check(message: list[Any]) -> dict[str, object]:
    path, facts_name, listed = message
    places = {slot: Place(at, length, bytes.fromhex(key) if key else None) for slot, at, length, key in listed}
    with os_errors(path), open(path, "rb", buffering=0) as source:
        return check_message(check_pack(source, places, facts_name))


def main(stdin: IO[bytes], stdout: IO[bytes]) -> None:
    start = receive(stdin)
    if start is None:
        return
    lane = None if "check" in start else Lane(Path(start["folder"]), start["prefix"], start["pack_size"])
    while (message := receive(stdin)) is not None:
        try:
            if lane is None:
                answer = _check(message)
            else:
                answer = answer_message(lane.finish() if message == "finish" else lane.run([_job(j) for j in message]))
        except ArchiveError as error:
            facts = {name: str(value) for name, value in error.facts.items()}
            send(stdout, {"error": [type(error).__name__, error.code, facts]})
            continue
        send(stdout, answer)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
