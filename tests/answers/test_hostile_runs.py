"""A few seeds of ``hostile_runs``, one or two of each campaign, and what the promises say where they are broken."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.answers.hostile_campaigns import CAMPAIGNS
from tests.answers.hostile_promises import lost_rows, paid_twice
from tests.answers.hostile_runs import run_seed

SEEDS = range(len(CAMPAIGNS) + 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_hostile_answers_lose_no_row_pay_nothing_twice_and_end_green_or_with_a_sentence(seed: int) -> None:
    report = run_seed(seed)
    assert report.broken == []
    assert report.answers


def entry(**changes: Any) -> dict[str, Any]:
    truth = {"accounts": [{"profile": {"username": "Mila.Example"}}]}
    usual = {"operation": "IC-1", "asked": "a", "done": ["NaN"], "keeps": True, "truth": truth}
    return usual | {"charged_microcredits": 10_000} | changes


def test_a_promise_says_what_is_lost_and_what_is_paid_twice() -> None:
    there, gone = pl.DataFrame({"username": ["mila.example"]}), pl.DataFrame({"username": ["other"]})
    assert lost_rows([entry()], {"discovery_results": there}) == []
    assert lost_rows([entry()], {"discovery_results": gone}) == ["IC-1 in discovery_results: NaN"]
    assert lost_rows([entry(keeps=False)], {"discovery_results": gone}) == []
    assert lost_rows([entry()], {}) == []  # the table was not written
    assert paid_twice([entry(), entry(asked="b"), entry(charged_microcredits=0)]) == []
    assert paid_twice([entry(), entry()]) == ["IC-1: 2 times"]
    batch = entry(operation="IC-19", asked="b", charged_microcredits=0, truth=[{"input_value": "mila.example"}])
    single = entry(operation="IC-14", asked="c", truth={"result": {"instagram": {"username": "Mila.Example"}}})
    assert paid_twice([single, batch]) == []
    assert paid_twice([batch, single]) == ["IC-14: a creator of a batch is bought singly"]
