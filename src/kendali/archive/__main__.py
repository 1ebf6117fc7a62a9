"""Open, check and list packages with no database and no server.

  python -m kendali.archive verify  PATH --key-file KEYS [--store URL]
  python -m kendali.archive list    PATH --key-file KEYS [--store URL]
  python -m kendali.archive extract PATH --key-file KEYS [--store URL] --into FOLDER [--ref REF ...]

PATH is the folder of one package (…/packages/<client>/<source>/<class>/<month>/<id>), or with --store its name in the
store (a folder or s3://bucket/prefix; credentials by AWS_… variables). The store must hold the package's keyring, too
(keyrings/<id>/): without --store it is looked for in the folders above PATH.

KEYS is a text file with one line per package: its id, a blank, the package key as 64 hexadecimal digits; or a folder
of such files (*.key). Package keys come from Kendali (`./kendali manage package key PKT-…`) or, when the machine is
lost, from the recovery sheet, an off-host slot and the newest vault file. Keep KEYS as you would keep the records.

Exit status: 0 all is well, 1 problems were found, 2 it could not be done.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from kendali.archive.errors import ArchiveError, PackageError, StoreMissingError
from kendali.archive.extract import extract_package
from kendali.archive.package import KEYRINGS, Progress, package_id_of, record_line
from kendali.archive.problems import sentence
from kendali.archive.reader import Package
from kendali.archive.stores import Store, open_store


def read_keys(place: Path) -> dict[str, bytes]:
    """Package id → key."""
    files = sorted(place.glob("*.key")) if place.is_dir() else [place]
    keys: dict[str, bytes] = {}
    for file in files:
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise PackageError("key_file_unreadable", file=str(file)) from error
        for number, line in enumerate(lines, 1):
            words = line.split("#", 1)[0].split()
            if not words:
                continue
            try:
                package_id, key = words[0], bytes.fromhex(words[1])
            except (IndexError, ValueError) as error:
                raise PackageError("key_file_line", file=str(file), line=number) from error
            if len(words) != 2 or len(key) != 32:
                raise PackageError("key_file_line", file=str(file), line=number)
            keys[package_id] = key
    return keys


def find(path: str, store_url: str | None) -> tuple[Store, str]:
    """The store, and the package's name in it."""
    if store_url:
        return open_store(store_url), path.strip("/")
    place = Path(path).absolute()
    if not place.is_dir():
        raise StoreMissingError("missing", key=path)
    for root in place.parents:
        if (root / KEYRINGS / place.name).is_dir():
            return open_store(str(root)), place.relative_to(root).as_posix()
    raise StoreMissingError("keyring_not_found", keyring=f"{KEYRINGS}/{place.name}", above=path)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m kendali.archive", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["verify", "list", "extract"])
    parser.add_argument("path")
    parser.add_argument("--key-file", required=True, type=Path)
    parser.add_argument("--store")
    parser.add_argument("--into", type=Path)
    parser.add_argument("--ref", action="append")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    found = parser.parse_args(words)
    if found.command == "extract" and not found.into:
        parser.error("extract needs --into FOLDER")
    return found


def _say(progress: Progress) -> None:
    sys.stderr.write(f"\r{progress.units} units, {progress.records} records, {progress.size / 1e6:.0f} MB ")


def verify(store: Store, path: str, key: bytes, *, quiet: bool) -> int:
    from kendali.archive.verify import verify_package  # loads what one record does not need

    problems = verify_package(store, path, key, progress=(lambda _: None) if quiet else _say)
    if not quiet:
        sys.stderr.write("\n")
    for problem in problems:
        print(
            json.dumps({"code": problem.code, "ref": problem.ref, "part": problem.part, **problem.facts}, default=str)
        )
    if not problems:
        print(f"verified: {path}")
    return 1 if problems else 0


def main(words: Sequence[str] | None = None) -> int:
    arguments = _arguments(words)
    try:
        store, path = find(arguments.path, arguments.store)
        key = read_keys(arguments.key_file).get(package_id_of(path))
        if key is None:
            raise PackageError("no_key_for_package", package=package_id_of(path), key_file=str(arguments.key_file))
        if arguments.command == "verify":
            return verify(store, path, key, quiet=arguments.quiet)
        package = Package(store, path, key)
        if arguments.command == "list":
            for record in package.records():
                print(json.dumps(record_line(record), ensure_ascii=False))
            return 0
        count = sum(1 for _ in extract_package(package, arguments.into, arguments.ref and set(arguments.ref)))
        print(f"{count} records in {arguments.into}")
        return 0 if count else 1
    except ArchiveError as error:
        sys.stderr.write(f"kendali.archive: {sentence(error.code, error.facts)} ({error.code})\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
