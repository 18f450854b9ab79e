"""Every metric equals its formula text, computed in exact fractions, or is null with a reason."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.metrics.evaluation import evaluate, evaluate_totals
from creator_assets.metrics.registry import AMOUNT, METRICS, Metric
from creator_assets.tables.schemas import ALL_TABLES
from tests.metrics.frames import reasons

_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
# Written a second time, so that a text and its expression cannot change together without a new version.
FORMULAS = {
    "er_followers_mean": ("(likes + comments) / followers", 1),
    "er_views": ("(likes + comments) / views", 1),
    "mean_views_per_follower": ("views / followers", 1),
    "growth_30d": ("(followers_at_end - followers_at_start) / followers_at_start", 1),
    "effective_followers": ("followers * audience_credibility", 1),
    "reach_lower": ("people_at_least", 1),
    "reach_upper": ("people_at_most", 1),
    "duplication_at_least": ("(followers_sum - people_at_most) / followers_sum", 1),
    "duplication_at_most": ("(followers_sum - people_at_least) / followers_sum", 1),
    "er_views_all": ("(likes + comments + shares) / views", 1),
    "cpm": ("fee * 1000 / views", 1),
    "cpv": ("fee / views", 1),
    "cpe": ("fee / (likes + comments)", 1),
    "views_per_day": ("views_added / days_spanned", 1),
    "views_over_creator_average": ("views / creator_average_views", 1),
    "campaign_cpm": ("campaign_fee * 1000 / all_views", 1),
    "campaign_cpe": ("campaign_fee / (all_likes + all_comments)", 1),
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


def calculate(formula: str, inputs: Mapping[str, Fraction]) -> Fraction:
    """Compute the text of a formula: names of inputs, complete numbers, ``+ - * /`` and parentheses."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp):
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.Name):
            return inputs[node.id]
        assert isinstance(node, ast.Constant), formula
        assert isinstance(node.value, int), formula
        return Fraction(node.value)

    return value(ast.parse(formula, mode="eval").body)


def expected(metric: Metric, row: Mapping[str, Any]) -> Fraction | None:
    if any(row[name] is None for name in metric.inputs):
        return None
    numbers = {name: Fraction(row[name]) for name in metric.inputs}
    if metric.denominator and not sum(numbers[name] for name in metric.denominator):
        return None
    return calculate(metric.formula, numbers)


def agrees(metric: Metric, value: Any, exact: Fraction | None) -> None:
    if exact is None:
        assert value is None
    elif metric.dtype == AMOUNT:
        assert abs(Fraction(value) - exact) <= Fraction(1, 2 * 10**9)
    elif metric.dtype == pl.Int64():
        assert abs(value - exact) <= 1
    else:
        assert value == pytest.approx(float(exact), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
@given(data=st.data())
def test_a_metric_is_its_formula_or_null_for_a_reason(name: str, data: st.DataObject) -> None:
    metric = METRICS[name]
    rows = data.draw(inputs(metric))
    reasons_of = {one: f"{one} is not known" for one in metric.inputs}
    found = evaluate(pl.DataFrame(rows, schema=types(metric)), [metric], reasons_of).rows(named=True)
    for row, result in zip(rows, found, strict=True):
        exact = expected(metric, row)
        agrees(metric, result[name], exact)
        unknown = [reasons_of[one] for one in metric.inputs if row[one] is None]
        reason = unknown[0] if unknown else f"{' + '.join(metric.denominator)} is 0"
        assert reasons(result) == ({} if exact is not None else {name: reason})


@pytest.mark.parametrize("name", METRICS)
@given(data=st.data())
def test_the_total_is_the_formula_on_the_sums_of_rows_with_every_input(name: str, data: st.DataObject) -> None:
    metric = METRICS[name]
    rows = data.draw(inputs(metric))
    found = evaluate_totals(pl.DataFrame(rows, schema=types(metric)), [metric], "video").row(0, named=True)
    complete = [row for row in rows if None not in row.values()]
    sums = {one: sum(Fraction(row[one]) for row in complete) if complete else None for one in metric.inputs}
    exact = expected(metric, sums)
    if name == "effective_followers" and exact is not None:
        assert found[name] == pytest.approx(float(exact), rel=1e-9, abs=1)
    else:
        agrees(metric, found[name], exact)
    assert (name in reasons(found)) == (found[name] is None)


def test_a_changed_formula_is_a_new_version() -> None:
    assert {name: (metric.formula, metric.version) for name, metric in METRICS.items()} == FORMULAS


def test_every_metric_has_a_meaning_a_unit_and_a_source() -> None:
    for metric in METRICS.values():
        assert metric.meaning.endswith(".")
        assert all((metric.formula, metric.unit, metric.source))
        assert set(metric.denominator) <= set(metric.inputs)


def test_the_columns_of_every_metric_have_its_version_unit_and_formula() -> None:
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
