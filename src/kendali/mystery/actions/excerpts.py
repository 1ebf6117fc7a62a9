"""What a supervisor or an agent hears of a test call: the ranges that this finding is about, and nothing else."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from kendali.accounts.permissions import RuleRefused
from kendali.connectors import sound
from kendali.connectors.sound import Sound
from kendali.mystery.actions import recordings
from kendali.mystery.actions.recordings import Played
from kendali.mystery.models import Recording
from kendali.mystery.rules.filled import Span
from kendali.verdict import no


def of(recording: Recording, spans: Sequence[Span]) -> Played:
    """A WAV file of just these ranges, one after the other. Raises RuleRefused where the file cannot be cut, StoreError
    where it cannot be read."""
    whole = recordings.played(recording)
    heard = sound.look(whole.file, whole.size)
    if heard.kind != "wav" or not heard.block or not heard.rate or not spans:
        raise RuleRefused(no(_("This recording cannot be cut: QA plays it in the coaching."), code="format"))
    pieces = []
    for span in spans:
        first = min(span.start * heard.rate * heard.block, heard.length)
        last = min(span.end * heard.rate * heard.block, heard.length)
        whole.file.seek(heard.start + first)
        pieces.append(whole.file.read(last - first))
    data = b"".join(pieces)
    body = _head(heard, len(data)) + data
    ranges = "-".join(f"{one.start}.{one.end}" for one in spans)
    return Played(io.BytesIO(body), len(body), "audio/wav", f"{whole.tag}-{ranges}"[:100])


def _head(heard: Sound, length: int) -> bytes:
    form = struct.pack(
        "<HHIIHH", heard.code, heard.channels, heard.rate, heard.rate * heard.block, heard.block, heard.bits
    )
    return (
        struct.pack("<4sI4s4sI", b"RIFF", 36 + length, b"WAVE", b"fmt ", len(form))
        + form
        + struct.pack("<4sI", b"data", length)
    )
