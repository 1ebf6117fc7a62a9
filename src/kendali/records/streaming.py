"""Files out of packages by HTTP: a range at a time, nothing loaded whole, nothing a browser could run or keep.

Ranges after RFC 9110 section 14: one range is answered with 206; several, or what is no range of bytes, with the
whole file; a range that lies outside, with 416.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

PIECE = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# A picture opened by itself runs nothing, whatever it pretends to be.
POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; sandbox; frame-ancestors 'none'"


def serve(
    request: HttpRequest, file: BinaryIO, size: int, *, tag: str, content_type: str, name: str, inline: bool
) -> HttpResponseBase:
    """`tag` names exactly these bytes (packages never change); `name` is what a download is called."""
    etag = f'"{tag}"'
    wanted = request.headers.get("Range", "") if request.headers.get("If-Range", etag) == etag else ""
    found = asked_range(wanted, size)
    if found is None:
        response: HttpResponseBase = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        first, last, partial = found
        length = last - first + 1
        body = pieces(file, first, length) if request.method == "GET" else iter(())
        response = StreamingHttpResponse(body, status=206 if partial else 200)
        response.headers["Content-Length"] = str(length)
        if partial:
            response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    for header, value in _headers(etag, content_type, name, inline=inline).items():
        response.headers[header] = value
    return response


def asked_range(text: str, size: int) -> tuple[int, int, bool] | None:
    """(first, last, whether it is a part); None = 416. `bytes=a-b`, `bytes=a-`, `bytes=-n`."""
    match = _RANGE.fullmatch(text.strip())
    if match is None or match[0] == "bytes=-":
        return 0, size - 1, False
    if not match[1]:
        count = min(int(match[2]), size)
        return (size - count, size - 1, True) if count else None
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return 0, size - 1, False  # not a valid range: as if it were not there
    return (first, last, True) if first < size else None


def pieces(file: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    file.seek(first)
    while length and (data := file.read(min(PIECE, length))):
        length -= len(data)
        yield data


def _headers(etag: str, content_type: str, name: str, *, inline: bool) -> dict[str, str]:
    return {
        "Content-Type": content_type,
        "Content-Disposition": disposition(name, inline=inline),
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def disposition(name: str, *, inline: bool) -> str:
    """RFC 6266; the plain form holds only what no old browser misreads."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name).strip() or "file"
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
