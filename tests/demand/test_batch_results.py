"""Rows of a batch: joined to the creators that it was asked for, and a row for each that it leaves out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from creator_assets.demand.batches.results import accounts_of, covered_by, failed_creators, parsed_results
from creator_assets.ledger.jobs.records import BATCH, Job, JobState
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.influencers_club import requests
from tests.providers.bench import answer

CREDIT = 1_000_000
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def job(*creators: str, state: JobState = JobState.READY, charged: int = 0) -> Job:
    return Job(
        job_id="j1", kind=BATCH, subject="s", provider="influencers_club", asset="enrichment_batches", partition="p",
        campaign="c", run_id="r", owner="o", provider_job_id="bch_1", hold_attempt_id=None, request_key="k",
        parameters={"platform": "instagram", "mode": "full", "creators": list(creators)}, state=state,
        rows_total=len(creators), rows_done=len(creators), rows_failed=0, charged_microcredits=charged, polls=0,
        resumes=0, intended_at=NOW, since=NOW, next_poll_at=NOW, note="",
    )  # fmt: skip


def row(value: str | None, followers: int | None = 5) -> dict[str, Any]:
    data = None if followers is None else {"instagram": {"username": "of the answer", "follower_count": followers}}
    return {"input_value": value, "status": "success" if data else "not_found", "enrichment_data": data}


def rows_of_batch(of_job: Job, *results: dict[str, Any]) -> Parsed:
    call = requests.batch_results(ProviderSettings(), "bch_1", platform="instagram", mode="full").first
    parsed = parsed_results(of_job, [answer(call, list(results))])
    assert parsed is not None
    return parsed


def test_rows_are_joined_by_the_canonical_account_and_strangers_are_rejected() -> None:
    batch = job("mila", "Ina", "@tom", charged=3 * CREDIT)
    parsed = rows_of_batch(
        batch, row("@Mila"), row("https://www.instagram.com/INA/"), row("tom", None), row("stranger"), row(None)
    )
    assert parsed.rows.select("username", "state").sort("username").rows() == [
        ("ina", "enriched"),
        ("mila", "enriched"),
        ("tom", "not_found"),
    ]
    assert parsed.rejected.select("username", "field").sort("username", nulls_last=True).rows() == [
        ("stranger", "input_value"),
        (None, "input_value"),
    ]
    # What was charged is in the rows and in what was rejected, to the microcredit.
    costs = [frame["cost_microcredits"].sum() for frame in (parsed.rows, parsed.rejected)]
    assert sum(costs) == batch.charged_microcredits


def test_a_creator_that_a_finished_batch_leaves_out_has_a_row_and_is_asked_for_alone() -> None:
    batch = job("mila", "ina", charged=CREDIT)
    parsed = rows_of_batch(batch, row("mila"))
    assert parsed.rows.select("username", "state", "depth", "cost_microcredits").rows() == [
        ("mila", "enriched", "full", CREDIT),
        ("ina", "unknown", "full", 0),
    ]
    assert failed_creators([(batch, parsed)]) == {("instagram", "ina")}


def test_a_batch_that_goes_on_leaves_nobody_out() -> None:
    parsed = rows_of_batch(job("mila", "ina", state=JobState.PAUSED), row("mila"))
    assert parsed.rows["username"].to_list() == ["mila"]


def test_a_batch_of_an_older_release_covers_the_one_spelling_of_its_creators() -> None:
    batch = job("Cristiano", "@Mila")
    assert set(covered_by([batch])) == set(accounts_of(batch)) == {("instagram", "cristiano"), ("instagram", "mila")}
    assert rows_of_batch(batch, row("Cristiano"), row("@Mila")).rows.filter(pl.col("state") != "enriched").is_empty()
