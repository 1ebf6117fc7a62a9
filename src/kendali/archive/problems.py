"""Every code that the archive can answer with, and the sentence a person reads: what it means, and what to do next.

English message ids; pages translate them and fill the placeholders from the facts (`ref` and `part` are always there).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from kendali.archive.errors import ArchiveError, StoreError

_AGAIN: Final = "Verify again; if it stays, make a new backup while the source still has the records."
_FORGED: Final = "The package was changed after it was written. Tell the QMR and make a new backup."
_PROGRAM: Final = "This is a mistake in the program; report it with this code."

STORE: Final[dict[str, str]] = {
    "full": "The store is full. Free some space there, then continue; nothing that was verified is lost.",
    "refused": "The store refuses %(key)s. Check rights and credentials, and whether a lock holds it.",
    "unreachable": "The store does not answer (%(error)s). Check that it is mounted or reachable, then continue.",
    "missing": "%(key)s is not in the store. Find out who removed it.",
    "ends_before": "%(key)s in the store is shorter than it was written.",
    "exists": "The store already has %(key)s. Nothing was overwritten.",
    "not_a_folder": "The store's place %(key)s is not a folder. Correct the setting.",
    "url": "The store's address %(url)s is not usable. Correct the setting.",
    "key": "The name %(key)s cannot stand in a store.",
}

VERIFY: Final[dict[str, str]] = {
    "package_missing": "The package is not in the store, or was never completed. Make a new backup.",
    "keyring_missing": "The package's keyring is not in the store. Find out who removed it.",
    "package_does_not_open": "The package's keyring does not open with this key. Check that the key is this package's.",
    "package_not_a_keyring": f"The package's keyring is not what the format says. {_FORGED}",
    "package_keyring_length": f"The package's keyring is not what the format says. {_FORGED}",
    "package_format": "The package has format %(found)s, which this version does not know. Use a newer version.",
    "package_identifier": f"The package says it is another one (%(found)s). {_FORGED}",
    "tagmanifest_changed": f"The package is not the one in the register: its list has another SHA-256. {_FORGED}",
    "checksum": f"%(part)s has other bytes than were written. {_AGAIN}",
    "bag_declaration": f"%(part)s is not what the format says. {_FORGED}",
    "bag_fetch": f"The package wants to fetch files from elsewhere. {_FORGED}",
    "bag_file_missing": f"%(part)s is missing in the package. {_AGAIN}",
    "bag_file_unlisted": "%(part)s lies in the package but belongs to no list. Find out who put it there.",
    "bag_file_unreadable": f"%(part)s cannot be read from the store. {_AGAIN}",
    "tag_file_unlisted": f"%(part)s is not in the package's list. {_FORGED}",
    "manifest": f"The list %(part)s is unreadable. {_AGAIN}",
    "manifest_cut": f"The list %(part)s is cut off. {_AGAIN}",
    "manifest_line": f"The list %(part)s has a line that is none. {_FORGED}",
    "manifest_path": f"The list %(part)s names a file outside the package. {_FORGED}",
    "manifest_twice": f"The list %(part)s names a file twice. {_FORGED}",
    "index_cut": f"The package's index is cut off. {_AGAIN}",
    "index_line": f"Line %(slot)s of the package's index is not what the format says. {_AGAIN}",
    "index_file": f"The package's index and its files do not fit (%(part)s). {_FORGED}",
    "key_missing": "Slot %(slot)s has no key although it was not destroyed by an order. Compare with the newest vault.",
    "key_not_destroyed": "Slot %(slot)s still has its key although it was destroyed. Repeat the destruction.",
    "age": f"The sealed file %(part)s does not open. {_AGAIN}",
    "unit": f"Slot %(slot)s in %(part)s does not open or is damaged. {_AGAIN}",
    "unit_facts": f"Slot %(slot)s does not begin with its facts. {_FORGED}",
    "unit_files": f"Slot %(slot)s holds other files than it says. {_FORGED}",
    "digest": f"%(part)s holds other content than was backed up. {_FORGED}",
    "fingerprint": f"The record %(ref)s is not what was backed up. {_AGAIN}",
    "record_part": f"A part of the record %(ref)s is missing or damaged (slot %(slot)s). {_AGAIN}",
    "record_line": f"The package's list of records is not what the format says. {_FORGED}",
    "record_rows": f"The list of records and the table %(part)s do not fit. {_FORGED}",
    "record_count": f"The package names %(told)s records and holds %(found)s. {_FORGED}",
    "units_without_record": f"%(count)s sealed files belong to no record. {_FORGED}",
    "rows_without_record": f"%(part)s has rows that belong to no record. {_FORGED}",
    "table_unreadable": f"A table of the package cannot be read (%(error)s). {_AGAIN}",
    "tables_process": "Reading the tables was broken off (status %(exit_status)s): too large or slow. Verify again.",
    "nothing_verified": "Not one record could be verified: that is never a success. Make a new backup.",
    "tar_header": f"%(part)s is not a whole archive (at %(offset)s). {_AGAIN}",
    "tar_truncated": f"%(part)s is cut off at %(offset)s. {_AGAIN}",
    "tar_end": f"%(part)s does not end as it should (at %(offset)s). {_FORGED}",
    "tar_member": f"%(part)s holds something that is no plain file (at %(offset)s). {_FORGED}",
    "member_name": f"%(part)s holds a file of a forbidden name (at %(offset)s). {_FORGED}",
    "member_unexpected": f"%(part)s holds slot %(slot)s twice, or where the index has none. {_FORGED}",
    "member_missing": f"%(part)s lacks %(count)s sealed files, the first is slot %(slot)s. {_AGAIN}",
    "unreadable": f"The record %(ref)s could not be restored. {_AGAIN}",
}

PROBE: Final[dict[str, str]] = {
    "writes": "Writing into the store works.",
    "create_refuses_overwrite": "What is written cannot be overwritten.",
    "reads_back": "What was written is read back.",
    "reads_ranges": "Single parts of a file can be read.",
    "lists": "The store lists what is in it.",
    "deletes": "Kendali can remove what it wrote.",
    "lock_refuses": "The store's lock (%(mode)s, %(days)s days) really refuses deletion.",
    "private": "No other user of the machine can read the folder %(folder)s.",
    "space": "%(free)s bytes are free.",
}

OPENING: Final[dict[str, str]] = {
    "no_key": "The key of this content was destroyed or never made; nothing opens it any more.",
    "destroyed": "This content is destroyed: its keys were taken out of every place that the product knows.",
    "no_slot": "The package has no slot %(slot)s.",
    "slot_empty": "Nothing is stored under slot %(slot)s: it could not be read at the source when it was backed up.",
    "not_a_unit": "Slot %(slot)s holds no recording or attachment.",
    "does_not_open": "This does not open with this key: it is another key, or it was changed.",
    "key_length": "A key must have 32 bytes; this one has %(length)s.",
    "not_sealed": "This is not something that Kendali sealed.",
    "format": VERIFY["package_format"],
    "identifier": VERIFY["package_identifier"],
    "keyring_not_found": "The keyring %(keyring)s is in no folder above %(above)s. Give the store with --store.",
    "key_file_unreadable": "The key file %(file)s cannot be read.",
    "key_file_line": "Line %(line)s of %(file)s is not: package id, blank, 64 hexadecimal digits.",
    "no_key_for_package": "%(key_file)s has no key for the package %(package)s.",
    "nothing_to_export": "None of these records can be exported (%(left_out)s are destroyed or incomplete).",
    "unit_unreadable": f"Slot %(slot)s could not be read for the export. {_AGAIN}",
    "unit_truncated": f"The sealed file ends too early. {_AGAIN}",
    "unit_end": f"The sealed file goes on after its end. {_FORGED}",
}

WRITING: Final[dict[str, str]] = {
    "empty_package": "Not one of %(tried)s records could be copied whole; see their problems and repair the source.",
    "lane_died": "A writing process ended (status %(exit_status)s). Nothing counts yet; run again.",
    "keyring_read_back": "The keyring %(key)s did not read back as it was written. Look at the store's disk.",
    "keyring_differs": "The new keyring %(key)s is not the old one minus exactly the list. Nothing was destroyed.",
    "repack_class": f"Only conversations share a key and need a new package. {_PROGRAM}",
    "repack_refs": f"%(count)s of the conversations to take out are not in this package. {_PROGRAM}",
    "repack_differs": "What would stay is not what was verified: the old package is damaged. Nothing was changed.",
    "repack_unverified": "The new package %(number)s did not read back (%(problems)s problems). Nothing was changed.",
    "repack_versions": f"The catalogue knows %(found)s records of this package, the package has %(wanted)s. {_PROGRAM}",
    "destroy_no_slot": "%(count)s records have no key in package %(package)s any more. Nothing was changed.",
    "repack_nothing": f"Nothing would stay: the whole package goes instead. {_PROGRAM}",
    "repack_place": f"A new package of a month lies beside the old one, not at %(path)s. {_PROGRAM}",
    "same_package_key": "The new keyring must have a new package key. Nothing was destroyed.",
    "not_a_keyring": "This opens, but is no keyring.",
    "part_twice": f"The record %(ref)s has two parts of one name. {_PROGRAM}",
    "name": "The code %(name)s cannot stand in the name of a package; use letters, digits, dot, dash, underscore.",
    "month_or_class": f"A package is of one month and one record class. {_PROGRAM}",
    "table_name": f"A table cannot be called %(name)s. {_PROGRAM}",
    "table_schema": f"The table %(name)s changed its columns in the middle. {_PROGRAM}",
    "table_without_ref": f"The table %(name)s has no column _ref. {_PROGRAM}",
    "slot": f"A package has no more than 100 million slots. {_PROGRAM}",
    "keyring_length": f"A keyring has a wrong length. {_PROGRAM}",
    "keyring_shrinks": f"A keyring never shrinks. {_PROGRAM}",
}

SENTENCES: Final[dict[str, str]] = STORE | OPENING | WRITING | VERIFY


def opening_code(error: ArchiveError) -> str:
    """The code of a package that could not even be opened."""
    if isinstance(error, StoreError):
        return "keyring_missing" if str(error.facts.get("key", "")).startswith("keyrings/") else "bag_file_missing"
    return error.code if error.code in VERIFY else f"package_{error.code}"


def sentence(code: str, facts: Mapping[str, object]) -> str:
    """The English sentence, placeholders filled as far as the facts go."""
    return SENTENCES.get(code, code) % defaultdict(lambda: "?", facts)
