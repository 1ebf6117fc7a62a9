"""The public page behind the QR code: number and random token open it, nothing else; a PDF given there is compared."""

from __future__ import annotations

import hashlib
import secrets

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from kendali.register import seal, words
from kendali.register.models import Certificate

BLOCK = 1 << 20
BIGGEST = 50 << 20


@never_cache
@csrf_exempt  # comparing a file changes nothing, and whoever scanned the code has no session
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """What the certificate of this number and token says, and whether a PDF is that certificate."""
    one = _found(number, token)
    context = {
        "one": one,
        "pill": words.pill(one),
        "act": words.ACTS[one.act],
        "kind": words.KINDS[one.record_class],
        "root": bytes(one.merkle_root or b"").hex(),
        "chain": bytes(one.chain_hash or b"").hex(),
        "authority": bool(seal.authority_pem()),
        "compared": _compared(request, one) if request.method == "POST" else "",
    }
    return render(request, "register/verify.html", context)


def _found(number: str, token: str) -> Certificate:
    rows = Certificate.objects.exclude(number=None).select_related("client", "corrects")
    one = rows.filter(number=number).first()
    if one is None or not secrets.compare_digest(one.token.encode(), token.encode()):
        raise Http404
    return one


def _compared(request: HttpRequest, one: Certificate) -> str:
    """sealed, naskah (the text before the seal), csv, xlsx, other, or none."""
    given = request.FILES.get("berkas")
    if given is None or given.size is None or given.size > BIGGEST:
        return "none"
    digest = hashlib.sha256()
    for block in given.chunks(BLOCK):
        digest.update(block)
    known = {
        one.pdf_sha256: "sealed",
        one.signing_sha256: "naskah",
        one.csv_sha256: "list",
        one.xlsx_sha256: "list",
    }
    known |= {copy.sha256: "ink" for copy in one.signed_copies.all()}
    known.pop("", None)
    return known.get(digest.hexdigest(), "other")


@require_safe
def authority(request: HttpRequest) -> HttpResponse:
    """The local authority's certificate (PEM), for a PDF reader or `verify --trust`."""
    text = seal.authority_pem()
    if not text:
        raise Http404
    return HttpResponse(text, content_type="application/x-pem-file")
