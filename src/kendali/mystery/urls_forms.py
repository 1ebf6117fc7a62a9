"""The form builder: the addresses, in Indonesian."""

from django.urls import path

from kendali.mystery.views import form_edit, form_file, forms

urlpatterns = [
    path("mystery/formulir/", forms.form_list, name="forms"),
    path("mystery/formulir/versi-baru/", forms.form_begin, name="form_begin"),
    path("mystery/formulir/<int:pk>/", forms.form_version, name="form_version"),
    path("mystery/formulir/<int:pk>/pratinjau/", forms.form_preview, name="form_preview"),
    path("mystery/formulir/<int:pk>/perbedaan/", forms.form_differences, name="form_differences"),
    path("mystery/formulir/<int:pk>/pengaturan/", forms.form_settings, name="form_settings"),
    path("mystery/formulir/<int:pk>/urutan/", forms.form_move, name="form_move"),
    path("mystery/formulir/<int:pk>/hapus/", forms.form_remove, name="form_remove"),
    path("mystery/formulir/<int:pk>/buang/", forms.form_discard, name="form_discard"),
    path("mystery/formulir/<int:pk>/ajukan/", forms.form_offer, name="form_offer"),
    path("mystery/formulir/<int:pk>/berlakukan/", forms.form_force, name="form_force"),
    path("mystery/formulir/<int:pk>/seksi-baru/", form_edit.section_new, name="form_section_new"),
    path("mystery/formulir/<int:pk>/seksi/<str:section>/", form_edit.section, name="form_section"),
    path("mystery/formulir/<int:pk>/seksi/<str:section>/butir-baru/", form_edit.item_new, name="form_item_new"),
    path("mystery/formulir/<int:pk>/butir/<str:item>/", form_edit.item, name="form_item"),
    path("mystery/formulir/<int:pk>/formulir.xlsx", form_file.form_xlsx, name="form_xlsx"),
    path("mystery/formulir/<int:pk>/unggah/", form_file.form_upload, name="form_upload"),
]
