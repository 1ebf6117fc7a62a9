"""The header offers only pages that exist and that the person may open, and shows where one is."""

from __future__ import annotations

import pytest
from django.utils import translation

from kendali.home import nav
from kendali.home.charts import Bar, month_chart

MAP = (
    nav.Entry("Waiting for me", "home"),
    nav.Entry(
        "Backup & deletion",
        children=(
            nav.Entry("Radar", "radar", "radar.view", also=("/elsewhere/*",)),
            nav.Entry("Escalations", "escalations", "escalation.view"),
            nav.Entry("No such page", "there_is_no_such_page"),
        ),
    ),
    nav.Entry("Users", "users", "user.view"),
)


def built(path: str, *allowed: str) -> tuple[nav.Item, ...]:
    with translation.override("id"):
        return nav.build(MAP, lambda action: action in allowed, path)


def test_what_is_not_allowed_or_does_not_exist_is_left_out() -> None:
    waiting, backup = built("/", "radar.view", "escalation.view")
    assert waiting.label == "Menunggu saya"
    assert [child.label for child in backup.children] == ["Radar", "Eskalasi"]
    assert backup.url == backup.children[0].url


def test_a_section_without_any_page_is_left_out_itself() -> None:
    assert [item.url for item in built("/", "user.view")] == ["/", nav.address("users")]


@pytest.mark.parametrize(
    ("path", "section", "page", "exact"),
    [
        ("/", 0, None, True),
        (nav.address("escalations"), 1, 1, True),
        (nav.address("escalations") + "17/", 1, 1, False),
        (nav.address("radar"), 1, 0, True),
        ("/elsewhere/7/", 1, 0, False),
    ],
)
def test_the_page_one_is_on_is_marked(path: str, section: int, page: int | None, exact: bool) -> None:
    items = built(path, "radar.view", "escalation.view")
    assert [item.current for item in items] == [index == section for index in range(len(items))]
    if page is None:
        assert items[section].exact is exact
    else:
        assert [child.current for child in items[section].children] == [page == 0, page == 1]
        assert items[section].children[page].exact is exact


def test_a_page_outside_the_map_marks_nothing() -> None:
    assert not any(item.current for item in built("/somewhere-else/", "radar.view"))


def test_every_month_has_its_column_and_the_highest_fills_the_chart() -> None:
    chart = month_chart(
        [Bar("A", "08-2025", 1, "late"), Bar("S", "09-2025", 0, "late"), Bar("O", "10-2025", 1000, "soon")]
    )
    low, none, high = chart.columns
    assert float(high.height) > float(low.height) >= 3  # something is never drawn as nothing
    assert none.bar.state == "idle"
    assert [column.tallest for column in chart.columns] == [False, False, True]
    assert all("," not in text for column in chart.columns for text in (column.x, column.y, column.height))


def test_a_chart_of_nothing_is_drawn_too() -> None:
    assert month_chart([]).columns == ()
    assert not month_chart([Bar("A", "08-2025", 0)]).columns[0].tallest
