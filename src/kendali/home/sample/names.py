"""Invented people: Indonesian names, telephone numbers with 0 behind the prefix, addresses under .example."""

from __future__ import annotations

from typing import NamedTuple

FIRST = (
    "Ahmad Aditya Agung Aisyah Amelia Andi Anggun Anisa Arif Ayu Bagas Bambang Bayu Bima Budi Cahya Candra Cindy Citra"
    " Damar Darma Dedi Desi Dewanto Dian Diah Dimas Eka Elisa Endah Erna Fajar Farah Fatimah Ferdi Fitri Galih Gede"
    " Gita Gunawan Hadi Hana Hendra Heru Ika Ilham Imam Indah Intan Irfan Jaka Joko Kadek Kartika Komang Krisna Laksmi"
    " Lestari Lina Lukman Made Mega Melati Mira Mulyadi Nadia Nanda Ningsih Novita Nugroho Nur Nyoman Oki Putra Putri"
    " Rahmat Rani Ratna Reza Rina Rizki Rudi Salsabila Sari Setiawan Sinta Siti Slamet Sri Sulastri Surti Teguh Tika"
    " Tri Umar Utami Vina Wahyu Wati Wawan Wayan Yanti Yoga Yuli Yusuf Zahra Zainal"
).split()
LAST = (
    "Adiputra Anggraini Ardiansyah Aritonang Astuti Batubara Cahyono Damanik Firmansyah Ginting Gunawan Hakim Halim"
    " Handayani Hapsari Harahap Hidayat Hutabarat Hutagalung Irawan Iskandar Kurniawan Kusuma Lubis Maharani Manurung"
    " Marpaung Maulana Mulyani Nainggolan Nasution Nugraha Oktaviani Pane Pangestu Permana Pertiwi Prabowo Prakoso"
    " Pramono Prasetyo Pratama Purnomo Rahayu Rahman Rajagukguk Ramadhan Riyanto Sanjaya Santoso Saputri Saragih"
    " Sasmita Setyawan Siagian Sihombing Simanjuntak Simatupang Sinaga Siregar"
    " Sitompul Situmorang Suharto Sukmawati Sulistyo"
    " Supriyadi Susanti Susilo Sutanto Suwandi Tampubolon Tanjung Utomo Wahyuni Wibisono Wibowo Wicaksono Widodo"
    " Wijayanti Winarno Wulandini Yudhistira Zulkarnain"
).split()
CITIES = (
    "Jakarta Bandung Surabaya Semarang Yogyakarta Medan Palembang Makassar Denpasar Mataram Kupang Manado Balikpapan"
    " Banjarmasin Pontianak Padang Pekanbaru Batam Malang Surakarta Bogor Bekasi Tangerang Depok Ambon Jayapura Kendari"
    " Palu Gorontalo Cirebon"
).split()
PREFIXES = ("812", "813", "815", "821", "822", "852", "857", "878", "881", "896")
MASK = (1 << 64) - 1


class Person(NamedTuple):
    name: str
    phone: str  # +62…, unique for a number below ten million
    email: str
    city: str
    bits: int  # further stable randomness of this person


def mixed(seed: int, number: int) -> int:
    """64 well-mixed bits of (seed, number): the finaliser of splitmix64, so that a person needs no generator state."""
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + 0x8CB92BA72F3D8DD7) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def person(seed: int, number: int) -> Person:
    """The person with this number, always the same for the same seed. Numbers count up to ten million."""
    bits = mixed(seed, number)
    first = FIRST[bits % len(FIRST)]
    last = LAST[(bits >> 12) % len(LAST)]
    prefix = PREFIXES[(bits >> 40) % len(PREFIXES)]
    return Person(
        f"{first} {last}",
        f"+62{prefix}0{number * 7919 % 10_000_000:07d}",
        f"{first}.{last}{number}@surel.example".lower(),
        CITIES[(bits >> 24) % len(CITIES)],
        bits >> 20,
    )


def local_form(phone: str) -> str:
    """+62812… as people write it at home: 0812…"""
    return "0" + phone.removeprefix("+62")
