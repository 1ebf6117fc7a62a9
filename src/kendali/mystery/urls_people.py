"""Roster, callers, destinations, calendar: the addresses, in Indonesian."""

from django.urls import URLPattern, path

from kendali.mystery.views import calendar, ground, roster, teams

urlpatterns: list[URLPattern] = [
    path("mystery/roster/", roster.roster_list, name="roster"),
    path("mystery/roster/xlsx/", roster.roster_xlsx, name="roster_xlsx"),
    path("mystery/roster/impor/", roster.roster_import, name="roster_import"),
    path("mystery/roster/agen/baru/", roster.agent_new, name="roster_agent_new"),
    path("mystery/roster/agen/<int:pk>/", roster.agent, name="roster_agent"),
    path("mystery/roster/agen/<int:pk>/pindah/", roster.agent_move, name="roster_agent_move"),
    path("mystery/roster/agen/<int:pk>/selesai/", roster.agent_end, name="roster_agent_end"),
    path("mystery/roster/tim/", teams.teams, name="roster_teams"),
    path("mystery/roster/tim-baru/", teams.team_new, name="roster_team_new"),
    path("mystery/roster/tim/<str:code>/", teams.team, name="roster_team"),
    path("mystery/roster/tim/<str:code>/ubah/", teams.team_change, name="roster_team_change"),
    path("mystery/roster/tim/<str:code>/selesai/", teams.team_end, name="roster_team_end"),
    path("mystery/roster/shift/", ground.shifts, name="roster_shifts"),
    path("mystery/roster/shift/simpan/", ground.shift_save, name="roster_shift_save"),
    path("mystery/roster/nomor/", ground.destinations, name="roster_destinations"),
    path("mystery/roster/nomor-baru/", ground.destination_new, name="roster_destination_new"),
    path("mystery/roster/nomor/<slug:code>/", ground.destination, name="roster_destination"),
    path("mystery/roster/pemanggil/", ground.callers, name="roster_callers"),
    path("mystery/roster/pemanggil/baru/", ground.caller_new, name="roster_caller_new"),
    path("mystery/roster/pemanggil/<int:pk>/", ground.caller, name="roster_caller"),
    path("mystery/roster/pemanggil/<int:pk>/absen/", ground.absence_add, name="roster_absence_add"),
    path("mystery/roster/absen/<int:pk>/batal/", ground.absence_remove, name="roster_absence_remove"),
    path("mystery/kalender/", calendar.calendar, name="work_calendar"),
    path("mystery/kalender/hari/", calendar.day_put, name="calendar_day"),
    path("mystery/kalender/hari/hapus/", calendar.day_remove, name="calendar_day_remove"),
    path("mystery/kalender/tahun/<int:year>/", calendar.year_add, name="calendar_year_add"),
    path("mystery/kalender/area/<slug:code>/", calendar.workplace_save, name="workplace_save"),
    path("mystery/kalender/hitung-ulang/", calendar.clocks_recompute, name="clocks_recompute"),
]
