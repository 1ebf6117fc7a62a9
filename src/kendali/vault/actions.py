"""What other apps and pages do with keys; each name is made in the module it comes from."""

from kendali.vault.absence import generations, living, look_for
from kendali.vault.epoch_change import change_epoch, resume
from kendali.vault.exports import export_vault
from kendali.vault.leftovers import destruction_effective
from kendali.vault.package_keys import current_epoch, destroy_package_key, new_package_key, package_key
from kendali.vault.reconcile import reconcile
from kendali.vault.recover import recover
from kendali.vault.sheets import confirm_sheet, make_sheet
from kendali.vault.slot_actions import add_slot, prove, set_up, withdraw_slot

__all__ = [
    "add_slot",
    "change_epoch",
    "confirm_sheet",
    "current_epoch",
    "destroy_package_key",
    "destruction_effective",
    "export_vault",
    "generations",
    "living",
    "look_for",
    "make_sheet",
    "new_package_key",
    "package_key",
    "prove",
    "reconcile",
    "recover",
    "resume",
    "set_up",
    "withdraw_slot",
]
