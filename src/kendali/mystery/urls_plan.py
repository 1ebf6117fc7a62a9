"""Cycles: plan, assignment, pace, closing, freezing: the addresses, in Indonesian."""

from django.urls import URLPattern, path

from kendali.mystery.views import assigning, cycle_end, cycles, plan

MONTH = "mystery/siklus/<slug:month>/"
PLAN = MONTH + "rencana/"
urlpatterns: list[URLPattern] = [
    path("mystery/siklus/", cycles.cycles_list, name="cycles"),
    path("mystery/siklus/mulai/", cycles.begin, name="cycle_begin"),
    path(MONTH, cycles.cycle, name="cycle"),
    path(MONTH + "salin/", cycles.copy, name="cycle_copy"),
    path(MONTH + "pilihan/", cycles.choose, name="cycle_choose"),
    path(MONTH + "tutup/", cycle_end.close, name="cycle_close"),
    path(MONTH + "alasan/", cycle_end.explain, name="cycle_explain"),
    path(MONTH + "pengesahan/", cycle_end.sign, name="cycle_sign"),
    path(MONTH + "kunci/", cycle_end.freeze, name="cycle_freeze"),
    path(PLAN, plan.plan_page, name="plan"),
    path(PLAN + "undi/", plan.draw, name="plan_draw"),
    path(PLAN + "berjalan/", plan.live, name="plan_live"),
    path(PLAN + "kunci/", plan.freeze, name="plan_freeze"),
    path(PLAN + "teks/", plan.text, name="plan_text"),
    path(PLAN + "bagikan/", assigning.give_out, name="plan_give_out"),
    path(PLAN + "ganti/", assigning.replace_caller, name="plan_replace_caller"),
    path(PLAN + "<int:pk>/", assigning.sample_assign, name="sample_assign"),
]
