"""What happened to controlled documents, one sentence per verb; those of forms are in mystery.sentences_forms."""

from django.utils.translation import gettext_noop as _

VERBS: dict[str, str] = {
    "article.drafted": _("%(actor)s wrote a draft of version %(version)s of article %(object)s"),
    "article.changed": _("%(actor)s changed the draft of version %(version)s of article %(object)s"),
    "article.discarded": _("%(actor)s discarded the draft of version %(version)s of article %(object)s"),
    "article.put_in_force": _("%(actor)s put version %(version)s of article %(object)s in force from %(from)s on"),
    "article.ended": _("%(actor)s set %(until)s as the last day of version %(version)s of article %(object)s"),
    "article.withdrawn": _("%(actor)s withdrew version %(version)s of article %(object)s: %(reason)s"),
    "article.imported": _(
        "%(actor)s imported articles (%(origin)s %(object)s): %(new)s new, %(changed)s new versions, %(ends)s other "
        "last days, %(unchanged)s unchanged"
    ),
}
NOTICES: dict[str, str] = {
    "article.import_waits": _(
        "The knowledge base answered, but %(count)s rows have problems: nothing was taken over. Look at them."
    ),
    "article.import_failed": _("The knowledge base could not be read. The page of the import says why."),
}
WORDS: dict[str, dict[str, str]] = {
    "origin": {
        "entered": _("entered"),
        "pasted": _("pasted"),
        "sheet": _("from a sheet"),
        "http": _("from the knowledge base"),
        "shipped": _("comes with Kendali"),
    },
}
