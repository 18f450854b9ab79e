"""The table of cases: each answer of a provider, and what comes out of it through real asset runs.

``cases`` holds our own, in the form that ``creator-assets replay`` runs. Those of the field, if they are at hand, are
judged here by what they say in words.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from creator_assets.replay.case import Case, Expected, read_cases
from creator_assets.replay.project import play
from creator_assets.replay.verdict import differences
from tests.answers.field_cases import AT, EXPECTED, FIELD

OWN = read_cases(Path(__file__).parent / "cases")
OF_THE_FIELD = read_cases(FIELD) if FIELD.is_dir() else []


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.name)
def test_a_case_comes_out_as_it_expects(case: Case) -> None:
    assert case.expect is not None
    assert differences(case.expect, play(case)) == []


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_case_of_the_field_comes_out_right(name: str) -> None:
    case = next((one for one in OF_THE_FIELD if one.name == name), None)
    if case is None:
        pytest.skip(f"{FIELD} is not here")
    outcome = play(msgspec.structs.replace(case, at=AT))
    assert differences(EXPECTED[name], outcome) == []


def test_every_case_of_the_field_is_judged() -> None:
    assert {case.name for case in OF_THE_FIELD} <= EXPECTED.keys()


def test_a_verdict_names_what_differs_and_no_value() -> None:
    case = next(one for one in OWN if one.name == "result-null")
    wrong = Expected(
        runs=[False, True],
        says=["no such words"],
        requests=[7, 7],
        credits={"influencers_club": "9"},
        counts={"enriched_profiles": 1},
        rows={"enriched_profiles": [{"username": "nora.example", "state": "enriched", "followers": 5}]},
    )
    assert differences(wrong, play(case)) == [
        "runs: failure, success expected, success, success came out",
        "no failure says 'no such words'",
        "requests: [7, 7] expected, [2, 0] came out",
        "credits of influencers_club: 9 expected, 1 came out",
        "enriched_profiles: 1 rows expected, 2 came out",
        "enriched_profiles: no row has followers as expected",
    ]
