"""Verifying, samples, an agent's own evaluations: the addresses, in Indonesian."""

from django.urls import URLPattern, path

from kendali.mystery.views import own_evaluations, samples, tickets, verifying

urlpatterns: list[URLPattern] = [
    path("mystery/verifikasi/", verifying.to_verify, name="to_verify"),
    path("mystery/sampel/<int:pk>/", verifying.sample, name="sample"),
    path("mystery/sampel/<int:pk>/agent/", verifying.set_agent, name="sample_agent"),
    path("mystery/sampel/<int:pk>/tiket/", tickets.say, name="sample_ticket"),
    path("mystery/sampel/<int:pk>/langkah/<slug:verb>/", verifying.move, name="sample_move"),
    path("mystery/siklus/<str:month>/sampel/", samples.sample_list, name="samples"),
    path("mystery/siklus/<str:month>/sampel/xlsx/", samples.samples_xlsx, name="samples_xlsx"),
    path("mystery/penilaian-saya/", own_evaluations.own, name="my_evaluations"),
    path("mystery/penilaian-saya/<int:pk>/", own_evaluations.one, name="my_evaluation"),
    path("mystery/penilaian-saya/<int:pk>/rekaman/", own_evaluations.audio, name="my_recording"),
]
