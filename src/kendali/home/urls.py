from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from kendali.home import first_run_views, health, recovery_views, style_sheet, waiting
from kendali.home.reading import appearance

urlpatterns: list[URLPattern | URLResolver] = [
    path("", waiting.home, name="home"),
    path("pemulihan/", recovery_views.page, name="recovery"),
    path("pemulihan/kunci/", recovery_views.reconcile, name="recovery_reconcile"),
    path("pemulihan/konfirmasi/", recovery_views.confirm, name="recovery_confirm"),
    path("mulai/", first_run_views.page, name="first_run"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("tampilan/", appearance, name="appearance"),
]
if settings.DEBUG or settings.TESTING:
    urlpatterns += [
        path("gaya/", style_sheet.style_sheet, name="style_sheet"),
        path("gaya/suara.wav", style_sheet.sound),
        path("gaya/bentuk.json", style_sheet.peaks),
        path("gaya/berjalan/", style_sheet.live),
    ]
