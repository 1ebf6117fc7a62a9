"""Jobs of the register. A job only carries rows forward: it may run twice and may die anywhere."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kendali.archive.errors import ArchiveError
from kendali.register import sealing
from kendali.register.seal import SealingError

TRY_AGAIN = RetryStrategy(max_attempts=50, exponential_wait=2, retry_exceptions={SealingError, ArchiveError})


@app.task(queue="seal", retry=TRY_AGAIN)
def seal_certificate(*, certificate_id: str) -> None:
    sealing.seal(certificate_id=UUID(certificate_id), at=timezone.now())
