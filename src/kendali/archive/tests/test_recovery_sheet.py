"""The sheet: typed back with the slips people make, each named by its group."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kendali.archive.age import Identity, encrypt_bytes
from kendali.archive.recovery import ALPHABET, GROUPS, PREFIX, SheetError, from_typed, new_sheet, to_groups

IDENTITIES = st.binary(min_size=32, max_size=32).map(Identity)


@given(IDENTITIES)
def test_a_sheet_typed_as_printed_gives_the_identity(identity: Identity) -> None:
    groups = to_groups(identity)
    assert len(groups) == GROUPS
    assert from_typed(" ".join(groups)).secret_text() == identity.secret_text()


@pytest.mark.parametrize(
    "typed",
    [
        "".join,
        lambda groups: "-".join(groups).lower(),
        lambda groups: "\n".join(groups) + "\n",
        lambda groups: "\n".join(f"{number}. {group}" for number, group in enumerate(groups, 1)),
        lambda groups: " ".join(groups).replace("L", "1").replace("0", "o").replace("8", "b"),
    ],
)
def test_people_may_type_it_in_their_own_way(typed: object) -> None:
    for _ in range(30):
        sheet = new_sheet()
        assert str(from_typed(typed(sheet.groups)).recipient()) == sheet.recipient  # type: ignore[operator]


@given(IDENTITIES, st.integers(0, GROUPS - 1), st.integers(0, 6), st.sampled_from(ALPHABET))
def test_a_wrong_character_is_found_and_its_group_named(identity: Identity, index: int, at: int, wrong: str) -> None:
    groups = to_groups(identity)
    at %= len(groups[index])
    assume(groups[index][at] != wrong)
    groups[index] = groups[index][:at] + wrong + groups[index][at + 1 :]
    with pytest.raises(SheetError) as error:
        from_typed(" ".join(groups))
    assert error.value.facts["group"] == index + 1


@given(IDENTITIES, st.integers(0, GROUPS - 1), st.integers(0, 5))
def test_two_neighbours_swapped_are_found(identity: Identity, index: int, at: int) -> None:
    groups = to_groups(identity)
    group = groups[index]
    at %= len(group) - 2  # the check character itself apart
    assume(group[at] != group[at + 1])
    groups[index] = group[:at] + group[at + 1] + group[at] + group[at + 2 :]
    with pytest.raises(SheetError) as error:
        from_typed(" ".join(groups))
    assert error.value.facts["group"] == index + 1


@given(IDENTITIES, st.integers(0, 12), st.integers(0, 12))
def test_a_group_typed_in_the_place_of_another_is_found(identity: Identity, one: int, two: int) -> None:
    groups = to_groups(identity)
    assume(one != two)
    groups[one], groups[two] = groups[two], groups[one]
    with pytest.raises(SheetError) as error:
        from_typed(" ".join(groups))
    assert error.value.facts["group"] == min(one, two) + 1


@pytest.mark.parametrize(
    ("change", "code", "group"),
    [
        (lambda g: [*g[:4], g[4][:-1], *g[5:]], "sheet_group_length", 5),
        (lambda g: g[:-1], "sheet_groups", 14),
        (lambda g: [*g, "QQQQQ"], "sheet_groups", 14),
        (lambda g: [], "sheet_groups", 1),
        (lambda g: [*g[:2], "Q!QQQ", *g[3:]], "sheet_group_character", 3),
    ],
)
def test_what_is_missing_or_too_much_is_said(change: object, code: str, group: int) -> None:
    with pytest.raises(SheetError) as error:
        from_typed(" ".join(change(new_sheet().groups)))  # type: ignore[operator]
    assert (error.value.code, error.value.facts["group"]) == (code, group)


def test_no_error_repeats_what_was_typed() -> None:
    groups = new_sheet().groups
    with pytest.raises(SheetError) as error:
        from_typed(" ".join([*groups[:3], "QQQQZ", *groups[4:]]))
    assert not any(group in str(error.value) for group in groups)
    assert "secret" not in repr(new_sheet()).lower()


@pytest.mark.skipif(which("age") is None, reason="the age command is not installed")
def test_the_age_command_opens_with_the_typed_groups_less_their_last_characters(tmp_path: Path) -> None:
    sheet = new_sheet()
    (tmp_path / "R").write_text(PREFIX + "".join(group[:-1] for group in sheet.groups) + "\n")
    (tmp_path / "slot.age").write_bytes(encrypt_bytes(sheet.identity.recipient(), b"the master"))
    command = ["age", "-d", "-i", str(tmp_path / "R"), str(tmp_path / "slot.age")]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"the master"
