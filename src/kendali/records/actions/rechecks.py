"""Reading a package again on demand: a job, because a package may be gigabytes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _
from procrastinate.exceptions import AlreadyEnqueued

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.records.models import Package
from kendali.verdict import no


def request_check(*, user: User, at: datetime, package: Package) -> None:
    """The package is read again soon, every byte; once, however often it is asked for."""
    from kendali.records import tasks  # tasks call actions; here an action defers a task

    actor = permissions.acting(user, "package.verify", package.source.client)
    if package.status not in (Package.Status.VERIFIED, Package.Status.DAMAGED):
        raise RuleRefused(no(_("Only a package that was written and verified can be read again.")))
    try:
        with transaction.atomic():
            tasks.check_package.configure(queueing_lock=f"check-{package.pk}").defer(package_id=str(package.pk))
            audit.record(
                "package.check_requested",
                actor=actor,
                at=at,
                obj=package,
                client=package.source.client,
                facts={"number": package.number},
            )
    except AlreadyEnqueued as error:
        raise RuleRefused(no(_("This package waits to be read again already."))) from error
