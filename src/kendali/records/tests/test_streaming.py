"""Ranges as RFC 9110 has them, and names that no browser misreads."""

from __future__ import annotations

import io

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from kendali.records import media
from kendali.records.streaming import asked_range, disposition, pieces, serve


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (0, 99, False)),
        ("bytes=0-", (0, 99, True)),
        ("bytes=0-0", (0, 0, True)),
        ("bytes=10-19", (10, 19, True)),
        ("bytes=90-500", (90, 99, True)),
        ("bytes=-10", (90, 99, True)),
        ("bytes=-500", (0, 99, True)),
        ("bytes=-0", None),
        ("bytes=100-", None),
        ("bytes=100-200", None),
        ("bytes=20-10", (0, 99, False)),
        ("bytes=-", (0, 99, False)),
        ("bytes=0-1,5-6", (0, 99, False)),
        ("items=0-5", (0, 99, False)),
        ("bytes=a-b", (0, 99, False)),
    ],
)
def test_what_a_range_asks_for(text: str, found: tuple[int, int, bool] | None) -> None:
    assert asked_range(text, 100) == found


@given(st.binary(max_size=3000), st.integers(0, 3500), st.integers(0, 3500))
def test_a_range_is_exactly_its_bytes(data: bytes, first: int, last: int) -> None:
    request = RequestFactory().get("/", headers={"Range": f"bytes={first}-{last}"})
    answer = serve(request, io.BytesIO(data), len(data), tag="t", content_type="audio/wav", name="a", inline=True)
    if first >= len(data) and first <= last:
        assert answer.status_code == 416
    else:
        body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert body == (data[first : last + 1] if first <= last else data)
        assert int(answer.headers["Content-Length"]) == len(body)


def test_another_version_of_the_file_is_sent_whole() -> None:
    headers = {"Range": "bytes=0-1", "If-Range": '"old"'}
    request = RequestFactory().get("/", headers=headers)
    answer = serve(request, io.BytesIO(b"abc"), 3, tag="new", content_type="x/y", name="a", inline=True)
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"abc")  # type: ignore[attr-defined]


def test_a_large_file_is_read_in_pieces() -> None:
    class Counting(io.BytesIO):
        most = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.most = max(self.most, size or 0)
            return super().read(size)

    file = Counting(bytes(3_000_000))
    assert sum(map(len, pieces(file, 100, 2_900_000))) == 2_900_000
    assert file.most == 256 * 1024


@pytest.mark.parametrize(
    ("name", "plain", "full"),
    [
        ("bukti.png", "bukti.png", "bukti.png"),
        ('a"; filename="b.exe', "a__ filename__b.exe", "a%22%3B%20filename%3D%22b.exe"),
        ("x\r\nSet-Cookie: a=b", "x__Set-Cookie_ a_b", "x%0D%0ASet-Cookie%3A%20a%3Db"),
        ("文件 🙂.pdf", "__ _.pdf", "%E6%96%87%E4%BB%B6%20%F0%9F%99%82.pdf"),
        ("\ud800", "_", "%3F"),
    ],
)
def test_names_cannot_leave_their_header(name: str, plain: str, full: str) -> None:
    assert disposition(name, inline=False) == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"


@pytest.mark.parametrize(
    ("data", "kind", "shown"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg", "image"),
        (b"GIF89a", "image/gif", "image"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", "image"),
        (b"\0\0\0\x18ftypmp42", "video/mp4", "video"),
        (b"OggS\0", "audio/ogg", "audio"),
        (b"<svg onload=alert(1)>", "application/octet-stream", ""),
        (b"\xd0" + bytes(32), "audio/wav", "audio"),
        (b"%PDF-1.7", "application/octet-stream", ""),
        (b"<!doctype html>", "application/octet-stream", ""),
        (b"", "application/octet-stream", ""),
    ],
)
def test_a_file_is_shown_as_what_its_bytes_are(data: bytes, kind: str, shown: str) -> None:
    found = media.look(io.BytesIO(data), len(data))
    assert (found.content_type, found.shown) == (kind, shown)
