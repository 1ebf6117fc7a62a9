"""`python -m kendali.register verify FILE…`: a certificate, a proof, a dossier, checked with nothing but the files."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from kendali.register import verify

MARKS = {True: "ok  ", False: "BAD ", None: "note"}


def main(arguments: list[str]) -> int:
    """0: everything that could be checked holds; 1: something does not; 2: a file is not there."""
    parser = argparse.ArgumentParser(prog="python -m kendali.register", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("verify", help="PDF, proof (JSON), list (CSV, XLSX), anchor (JSON) or dossier (ZIP)")
    one.add_argument("files", nargs="+", type=Path, metavar="FILE")
    one.add_argument("--trust", type=Path, help="PEM of the authority that issued the seal's certificate")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)  # the libraries' own remarks; ours are printed
    try:
        found = verify.check(options.files, trust=options.trust)
    except OSError as error:
        print(f"BAD  {error}", file=sys.stderr)
        return 2
    for finding in found:
        print(f"{MARKS[finding.ok]} {finding.what}: {finding.text}")
    good = all(finding.ok is not False for finding in found) and any(finding.ok for finding in found)
    print("RESULT: everything that could be checked holds." if good else "RESULT: NOT VERIFIED.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
