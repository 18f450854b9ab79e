"""Names of dictionary values: each stands for the value that its provider documents, or for none."""

from __future__ import annotations

import polars as pl
import pytest

from creator_assets.campaigns.catalog import Filter, FilterKind, with_listed_values
from creator_assets.demand.filter_names import Dictionary

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
