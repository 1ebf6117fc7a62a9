"""What the sample calls about: knowledge articles, materials and twelve scenarios, written by one QA, approved by the
other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kendali.accounts.models import User
from kendali.civil_time import local_date
from kendali.documents import actions as documents
from kendali.mystery.actions import forms, materials, scenarios
from kendali.mystery.queries.prepared import scenario_of
from kendali.mystery.rules.scenario import Question
from kendali.mystery.rules.scenario_rules import ScenarioEvent

ARTICLES = {
    "PSL-0101": ("Perubahan data pelanggan", "Perubahan data dilakukan setelah verifikasi tiga data. Syarat: kartu "
                 "identitas dan formulir perubahan. Selesai paling lambat satu hari kerja; konfirmasi dikirim lewat "
                 "e-mail."),
    "PSL-0102": ("Kartu hilang dan pemblokiran", "Kartu yang hilang diblokir saat itu juga setelah verifikasi. "
                 "Penggantian tiga hari kerja dengan biaya Rp25.000. Agent tidak pernah menanyakan kode rahasia."),
    "PSL-0103": ("Biaya layanan bulanan", "Biaya bulanan Rp12.500, dipotong setiap tanggal lima. Bebas biaya bila "
                 "saldo rata-rata di atas Rp5 juta. Rinciannya ada di menu Biaya pada aplikasi."),
    "PSL-0104": ("Tagihan atau transaksi tidak sesuai", "Sanggahan tagihan dicatat dengan nomor laporan dan dijawab "
                 "paling lambat lima hari kerja. Selama diperiksa tagihan itu tidak dikenai denda."),
    "PSL-0105": ("Jam layanan dan kanal resmi", "Layanan suara buka Senin sampai Jumat pukul tujuh sampai sembilan "
                 "malam, Sabtu sampai pukul dua siang. Kanal resmi: telepon, aplikasi dan kantor layanan."),
    "PSL-0106": ("Gangguan layanan", "Gangguan dicatat sebagai tiket, pemulihan paling lambat satu hari. Pelanggan "
                 "diberi nomor tiket dan perkiraan selesai; kompensasi diajukan lewat formulir."),
}  # fmt: skip
MATERIALS = (
    ("BHN-INF", "informasi", "Biaya, jam layanan dan syarat", ("PSL-0103", "PSL-0105", "PSL-0101")),
    ("BHN-PMT", "permintaan", "Perubahan data dan penggantian kartu", ("PSL-0101", "PSL-0102")),
    ("BHN-KMP", "komplain", "Tagihan tidak sesuai dan gangguan", ("PSL-0104", "PSL-0106", "PSL-0102")),
)


@dataclass(frozen=True, slots=True)
class Told:
    """Beginning, question, expected answer and what must be said of one scenario."""

    code: str
    kind: str
    article: str
    goal: str
    opening: str
    question: str
    expected: str
    must_say: tuple[str, ...]
    must_not_say: tuple[str, ...] = ()


SCENARIOS = (
    Told("INF-01", "informasi", "PSL-0103", "Kejelasan biaya bulanan", "mau tanya biaya bulanan saya.",
         "Berapa biayanya dan kapan dipotong?", "Rp12.500, setiap tanggal lima", ("Rp12.500", "tanggal lima")),
    Told("INF-02", "informasi", "PSL-0105", "Jam dan kanal layanan", "mau tanya jam layanan telepon.",
         "Hari Sabtu buka sampai pukul berapa?", "Sabtu sampai pukul dua siang", ("pukul dua siang",)),
    Told("INF-03", "informasi", "PSL-0101", "Syarat perubahan data", "mau tanya syarat mengganti alamat e-mail.",
         "Apa saja syaratnya dan berapa lama?", "Kartu identitas dan formulir; satu hari kerja",
         ("kartu identitas", "satu hari kerja")),
    Told("INF-04", "informasi", "PSL-0103", "Syarat bebas biaya", "dengar ada cara supaya bebas biaya bulanan.",
         "Bagaimana supaya bebas biaya?", "Saldo rata-rata di atas Rp5 juta", ("saldo rata-rata",)),
    Told("PMT-01", "permintaan", "PSL-0102", "Pemblokiran sebelum penggantian", "kartu saya hilang kemarin sore.",
         "Tolong diurus penggantiannya.", "Blokir dahulu, lalu penggantian tiga hari kerja, biaya Rp25.000",
         ("diblokir", "tiga hari kerja"), ("kirimkan kode rahasia",)),
    Told("PMT-02", "permintaan", "PSL-0101", "Verifikasi sebelum perubahan", "mau mengganti alamat e-mail saya.",
         "Bisa langsung diganti sekarang?", "Setelah verifikasi tiga data, selesai satu hari kerja", ("verifikasi",)),
    Told("PMT-03", "permintaan", "PSL-0102", "Biaya penggantian kartu", "kartu saya patah, mau ganti.",
         "Berapa lama dan berapa biayanya?", "Tiga hari kerja, Rp25.000", ("Rp25.000",)),
    Told("PMT-04", "permintaan", "PSL-0101", "Konfirmasi perubahan", "sudah isi formulir ganti alamat.",
         "Kapan selesai dan bagaimana saya tahu?", "Satu hari kerja, konfirmasi lewat e-mail", ("konfirmasi",)),
    Told("KMP-01", "komplain", "PSL-0104", "Pencatatan sanggahan tagihan", "tagihan saya naik padahal pemakaian sama.",
         "Saya minta diperiksa, berapa lama?", "Dicatat dengan nomor laporan, lima hari kerja, tanpa denda",
         ("nomor laporan", "lima hari kerja")),
    Told("KMP-02", "komplain", "PSL-0106", "Penanganan gangguan", "layanan saya mati sejak tadi pagi.",
         "Kapan pulih, dan apa saya dapat kompensasi?", "Tiket, paling lambat satu hari; kompensasi lewat formulir",
         ("nomor tiket", "satu hari")),
    Told("KMP-03", "komplain", "PSL-0102", "Keluhan pemblokiran lambat", "minggu lalu kartu saya lambat diblokir.",
         "Kenapa waktu itu disuruh menunggu?", "Minta maaf, jelaskan pemblokiran saat itu juga, catat keluhan",
         ("saat itu juga",)),
    Told("KMP-04", "komplain", "PSL-0104", "Denda selama pemeriksaan", "kena denda padahal sedang disanggah.",
         "Kenapa tetap didenda?", "Selama diperiksa tidak ada denda; dicatat untuk dikembalikan", ("tidak",)),
)  # fmt: skip


def write(users: Mapping[str, User], at: datetime) -> None:
    """Articles in force, the form, materials, and the scenarios approved: all that a first month needs."""
    day = local_date(at, "Asia/Jakarta")
    for code, (title, body) in ARTICLES.items():
        draft = documents.draft(user=users["qanita"], at=at, code=code, title=title, body=body, valid_from=day)
        documents.put_in_force(user=users["qanita"], at=at, revision=draft)
    forms.ship_default(at)
    for code, kind, title, cites in MATERIALS:
        materials.save_material(
            user=users["qanita"], at=at, code=code, kind=kind, title=title, text="", cites=[(one, 1) for one in cites]
        )
    for one in SCENARIOS:
        _scenario(one, users, at)


def _scenario(one: Told, users: Mapping[str, User], at: datetime) -> None:
    row = scenarios.begin(user=users["qanita"], at=at, code=one.code, kind=one.kind, goal=one.goal)
    question = Question("q1", one.question, one.expected, one.article, 1, one.must_say, one.must_not_say)
    content = replace(
        scenario_of(row),
        situation=f"Pelanggan menelepon layanan: {one.goal.lower()}.",
        opening=f"{{salam}}, saya {{nama}}, {one.opening}",
        questions=(question,),
        closing="Baik, terima kasih atas bantuannya.",
        answer_within=20,
    )
    scenarios.save(user=users["qanita"], at=at, version=row, content=content)
    scenarios.move(ScenarioEvent.SUBMIT, user=users["qanita"], at=at, version=row)
    scenarios.move(ScenarioEvent.APPROVE, user=users["qadri"], at=at, version=row)
