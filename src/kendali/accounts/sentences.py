"""What the audit trail and the inbox say about people, roles and log-ins."""

from django.utils.translation import gettext_noop as _

VERBS = {
    "user.created": _("%(actor)s created the user %(object)s."),
    "user.changed": _("%(actor)s changed %(fields)s of the user %(object)s."),
    "user.deactivated": _("%(actor)s deactivated the user %(object)s; tokens and sessions were ended."),
    "user.reactivated": _("%(actor)s activated the user %(object)s again."),
    "user.role_granted": _("%(actor)s gave %(object)s the role %(role)s."),
    "user.role_ended": _("%(actor)s ended the role %(role)s of %(object)s."),
    "user.setup_link_sent": _("%(actor)s sent %(object)s a link to choose a password."),
    "user.setup_link_shown": _("%(actor)s made a link to choose a password for %(object)s, shown on the screen."),
    "user.locked_out": _("%(actor)s locked the log-in of %(object)s after too many wrong passwords."),
    "user.lockout_released": _("%(actor)s released the log-in lock of %(object)s."),
    "user.factors_reset": _("%(actor)s removed the second factors of %(object)s."),
    "sensitive.proposed": _("%(actor)s proposed: %(what)s, %(name)s. It waits for a second person."),
    "sensitive.confirmed": _("%(actor)s confirmed: %(what)s, %(name)s. In force from %(from)s."),
    "sensitive.refused": _("%(actor)s stopped: %(what)s, %(name)s. Reason: %(reason)s"),
    "sensitive.applied": _("In force: %(what)s, %(name)s."),
    "client.created": _("%(actor)s created the client %(object)s."),
    "client.changed": _("%(actor)s changed %(fields)s of the client %(object)s."),
    "site.created": _("%(actor)s created the area %(object)s."),
    "account.changed": _("%(actor)s changed %(fields)s of their own account."),
    "account.password_changed": _("%(actor)s changed their password; other sessions were ended."),
    "account.password_set": _("%(actor)s chose a password by the link."),
    "account.logged_in": _("%(actor)s logged in."),
    "account.logged_out": _("%(actor)s logged out."),
    "account.session_ended": _("%(actor)s ended %(count)s of their sessions."),
    "account.factor_added": _("%(actor)s added the second factor %(factor)s."),
    "account.factor_removed": _("%(actor)s removed the second factor %(factor)s."),
    "token.created": _("%(actor)s created the API token %(object)s with the scopes %(scopes)s."),
    "token.revoked": _("%(actor)s revoked the API token %(object)s."),
    "deputy.named": _("%(actor)s named %(deputy)s as deputy for the role %(role)s from %(starts)s to %(ends)s."),
    "responsible.named": _(
        "%(actor)s named %(leader)s as responsible Team Leader for %(record_class)s of %(client)s (deputy: %(deputy)s)."
    ),
    "responsible.ended": _("%(actor)s ended who is responsible for %(record_class)s of %(client)s."),
    "deputy.ended": _("%(actor)s ended the deputyship of %(deputy)s for the role %(role)s."),
    "deputy.gave_way": _("%(deputy)s leads a team now and stands in for %(principal)s no longer (role %(role)s)."),
}

NOTICES = {
    "responsible.named": _(
        "Responsible Team Leader for %(record_class)s of %(client)s: %(leader)s, deputy: %(deputy)s."
        " You are told first."
    ),
    "deputy.named": _("%(principal)s named you as deputy for the role %(role)s from %(starts)s to %(ends)s."),
    "deputy.gave_way": _(
        "%(deputy)s leads a team now: the deputyship for %(principal)s (role %(role)s) has ended."
        " %(principal)s may name another deputy."
    ),
    "sensitive.proposed": _(
        "%(by)s proposed: %(what)s, %(name)s (%(client)s). Nothing changes before a second person has confirmed."
    ),
    "sensitive.confirmed": _("Confirmed: %(what)s, %(name)s (%(client)s). In force from %(from)s."),
    "sensitive.applied": _("In force now: %(what)s, %(name)s (%(client)s)."),
    "sensitive.refused": _("Stopped: %(what)s, %(name)s (%(client)s). Reason: %(reason)s"),
    "account.factor_added": _(
        "The second factor %(factor)s was added to your account. If it was not you, tell an administrator."
    ),
    "account.factor_removed": _(
        "The second factor %(factor)s was removed from your account. If it was not you, tell an administrator."
    ),
}

FIELDS = {
    "email": _("e-mail"),
    "name": _("name"),
    "position": _("position"),
    "employee_number": _("employee number"),
    "language": _("language"),
    "zone": _("time zone"),
    "theme": _("theme"),
    "code": _("code"),
    "customer_word": _("word for its customers"),
    "active": _("active"),
}

WORDS = {
    "what": {
        "user.client_role": _("new approver with a login"),
        "user.changed": _("data of an approver"),
        "user.reactivated": _("an approver may log in again"),
        "user.setup_link": _("new link to choose a password"),
        "user.factors": _("removal of second factors"),
        "user.own_factors": _("second factors that an approver changed"),
        "mail_server.change": _("mail server"),
    },
    "fields": FIELDS,
    "role": {
        "team_leader": _("Team Leader/SPV"),
        "team_it": _("Team IT"),
        "client": _("Client"),
        "document_control": _("Document Control"),
        "document_owner": _("Document owner"),
        "qmr": _("QMR"),
        "manager_operation": _("Manager Operation"),
        "witness": _("Witness"),
        "auditor": _("Auditor"),
        "administrator": _("Administrator"),
        "qc_officer": _("QC Officer"),
        "qa": _("QA"),
        "supervisor": _("Supervisor"),
        "coordinator": _("Coordinator"),
        "agent": _("Agent"),
        "department_head": _("Department head"),
        "system": _("the program"),
    },
    "factor": {
        "totp": _("authenticator app"),
        "webauthn": _("passkey or security key"),
        "recovery_codes": _("recovery codes"),
    },
    "scopes": {
        "read": _("read"),
        "content": _("content"),
        "operate": _("operate"),
        "administer": _("administer"),
    },
}
