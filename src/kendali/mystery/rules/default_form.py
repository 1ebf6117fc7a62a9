"""The default form F-22 "Form Monitoring Pelaksanaan Mystery Calling" (IN.QCC.TDSCC.F-22 rev 02).

The items of the procedure's three touch points, in Indonesian and English; weights and limits are ours, to be edited
as a new version. Limits of seconds are whole: "up to 60" is the range from 0 up to but without 61.
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from kendali.mystery.rules.form import (
    AutoFail,
    Cause,
    Choice,
    Condition,
    ErrorClass,
    Form,
    Item,
    Kind,
    NotApplicable,
    Operator,
    Range,
    Section,
    TouchPoint,
    Words,
)

CONNECTED = Condition("connected", Operator.IS, "yes")
CODES = ("full", "partly", "not_met")
POINTS = (Decimal(2), Decimal(1), Decimal(0))


def _yes_no(id_: str, label: Words, *, fails: str = "no") -> Item:
    """`fails`: the bad answer; "" = a plain question that weighs nothing."""
    bad = {code: code == fails for code in ("yes", "no")}
    choices = (
        Choice("yes", Words("Ya", "Yes"), Decimal(0 if bad["yes"] or not fails else 1), bad["yes"]),
        Choice("no", Words("Tidak", "No"), Decimal(0 if bad["no"] or not fails else 1), bad["no"]),
    )
    return Item(id_, label, Kind.YES_NO, Decimal(1 if fails else 0), choices=choices)


def _graded(id_: str, label: Words, weight: int, *steps: Words) -> Item:
    """Three described steps, best first; the last one is a ketidaksesuaian."""
    choices = tuple(
        Choice(code, words, points, points == 0) for code, words, points in zip(CODES, steps, POINTS, strict=True)
    )
    return Item(id_, label, Kind.GRADED, Decimal(weight), choices=choices)


def _limits(id_: str, label: Words, unit: str, good: int, fair: int, low: int = 0) -> Item:
    """Up to `good` all points, up to `fair` half of them, above it fails."""
    ranges = (
        Range(Decimal(low), Decimal(good + 1), Decimal(2)),
        Range(Decimal(good + 1), Decimal(fair + 1), Decimal(1)),
        Range(Decimal(fair + 1), None, Decimal(0), True),
    )
    return Item(id_, label, Kind.NUMBER, unit=unit, ranges=ranges)


def _after(item: Item, *conditions: Condition) -> Item:
    return dataclasses.replace(item, when=conditions)


ACCESS = (
    _limits("attempts", Words("Jumlah percobaan sampai tersambung", "Attempts until connected"), "x", 1, 2, low=1),
    _yes_no("connected", Words("Panggilan tersambung ke agent", "The call reached an agent")),
    _yes_no("busy", Words("Ada nada sibuk", "A busy tone was heard"), fails="yes"),
    _limits("ivr_seconds", Words("Lama di IVR sampai dapat memilih agent", "Time in the IVR before choosing an agent"),
            "s", 60, 120),
    _after(_limits("queue_seconds", Words("Lama menunggu di antrean", "Time waiting in the queue"), "s", 20, 60),
           CONNECTED),
    _after(_limits("answer_seconds", Words("Lama dering sampai agent menjawab", "Time ringing until the agent answers"),
                   "s", 10, 15), CONNECTED),
    _yes_no("dropped", Words("Panggilan terputus bukan oleh pelanggan", "The call was dropped, not by the customer"),
            fails="yes"),
)  # fmt: skip

SYSTEM = (
    dataclasses.replace(
        _graded("ivr_clear", Words("Kejelasan menu dan suara IVR", "Clarity of the IVR's menu and voice"), 1,
            Words("Menu singkat, suara jelas, pilihan agent mudah ditemukan",
                  "Short menu, clear voice, an agent is easily found"),
            Words("Dapat dipahami, tetapi panjang atau sebagian kurang jelas",
                  "Understandable, but long or partly unclear"),
            Words("Membingungkan, tidak jelas, atau tidak ada pilihan agent",
                  "Confusing, unclear, or no way to an agent")),
        cause=Cause.SYSTEM),
    _graded("opening", Words("Salam pembuka", "Opening greeting"), 2,
        Words("Salam, nama perusahaan, nama agent dan tawaran bantuan lengkap",
              "Greeting, company, agent's name and offer of help, all there"),
        Words("Ada salam, satu unsur terlewat", "There is a greeting, one element is missing"),
        Words("Tanpa salam, atau dua unsur atau lebih terlewat", "No greeting, or two or more elements are missing")),
    dataclasses.replace(
        _graded("verification", Words("Verifikasi identitas", "Identity verification"), 3,
            Words("Semua data yang diwajibkan diverifikasi sebelum informasi diberikan",
                  "All required data is verified before information is given"),
            Words("Diverifikasi, tetapi urutan atau caranya tidak sesuai prosedur",
                  "Verified, but not in the order or manner of the procedure"),
            Words("Informasi diberikan tanpa verifikasi atau dengan data yang kurang",
                  "Information is given without verification or with too little data")),
        error_class=ErrorClass.COMPLIANCE),
    dataclasses.replace(
        _yes_no("secret_asked", Words("Agent meminta OTP, PIN atau kata sandi",
                                      "The agent asks for an OTP, PIN or password"), fails="yes"),
        weight=Decimal(0), na=NotApplicable.NEVER, auto_fail=AutoFail.FORM, error_class=ErrorClass.COMPLIANCE),
    _yes_no("held", Words("Pelanggan diminta menunggu (hold)", "The customer is put on hold"), fails=""),
    _graded("hold", Words("Izin hold dan musik tunggu", "Permission to hold, and music"), 1,
        Words("Minta izin, sebut alasan dan lama, ada musik, berterima kasih setelahnya",
              "Asks permission, says why and how long, music plays, thanks afterwards"),
        Words("Minta izin, tetapi tanpa alasan, lama atau musik", "Asks permission, but without reason, time or music"),
        Words("Tanpa izin, atau hening tanpa kabar", "No permission, or silence without word")),
    _yes_no("transferred", Words("Panggilan dialihkan", "The call is transferred"), fails=""),
    _graded("transfer", Words("Pengalihan panggilan", "Transfer of the call"), 1,
        Words("Dijelaskan, disetujui, dan penerima sudah tahu permasalahannya",
              "Explained, agreed to, and the receiver knows the matter already"),
        Words("Dijelaskan, tetapi pelanggan harus mengulang", "Explained, but the customer has to repeat everything"),
        Words("Dialihkan tanpa penjelasan atau salah tujuan", "Transferred without explanation or to the wrong place")),
    _graded("confirmation", Words("Konfirmasi permasalahan", "Confirmation of the matter"), 2,
        Words("Mengulang inti permasalahan dan mendapat persetujuan", "Repeats the point of it and has it agreed"),
        Words("Mengulang sebagian, atau tanpa menunggu persetujuan", "Repeats part of it, or does not wait for a yes"),
        Words("Tidak mengonfirmasi", "Does not confirm")),
    _graded("further_help", Words("Tawaran bantuan lain", "Offer of further help"), 1,
        Words("Menawarkan bantuan lain dan menunggu jawaban", "Offers further help and waits for the answer"),
        Words("Menawarkan sambil menutup panggilan", "Offers while already closing the call"),
        Words("Tidak menawarkan", "Does not offer")),
    _graded("closing", Words("Salam penutup", "Closing"), 1,
        Words("Terima kasih, nama pelanggan dan salam lengkap", "Thanks, customer's name and farewell, all there"),
        Words("Ada salam, satu unsur terlewat", "There is a farewell, one element is missing"),
        Words("Tanpa salam penutup, atau menutup lebih dahulu", "No farewell, or hangs up first")),
)  # fmt: skip

PEOPLE = (
    _graded("intonation", Words("Intonasi dan artikulasi", "Intonation and articulation"), 1,
        Words("Ramah, jelas, kecepatan sesuai sepanjang percakapan", "Friendly, clear, well paced throughout"),
        Words("Jelas, tetapi datar atau kadang terlalu cepat", "Clear, but flat or at times too fast"),
        Words("Tidak jelas, ketus atau tidak sabar", "Unclear, curt or impatient")),
    _graded("empathy", Words("Empati", "Empathy"), 2,
        Words("Mengakui keadaan pelanggan dengan kalimat sendiri pada waktu yang tepat",
              "Acknowledges the customer's situation in own words at the right time"),
        Words("Ada ungkapan empati, tetapi hafalan atau terlambat", "Shows empathy, but by rote or too late"),
        Words("Tidak ada empati, menyalahkan atau menyela", "No empathy, blames or cuts off")),
    _graded("customer_name", Words("Penggunaan nama pelanggan", "Use of the customer's name"), 1,
        Words("Nama benar, dipakai dua kali atau lebih", "The right name, used twice or more"),
        Words("Nama benar, dipakai satu kali", "The right name, used once"),
        Words("Nama tidak dipakai atau salah", "The name is not used, or a wrong one")),
    _graded("listening", Words("Mendengarkan", "Listening"), 2,
        Words("Tidak menyela, tidak menanyakan lagi yang sudah disampaikan",
              "Does not interrupt, does not ask again what was said"),
        Words("Sesekali menyela atau bertanya ulang", "Interrupts or asks again now and then"),
        Words("Berulang kali menyela, pelanggan harus mengulang", "Interrupts repeatedly, the customer has to repeat")),
    _graded("probing", Words("Penggalian kebutuhan", "Probing"), 2,
        Words("Pertanyaan tepat dan cukup untuk memahami kebutuhan", "The right questions, and enough of them"),
        Words("Bertanya, tetapi kurang lengkap atau berputar-putar", "Asks, but too little or in circles"),
        Words("Tidak menggali, langsung menjawab", "Does not probe, answers at once")),
    dataclasses.replace(
        _graded("accuracy", Words("Ketepatan jawaban terhadap jawaban yang diharapkan",
                                  "Accuracy against the expected answer"), 4,
            Words("Semua yang disampaikan sesuai artikel", "Everything said agrees with the article"),
            Words("Inti benar, ada rincian kecil yang keliru tanpa dampak",
                  "Right in the main, a small detail is wrong without effect"),
            Words("Salah, menyesatkan, atau mengucapkan yang dilarang", "Wrong, misleading, or something forbidden")),
        error_class=ErrorClass.CUSTOMER),
    _graded("completeness", Words("Kelengkapan jawaban terhadap jawaban yang diharapkan",
                                  "Completeness against the expected answer"), 3,
        Words("Semua pokok yang wajib disampaikan diucapkan", "Every point that must be said is said"),
        Words("Satu pokok terlewat", "One point is missing"),
        Words("Dua pokok atau lebih terlewat", "Two or more points are missing")),
    dataclasses.replace(
        _graded("solution", Words("Solusi", "Solution"), 3,
            Words("Selesai dalam panggilan, atau langkah dan waktunya jelas",
                  "Solved in the call, or next step and time are clear"),
            Words("Ada solusi, tetapi langkah atau waktunya tidak jelas", "A solution, but step or time is unclear"),
            Words("Tidak ada solusi, atau solusi yang salah", "No solution, or a wrong one")),
        error_class=ErrorClass.CUSTOMER),
    dataclasses.replace(
        _yes_no("ticket", Words("Tiket dicatat dengan kategori dan isi yang benar",
                                "A ticket is recorded with the right category and content")),
        error_class=ErrorClass.BUSINESS),
    Item("remarks", Words("Catatan pelaksana", "Caller's remarks"), Kind.TEXT, Decimal(0), required=False),
)  # fmt: skip

ONLY_IF = {
    "hold": Condition("held", Operator.IS, "yes"),
    "transfer": Condition("transferred", Operator.IS, "yes"),
}
ALWAYS = frozenset({"ivr_clear", "remarks"})  # asked also when no agent was reached


def _with_agent(item: Item) -> Item:
    return item if item.id in ALWAYS else _after(item, ONLY_IF.get(item.id, CONNECTED))


def default_form() -> Form:
    access = tuple(dataclasses.replace(item, cause=Cause.ACCESS) for item in ACCESS)
    return Form(
        number="IN.QCC.TDSCC.F-22",
        revision="02",
        version=1,
        title=Words("Form Monitoring Pelaksanaan Mystery Calling", "Mystery Calling Monitoring Form"),
        sections=(
            Section("access", Words("Akses", "Access"), access, Decimal(20), TouchPoint.ACCESS),
            Section("system", Words("Sistem & Prosedur", "System & Procedure"), tuple(map(_with_agent, SYSTEM)),
                    Decimal(30), TouchPoint.SYSTEM),
            Section("people", Words("Petugas", "People"), tuple(map(_with_agent, PEOPLE)), Decimal(50),
                    TouchPoint.PEOPLE),
        ),
    )  # fmt: skip
