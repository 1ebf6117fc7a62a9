"""E-mail over SMTP, in the receiver's language, as plain text and simple HTML."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from kendali.audit.sentences import notices, say
from kendali.notices.models import Notice


def configured() -> bool:
    return bool(settings.KENDALI_MAIL)


def sentence(notice: Notice) -> str:
    """What the notice says, in the active language."""
    return say(notices().get(notice.kind, notice.kind), notice.facts)


def lines(notice: Notice) -> list[tuple[str, datetime | None, bool]]:
    """What a notice lists besides its sentence (the fact "lines": text, due, late), each with its due date."""
    listed = notice.facts.get("lines", [])
    return [(text, datetime.fromisoformat(due) if due else None, bool(late)) for text, due, late in listed]


def send(notice: Notice) -> None:
    """One e-mail to one person. Raises OSError or smtplib.SMTPException; the job counts and repeats it."""
    with translation.override(notice.user.language):
        subject = sentence(notice)
        context = {
            "notice": notice,
            "sentence": subject,
            "link": settings.BASE_URL.rstrip("/") + notice.url,
            "lines": lines(notice),
        }
        text = render_to_string("notices/mail.txt", context)
        html = render_to_string("notices/mail.html", context)
    deliver(to=notice.user.email, subject=subject, text=text, html=html)


def deliver(*, to: str, subject: str, text: str, html: str) -> None:
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split())[:180],
        body=text,
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(html, "text/html")
    message.send()
