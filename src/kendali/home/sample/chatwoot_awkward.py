"""The awkward cases: each is one short story, named as practitioners name the trouble it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from .chatwoot_base import BANK_SIDE, TELCO_SIDE, Side
from .chatwoot_files import blob_path
from .chatwoot_story import MINUTE, OPEN, PENDING, SNOOZED, Book, Told, stored
from .pictures import jpeg, pdf, png
from .script import DELETED

CASES: dict[str, Callable[[Book], None]] = {}


def case(story: Callable[[Book], None]) -> Callable[[Book], None]:
    CASES[story.__name__] = story
    return story


def tell_all(book: Book) -> None:
    for story in CASES.values():
        story(book)


def told(book: Book, name: str, side: Side = BANK_SIDE, *, channel: int = 0, agent: int = 0, status: int = 1) -> Told:
    """A conversation with a customer of its own."""
    number = book.contact_id + 1
    who = book.contact(
        side,
        side.inboxes[channel],
        f"Pelanggan Contoh {number}",
        f"+6281100{number:06d}",
        f"contoh{number}@surel.example",
    )
    return Told(book, side, name, contact=who, channel=channel, agent=agent, status=status)


@case
def endless(book: Book) -> None:
    """One customer, one conversation, three years: it never ends, yet its old messages must be backed up."""
    story = told(book, "endless", status=OPEN)
    for month in range(36):
        at = book.ago(BANK_SIDE, 1_090 - month * 30, 9 + month % 8)
        story.talk(
            at,
            f"Selamat pagi, ini laporan bulan ke-{month + 1}",
            "Baik Ibu, sudah kami catat.",
            "Terima kasih",
            "Sama-sama 🙏",
        )
    story.end()


@case
def reopened(book: Book) -> None:
    """Resolved more than two years ago, opened again last month: its clock starts again."""
    story = told(book, "reopened", agent=1)
    at = story.talk(book.ago(BANK_SIDE, 900), "Kartu saya tertelan", "Sudah kami blokir.", "Terima kasih")
    story.say(at, "Percakapan ditandai selesai oleh Bella", 2, content_attributes="{}")
    later = book.ago(BANK_SIDE, 31)
    story.say(later, "Percakapan dibuka kembali karena ada pesan baru", 2, content_attributes="{}")
    story.talk(later + MINUTE, "Kartu penggantinya belum sampai", "Kami cek ke kurir ya Kak.")
    story.end()


@case
def open_for_two_years(book: Book) -> None:
    story = told(book, "open_for_two_years", TELCO_SIDE, status=OPEN)
    story.talk(book.ago(TELCO_SIDE, 800), "Internet mati dari pagi", "Tiket sudah dibuat ya Kak.")
    story.end()


@case
def pending_old(book: Book) -> None:
    story = told(book, "pending_old", status=PENDING, channel=1)
    story.talk(book.ago(BANK_SIDE, 790), "Apakah ada orang?")
    story.end(assignee_id=None)


@case
def snoozed_old(book: Book) -> None:
    story = told(book, "snoozed_old", status=SNOOZED)
    story.talk(book.ago(BANK_SIDE, 780), "Tolong ingatkan saya bulan depan", "Baik, kami jadwalkan.")
    story.end(snoozed_until=book.ago(BANK_SIDE, -30))


@case
def soft_deleted(book: Book) -> None:
    """The application keeps a deleted message as a row with another text."""
    story = told(book, "soft_deleted", agent=2)
    at = story.talk(book.ago(BANK_SIDE, 700), "PIN saya kok ditolak", "Mohon jangan tuliskan PIN di sini ya Kak.")
    story.say(at, DELETED, content_attributes=stored({"deleted": True}), updated_at=at + 2 * MINUTE)
    story.say(at + MINUTE, DELETED, 1, content_attributes=stored({"deleted": True}), updated_at=at + 3 * MINUTE)
    story.end()


@case
def many_scripts(book: Book) -> None:
    story = told(book, "many_scripts", TELCO_SIDE, channel=3)
    story.talk(
        book.ago(TELCO_SIDE, 650), "ꦱꦸꦒꦼꦁꦌꦚ꧀ꦗꦁ 🙏🏽", "👨‍👩‍👧‍👦 keluarga · 🇮🇩",
        "السلام عليكم، أين طلبي؟", "你好，我的网络断了。𠮷野家",
        "ᬒᬁ ᬲ᭄ᬯᬲ᭄ᬢ᭄ᬬᬲ᭄ᬢᬸ", "naïve — e\u0301 \u200fابجد\u200e \u202bkanan\u202c",
        "ನಮಸ್ಕಾರ 안녕하세요 สวัสดี", "\U0001f9d1\u200d\U0001f4bb\ufe0f",
    )  # fmt: skip
    story.end()


@case
def json_in_string(book: Book) -> None:
    """content_attributes is JSON that holds a string that holds JSON; old rows hold the object itself."""
    story = told(book, "json_in_string", channel=2)
    at = book.ago(BANK_SIDE, 640)
    mail = {
        "email": {
            "subject": 'Re: "Tagihan" \\ Juli',
            "text_content": {"full": 'Yth.\nBank\t"Nusantara"\\', "quoted": ""},
        }
    }
    story.say(
        at, "Mohon rincian tagihan Juli", content_type=8, content_attributes=stored(mail), source_id="a1@surel.example"
    )
    story.reply(
        at + MINUTE, "Terlampir ya Kak.", content_attributes='{"cc_emails": ["a@surel.example"], "angka": 1.50}'
    )
    story.reply(at + 2 * MINUTE, "Satu lagi.", content_attributes=None)
    story.end(additional_attributes={"mail_subject": 'Re: "Tagihan" \\ Juli', "in_reply_to": None})


@case
def nul_escape(book: Book) -> None:
    """\\u0000 is legal in a json column and refused by jsonb."""
    story = told(book, "nul_escape", channel=1)
    at = book.ago(BANK_SIDE, 630)
    story.say(at, "Formulir dari aplikasi lama", content_attributes='"{\\"items\\":[\\"a\\\\u0000b\\"]}"')
    story.say(at + MINUTE, "Dan sekali lagi", content_attributes='{"raw": "\\u0000"}')
    story.end()


@case
def edited_later(book: Book) -> None:
    """Edited months afterwards: only updated_at of the message says so."""
    story = told(book, "edited_later", agent=3)
    at = book.ago(BANK_SIDE, 620)
    story.say(at, "Berapa biaya adminnya?")
    story.reply(at + MINUTE, "Biayanya Rp2.500 (diralat)", updated_at=at + timedelta(days=90, microseconds=123_457))
    story.end()


@case
def local_midnight(book: Book) -> None:
    """A microsecond before, at and after local midnight of the day one year, and two years, before today."""
    for side in (BANK_SIDE, TELCO_SIDE):
        for years in (1, 2):
            try:
                day = book.today.replace(year=book.today.year - years)
            except ValueError:
                day = date(book.today.year - years, 3, 1)
            midnight = book.local(side, day, 0)
            for name, step in (("before", -1), ("milli_before", -1_000), ("at", 0), ("after", 1)):
                story = told(book, "local_midnight", side)
                story.say(midnight + timedelta(microseconds=step), f"Tengah malam {name} {day}")
                story.end()


@case
def leap_day(book: Book) -> None:
    story = told(book, "leap_day")
    for hour in (0, 12, 23):
        story.say(book.local(BANK_SIDE, date(2024, 2, 29), hour, 59), f"29 Februari 2024 pukul {hour}.59 WIB")
    story.end()


@case
def first_hour_of_the_year(book: Book) -> None:
    """1 January in Jakarta and Makassar while it is still 31 December in UTC."""
    for side in (BANK_SIDE, TELCO_SIDE):
        story = told(book, "first_hour_of_the_year", side)
        story.say(book.local(side, date(book.today.year - 1, 1, 1), 0, 30), "Selamat tahun baru!")
        story.end()


@case
def no_messages(book: Book) -> None:
    told(book, "no_messages", channel=1).end(at=book.ago(BANK_SIDE, 600))


@case
def shared_blob(book: Book) -> None:
    """One file hangs on messages of two conversations: deleting one must not take the other's file."""
    content = pdf(["Syarat dan ketentuan", "Berlaku untuk semua nasabah"])
    blob: int | None = None
    for days in (590, 200):
        story = told(book, "shared_blob", agent=4)
        at = book.ago(BANK_SIDE, days)
        message = story.reply(at, "Terlampir syarat dan ketentuannya.")
        if blob is None:
            blob = story.attach(message, at, "syarat.pdf", content)
        else:
            story.hang(message, at, blob, "syarat.pdf")
        story.end()


def _with_file(book: Book, name: str, days: int, content: bytes, left: bytes | None) -> None:
    story = told(book, name)
    at = book.ago(BANK_SIDE, days)
    key = book.shelf.put(content)
    story.attach(story.say(at, "Ini buktinya"), at, "bukti.png", content, key=key)
    path = blob_path(book.storage, key)
    if left is None:
        path.unlink()
    else:
        path.write_bytes(left)
    story.end()


@case
def missing_file(book: Book) -> None:
    _with_file(book, "missing_file", 580, png(1, "hilang"), None)


@case
def truncated_file(book: Book) -> None:
    content = png(2, "terpotong")
    _with_file(book, "truncated_file", 570, content, content[: len(content) // 3])


@case
def damaged_file(book: Book) -> None:
    """The right length and the wrong bytes: only the checksum tells."""
    content = png(3, "rusak")
    _with_file(book, "damaged_file", 565, content, content[:200] + b"\xff" + content[201:])


@case
def empty_file(book: Book) -> None:
    _with_file(book, "empty_file", 560, b"", b"")


@case
def same_customer_many_contacts(book: Book) -> None:
    """The same person under three contacts: by WhatsApp, by a number written otherwise, by e-mail."""
    ways = ((0, "+6281100999001", None), (3, "081100999001", None), (2, None, "siti.rahayu@surel.example"))
    for n, (channel, phone, email) in enumerate(ways):
        who = book.contact(
            BANK_SIDE, BANK_SIDE.inboxes[channel], ("Siti Rahayu", "SITI RAHAYU", "Ny. Siti Rahayu")[n], phone, email
        )
        story = Told(book, BANK_SIDE, "same_customer_many_contacts", contact=who, channel=channel)
        story.talk(book.ago(BANK_SIDE, 550 - n * 100), "Saya Siti, ada kabar laporan saya?", "Masih diproses ya Bu.")
        story.end()


@case
def vanished_people(book: Book) -> None:
    """Contact and agent were removed: no foreign key kept them."""
    story = Told(book, TELCO_SIDE, "vanished_people", contact=999)
    story.talk(book.ago(TELCO_SIDE, 545), "Halo", "Ada yang bisa dibantu?")
    story.reply(book.ago(TELCO_SIDE, 545, 11), "Saya teruskan.", sender_id=987_654)
    story.end(contact_inbox_id=None, assignee_id=987_654)


@case
def odd_contents(book: Book) -> None:
    """No text at all, spaces only, a very long one, tabs and backslashes, a failed message."""
    story = told(book, "odd_contents", channel=1)
    at = book.ago(BANK_SIDE, 540)
    picture = story.say(at, None)
    story.attach(picture, at, "foto.jpg", jpeg(1, "tanpa teks"))
    story.say(at + MINUTE, "   ")
    story.say(at + 2 * MINUTE, "Panjang sekali. " * 6_000)
    story.say(at + 3 * MINUTE, "baris 1\nbaris 2\r\n\tkolom\\N \\. \\x00 'kutip' \"ganda\" <b>tebal</b> %s {nama} \x7f")
    story.reply(at + 4 * MINUTE, "Tidak terkirim", status=3, content_attributes=stored({"external_error": "131047"}))
    story.end()


@case
def odd_attachments(book: Book) -> None:
    """Two files of one name on one message, hostile names, a place without a file, an address elsewhere."""
    story = told(book, "odd_attachments", TELCO_SIDE, channel=3)
    at: datetime = book.ago(TELCO_SIDE, 535)
    message = story.say(at, "Beberapa berkas")
    for n, name in enumerate(
        ("foto.png", "foto.png", "../../etc/passwd.png", "bukti (1) 文件 🙂.png", "..\\buka\x01.png")
    ):
        story.attach(message, at, name, png(n, f"nama {n}"))
    plain = {"message_id": message, "account_id": 2, "meta": {}, "created_at": at, "updated_at": at}
    book.ledger.add(
        "attachments", id=book.shelf.number(), file_type=4, coordinates_lat=-5.1477, coordinates_long=119.4327,
        fallback_title="Makassar", **plain,
    )  # fmt: skip
    book.ledger.add(
        "attachments", id=book.shelf.number(), file_type=5, coordinates_lat=0, coordinates_long=0,
        external_url="https://tautan.example/berkas", **plain,
    )  # fmt: skip
    story.end()


@case
def everything_hangs_on_it(book: Book) -> None:
    """One conversation with a row in every table that can refer to it."""
    story = told(book, "everything_hangs_on_it", agent=0)
    at = book.ago(BANK_SIDE, 530)
    later = story.talk(at, "Transfer saya gagal", "Kami cek ya Bu.", "Terima kasih")
    note = story.note(later, "@Bella tolong cek settlement [mention](mention://user/2/Bella)")
    story.attach(story.say(later + MINUTE, "Ini buktinya"), later, "bukti.jpg", jpeg(5, "lengkap"))
    rated = story.say(later + 2 * MINUTE, "Silakan nilai percakapan ini", 3, content_type=9)
    story.end(labels=("transfer-gagal", "komplain-berulang"), priority=3, sla_policy_id=1)
    own = {"account_id": 1, "created_at": later, "updated_at": later}
    base, conversation, user = story.id * 4, story.id, story.agent.user_id
    add, other = book.ledger.add, story.colleague(1).user_id
    add(
        "csat_survey_responses", id=rated, conversation_id=conversation, message_id=rated, rating=5,
        feedback_message="Cepat dan ramah 👍", contact_id=story.contact, assigned_agent_id=user, **own,
    )  # fmt: skip
    for n, name in enumerate(("first_response", "reply_time", "conversation_resolved")):
        add(
            "reporting_events", id=base + n, name=name, value=60.0 + n, inbox_id=story.inbox.id, user_id=user,
            conversation_id=conversation, value_in_business_hours=60.0, event_start_time=at,
            event_end_time=later, **own,
        )  # fmt: skip
    add("conversation_participants", id=base, user_id=other, conversation_id=conversation, **own)
    add("mentions", id=base, user_id=other, conversation_id=conversation, mentioned_at=later, **own)
    actors = (("Conversation", conversation, "Message", note), ("Message", note, None, None))
    for n, (kind, actor, second, second_id) in enumerate(actors):
        add(
            "notifications", id=base + n, user_id=other, notification_type=4, primary_actor_type=kind,
            primary_actor_id=actor,
            secondary_actor_type=second, secondary_actor_id=second_id, last_activity_at=later, meta={}, **own,
        )  # fmt: skip
    add("applied_slas", id=base, sla_policy_id=1, conversation_id=conversation, sla_status=2, **own)
    add(
        "sla_events", id=base, applied_sla_id=base, conversation_id=conversation, sla_policy_id=1,
        inbox_id=story.inbox.id, event_type=0, meta={}, **own,
    )  # fmt: skip
    add(
        "notes",
        id=1,
        content="Nasabah prioritas",
        account_id=1,
        contact_id=story.contact,
        user_id=user,
        created_at=at,
        updated_at=at,
    )
