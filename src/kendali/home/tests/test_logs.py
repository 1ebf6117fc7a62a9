"""One plain line per event, and no secret in any of them."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.log import log_response

from kendali.home.logs import NoSecrets, PlainLine


@pytest.fixture
def lines() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(NoSecrets())
    handler.setFormatter(PlainLine())
    logger = logging.getLogger("kendali.example")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)
    logger.propagate = True


Lines = tuple[logging.Logger, io.StringIO]


def test_a_line_says_when_how_grave_who_what_and_the_facts(lines: Lines) -> None:
    logger, stream = lines
    logger.warning("job %s\nretried", 7, extra={"order": "ESK-2026-0001"})
    instant, rest = stream.getvalue().split(" ", 1)
    assert instant.endswith("+00:00")
    assert rest == "WARNING kendali.example job 7\\nretried order='ESK-2026-0001'\n"


@pytest.mark.parametrize(
    "text",
    [
        "connecting to postgresql://kendali_app:geheim@db/kendali",
        "password=geheim",
        "{'password': 'geheim', 'user': 'tari'}",
        "Authorization: Bearer geheim",
        "api_key: geheim",
        "token=geheim&page=2",
        "AGE-SECRET-KEY-1GEHEIMGEHEIMGEHEIM",
    ],
)
def test_what_looks_like_a_secret_is_blackened(lines: Lines, text: str) -> None:
    logger, stream = lines
    logger.info(text)
    logger.info("%s", text)
    logger.info("facts", extra={"text": text})
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("failed", exc_info=sys.exc_info())
    assert "geheim" not in stream.getvalue().lower().replace("valueerror(text)", "")
    assert "***" in stream.getvalue()


@pytest.mark.parametrize(("error", "status", "traced"), [
    (PermissionDenied("no"), 403, False), (PermissionDenied("no"), 500, True), (ValueError("x"), 500, True),
])  # fmt: skip
def test_a_refused_page_is_one_line_and_an_error_of_ours_keeps_its_traceback(
    lines: Lines, rf: RequestFactory, error: Exception, status: int, traced: bool
) -> None:
    logger, stream = lines
    request, answer = rf.get("/log/"), HttpResponse(status=status)
    try:
        raise error
    except (PermissionDenied, ValueError):
        log_response("Stopped: %s", request.path, response=answer, request=request, logger=logger, exception=error)
    assert f"Stopped: /log/ status_code='{status}'" in stream.getvalue()
    assert ("Traceback" in stream.getvalue()) == traced
    assert (stream.getvalue().count("\n") == 1) != traced
