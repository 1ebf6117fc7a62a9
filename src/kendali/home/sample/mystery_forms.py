"""How a sample's form is filled: answers with a realistic spread, and what is written to each finding."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from kendali.mystery.models import Evaluation
from kendali.mystery.queries import evaluation as query
from kendali.mystery.rules import answers, filled
from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.filled import Answer, NaBy, Span
from kendali.mystery.rules.form import Form, Item, Kind, NotApplicable

FULL, PARTLY = 0.80, 0.965  # of graded items: the best step up to here, the middle one up to there
RIGHT = 0.985  # of yes or no
REMARKS = ("Percakapan lancar sampai penutup.", "Suara agent jelas; menunggu sebentar di antrean.",
           "Agent ramah, jawaban runtut.", "Suara latar agak ramai, tetapi dapat diikuti.")  # fmt: skip
DONE = {
    "opening": "Salam pembuka tidak lengkap", "verification": "Informasi diberikan tanpa verifikasi lengkap",
    "confirmation": "Inti permasalahan tidak dikonfirmasi", "further_help": "Tidak menawarkan bantuan lain",
    "closing": "Penutup tanpa salam", "empathy": "Tidak ada ungkapan empati", "probing": "Kebutuhan tidak digali",
    "customer_name": "Nama pelanggan tidak dipakai", "listening": "Pelanggan beberapa kali disela",
    "accuracy": "Jawaban tidak sesuai artikel", "completeness": "Dua pokok wajib tidak disampaikan",
    "solution": "Tidak ada solusi yang jelas", "ticket": "Tiket tidak dicatat", "intonation": "Nada terburu-buru",
    "ivr_seconds": "Terlalu lama di IVR", "queue_seconds": "Antrean lebih dari satu menit",
    "answer_seconds": "Dering terlalu lama", "attempts": "Perlu tiga percobaan", "busy": "Ada nada sibuk",
    "dropped": "Panggilan terputus di tengah percakapan", "hold": "Hold tanpa izin dan tanpa kabar",
    "transfer": "Dialihkan tanpa penjelasan", "secret_asked": "Agent meminta kode rahasia",
    "ivr_clear": "Menu IVR membingungkan",
}  # fmt: skip
ADVICE = {
    "accuracy": "Ulang kaji artikel yang berlaku, uji dengan tiga pertanyaan",
    "completeness": "Pakai daftar pokok wajib per jenis permintaan",
    "verification": "Coaching alur verifikasi tiga data, simak ulang rekamannya",
    "ivr_seconds": "Pendekkan menu IVR, taruh pilihan agent di tingkat pertama",
    "queue_seconds": "Tinjau jadwal shift pada jam sibuk",
    "ticket": "Ingatkan pencatatan tiket sebelum penutup",
}


def fill(evaluation: Evaluation, rnd: Random, *, skill: float, seconds: int | None) -> tuple[Answer, ...]:
    """Begins with what was measured. `skill`: how far above or below the usual this team is; `seconds`: length of the
    recording, None = none."""
    form = query.form_of(evaluation)
    given = filled.by_item(query.answers_of(evaluation))
    for item in form.items():
        if item.id in filled.visible(form, given) and item.id not in given:
            given[item.id] = _answer(item, rnd, skill, seconds)
    return tuple(given[item.id] for item in form.items() if item.id in given)


def _answer(item: Item, rnd: Random, skill: float, seconds: int | None) -> Answer:
    if item.kind is Kind.TEXT:
        return Answer(item.id, rnd.choice(REMARKS))
    if item.kind is Kind.NUMBER:
        return Answer(item.id, str(max(item.ranges, key=lambda one: one.points).low))
    if item.na is NotApplicable.WITH_REASON and item.scored and rnd.random() < 0.03:
        return Answer(item.id, na=NaBy.HUMAN, na_reason="Tidak terjadi dalam panggilan ini")
    if item.kind is Kind.YES_NO and not any(one.fails for one in item.choices):
        return Answer(item.id, "yes" if rnd.random() < 0.3 else "no")  # on hold, transferred
    steps = sorted(item.choices, key=lambda one: (one.fails, -one.points))
    fell = rnd.random() - skill
    limits = (FULL, PARTLY) if len(steps) > 2 else (RIGHT if item.scored else 0.997,)
    step = steps[sum(1 for limit in limits if fell > limit)]
    if not step.fails:
        return Answer(item.id, step.code)
    spans = (_span(rnd, seconds),) if seconds else ()
    return Answer(item.id, step.code, note=DONE.get(item.id, ""), spans=spans)


def _span(rnd: Random, seconds: int) -> Span:
    start = rnd.randrange(1, max(2, seconds - 8))
    return Span(start, min(seconds, start + 6))


def said(form: Form, given: Iterable[Answer]) -> dict[str, Said]:
    """Uraian and rekomendasi of every finding that follows."""
    found = {}
    for draft in answers.findings(form, filled.by_item(given), query.owners()):
        items = [line.item for line in draft.lines]
        description = "; ".join(DONE.get(one, one) for one in items) + "."
        advice = next((ADVICE[one] for one in items if one in ADVICE), "Coaching satu lawan satu dengan contoh rekaman")
        found[draft.key] = Said(description, advice + ".")
    return found
