"""The pages of materials, personas and scenarios, as QA uses them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kendali.mystery.models import Material, Persona, ScenarioVersion
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.queries.prepared import scenario_of
from kendali.mystery.tests import prepared_rows as rows
from tests.cast import Cast


def editor(row: ScenarioVersion, **more: Any) -> dict[str, Any]:
    """What the page of the editor sends, with one question."""
    content = scenario_of(row)
    return {
        "dilihat": queries.digest(content), "jenis": "informasi", "tujuan": "Ketepatan", "situasi": "Ingin transfer",
        "pembuka": "{salam}, saya {nama}.", "penutup": "Terima kasih.", "berlaku_dari": f"{rows.day()}",
        "berlaku_sampai": f"{rows.day(300)}", "batas_waktu": "300", "tingkat_layanan": "20", "p1_id": "q1",
        "p1_teks": "Berapa biayanya?", "p1_jawaban": "Rp 2.500", "p1_artikel": "PSL-0001", "p1_wajib": "BI-FAST\n",
        "p1_larang": "", "p1_toleransi": "", "lakukan": "simpan",
    } | more  # fmt: skip


def test_a_scenario_from_its_code_to_its_approval(cast: Cast) -> None:
    rows.cited(cast)
    web = cast.web(cast.qanita)
    answer = web.post("/mystery/skenario/baru/", {"kode": "skn-transfer", "jenis": "informasi", "tujuan": ""})
    row = ScenarioVersion.objects.get()
    assert answer.url == f"/mystery/skenario/{row.pk}/ubah/"  # type: ignore[attr-defined]
    web.post(f"/mystery/skenario/{row.pk}/ubah/", editor(row, lakukan="tambah"))
    row.refresh_from_db()
    content = scenario_of(row)
    assert [one.id for one in content.questions] == ["q1", "q2"]
    assert (content.questions[0].article, content.questions[0].article_version) == ("PSL-0001", 1)
    web.post(f"/mystery/skenario/{row.pk}/ubah/", editor(row, lakukan="ajukan"))
    row.refresh_from_db()
    assert row.status == "submitted"
    shown = web.get(f"/mystery/skenario/{row.pk}/").content.decode()
    assert "tidak pernah disetujui oleh penyusunnya" in shown  # greyed, with its reason
    cast.web(cast.qadri).post(f"/mystery/skenario/{row.pk}/setujui/")
    row.refresh_from_db()
    assert row.status == "approved"
    assert "Kendali SKN" not in shown  # the foot names the product
    assert "SKN-TRANSFER" in cast.web(cast.maya).get("/mystery/skenario/?status=approved").content.decode()


@pytest.mark.parametrize(
    ("wish", "ids", "branches"),
    [
        ("simpan", ["q1", "q2"], 1),
        ("tambah", ["q1", "q2", "q3"], 1),
        ("hapus-1", ["q2"], 0),
        ("hapus-9", ["q1", "q2"], 1),
        ("naik-2", ["q2", "q1"], 1),
        ("naik-1", ["q1", "q2"], 1),
        ("tambah-cabang", ["q1", "q2"], 2),
        ("hapus-cabang-1", ["q1", "q2"], 0),
        ("apa saja", ["q1", "q2"], 1),
    ],
)
def test_questions_and_branches_come_go_and_move(cast: Cast, wish: str, ids: list[str], branches: int) -> None:
    row = rows.scenario(cast, "draft")
    two = {"p2_id": "q2", "p2_teks": "Kapan sampai?", "p2_jawaban": "Saat itu juga", "p2_artikel": "PSL-0001 v1",
           "c1_setelah": "q1", "c1_bila": "agent menawarkan RTGS", "c1_ke": "closing"}  # fmt: skip
    cast.web(cast.qanita).post(f"/mystery/skenario/{row.pk}/ubah/", editor(row, lakukan=wish, **two))
    content = scenario_of(ScenarioVersion.objects.get())
    assert [one.id for one in content.questions] == ids
    assert len(content.branches) == branches


def test_what_is_wrong_is_said_while_writing_and_nothing_is_saved(cast: Cast) -> None:
    row = rows.scenario(cast, "draft")
    before = ScenarioVersion.objects.get().content
    asked = editor(row, situasi="Nomor saya 081398765432", p1_artikel="PSL-9", data_uji="Budi Santoso")
    said = cast.web(cast.qanita).post(f"/mystery/skenario/{row.pk}/periksa/", asked).content.decode()
    assert "PSL-9 tidak berlaku" in said
    assert "nomor telepon" in said.lower()
    assert 'id="problems"' in said
    assert ScenarioVersion.objects.get().content == before


def test_somebody_elses_words_are_not_overwritten_from_the_page(cast: Cast) -> None:
    row = rows.scenario(cast, "draft")
    mine = editor(row, tujuan="Milik saya")
    cast.web(cast.qadri).post(f"/mystery/skenario/{row.pk}/ubah/", editor(row, tujuan="Milik orang lain"))
    answer = cast.web(cast.qanita).post(f"/mystery/skenario/{row.pk}/ubah/", mine)
    assert answer.status_code == 200
    assert "Milik saya" in answer.content.decode()  # still there to be compared
    assert ScenarioVersion.objects.get().goal == "Milik orang lain"


def test_what_was_approved_is_not_edited(cast: Cast) -> None:
    row = rows.scenario(cast)
    web = cast.web(cast.qanita)
    assert web.get(f"/mystery/skenario/{row.pk}/ubah/").status_code == 404
    web.post(f"/mystery/skenario/{row.pk}/versi-baru/")
    newest = ScenarioVersion.objects.get(version=2)
    assert "versi 1" in web.get(f"/mystery/skenario/{newest.pk}/").content.decode()
    changed = editor(newest, p1_jawaban="Rp 3.000")
    web.post(f"/mystery/skenario/{newest.pk}/ubah/", changed)
    said = web.get(f"/mystery/skenario/{newest.pk}/beda/").content.decode()
    assert "Rp 2.500" in said
    assert "Rp 3.000" in said


def test_answers_are_bound_to_the_versions_in_force_and_to_be_read_again(cast: Cast) -> None:
    row = rows.scenario(cast, "draft")
    web, address = cast.web(cast.qanita), f"/mystery/skenario/{row.pk}/ubah/"
    assert 'value="perbarui"' not in web.get(address).content.decode()
    rows.article(cast, body="Rp 3.000", valid_from=rows.day())
    assert 'value="perbarui"' in web.get(address).content.decode()
    said = web.post(address, editor(row, p1_artikel="PSL-0001 v1", lakukan="perbarui"), follow=True).content.decode()
    assert "Bacalah setiap jawaban" in said
    question = scenario_of(ScenarioVersion.objects.get()).questions[0]
    assert (question.article_version, question.expected) == (2, "Rp 2.500")


def test_the_card_is_what_the_caller_will_see(cast: Cast) -> None:
    rows.persona()
    rows.persona("P-BUDI", name="Budi Uji", caller_number="0812-0000-2222")
    row = rows.scenario(cast, personas=("P-RINA",))
    said = cast.web(cast.qanita).get(f"/mystery/skenario/{row.pk}/kartu/?jam=9").content.decode()
    assert "Selamat pagi, saya Rina Uji, mau bertanya." in said
    assert "Budi Uji" not in said
    assert cast.web(cast.qanita).get(f"/mystery/skenario/{row.pk}/kartu/?jam=99&persona=X").status_code == 200


def test_a_material_is_entered_and_changed(cast: Cast) -> None:
    rows.cited(cast)
    web = cast.web(cast.qanita)
    asked = {"kode": "bhn-1", "jenis": "komplain", "judul": "Transfer gagal", "isi": "", "artikel": "psl-0001",
             "aktif": "on"}  # fmt: skip
    web.post("/mystery/bahan/baru/", asked)
    row = Material.objects.get()
    assert (row.code, row.cites.get().revision.version) == ("BHN-1", 1)
    wrong = web.post(f"/mystery/bahan/{row.pk}/ubah/", asked | {"artikel": "PSL-9"})
    assert wrong.status_code == 422
    assert "PSL-9" in wrong.content.decode()
    web.post(f"/mystery/bahan/{row.pk}/ubah/", asked | {"judul": "Transfer tertunda"})
    row.refresh_from_db()
    assert row.title == "Transfer tertunda"
    page = web.get("/mystery/bahan/").content.decode()
    assert "Tidak semua dari ketiga jenis ada" in page
    assert "informasi, permintaan" in page


def test_a_persona_is_registered_and_its_number_is_its_own(cast: Cast) -> None:
    web = cast.web(cast.qanita)
    asked = {"kode": "p-rina", "nama": "Rina Uji", "suara": "f", "profil": "", "gaya": "ramah",
             "nomor": "0812-0000-1111", "lain": "3171015508900001\n", "aktif": "on"}  # fmt: skip
    web.post("/mystery/persona/baru/", asked)
    assert Persona.objects.get().numbers == ["3171015508900001"]
    again = web.post("/mystery/persona/baru/", asked | {"kode": "P-2", "nama": "Lain", "nomor": "+62 812 0000 1111"})
    assert again.status_code == 422
    assert "P-RINA" in again.content.decode()
    shown = web.get(f"/mystery/persona/{Persona.objects.get().pk}/").content.decode()
    assert "0812-0000-1111" in shown


def test_machines_write_a_scenario_too(cast: Cast) -> None:
    from kendali.accounts import own_actions

    rows.cited(cast)
    token, secret = own_actions.create_token(
        user=cast.qanita, at=rows.now(), name="x", scopes=["read", "operate"]
    )  # fmt: skip
    assert token
    heads = {"Authorization": f"Bearer {secret}"}
    web = cast.web(cast.qanita)

    def asked(method: str, path: str, data: object = None) -> Any:
        answer = getattr(web, method)(
            f"/api/v1/mystery{path}", json.dumps(data or {}), content_type="application/json", headers=heads
        )
        return answer.status_code, answer.json() if answer.content else None

    assert asked("post", "/scenarios", {"code": "SKN-1", "kind": "komplain"})[0] == 201
    content = {
        "kind": "komplain", "goal": "x", "situation": "y", "opening": "{salam}", "closing": "z",
        "valid_from": f"{rows.day()}", "valid_until": f"{rows.day(9)}",
        "questions": [{"id": "q1", "text": "a", "expected": "b", "article": "psl-0001", "article_version": 1}],
    }  # fmt: skip
    status, row = asked("put", "/scenarios/SKN-1/1", content)
    assert (status, row["problems"]) == (200, [])
    wrong = asked("post", "/scenarios/SKN-1/1/check", content | {"goal": ""})
    assert [one["place"] for one in wrong[1]] == ["goal"]
    assert asked("post", "/scenarios/SKN-1/1/submit")[1]["status"] == "submitted"
    assert asked("post", "/scenarios/SKN-1/1/approve")[0] == 409
