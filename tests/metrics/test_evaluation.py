"""Every metric equals its formula worked out again in plain numbers, or is null for a reason that is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.metrics.measuring import code_version, measured, measured_together
from creator_assets.metrics.registry import AMOUNT, METRICS, Metric
from creator_assets.tables.schemas import ALL_TABLES
from tests.metrics.frames import reasons

Numbers = Mapping[str, Fraction]
AGAIN: dict[str, Callable[[Numbers], Fraction]] = {
    "er_followers_mean": lambda of: (of["likes"] + of["comments"]) / of["followers"],
    "er_views": lambda of: (of["likes"] + of["comments"]) / of["views"],
    "er_views_all": lambda of: (of["likes"] + of["comments"] + of["shares"]) / of["views"],
    "mean_views_per_follower": lambda of: of["views"] / of["followers"],
    "growth_30d": lambda of: of["followers_at_end"] / of["followers_at_start"] - 1,
    "effective_followers": lambda of: of["followers"] * of["audience_credibility"],
    "views_per_day": lambda of: of["views_added"] / of["days_spanned"],
    "views_over_creator_average": lambda of: of["views"] / of["creator_average_views"],
    "cpm": lambda of: of["fee"] / of["views"] * 1000,
    "cpv": lambda of: of["fee"] / of["views"],
    "cpe": lambda of: of["fee"] / (of["likes"] + of["comments"]),
    "campaign_cpm": lambda of: of["campaign_fee"] / of["all_views"] * 1000,
    "campaign_cpe": lambda of: of["campaign_fee"] / (of["all_likes"] + of["all_comments"]),
    "reach_lower": lambda of: of["people_at_least"],
    "reach_upper": lambda of: of["people_at_most"],
    "duplication_at_least": lambda of: 1 - of["people_at_most"] / of["followers_sum"],
    "duplication_at_most": lambda of: 1 - of["people_at_least"] / of["followers_sum"],
}
AMOUNTS = {"fee", "campaign_fee"}
COUNTS = st.one_of(st.none(), st.just(0), st.integers(0, 10**10))
CENTS = st.one_of(st.none(), st.decimals(0, 10**9, places=2))


def types(metric: Metric) -> dict[str, Any]:
    return {
        name: AMOUNT if name in AMOUNTS else pl.Float64 if name == "audience_credibility" else pl.Int64
        for name in metric.inputs
    }


def inputs(metric: Metric) -> st.SearchStrategy[list[dict[str, Any]]]:
    of_one: dict[str, st.SearchStrategy[Any]] = {name: CENTS if name in AMOUNTS else COUNTS for name in metric.inputs}
    if "audience_credibility" in of_one:
        of_one["audience_credibility"] = st.one_of(st.none(), st.floats(0, 1))
    return st.lists(st.fixed_dictionaries(of_one), min_size=1, max_size=8)


def expected(metric: Metric, row: Mapping[str, Any]) -> Fraction | None:
    if any(row[name] is None for name in metric.inputs):
        return None
    numbers = {name: Fraction(row[name]) for name in metric.inputs}
    if metric.denominator and not sum(numbers[name] for name in metric.denominator):
        return None
    return AGAIN[metric.id](numbers)


def agrees(metric: Metric, value: Any, wanted: Fraction | None) -> None:
    if wanted is None:
        assert value is None
    elif metric.dtype == AMOUNT:
        assert abs(Fraction(value) - wanted) <= Fraction(1, 2 * 10**9)
    elif metric.dtype == pl.Int64():
        assert abs(value - wanted) <= 1
    else:
        assert value == pytest.approx(float(wanted), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
@given(data=st.data())
def test_a_metric_is_its_formula_or_null_for_a_reason(name: str, data: st.DataObject) -> None:
    metric = METRICS[name]
    rows = data.draw(inputs(metric))
    why = {one: f"{one} is not known" for one in metric.inputs}
    found = measured(pl.DataFrame(rows, schema=types(metric)), [metric], why).rows(named=True)
    for row, result in zip(rows, found, strict=True):
        wanted = expected(metric, row)
        agrees(metric, result[name], wanted)
        unknown = [why[one] for one in metric.inputs if row[one] is None]
        reason = unknown[0] if unknown else f"{' + '.join(metric.denominator)} is 0"
        assert reasons(result) == ({} if wanted is not None else {name: reason})


@pytest.mark.parametrize("name", METRICS)
@given(data=st.data())
def test_together_it_is_the_formula_over_the_sums_of_rows_that_have_every_part(name: str, data: st.DataObject) -> None:
    metric = METRICS[name]
    rows = data.draw(inputs(metric))
    found = measured_together(pl.DataFrame(rows, schema=types(metric)), [metric], "video").row(0, named=True)
    whole = [row for row in rows if None not in row.values()]
    sums = {one: sum(Fraction(row[one]) for row in whole) if whole else None for one in metric.inputs}
    wanted = expected(metric, sums)
    if name == "effective_followers" and wanted is not None:
        assert found[name] == pytest.approx(float(wanted), rel=1e-9, abs=1)
    else:
        agrees(metric, found[name], wanted)
    assert (name in reasons(found)) == (found[name] is None)


def test_every_metric_says_what_it_is_and_where_that_was_read() -> None:
    assert AGAIN.keys() == METRICS.keys()
    for metric in METRICS.values():
        assert metric.meaning.endswith(".")
        assert all((metric.formula, metric.unit, metric.source))
        assert set(metric.denominator) <= set(metric.inputs)


def test_a_column_of_a_metric_carries_its_version_and_its_unit() -> None:
    seen = set()
    for schema in ALL_TABLES.values():
        for name, column in schema.columns().items():
            label = (column.metadata or {}).get("metric")
            if label is not None:
                assert label == METRICS[name].label
                assert (column.metadata or {})["unit"] == METRICS[name].unit
                assert METRICS[name].formula in (column.description or "")
                seen.add(name)
    assert seen == METRICS.keys()


def test_the_code_version_changes_with_every_metric() -> None:
    assert code_version(1, [METRICS["cpm"], METRICS["cpv"]]) == "1, cpm.1, cpv.1"
