"""What can go wrong with keys, each as a sentence that says what to do next."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from kendali.archive.errors import ArchiveError


class KeysError(ArchiveError):
    """`code` is stable; `sentence(error)` is what a person reads."""


class KeyUnknownError(KeysError):
    """No such package key was ever made, or not in this database."""


class KeyDestroyedError(KeysError):
    """The package key was destroyed; nothing that is current opens it."""


SENTENCES = {
    "in_recovery": _("In recovery nothing is destroyed: QMR and administrator confirm first, on the page /pemulihan/."),
    "not_set_up": _("There is no epoch yet. Type: kendali manage keys set-up"),
    "already_set_up": _("Keys are set up already; nothing was changed."),
    "slots_too_few": _("At least two slots are needed, %(count)s given. Set KENDALI_KEYS to a list of two or more."),
    "slots_no_keyfile": _("At least one slot must be a key file: off-host slots open only with the recovery sheet."),
    "no_slot_opens": _("No slot gave the master of epoch %(epoch)s: %(slots)s. Bring a disk back, or recover."),
    "change_elsewhere": _("Another process is changing keys right now. Wait for it, then look at the keys page."),
    "change_open": _("A change of epoch is not finished yet. Type: kendali manage keys resume"),
    "change_overtaken": _("Another process carried this change on; nothing was done here."),
    "change_nothing_open": _("No change of epoch is open."),
    "change_discarded": _("The change stopped before its switch and was discarded; the old epoch stays. %(why)s"),
    "package_key_unknown": _("No key of package %(package)s is known."),
    "package_key_exists": _("Package %(package)s has a key of generation %(generation)s already."),
    "package_key_destroyed": _("The key of package %(package)s was destroyed."),
    "read_back_differs": _("What was written to %(place)s reads back differently."),
    "sheet_confirmed": _("The recovery sheet was confirmed already. Only --replace makes another one."),
    "sheet_none": _("There is no recovery sheet yet. Type: kendali manage keys sheet"),
    "sheet_not_this": _("This is not the last group of the current sheet. Look at group 14, or print a new sheet."),
    "sheet_other": _("This sheet is not the one that belongs to this off-host copy."),
    "store_in_use": _(
        "%(store)s holds vaults already, and this database has no keys. Type: kendali manage keys recover"
    ),
    "slot_last": _("At least two slots, one of them a key file, must remain."),
    "slot_no_such": _("No slot is registered at %(location)s."),
    "slot_statement": _("Say what became of the slot: a statement is needed."),
    "slot_kind": _("%(location)s: unknown kind of slot; known are %(kinds)s."),
    "slot_path": _("%(location)s: a slot needs an absolute path."),
    "slot_twice": _("A slot is named twice in %(location)s."),
    "slot_foreign": _("%(location)s belongs to another installation; nothing was written. Choose an empty folder."),
    "slot_not_empty": _("%(location)s is not empty; nothing was written. Choose an empty folder."),
    "slot_unmarked": _("%(location)s is not the declared disk: its mark is missing. Is the disk mounted?"),
    "slot_unreachable": _("%(location)s is not reachable: %(why)s."),
    "slot_absent": _("%(location)s holds no master of epoch %(epoch)s."),
    "slot_differs": _("%(location)s holds something else than the master of epoch %(epoch)s."),
    "slot_needs_sheet": _("%(location)s opens only with the recovery sheet."),
    "master_malformed": _("This is not a master's file."),
    "master_damaged": _("The file of the master of epoch %(epoch)s is damaged."),
    "sheet_groups": _("%(found)s groups were typed, the sheet has %(expected)s. Look at group %(group)s."),
    "sheet_group_length": _("Group %(group)s has %(length)s characters, it must have %(expected)s."),
    "sheet_group_character": _("Group %(group)s has a character that the sheet does not use: %(character)s"),
    "sheet_group_check": _("Group %(group)s has a typing error."),
    "sheet_checksum": _("Every group is well-formed, but not of one sheet. Were two sheets mixed?"),
    "offhost_none": _("No off-host copy was found at %(location)s."),
    "offhost_not_opened": _("This sheet does not open %(location)s: it is another sheet, or the copy is damaged."),
    "vault_none": _("No vault in %(store)s belongs to epoch %(epoch)s. Is this the right store, and the newest copy?"),
    "recover_other": _(
        "This database belongs to another epoch than the off-host copy (%(epoch)s). Nothing was changed."
    ),
    "tombstone_bad": _("%(name)s in the store is damaged or forged; restore it from another copy of the store."),
    "vault_not_authentic": _("The vault is not authentic."),
    "vault_malformed": _("This is not a vault."),
}


def sentence(error: ArchiveError) -> str:
    """In the reader's language; an error without a sentence shows its code and facts."""
    template = SENTENCES.get(error.code)
    return str(error) if template is None else gettext(template) % error.facts
