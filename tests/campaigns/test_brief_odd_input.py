"""Odd input: every field of a brief with every kind of wrong value, and every name with a typo.

The fault stands at the wrong value itself, and reading never fails.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from creator_assets.campaigns import Lookalike, RosterAccount, Shortlist, Thresholds, fault_in
from creator_assets.campaigns.purchases import Profiles
from creator_assets.checked_yaml.faults import MAX_FAULTS
from tests.campaigns.every_field import Raw, Steps, as_yaml, every_field, faults_of, node_at, paths

BRIEF = every_field()
PATHS = list(paths(BRIEF))
NAMES = [steps for steps in PATHS if isinstance(steps[-1], str) and "https:" not in steps[-1]]
NUMBERS = [
    ("brief", "fees"),
    ("budget", "influtics"),
    ("discovery", 0, "max_creators"),
    ("discovery", 0, "filters", "number_of_followers", "min"),
    ("lookalikes", 0, "filters", "follower_growth", "time_range_months"),
    ("shortlist", "min_engagement_rate"),
]
"""A number of each kind."""


def at(steps: Steps) -> Any:
    found: Any = BRIEF
    for step in steps:
        found = found[step]
    return found


def replaced(steps: Steps, value: Any) -> str:
    brief = copy.deepcopy(BRIEF)
    inside: Any = brief
    for step in steps[:-1]:
        inside = inside[step]
    inside[steps[-1]] = value
    return as_yaml(brief)


def renamed(steps: Steps, name: str) -> str:
    """The brief with another name for the last step, in the same position."""
    brief = copy.deepcopy(BRIEF)
    inside: Any = brief
    for step in steps[:-1]:
        inside = inside[step]
    pairs = list(inside.items())
    inside.clear()
    inside.update({name if one == steps[-1] else one: value for one, value in pairs})
    return as_yaml(brief)


def problems(steps: Steps, value: Any) -> list[str]:
    """What is said at the very position of a field with that value."""
    text = replaced(steps, value)
    mark = node_at(text, steps).raw.start_mark
    there = (mark.line + 1, mark.column + 1)
    return [fault.problem for fault in faults_of(text) if (fault.line, fault.column) == there]


def test_the_brief_with_every_field_is_right() -> None:
    assert [str(fault) for fault in faults_of(as_yaml(BRIEF))] == []
    assert len(PATHS) > 100


def test_nothing_behind_a_name_is_refused_in_every_field() -> None:
    for steps in PATHS:
        (problem,) = problems(steps, Raw("~"))
        assert re.fullmatch("expected .*, found nothing", problem), steps


def test_a_list_or_a_mapping_in_the_place_of_anything_else_is_refused() -> None:
    for steps in PATHS:
        if not isinstance(at(steps), list):
            (problem,) = problems(steps, [["a", "b"]])
            assert "found a list" in problem, steps
        if not isinstance(at(steps), dict):
            (problem,) = problems(steps, {"a": {"b": 1}})
            assert "found a mapping" in problem, steps


@pytest.mark.parametrize("wrong", ["x", "1", "true", "2026-11-02"])
def test_a_single_value_in_the_place_of_a_section_or_a_list_is_refused(wrong: str) -> None:
    for steps in PATHS:
        if isinstance(at(steps), dict | list):
            (problem,) = problems(steps, Raw(wrong))
            assert re.fullmatch("expected a (mapping|list), found .*", problem), steps


def test_what_is_no_number_is_refused_in_every_field_with_a_number() -> None:
    numbers = [steps for steps in PATHS if isinstance(at(steps), int | float) and not isinstance(at(steps), bool)]
    assert len(numbers) > 25
    for steps in numbers:
        for wrong in (".nan", "true", "9" * 40):
            assert len(problems(steps, Raw(wrong))) == 1, (steps, wrong)


@pytest.mark.parametrize(
    "wrong",
    [".inf", "-.inf", "1e3", "0x10", "0o17", "010", "1.", ".5", "+1", "12:30", "'5'", "soon", "2026-11-02", "1_00",
     "9" * 4_000],
)  # fmt: skip
def test_a_number_of_another_form_is_refused(wrong: str) -> None:
    for steps in NUMBERS:
        (problem,) = problems(steps, Raw(wrong))
        assert "expected" in problem
        assert len(problem) < 100


def test_a_fraction_in_the_place_of_a_whole_number_is_refused() -> None:
    for steps in (("shortlist", "top"), ("overlap", "max_calls"), NUMBERS[2], NUMBERS[4]):
        (problem,) = problems(steps, Raw("2.0"))
        assert "expected a whole number" in problem


@pytest.mark.parametrize("wrong", ["1", "yes", "on", "True", "'true'", "x"])
def test_true_and_false_have_one_form_each(wrong: str) -> None:
    for steps in PATHS:
        if at(steps) is True:
            assert problems(steps, Raw(wrong)) == ["expected true or false"], steps


@pytest.mark.parametrize(
    "typo",
    [lambda name: name[:2] + name[1:], lambda name: name[:-2] + name[:-3:-1], str.upper],
    ids=("a letter twice", "letters swapped", "capitals"),
)
def test_a_name_with_a_typo_is_answered_with_the_right_one_where_it_stands(typo: Callable[[str], str]) -> None:
    for steps in NAMES:
        name, wrong = str(steps[-1]), typo(str(steps[-1]))
        text = renamed(steps, wrong)
        mark = node_at(text, (*steps[:-1], wrong)).raw.start_mark
        there = (mark.line + 1, mark.column - len(wrong) - 1)
        (fault,) = [one for one in faults_of(text) if (one.line, one.column) == there]
        assert "unknown" in fault.problem or "no such filter" in fault.problem
        assert fault.remedy.startswith(f"Did you mean {name}? "), (steps, fault)
        assert fault.field.endswith(wrong), fault


def test_a_letter_that_only_looks_right_is_named_by_its_code() -> None:
    alike = dict(zip("aeocpxi", "\u0430\u0435\u043e\u0441\u0440\u0445\u0456", strict=True))
    for steps in NAMES:
        name = str(steps[-1])
        letter = next(one for one in name if one in alike)
        text = renamed(steps, Raw(name.replace(letter, alike[letter], 1)))
        (fault,) = [one for one in faults_of(text) if "U+" in one.problem]
        assert f"it contains the character U+{ord(alike[letter]):04X}, which is not ASCII" in fault.problem
        assert fault.remedy.startswith(f"Did you mean {name}? "), steps
        assert fault.field.endswith("?")


def test_letters_of_full_width_are_taken_for_the_plain_ones_in_the_remedy() -> None:
    (fault,) = faults_of(renamed(("profiles", "depth"), Raw("\uff44\uff45\uff50\uff54\uff48")))
    assert fault.remedy.startswith("Did you mean depth? ")


def test_a_name_that_comes_twice_is_refused_at_the_second() -> None:
    for steps in NAMES:
        lines = as_yaml(BRIEF).splitlines()
        above, name = node_at(as_yaml(BRIEF), steps[:-1]).raw, steps[-1]
        if len(steps) == 1:
            lines.append(f"{name}: 1")
            there = (len(lines), 1)
        else:
            line, column = above.end_mark.line, above.end_mark.column - 1
            lines[line] = f"{lines[line][:column]}, {name}: 1{lines[line][column:]}"
            there = (line + 1, column + 3)
        (fault,) = [one for one in faults_of("\n".join(lines)) if "second time" in one.problem]
        assert (fault.line, fault.column) == there
        assert fault.field.endswith(str(name))


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ("{market: X, start: 2026-11-03, end: 2026-11-02, currency: EUR}", "brief.end"),
        ("{market: X, end: 2026-11-02, start: 2026-11-03, currency: EUR}", "brief.end"),
        ("{market: X, start: 2026-02-29, end: 2026-11-02, currency: EUR}", "brief.start"),
        ("{market: X, start: 0000-00-00, end: 2026-11-02, currency: EUR}", "brief.start"),
        ("{market: X, start: 2019-12-31, end: 2026-11-02, currency: EUR}", "brief.start"),
        ("{market: X, start: 2026-11-02, end: 2100-01-01, currency: EUR}", "brief.end"),
        ("{market: X, start: \u0662\u0660\u0662\u0666-11-02, end: 2026-11-02, currency: EUR}", "brief.start"),
        ("{market: 'a\u202eb', start: 2026-11-02, end: 2026-11-02, currency: EUR}", "brief.market"),
        ("{market: '', start: 2026-11-02, end: 2026-11-02, currency: EUR}", "brief.market"),
        (f"{{market: {'x' * 501}, start: 2026-11-02, end: 2026-11-02, currency: EUR}}", "brief.market"),
    ],
)
def test_odd_dates_and_texts_are_refused(terms: str, field: str) -> None:
    text = f"brief: {terms}\nbudget: {{influtics: 1}}\ntracking: {{videos: ['https://www.tiktok.com/@a/video/7']}}\n"
    (fault,) = faults_of(text)
    assert fault.field == field
    assert fault.line == 1


def test_very_many_faults_are_counted_and_the_first_fifty_shown() -> None:
    text = as_yaml(BRIEF | {"roster": [{"platform": Raw("~"), "handle": "a b"}] * 1_000})
    found = faults_of(text)
    assert len(found) == MAX_FAULTS + 1
    assert found[-1].problem == "1950 further faults are not listed"
    unknown = faults_of("".join(f"name{n}: 1\n" for n in range(2_000)))
    assert len(unknown) == MAX_FAULTS + 1


@pytest.mark.slow
def test_a_list_that_is_too_long_is_refused_as_a_whole() -> None:
    account = {"platform": "instagram"}
    roster = [account | {"handle": f"a{n}"} for n in range(10_001)]
    (fault,) = faults_of(as_yaml(BRIEF | {"roster": roster}))
    assert (fault.field, fault.problem) == ("roster", "10,001 items")
    assert "At most 10,000" in fault.remedy


def test_a_fault_found_later_stands_at_what_is_left_of_the_way_to_it(tmp_path: Any) -> None:
    (tmp_path / "one.yaml").write_text("brief: 1\ndiscovery:\n  - {name: a}\n", encoding="utf-8")
    for steps, line, field in (
        (("discovery", 0, "name"), 3, "discovery[0].name"),
        (("discovery", 0, "filters", "city"), 3, "discovery[0]"),
        (("discovery", 7, "filters"), 3, "discovery"),
        (("lookalikes", 0), 1, ""),
        (("brief", 0), 1, "brief"),
    ):
        fault = fault_in(tmp_path, "one", steps, "a problem", "a remedy")
        assert (fault.line, fault.field, fault.problem) == (line, field, "a problem")


def test_models_made_in_code_are_strict_frozen_and_discreet() -> None:
    for kind, fields in (
        (Shortlist, {"top": True}),
        (Shortlist, {"top": 2.0}),
        (Shortlist, {"top": 0}),
        (Shortlist, {"top": 5, "exclude": ["a"]}),
        (Profiles, {"dept": "full"}),
        (Profiles, {"max_age": 30}),
        (Thresholds, {"notify": "0.5"}),
    ):
        with pytest.raises(ValidationError):
            kind(**fields)
    with pytest.raises(ValidationError, match="frozen"):
        Profiles().depth = "raw"
    with pytest.raises(ValidationError) as wrong:
        Lookalike(provider="x", platform="y", like=["jane.canary"], max_creators=1)  # type: ignore[arg-type]
    assert "jane" not in str(wrong.value)
    account = RosterAccount(platform="tiktok", handle="jane.canary")
    assert "jane" not in repr(account)
    assert account == RosterAccount(platform="tiktok", handle="jane.canary")
    assert len({account, RosterAccount(platform="tiktok", handle="jane.canary")}) == 1
