"""Findings and their clocks, disputes, coaching: the addresses, in Indonesian."""

from django.urls import URLPattern, path

from kendali.mystery.views import finding_steps, findings

STEPS = {
    "finding_feedback": "feedback",
    "finding_forward": "teruskan",
    "finding_return": "kembalikan",
    "finding_owner": "penanggung-jawab",
    "finding_begin": "mulai",
    "finding_report_follow_up": "tindak-lanjut",
    "finding_evidence": "bukti",
    "finding_find_insufficient": "belum-cukup",
    "finding_close": "tutup",
    "finding_reroute": "alihkan",
    "finding_invalidate": "tidak-sah",
    "finding_merge": "gabungkan",
    "finding_remind": "ingatkan",
    "finding_decide": "putuskan",
    "finding_dispute": "sanggah",
    "finding_decide_dispute": "putuskan-sanggahan",
    "finding_coach": "coaching",
}
urlpatterns: list[URLPattern] = [
    path("mystery/temuan/", findings.findings, name="findings"),
    path("mystery/temuan/xlsx/", findings.findings_xlsx, name="findings_xlsx"),
    path("mystery/temuan/<int:pk>/", findings.finding, name="finding"),
    path("mystery/temuan/<int:pk>/rekaman/", findings.audio, name="finding_audio"),
    path("mystery/temuan/bukti/<int:pk>/", findings.evidence, name="finding_evidence_file"),
    path("mystery/temuan/coaching/<int:pk>/terima/", finding_steps.acknowledge, name="finding_acknowledge"),
    *(path(f"mystery/temuan/<int:pk>/{slug}/", finding_steps.view(name), name=name) for name, slug in STEPS.items()),
]
