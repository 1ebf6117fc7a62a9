"""What happened to certificates, one sentence per verb."""

from django.utils.translation import gettext_noop as _

PART_WORDS = {
    "penyusun": _("who drew it up"),
    "pelaksana": _("who carried it out"),
    "pemilik": _("owner of the documents"),
    "saksi": _("witness"),
    "klien": _("client"),
    "mengetahui": _("who acknowledges"),
}

VERBS = {
    "register.entered": _("%(actor)s entered “%(title)s” in the register."),
    "register.changed": _("%(actor)s changed this row of the register: %(fields)s."),
    "register.destroyed": _("%(actor)s entered its destruction on %(on)s, Berita Acara %(number)s."),
    "certificate.drafted": _(
        "%(actor)s drafted the certificate for %(order)s: %(proposed)s proposed, %(deleted)s gone."
    ),
    "certificate.replaced": _("A newer draft replaced this one."),
    "certificate.sent": _("%(actor)s drew up certificate %(number)s and sent it out for signature."),
    "certificate.signed": _("%(actor)s signed %(number)s as %(part)s (%(factor)s)."),
    "certificate.sealed": _("Certificate %(number)s is sealed: SHA-256 %(pdf)s."),
    "certificate.cancelled": _("%(actor)s made the certificate void: “%(reason)s”"),
    "certificate.corrected": _("%(actor)s drafted a correction of %(number)s: “%(reason)s”"),
    "certificate.copy_uploaded": _(
        "%(actor)s uploaded the copy of %(number)s that was signed with ink (SHA-256 %(sha256)s)."
    ),
    "certificate.proved": _("%(actor)s took the proof for one record of %(number)s (line %(position)s)."),
}

NOTICES = {
    "certificate.sent": _("Certificate %(number)s of %(client)s waits for your signature."),
    "certificate.signed": _("Certificate %(number)s of %(client)s waits for you to acknowledge it."),
    "certificate.sealed": _("Certificate %(number)s of %(client)s is signed by all and sealed."),
    "certificate.cancelled": _("Certificate %(number)s of %(client)s is void: “%(reason)s”"),
}

WORDS: dict[str, dict[str, str]] = {
    "part": PART_WORDS,
    "factor": {
        "password": _("log-in and password"),
        "totp": _("password and code of the app"),
        "passkey": _("passkey"),
    },
}
