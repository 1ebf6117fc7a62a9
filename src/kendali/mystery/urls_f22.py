"""The form F-22 as register and sheets: the addresses, in Indonesian."""

from django.urls import path

from kendali.mystery.views import f22

MONTH = "mystery/f22/<slug:month>/"
SHEET = "mystery/f22/sampel/<int:pk>/"
urlpatterns = [
    path("mystery/f22/", f22.f22_list, name="f22"),
    path(SHEET, f22.f22_sheet_page, name="f22_sheet"),
    path(SHEET + "lembar.pdf", f22.f22_sheet_pdf, name="f22_sheet_pdf"),
    path(SHEET + "lembar.xlsx", f22.f22_sheet_xlsx, name="f22_sheet_xlsx"),
    path(MONTH, f22.f22_month, name="f22_month"),
    path(MONTH + "register.xlsx", f22.f22_xlsx, name="f22_xlsx"),
    path(MONTH + "register.pdf", f22.f22_pdf, name="f22_pdf"),
    path(MONTH + "lembar.pdf", f22.f22_sheets, name="f22_sheets"),
]
