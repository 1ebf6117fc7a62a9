"""What happened in records control, one sentence per verb."""

from django.utils.translation import gettext_noop as _

from kendali.records import sentences_deletion, sentences_destruction
from kendali.records.problems import SHORT

# The statuses of an escalation, for a rule's reason.
STATUS_WORDS = {
    "draft": _("draft"),
    "raised": _("raised"),
    "accepted": _("accepted"),
    "running": _("running"),
    "paused": _("paused"),
    "stopped": _("stopped by a problem"),
    "done": _("finished"),
    "incomplete": _("finished with shortcomings"),
    "confirmed": _("confirmed"),
    "returned": _("returned"),
    "cancelled": _("cancelled"),
}

VERBS = {
    "dossier.taken": _("%(actor)s took the evidence (ZIP) of %(number)s."),
    "source.connected": _("%(actor)s connected the source %(name)s."),
    "source.changed": _("%(actor)s changed the source %(name)s: %(fields)s."),
    "source.probed": _("%(actor)s checked the source %(name)s (%(version)s): %(problems)s problems."),
    "source.scan_requested": _("%(actor)s asked for a scan of %(name)s."),
    "source.scanned": _(
        "%(actor)s scanned %(name)s: %(seen)s records, %(new)s new, %(changed)s changed, %(vanished)s vanished."
    ),
    "source.scan_failed": _("The scan of %(name)s stopped after %(seen)s records: %(problem)s."),
    "source.compared": _("%(actor)s compared %(compared)s records of %(name)s with their backups: %(changed)s differ."),
    "store.probed": _("%(actor)s tried the promises of the store %(store)s; not kept: %(refused)s."),
    "escalation.drafted": _("%(actor)s drafted the periodic escalation for %(source)s: %(count)s records."),
    "escalation.send": _("%(actor)s raised the escalation %(number)s: %(count)s records up to %(cut_off)s."),
    "escalation.accept": _("%(actor)s accepted the escalation."),
    "escalation.return": _("%(actor)s returned the escalation: “%(reason)s”"),
    "escalation.start": _("%(actor)s started the backup."),
    "escalation.pause": _("%(actor)s paused the backup."),
    "escalation.stop": _("The backup stopped: %(problem)s."),
    "escalation.finish": _("The backup is finished: %(backed_up)s records, every byte read back."),
    "escalation.finish_incomplete": _(
        "The backup is finished with shortcomings: %(backed_up)s records backed up, %(shortcomings)s not."
    ),
    "escalation.confirm": _("%(actor)s confirmed the result."),
    "escalation.cancel": _("%(actor)s cancelled the escalation: “%(reason)s”"),
    "escalation.taken_over": _("Another worker took over the backup (attempt %(attempt)s)."),
    "package.verified": _(
        "Package %(number)s was read back: %(records)s records match the source. Restore drill: %(drilled)s."
    ),
    "package.damaged": _("Package %(number)s is damaged: %(problems)s problems."),
    "package.checked": _("Package %(number)s was read again, every byte: no problem."),
    "package.check_requested": _("%(actor)s asked to read package %(number)s again."),
    "package.exported": _("%(actor)s exported package %(number)s for the recipient %(recipient)s."),
    "package.key_exported": _("%(actor)s wrote the key of package %(number)s to a file."),
    "unbackupable.propose": _("%(actor)s proposed %(object)s as “cannot be backed up”: “%(reason)s”"),
    "unbackupable.confirm": _("%(actor)s confirmed that %(object)s cannot be backed up."),
    "unbackupable.refuse": _("%(actor)s refused %(object)s as “cannot be backed up”: “%(reason)s”"),
    "record.opened": _("%(actor)s opened the content of %(object)s: “%(reason)s”"),
    "record.text_searched": _("%(actor)s searched the conversations of a client for a text: “%(reason)s”"),
    "record.searched": _("%(actor)s searched for records by %(fields)s: %(count)s found."),
    "policy.saved": _("%(actor)s saved version %(version)s of the policy: “%(reason)s”"),
    "policy.proposed": _("%(actor)s proposed version %(version)s of the policy; the client decides: “%(reason)s”"),
    "policy.agreed": _("%(actor)s agreed to version %(version)s of the policy."),
    "policy.refused": _("%(actor)s refused version %(version)s of the policy: “%(reason)s”"),
    "setting.saved": _("%(actor)s set “%(key)s” to %(value)s: “%(reason)s”"),
    **sentences_destruction.VERBS,
    **sentences_deletion.VERBS,
}

NOTICES = {
    "escalation.drafted": _("The periodic escalation for %(client)s · %(source)s is ready to send: %(count)s records."),
    "escalation.send": _("Escalation %(number)s for %(client)s · %(source)s waits for you: %(count)s records."),
    "escalation.accept": _("Team IT accepted escalation %(number)s for %(client)s · %(source)s."),
    "escalation.return": _("Escalation %(number)s was returned: “%(reason)s”"),
    "escalation.cancel": _("Escalation %(number)s was cancelled: “%(reason)s”"),
    "escalation.stop": _("The backup of %(number)s stopped; see what to do."),
    "escalation.finish": _("The backup of %(number)s is finished: please check and confirm."),
    "escalation.finish_incomplete": _("The backup of %(number)s is finished with shortcomings: please check."),
    "package.damaged": _("Package %(number)s is damaged. %(count)s records need a new backup."),
    "policy.first": _(
        "The first retention policy for %(client)s is in force: deletion is asked after %(years)s years, destruction of"
        " the backup copy %(months)s months later. If that is not what you agreed on, tell the contact centre."
    ),
    "policy.proposed": _("A shorter retention for %(client)s waits for your decision."),
    "unbackupable.propose": _("%(client)s: a record is proposed as “cannot be backed up”."),
    **sentences_deletion.NOTICES,
}

SEARCH_FIELDS = {
    "number": _("number"),
    "since": _("from"),
    "until": _("until"),
    "customer_name": _("customer's name"),
    "customer_phone": _("customer's phone number"),
    "agent": _("agent"),
    "channel": _("channel"),
}

WORDS: dict[str, dict[str, str]] = {
    "fields": SEARCH_FIELDS,
    "problem": {**SHORT, **sentences_deletion.PROBLEMS},  # codes of problems, as a pill says them
    "reason": sentences_deletion.REASONS,
    "status": {**STATUS_WORDS, **sentences_deletion.STATUS_WORDS},
    **sentences_destruction.WORDS,
}
