"""Jobs of controlled documents. A job may run twice and may die anywhere."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from kendali.documents import importing
from kendali.documents.models import ArticleImport


@app.task(queue="scan")
def read_knowledge_base(*, import_id: int) -> None:
    importing.read_now(ArticleImport.objects.select_related("by").get(pk=import_id))


@app.periodic(cron="20 * * * *")
@app.task(queue="rescue", queueing_lock="knowledge_due")
def knowledge_due(timestamp: int) -> None:
    importing.ask_when_due(timezone.now())
