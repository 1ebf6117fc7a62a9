"""The daily anchor, shortly after midnight in Jakarta."""

from __future__ import annotations

from datetime import UTC, datetime

from procrastinate.contrib.django import app


@app.periodic(cron="10 17 * * *", periodic_id="audit.anchor")
@app.task(name="audit.anchor", queue="audit", retry=5)
def anchor_head(timestamp: int) -> None:
    from django.conf import settings

    from kendali.archive.stores import open_store
    from kendali.audit.anchors import anchor

    anchor(open_store(settings.KENDALI_STORE), at=datetime.now(UTC))
