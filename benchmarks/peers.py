"""The other programs: what is installed, and their commands for the same work."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

NEEDED = {
    "cp": ("cp", "sync"),
    "restic": ("restic",),
    "borg": ("borg",),
    "tar": ("tar", "zstd", "age", "age-keygen"),
    "pg_dump": ("zstd", "age", "age-keygen"),
}


def missing(peer: str) -> list[str]:
    return [name for name in NEEDED[peer] if shutil.which(name) is None]


def there(peer: str) -> bool:
    return not missing(peer)


def versions() -> str:
    """What stood beside us."""
    asked = {"restic": "version", "borg": "--version", "zstd": "--version", "tar": "--version", "age": "--version"}
    said = []
    for name, option in asked.items():
        if shutil.which(name) is None:
            said.append(f"{name} is not installed")
            continue
        text = subprocess.run([name, option], capture_output=True, text=True).stdout.splitlines() or ["?"]
        words = [word.strip("v,") for word in text[0].split() if any(c.isdigit() for c in word) and "." in word]
        said.append(f"{name} {words[0] if words else text[0]}")
    return ", ".join(said)


def shell(*steps: Sequence[str | Path]) -> list[str]:
    """One after the other, ended by the first that fails."""
    return ["bash", "-c", " && ".join(shlex.join(map(str, step)) for step in steps)]


def pipe(into: Path, *steps: Sequence[str | Path]) -> list[str]:
    """A pipeline into a file, flushed to the disk."""
    line = " | ".join(shlex.join(map(str, step)) for step in steps)
    return ["bash", "-o", "pipefail", "-c", f"{line} > {shlex.quote(str(into))} && sync {shlex.quote(str(into))}"]


class Restic:
    """A repository of its own, no cache to help, compression off."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.environment = {"RESTIC_PASSWORD": "benchmark", "RESTIC_CACHE_DIR": str(place.with_suffix(".cache"))}

    def _command(self, *words: str | Path) -> list[str | Path]:
        return ["restic", "--quiet", "--repo", self.place, *words]

    def fresh(self, _: int = 0) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        self._init(self._command("init", "--repository-version", "2"))

    def _init(self, command: Sequence[str | Path]) -> None:
        import os

        subprocess.run(command, env=os.environ | self.environment, check=True, stdout=subprocess.DEVNULL)

    def backup(self, source: Path) -> list[str]:
        return shell(self._command("backup", "--compression", "off", source), ["sync", "-f", self.place])

    def check(self) -> list[str | Path]:
        return self._command("check", "--read-data")

    def dump(self, file: Path, into: Path) -> list[str]:
        return pipe(into, self._command("dump", "latest", file))


class Borg:
    """One repository with one archive; records leave it by rewriting the archive and compacting."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.environment = {
            "BORG_PASSPHRASE": "benchmark",
            "BORG_BASE_DIR": str(place.with_suffix(".base")),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        }

    def fresh(self, _: int = 0) -> None:
        import os

        shutil.rmtree(self.place, ignore_errors=True)
        shutil.rmtree(self.place.with_suffix(".base"), ignore_errors=True)
        command: list[str | Path] = ["borg", "init", "--encryption", "repokey-blake2", self.place]
        subprocess.run(command, env=os.environ | self.environment, check=True, capture_output=True)

    def backup(self, source: Path) -> list[str]:
        create: list[str | Path] = ["borg", "create", "--compression", "none", f"{self.place}::month", source]
        return shell(create, ["sync", "-f", self.place])

    def without(self, excluded: Path) -> list[str]:
        """Rewrite the archive without the files listed, and give their bytes up."""
        recreate: list[str | Path] = ["borg", "recreate", "--exclude-from", excluded, f"{self.place}::month"]
        return shell(recreate, ["borg", "compact", "--threshold", "1", self.place], ["sync", "-f", self.place])


def copy(source: Path, target: Path) -> list[str]:
    return shell(["cp", "-r", source, target], ["sync", "-f", target])


def age_recipient(key: Path) -> str:
    key.unlink(missing_ok=True)
    subprocess.run(["age-keygen", "-o", key], check=True, capture_output=True)
    return subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True).stdout.strip()


def tar_age(source: Path, into: Path, recipient: str) -> list[str]:
    return pipe(
        into, ["tar", "c", "-C", source.parent, source.name], ["zstd", "-3", "-q", "-T1"], ["age", "-r", recipient]
    )


def size_of(place: Path) -> int:
    if place.is_file():
        return place.stat().st_size
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def warm(place: Path) -> None:
    """Into memory, so that a check is measured and not the disk."""
    for path in place.rglob("*"):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.read(1 << 22):
                    pass
