"""Calling, recordings and filling in the form: the addresses, in Indonesian."""

from django.urls import URLPattern, path

from kendali.mystery.views import calls, crisis, filling, recordings

urlpatterns: list[URLPattern] = [
    path("mystery/krisis/", crisis.crisis, name="crisis"),
    path("mystery/krisis/<slug:verb>/", crisis.crisis_move, name="crisis_move"),
    path("mystery/panggilan/", calls.my_calls, name="my_calls"),
    path("mystery/panggilan/<int:pk>/", calls.call, name="call"),
    path("mystery/panggilan/<int:pk>/keadaan/", calls.live, name="call_live"),
    path("mystery/panggilan/<int:pk>/<slug:verb>/", calls.move, name="call_move"),
    path("mystery/sampel/<int:pk>/formulir/", filling.form, name="form_fill"),
    path("mystery/sampel/<int:pk>/formulir/mulai/", filling.begin, name="fill_begin"),
    path("mystery/sampel/<int:pk>/formulir/simpan/", filling.save, name="fill_save"),
    path("mystery/sampel/<int:pk>/formulir/ajukan/", filling.submit, name="fill_submit"),
    path("mystery/sampel/<int:pk>/rekaman/", recordings.audio, name="sample_recording"),
    path("mystery/sampel/<int:pk>/rekaman/bentuk/", recordings.peaks, name="sample_recording_peaks"),
    path("mystery/sampel/<int:pk>/rekaman/pasang/", recordings.attach, name="recording_attach"),
    path("mystery/sampel/<int:pk>/rekaman/unggah/", recordings.upload, name="recording_upload"),
    path("mystery/sampel/<int:pk>/rekaman/cari/", recordings.look, name="recording_look"),
]
