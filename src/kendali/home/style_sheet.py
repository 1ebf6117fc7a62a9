"""/gaya/: every component with the content of a real day, in development and tests only; people as in the sample."""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html

from kendali import civil_time
from kendali.home.charts import Bar
from kendali.verdict import no


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    note: str
    state: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    at: datetime
    sentence: str
    state: str = ""
    actor: str = ""


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label="Alasan", widget=forms.Textarea(attrs={"rows": 3}), help_text="Dibaca Team Leader; tanpa nama nasabah."
    )
    until = forms.DateField(label="Ajukan lagi setelah", required=False, widget=forms.DateInput(attrs={"type": "date"}))


def style_sheet(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    refused = ReturnForm({"reason": ""})
    refused.is_valid()
    return render(
        request,
        "home/style_sheet.html",
        {
            "now": now,
            "due": {
                "late": now - timedelta(days=110),
                "today": timezone.localtime(now).replace(hour=23, minute=59),
                "soon": now + timedelta(days=2),
                "later": now + timedelta(days=4),
            },
            "steps": STEPS,
            "steps_with_trouble": TROUBLE,
            "bars": _bars(timezone.localdate()),
            "legend": [("late", "lewat satu tahun 312"), ("soon", "segera wajib 892")],
            "history": _history(now),
            "refusal": no("Only %(roles)s may do this.", roles="Team Leader/SPV"),
            "form": refused,
            "crumbs": [("Eskalasi", "/gaya/"), ("Bank Nusantara", ""), ("Percakapan", "")],
            "tabs": [("Semua", "/gaya/", True), ("Berjalan", "/gaya/?s=1", False), ("Selesai", "/gaya/?s=2", False)],
            "packages": PACKAGES,
            "hash": "9f2c1d7a55b0e3c8f4410c2f8e67a1b2d3c4e5f60718293a4b5c6d7e8f901234",
        },
    )


def peaks(request: HttpRequest) -> JsonResponse:
    """The shape of a made-up call: one value a fifth of a second, speech and silence by turns."""
    shape = [abs(math.sin(i / 3) * math.sin(i / 17)) * (0.3 if i % 90 < 20 else 1) for i in range(600)]
    return JsonResponse([round(value, 3) for value in shape], safe=False)


def sound(request: HttpRequest) -> HttpResponse:
    """Two seconds of a tone, as 8 kHz telephony."""
    tone = bytes(int(128 + 60 * math.sin(i / 8)) for i in range(16_000))
    wav = io.BytesIO()
    with wave.open(wav, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(1)
        writer.setframerate(8000)
        writer.writeframes(tone)
    return HttpResponse(wav.getvalue(), content_type="audio/wav")


def live(request: HttpRequest) -> HttpResponse:
    """A fragment as a running order answers it."""
    return render(request, "home/_style_progress.html")


def _bars(today: date) -> list[Bar]:
    first = civil_time.add_months(today, -23)
    values = [0, 0, 0, 0, 0, 0, 0, 0, 10, 52, 250, 480, 412]
    states = ["done"] * 8 + ["late"] * 3 + ["soon"] * 2
    names = ["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"]
    return [
        Bar(names[month.month - 1], month.strftime("%m-%Y"), value, state)
        for index, (value, state) in enumerate(zip(values, states, strict=True))
        if (month := civil_time.add_months(first, index))
    ]


def _history(now: datetime) -> list[Happened]:
    sentence = format_html("Paket <b>{}</b> dibaca ulang: 9.118 percakapan cocok dengan sumber.", "PKT-2026-0913")
    return [
        Happened(now, sentence),
        Happened(now, "3 lampiran tidak ada di penyimpanan sumber; dicatat sebagai kekurangan.", "late"),
        Happened(now, format_html("<b>{}</b> memulai backup. Sumber: Chatwoot 4.10, hak baca saja.", "Indra")),
        Happened(now - timedelta(days=1), format_html("<b>{}</b> menerima eskalasi.", "Indra")),
    ]


STEPS = [
    Step("1 Diajukan", "Tari · 20 Nov 15.40", "done", "/gaya/"),
    Step("5 Diterima IT", "Indra · 20 Nov 16.02", "done"),
    Step("Dibackup", "sejak 08.10.02", "current"),
    Step("Diverifikasi", "baca ulang setiap byte", "todo"),
    Step("Uji restore", "contoh 5 %", "todo"),
    Step("Dikonfirmasi", "Tari", "todo"),
]
TROUBLE = [
    Step("Diajukan", "Tari · 2 Nov", "done"),
    Step("Diterima IT", "Indra · 3 Nov", "held"),
    Step("Dibackup", "sumber tidak menjawab", "failed"),
    Step("Diverifikasi", "", "skipped"),
    Step("Dikonfirmasi", "", "todo"),
]
PACKAGES = [
    ("PKT-2026-0912", "Mei 2025", 8204, 7_100_000, "done", "terverifikasi"),
    ("PKT-2026-0913", "Juni 2025", 9118, 7_900_000, "done", "terverifikasi"),
    ("PKT-2026-0914", "Juli 2025", 9377, 8_200_000, "active", "dibaca ulang 72 %"),
    ("PKT-2026-0915", "Agustus 2025", 8181, None, "active", "ditulis"),
    ("PKT-2026-0916", "September 2025", None, None, "late", "berkas hilang di sumber"),
]
