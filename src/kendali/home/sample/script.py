"""Who says what and when: the course of one conversation as a list of lines."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from .phrases import (
    CLOSE_AGENT,
    CLOSE_CUSTOMER,
    FEEDBACK,
    GREET,
    HELLO,
    REACT,
    TAIL_AGENT,
    TAIL_CUSTOMER,
    WAIT,
    Topic,
)

NOBODY = "\\N"
DELETED = "Pesan ini telah dihapus"  # what the application leaves of a deleted message
INCOMING, OUTGOING, ACTIVITY, TEMPLATE = 0, 1, 2, 3  # Chatwoot's message types
SECOND = 1_000_000
HOUR = 3_600 * SECOND


class Line(NamedTuple):
    at: int
    kind: int
    text: str  # ready as a COPY field
    private: bool = False
    attached: bool = False
    rating: int = 0
    feedback: str = ""


def greeting(hour: int) -> str:
    """What one says at this local hour in Indonesian."""
    return (
        "Selamat pagi"
        if 3 <= hour < 11
        else "Selamat siang"
        if hour < 15
        else "Selamat sore"
        if hour < 18
        else "Selamat malam"
    )


def fill_slots(rnd: Random, slots: dict[str, str], start: int, offset_hours: int) -> None:
    """Numbers, amounts and dates of this conversation."""
    hour = (start // HOUR + offset_hours) % 24
    slots["salam"] = greeting(hour)
    slots["ref"] = f"{int(rnd.random() * 1e9):09d}"
    slots["nominal"] = f"Rp{int(rnd.random() * 9_000 + 25) * 1_000:,}".replace(",", ".")
    slots["rek"] = f"{int(rnd.random() * 10_000):04d}"
    slots["tgl"] = f"{int(rnd.random() * 28) + 1:02d}/{int(rnd.random() * 12) + 1:02d}"
    slots["jam"] = f"{int(rnd.random() * 24):02d}.{int(rnd.random() * 60):02d}"
    slots["kali"] = str(int(rnd.random() * 8) + 2)


def play(
    rnd: Random,
    topic: Topic,
    slots: dict[str, str],
    start: int,
    length: int,
    offset_hours: int,
    resolved: bool,
    attached: float,
    end: int,
) -> list[Line]:
    """Exactly `length` lines from `start`, none after `end` (µs); `attached`: expected attachments of the whole."""
    fill_slots(rnd, slots, start, offset_hours)
    parts = _course(rnd, topic, length, resolved)
    picture = attached / MEAN_CUSTOMER_LINES
    random = rnd.random
    at, lines = start, []
    for kind, private, pool in parts:
        if pool is _RATE:
            rating = 1 + int(random() ** 0.5 * 5)
            feedback = FEEDBACK[int(random() * len(FEEDBACK))] if random() < 0.5 else ""
            lines.append(Line(at, TEMPLATE, "Silakan nilai percakapan ini", False, False, rating, feedback))
            continue
        text = pool[int(random() * len(pool))]
        if kind == INCOMING:
            text += TAIL_CUSTOMER[int(random() * 13)]
        elif kind == OUTGOING and not private:
            text += TAIL_AGENT[int(random() * 9)]
        if "{" in text:
            text = text.format_map(slots)
        lines.append(Line(at, kind, text, private, kind == INCOMING and random() < picture))
        gap = random()
        if gap < 0.93:
            at += int((4 + gap * 150) * SECOND + random() * SECOND)
        elif gap < 0.998:
            at += int((gap - 0.9) * 200 * HOUR)
        else:  # comes back weeks later
            at += int(random() * 60 * 24 * HOUR)
    if at > end and lines[-1].at > end:
        last = lines[-1].at
        lines = [line._replace(at=start + (line.at - start) * max(end - start, 1) // (last - start)) for line in lines]
    return lines


MEAN_CUSTOMER_LINES = 4.6
_RATE = ("",)
_RESOLVE = ("Percakapan ditandai selesai oleh {agen}",)
_ASSIGN = ("Ditugaskan ke {agen} oleh sistem", "{agen} menambahkan label pada percakapan ini")
_REOPEN = ("Percakapan dibuka kembali karena ada pesan baru dari {nama}",)
Part = tuple[int, bool, tuple[str, ...]]


def _course(rnd: Random, topic: Topic, length: int, resolved: bool) -> list[Part]:
    opening: list[Part] = [(INCOMING, False, topic.open), (OUTGOING, False, GREET)]
    if length <= 2:
        return opening[:length]
    if length > 5 and rnd.random() < 0.7:
        opening.insert(0, (INCOMING, False, HELLO))
    ending: list[Part] = []
    if resolved and length > 4:
        ending = [(OUTGOING, False, CLOSE_AGENT), (ACTIVITY, False, _RESOLVE)]
        if length > 7:
            ending.insert(1, (INCOMING, False, CLOSE_CUSTOMER))
            if rnd.random() < 0.25:
                ending.append((TEMPLATE, False, _RATE))
    middle: list[Part] = []
    wanted = length - len(opening) - len(ending)
    agents_turn: tuple[Part, ...] = (
        (OUTGOING, False, topic.ask),
        (OUTGOING, False, topic.step),
        (OUTGOING, False, WAIT),
    )
    while len(middle) < wanted:
        chance = rnd.random()
        if chance < 0.06:
            middle.append((OUTGOING, True, topic.note))
        elif chance < 0.11:
            middle.append((ACTIVITY, False, _ASSIGN))
        elif chance < 0.12:
            middle.append((ACTIVITY, False, _REOPEN))
        elif chance < 0.56:
            middle.append((INCOMING, False, topic.answer if rnd.random() < 0.5 else REACT))
        else:
            middle.append(agents_turn[int(rnd.random() * 3)])
    return opening + middle[:wanted] + ending
