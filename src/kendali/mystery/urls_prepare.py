"""Materials, personas, scenarios, forms: the addresses, in Indonesian."""

from django.urls import path

from kendali.mystery.views import preparation, scenario_edit, scenarios

urlpatterns = [
    path("mystery/bahan/", preparation.materials, name="materials"),
    path("mystery/bahan/xlsx/", preparation.materials_xlsx, name="materials_xlsx"),
    path("mystery/bahan/baru/", preparation.material_edit, name="material_new"),
    path("mystery/bahan/<int:pk>/", preparation.material, name="material"),
    path("mystery/bahan/<int:pk>/ubah/", preparation.material_edit, name="material_edit"),
    path("mystery/persona/", preparation.personas, name="personas"),
    path("mystery/persona/baru/", preparation.persona_edit, name="persona_new"),
    path("mystery/persona/<int:pk>/", preparation.persona, name="persona"),
    path("mystery/persona/<int:pk>/ubah/", preparation.persona_edit, name="persona_edit"),
    path("mystery/skenario/", scenarios.scenarios, name="scenarios"),
    path("mystery/skenario/xlsx/", scenarios.scenarios_xlsx, name="scenarios_xlsx"),
    path("mystery/skenario/baru/", scenario_edit.begin, name="scenario_new"),
    path("mystery/skenario/<int:pk>/", scenarios.scenario, name="scenario"),
    path("mystery/skenario/<int:pk>/ubah/", scenario_edit.edit, name="scenario_edit"),
    path("mystery/skenario/<int:pk>/periksa/", scenario_edit.check, name="scenario_check"),
    path("mystery/skenario/<int:pk>/buang/", scenario_edit.discard, name="scenario_discard"),
    path("mystery/skenario/<int:pk>/versi-baru/", scenario_edit.new_version, name="scenario_next"),
    path("mystery/skenario/<int:pk>/ajukan/", scenarios.step, {"event": "submit"}, name="scenario_submit"),
    path("mystery/skenario/<int:pk>/setujui/", scenarios.step, {"event": "approve"}, name="scenario_approve"),
    path("mystery/skenario/<int:pk>/kembalikan/", scenarios.step, {"event": "return"}, name="scenario_return"),
    path("mystery/skenario/<int:pk>/tarik/", scenarios.step, {"event": "retire"}, name="scenario_retire"),
    path("mystery/skenario/<int:pk>/beda/", scenarios.differences, name="scenario_differences"),
    path("mystery/skenario/<int:pk>/kartu/", scenarios.card, name="scenario_card"),
]
