"""Names of dictionary values: each stands for the value that its provider documents, or for none."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from creator_assets.campaigns.catalog import Filter, FilterKind, with_listed_values
from creator_assets.demand.filter_names import Dictionary, window_of_dictionaries
from creator_assets.ledger.archive.answers import AnswerCandidate, choose_answer
from creator_assets.ledger.timestamps import to_us
from creator_assets.partitions import Partition
from creator_assets.providers.contract.operations import AnswerKind

ROWS = pl.DataFrame(
    [
        ("languages", "de", "", "German", None),
        ("languages", "en", "", "English", ["Inglese"]),
        ("brands", "nike", "", "Nike Inc.", ["nike official"]),
        ("brands", "spring", "", "Spring", None),
        ("brands", "springfield", "", "Spring ", None),
        ("places", "Springfield", "Ohio", "Springfield", None),
        ("places", "springfield", "Iowa", "Springfield", None),
        ("places", "Reading", "", "Lesen", None),
        ("places", "x1", "", "reading", None),
    ],
    schema={
        "dictionary": pl.String,
        "value": pl.String,
        "parent": pl.String,
        "label": pl.String,
        "other_names": pl.List(pl.String),
    },
    orient="row",
)


@pytest.mark.parametrize(
    ("dictionary", "text", "documented"),
    [
        ("languages", "de", "de"),
        ("languages", "DE", "de"),
        ("languages", " german ", "de"),
        ("languages", "inglese", "en"),
        ("languages", "nike", None),  # of another dictionary
        ("brands", "Nike Inc.", "nike"),
        ("brands", "NIKE OFFICIAL", "nike"),
        ("brands", "spring", "spring"),  # a value, although it is a name of two
        ("places", "Springfield", "Springfield"),  # exactly one of two that differ in case
        ("places", "SPRINGFIELD", None),
        ("places", "ohio", "Ohio"),
        ("places", "reading", "Reading"),  # the value, not the other one that is called so
        ("places", "", None),
    ],
)
def test_a_name_stands_for_the_one_value_that_it_means(dictionary: str, text: str, documented: str | None) -> None:
    assert Dictionary.of(ROWS, dictionary).documented(text) == documented


def test_a_name_of_several_values_names_them() -> None:
    places = Dictionary.of(ROWS, "places")
    assert places.documented("SPRINGFIELD") is None
    assert places.several == {"springfield": ("Springfield", "springfield")}
    assert Dictionary.of(ROWS, "languages").several == {}


def test_two_names_of_one_value_are_one_value_once() -> None:
    rules = {
        "language": Filter(kind=FilterKind.TEXTS, dictionary="languages"),
        "parts": Filter(kind=FilterKind.GROUPS, keys={"name": Filter(kind=FilterKind.TEXT, dictionary="languages")}),
    }
    filters = {"language": ("German", "de", "en", "GERMAN"), "parts": ({"name": "de"}, {"name": "German"})}
    languages = Dictionary.of(ROWS, "languages")
    assert with_listed_values(filters, rules, lambda _name, value: languages.documented(value) or value) == {
        "language": ("de", "en"),
        "parts": ({"name": "de"},),
    }


def test_one_dictionary_serves_all_of_a_partition_whatever_is_archived_later() -> None:
    week = Partition.week_of("one", date(2026, 11, 30))
    window = window_of_dictionaries(week)

    def chosen(*days: int) -> list[str]:
        candidates = [
            AnswerCandidate(
                key="k", attempt_id=str(day), kind=AnswerKind.FINAL,
                observed_us=to_us(week.start + timedelta(days=day, hours=1)), not_before_us=None, place=0, parts=1,
            )
            for day in days
        ]  # fmt: skip
        return [one.attempt_id for one in choose_answer(candidates, window, now_us=0)[:1]]

    assert chosen(1) == chosen(1, 6) == ["1"]
    assert chosen(-3) == chosen(-3, 1, 6) == ["-3"]
    assert chosen(-8, 1) == ["1"]
    assert chosen(7) == ["7"]  # a run that began at the end
    assert chosen(9) == []


def test_values_are_rewritten_inside_groups_and_nothing_else_is() -> None:
    rules = {
        "language": Filter(kind=FilterKind.TEXTS, dictionary="languages"),
        "country": Filter(kind=FilterKind.TEXT, dictionary="places"),
        "audience": Filter(
            kind=FilterKind.GROUP,
            keys={
                "interests": Filter(
                    kind=FilterKind.GROUPS,
                    keys={
                        "name": Filter(kind=FilterKind.TEXT, dictionary="interests"),
                        "min_pct": Filter(kind=FilterKind.NUMBER),
                    },
                )
            },
        ),
        "words": Filter(kind=FilterKind.TEXTS),
    }
    filters = {
        "language": ("a", "b"),
        "country": "c",
        "audience": {"interests": ({"name": "d", "min_pct": 5},)},
        "words": ("e",),
        "unknown": {"name": "f"},
    }
    assert with_listed_values(filters, rules, lambda name, value: f"{name}:{value}") == {
        "language": ("languages:a", "languages:b"),
        "country": "places:c",
        "audience": {"interests": ({"name": "interests:d", "min_pct": 5},)},
        "words": ("e",),
        "unknown": {"name": "f"},
    }
