"""What people write to a bank and to a telephone company. Placeholders are filled per conversation:
{nama} {agen} {klien} {salam} {ref} {nominal} {rek} {tgl} {jam} {kota} {hp} {kanal} {kali}."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    label: str
    team: int  # which of the client's teams takes it
    open: tuple[str, ...]
    ask: tuple[str, ...]
    answer: tuple[str, ...]
    step: tuple[str, ...]
    note: tuple[str, ...]


def lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines() if line.strip())


def topic(label: str, team: int, **parts: str) -> Topic:
    return Topic(label, team, *(lines(parts[name]) for name in ("open", "ask", "answer", "step", "note")))


HELLO = lines("""
    {salam} kak
    {salam} min
    Halo {klien}
    {salam}, saya {nama}
    Assalamualaikum, {salam}
    Permisi kak, mau tanya
    Halo admin {klien}, {salam}
    Hai min
    Mohon bantuannya kak
    P
    Sugeng enjing min
    {salam} bapak/ibu
""")
TAIL_CUSTOMER = (
    "",
    "",
    "",
    " ya kak",
    " min",
    " 🙏",
    " mohon dibantu",
    " tks",
    ".",
    " kak 🙏🙏",
    " dong",
    " 😭",
    " makasih",
)
TAIL_AGENT = ("", "", "", " ya Kak {nama}", ".", " 😊", " ya Kak", " terima kasih.", " mohon ditunggu ya Kak 🙏")
GREET = lines("""
    {salam} Kak {nama}, terima kasih sudah menghubungi {klien}. Dengan {agen}, ada yang bisa kami bantu?
    {salam}, dengan {agen} dari {klien}. Mohon maaf atas ketidaknyamanannya, izin kami bantu cek ya Kak {nama}.
    Halo Kak {nama}, {salam}. Saya {agen}, saya bantu untuk kendalanya ya. Nomor laporan Kakak {ref}.
    {salam} Bapak/Ibu {nama}, perkenalkan saya {agen}. Laporan Bapak/Ibu sudah kami terima dengan nomor {ref}.
    Selamat datang di layanan {klien} melalui {kanal}. Dengan {agen}, boleh dijelaskan kendalanya Kak {nama}?
""")
REACT = lines("""
    Baik kak saya coba dulu
    Sudah saya coba tapi masih sama
    Oke sudah bisa sekarang, terima kasih
    Kok lama ya kak, saya sudah menunggu dari jam {jam}
    Iya betul
    Siap, saya tunggu kabarnya
    Tadi sudah saya ulang {kali} kali tetap gagal
    Oh begitu, baik saya mengerti
    Bisa dipercepat tidak kak? Saya butuh hari ini
    👍
    Ok
    Saya kirim buktinya ya
    Belum masuk juga kak sampai jam {jam}
    Alhamdulillah sudah bisa
    Nomor saya {hp}, bisa ditelepon saja?
    Saya sedang di {kota}, sinyalnya agak susah
""")
WAIT = lines("""
    Mohon ditunggu sebentar, saya cek dulu di sistem ya Kak {nama}
    Baik Kak, kami koordinasikan dengan tim terkait. Estimasi paling lambat tanggal {tgl} pukul {jam}
    Terima kasih sudah menunggu, datanya sedang kami verifikasi
    Laporan {ref} sudah kami teruskan ke bagian terkait dan sedang diproses
    Mohon maaf atas lamanya proses, saat ini antrean sedang tinggi
""")
CLOSE_AGENT = lines("""
    Apakah ada hal lain yang bisa kami bantu Kak {nama}?
    Terima kasih telah menghubungi {klien}, semoga harinya menyenangkan. Salam, {agen}
    Baik, laporan {ref} kami tutup ya. Jika masih ada kendala silakan hubungi kami kembali 🙏
    Senang bisa membantu Kak {nama}. Jangan pernah memberikan PIN, OTP, atau kata sandi kepada siapa pun ya.
""")
CLOSE_CUSTOMER = lines("""
    Sudah cukup kak, terima kasih banyak {agen}
    Terima kasih atas bantuannya 🙏
    Tidak ada, makasih ya
    Mantap, cepat sekali responnya 👍👍
    Oke sip
    Matur nuwun
    Baik, terima kasih. Semoga tidak terulang lagi
    Hatur nuhun pisan kang {agen}
    شكرا جزيلا، وعليكم السلام
    谢谢，问题解决了
    Suksma, {agen} 🙏🏽
""")
FEEDBACK = lines("""
    Petugasnya ramah dan cepat
    Lama menunggu, tolong ditingkatkan
    Puas, terima kasih
    Jawabannya kurang jelas
    Masalah selesai dalam sekali hubungi
    Harus menjelaskan ulang dari awal
""")

BANK = (
    topic(
        "transfer-gagal",
        0,
        open="""
        Transfer saya {nominal} ke rekening {rek} gagal tapi saldo sudah terpotong
        Kemarin tanggal {tgl} jam {jam} saya transfer {nominal} lewat mobile banking, statusnya pending terus
        Dana {nominal} belum masuk ke rekening tujuan padahal sudah berhasil di aplikasi
        Saya salah transfer {nominal} ke rekening {rek}, apa bisa dibatalkan?
        """,
        ask="""
        Boleh diinformasikan tanggal, jam, dan nominal transaksinya Kak?
        Mohon kirimkan tangkapan layar bukti transaksi dan empat angka terakhir rekening tujuan
        Transfernya melalui BI-FAST, online, atau antar rekening sendiri Kak?
        """,
        answer="""
        Tanggal {tgl} jam {jam}, nominalnya {nominal}
        Lewat BI-FAST kak, rekening tujuan berakhiran {rek}
        Nomor referensi di aplikasi {ref}
        Saya transfer dari ATM dekat pasar di {kota}
        """,
        step="""
        Dari pengecekan kami, transaksi {ref} sebesar {nominal} gagal, dana kembali otomatis maksimal 2x24 jam
        Laporan sanggahan transaksi kami buatkan dengan nomor {ref}, hasilnya kami kabari paling lambat {tgl}
        Dana sebesar {nominal} sudah dikembalikan ke rekening Kakak pada {tgl} pukul {jam}, silakan dicek kembali
        """,
        note="""
        Sudah cek core, transaksi {ref} tidak terbentuk di sisi lawan. Tunggu rekonsiliasi {tgl}
        Nasabah minta ditelepon ke {hp} setelah jam {jam}
        Eskalasi ke tim settlement, nominal {nominal}
        """,
    ),
    topic(
        "kartu-atm",
        1,
        open="""
        Kartu ATM saya tertelan di mesin daerah {kota}, bagaimana ya?
        Kartu debit saya hilang tadi jam {jam}, tolong segera diblokir
        PIN ATM saya terblokir karena salah {kali} kali
        Kartu saya rusak, tidak terbaca di mesin EDC
        """,
        ask="""
        Untuk verifikasi, boleh disebutkan nama lengkap sesuai rekening dan tanggal kejadian?
        Apakah kartunya berakhiran {rek} Kak?
        Apakah ada transaksi yang tidak dikenali setelah jam {jam}?
        """,
        answer="""
        Nama {nama}, kejadiannya tanggal {tgl} jam {jam}
        Iya benar berakhiran {rek}
        Tidak ada transaksi lain kak, terakhir tarik tunai {nominal}
        """,
        step="""
        Kartu berakhiran {rek} sudah kami blokir pada pukul {jam} dengan nomor laporan {ref}
        Silakan datang ke kantor cabang terdekat di {kota} membawa KTP dan buku tabungan untuk penggantian kartu
        PIN dapat diatur ulang melalui mobile banking pada menu Kartu Saya, atau di mesin ATM setelah verifikasi
        """,
        note="""
        Verifikasi data lengkap, blokir permanen kartu {rek} atas permintaan nasabah
        Cabang {kota} sudah diinfo, kartu baru siap {tgl}
        """,
    ),
    topic(
        "mobile-banking",
        0,
        open="""
        Aplikasi mobile banking tidak bisa login, muncul kode {ref}
        Saya ganti HP, bagaimana cara mendaftarkan ulang mobile banking?
        OTP tidak masuk ke nomor {hp}
        Saldo di aplikasi tidak muncul sejak jam {jam}
        """,
        ask="""
        Boleh diinformasikan tipe ponsel dan versi aplikasinya Kak?
        Apakah nomor {hp} masih aktif dan memiliki pulsa untuk menerima SMS?
        Muncul pesan kesalahan apa di layar Kak? Mohon kirimkan tangkapan layarnya
        """,
        answer="""
        HP baru kak, aplikasinya sudah yang paling baru
        Nomornya aktif, SMS lain masuk semua
        Tulisannya sesi berakhir lalu keluar sendiri, sudah {kali} kali
        """,
        step="""
        Silakan hapus data aplikasi, pasang ulang, lalu masuk kembali dengan nomor {hp}
        Registrasi perangkat lama sudah kami lepas dengan nomor {ref}, silakan aktivasi ulang dalam 30 menit
        Saat ini ada pemeliharaan sistem sampai pukul {jam}, mohon dicoba kembali setelahnya
        """,
        note="""
        Device binding dilepas {ref}
        Gangguan OTP operator, sudah ada insiden induk sejak {jam}
        """,
    ),
    topic(
        "kartu-kredit",
        2,
        open="""
        Ada transaksi {nominal} di kartu kredit saya yang tidak saya kenal tanggal {tgl}
        Tagihan kartu kredit bulan ini kok ada biaya tahunan {nominal}?
        Saya mau ubah transaksi {nominal} jadi cicilan, bisa?
        Limit kartu saya bisa dinaikkan?
        """,
        ask="""
        Boleh diinformasikan nama merchant yang tertera dan empat angka terakhir kartunya?
        Apakah sebelumnya pernah mengklik tautan atau memberikan kode OTP kepada pihak lain Kak?
        """,
        answer="""
        Merchantnya toko online luar negeri, kartu berakhiran {rek}
        Tidak pernah kak, kartunya selalu saya pegang
        Sudah saya bayar penuh tanggal {tgl} sebesar {nominal}
        """,
        step="""
        Transaksi {nominal} kami ajukan sanggahan dengan nomor {ref}, proses maksimal 45 hari kerja
        Biaya tahunan sudah kami ajukan penghapusan, tampil pada tagihan berikutnya setelah {tgl}
        Permohonan cicilan 12 bulan untuk {nominal} disetujui dengan nomor {ref}
        """,
        note="""
        Indikasi fraud, kartu {rek} diblokir sementara, tunggu konfirmasi tim risiko
        Nasabah premium, prioritas balas sebelum {jam}
        """,
    ),
    topic(
        "pinjaman",
        2,
        open="""
        Saya mau tanya sisa angsuran KPR saya
        Bagaimana syarat pengajuan kredit usaha di {kota}?
        Angsuran bulan ini {nominal} sudah saya bayar tapi masih ditagih
        """,
        ask="""
        Boleh disebutkan nomor pinjaman atau tanggal lahir sesuai data untuk verifikasi?
        Usahanya sudah berjalan berapa lama Kak?
        """,
        answer="""
        Nomor pinjaman {ref}
        Sudah {kali} tahun kak, toko kelontong di {kota}
        Bayarnya tanggal {tgl} jam {jam} lewat transfer
        """,
        step="""
        Sisa pokok pinjaman {ref} per {tgl} sebesar {nominal}
        Dokumen yang disiapkan: KTP, NPWP, surat keterangan usaha, dan mutasi rekening 3 bulan terakhir
        Pembayaran {nominal} tanggal {tgl} sudah terbukukan, mohon abaikan surat tagihan
        """,
        note="""
        Calon debitur, teruskan ke marketing {kota}
        Tagihan ganda, sudah diinfo ke tim penagihan {ref}
        """,
    ),
)

TELCO = (
    topic(
        "internet-mati",
        0,
        open="""
        Internet rumah mati dari jam {jam} kak, lampu LOS merah
        Wifi di {kota} putus nyambung terus sejak tanggal {tgl}
        Sudah {kali} hari internet tidak bisa dipakai, padahal tagihan lunas
        Kecepatan internet lambat sekali, cuma dapat {kali} Mbps
        """,
        ask="""
        Boleh diinformasikan nomor pelanggan dan alamat pemasangannya Kak?
        Lampu indikator di modem yang menyala warna apa Kak?
        Apakah modem sudah dicoba dimatikan 5 menit lalu dinyalakan kembali?
        """,
        answer="""
        Nomor pelanggan {ref}, alamat di {kota}
        Lampu merah berkedip kak
        Sudah saya restart {kali} kali tetap sama
        """,
        step="""
        Ada gangguan massal di wilayah {kota}, estimasi pulih {tgl} pukul {jam}
        Teknisi kami jadwalkan datang tanggal {tgl} pukul {jam}, nomor tiket {ref}
        Jaringan sudah kami reset dari pusat, mohon dicek kembali dalam 10 menit
        """,
        note="""
        Redaman tinggi, butuh kunjungan. Tiket {ref}
        Pelanggan sudah komplain {kali} kali bulan ini, mohon prioritas
        """,
    ),
    topic(
        "pulsa-kuota",
        1,
        open="""
        Pulsa saya {nominal} hilang sendiri padahal tidak dipakai
        Sudah beli paket {nominal} tapi kuota belum masuk ke {hp}
        Kuota utama habis padahal masih ada kuota lokal, kenapa ya
        """,
        ask="""
        Boleh diinformasikan nomor yang mengalami kendala dan jam pembelian paketnya?
        Pembelian melalui aplikasi, konter, atau dompet digital Kak?
        """,
        answer="""
        Nomornya {hp}, beli jam {jam} tanggal {tgl}
        Lewat aplikasi, bukti bayarnya nomor {ref}
        Konter di {kota} kak
        """,
        step="""
        Paket {nominal} sudah kami aktifkan ulang ke nomor {hp}, berlaku sampai {tgl}
        Pemotongan berasal dari layanan berlangganan, sudah kami hentikan dan pulsa {nominal} dikembalikan
        Transaksi {ref} gagal di sisi pembayaran, dana kembali otomatis maksimal 1x24 jam
        """,
        note="""
        VAS dihentikan, refund {nominal} ref {ref}
        Kuota sudah inject manual jam {jam}
        """,
    ),
    topic(
        "tagihan",
        2,
        open="""
        Tagihan bulan ini kok naik jadi {nominal}?
        Saya sudah bayar {nominal} tapi layanan masih diblokir
        Minta rincian tagihan dong kak untuk kantor di {kota}
        """,
        ask="""
        Boleh disebutkan nomor pelanggan dan nama terdaftar Kak?
        Pembayarannya melalui kanal apa dan tanggal berapa Kak?
        """,
        answer="""
        Nomor {ref} atas nama {nama}
        Lewat minimarket tanggal {tgl} jam {jam}
        Biasanya cuma separuhnya kak
        """,
        step="""
        Rinciannya kami kirim ke e-mail terdaftar sebelum pukul {jam}
        Kenaikan karena promo berakhir {tgl}, kami tawarkan paket baru {nominal} per bulan
        Pembayaran {ref} sudah kami temukan, isolir dibuka dalam 15 menit
        """,
        note="""
        Promo habis, tawarkan retensi maksimal {nominal}
        Buka isolir manual {ref}
        """,
    ),
    topic(
        "kartu-sim",
        1,
        open="""
        Kartu SIM saya hilang, mau ganti kartu dengan nomor {hp} yang sama
        Nomor {hp} tidak bisa dipakai menelepon sejak tanggal {tgl}
        Bagaimana cara registrasi ulang kartu prabayar?
        Mau aktifkan roaming untuk tanggal {tgl}
        """,
        ask="""
        Mohon siapkan KTP dan KK asli, apakah nomornya atas nama sendiri Kak?
        Terakhir nomor tersebut dipakai kapan dan di kota mana?
        """,
        answer="""
        Atas nama sendiri, {nama}
        Terakhir dipakai tanggal {tgl} di {kota}
        KTP ada, KK fotokopi saja boleh?
        """,
        step="""
        Silakan ke gerai {kota} sebelum pukul {jam}, antreannya sudah kami daftarkan dengan kode {ref}
        Nomor {hp} kami blokir sementara demi keamanan sampai penggantian kartu selesai
        Paket roaming {nominal} aktif mulai {tgl} pukul {jam}
        """,
        note="""
        Cek histori kepemilikan dulu, indikasi pengambilalihan nomor
        Gerai {kota} sudah dikabari kode {ref}
        """,
    ),
)
