"""Seeded runs on hostile answers: ``python -m tests.answers.hostile_runs --runs 1000 --seed 1``.

Each run is a small campaign against a hostile sandbox of its own, materialized three times by Dagster: twice on hostile
answers, then on true ones. The promises are in ``hostile_promises``. A seed decides everything, so that the seed of a
broken run repeats it: ``--runs 1 --seed N``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import polars as pl
import pytest

from creator_assets.demand.batches import choice
from creator_assets.ledger.ledger import Ledger
from creator_assets.tables.schemas import ALL_TABLES
from tests.answers.hostile_campaigns import CAMPAIGNS, SIZE, HostileCampaign, written
from tests.answers.hostile_promises import NAMED_BY, bad_words, identities, lost_rows, paid_twice, wrong_books
from tests.assets.stage import NAMES, TimedProject, stage_at
from tests.market import NOON

SLUG = "hostile"


class Report(msgspec.Struct, kw_only=True):
    """What came out of one run: broken promises, and counts of what it went through."""

    seed: int
    campaign: str
    broken: list[str] = []
    answers: int = 0
    spoiled: int = 0
    credits_microcredits: int = 0
    steps: int = 0
    green: int = 0
    sentences: Counter[str] = msgspec.field(default_factory=Counter)
    rows: int = 0


def run_seed(seed: int) -> Report:
    """Play one seed in a folder of its own."""
    campaign = CAMPAIGNS[seed % len(CAMPAIGNS)]
    report = Report(seed=seed, campaign=campaign.name)
    with tempfile.TemporaryDirectory(prefix="hostile-") as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "BATCH_FROM", campaign.batch_from)
        folder = Path(name)
        with stage_at(NOON, folder, patch, size=SIZE, voice="hostile", hostile_seed=seed) as stage:
            stage.brief(SLUG, written(campaign, folder))
            _play(stage, campaign, report)
    return report


def _play(stage: TimedProject, campaign: HostileCampaign, report: Report) -> None:
    log: list[dict[str, Any]] = []
    was_green = False
    _compare_balances(stage, times=1)
    stage.control.post("/hostile", json={"seed": report.seed}).raise_for_status()
    for step in ("first", "second", "calm", "calm again")[: 3 + bool(campaign.minutes_between)]:
        stage.turn(minutes=campaign.minutes_between)
        if step == "calm":
            stage.control.post("/hostile", json={"seed": None}).raise_for_status()
        before = _charged(stage)
        results = list(_runs(stage, campaign))
        if not step.startswith("calm"):
            log = stage.control.get("/hostile").json()["answers"]
        broken = _broken(stage, results, log)
        # Records of a batch are charged between the runs, as it works.
        if was_green and not campaign.minutes_between and _charged(stage) != before:
            broken.append(f"a green run pays again: {_charged(stage) - before} microcredits")
        if step.startswith("calm") and not all(one.success for one in results):
            broken.append("it stays red when all is well")
        report.broken += [f"{step}: {one}" for one in broken]
        was_green = all(one.success for one in results)
        report.steps += 1
        report.green += was_green
        report.sentences.update(_sentences(results))
    _compare_balances(stage, times=2)
    report.broken += [f"compared: {one}" for one in _wrong_books(stage, exact=True)]
    report.answers, report.spoiled = len(log), sum(bool(one["done"]) for one in log)
    report.credits_microcredits = _charged(stage)
    report.rows = sum(table.height for table in _tables(stage, NAMED_BY).values())


def _compare_balances(stage: TimedProject, *, times: int) -> None:
    """Compare the ledger with the providers' true balances; a difference counts once it has stood for a while."""
    stage.control.post("/hostile", json={"seed": None}).raise_for_status()
    for _ in range(times):
        stage.turn(minutes=5)
        stage.run("provider_balances", slug=SLUG, whole=True, assets=_assets(stage))


def _runs(stage: TimedProject, campaign: HostileCampaign) -> Iterator[dg.ExecuteInProcessResult]:
    whole = [name for name in campaign.weekly if name == "filter_values"]
    usual: dict[str, Any] = {"slug": SLUG, "raise_on_error": False, "assets": _assets(stage)}
    if whole:
        yield stage.run(*whole, whole=True, **usual)
    yield stage.run(*(set(campaign.weekly) - set(whole)), **usual)
    if campaign.daily:
        yield stage.run(*campaign.daily, daily=True, **usual)


_MADE: list[dg.AssetsDefinition] = []


def _assets(stage: TimedProject) -> list[dg.AssetsDefinition]:
    """All assets, made once a process: those of each run are the same, for all briefs have one name and one term."""
    if not _MADE:
        _MADE.extend(one for one in stage.definitions().assets or () if isinstance(one, dg.AssetsDefinition))
    return _MADE


def _broken(stage: TimedProject, results: list[dg.ExecuteInProcessResult], log: list[dict[str, Any]]) -> list[str]:
    handles = {name for entry in log for table, name in identities(entry) if table != "tracked_videos"}
    keys = {f"sandbox-{name.replace('_', '-')}" for name in NAMES}
    secrets = keys | {name for name in handles if len(name) > len("username")}
    broken = [one for result in results for one in bad_words(result, secrets)]
    made = {
        event.asset_key.to_user_string()
        for result in results
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    broken += lost_rows(log, _tables(stage, made & NAMED_BY.keys()))
    broken += [f"paid twice: {one}" for one in paid_twice(log)]
    return broken + _wrong_books(stage, exact=False)


def _wrong_books(stage: TimedProject, *, exact: bool) -> list[str]:
    with Ledger.open(stage.folder / "ledger.sqlite", realm="sandbox-stage", clock=stage.clock) as ledger:
        return wrong_books(ledger, stage.control.get("/meter").json(), exact=exact)


def _tables(stage: TimedProject, names: Any) -> dict[str, pl.DataFrame]:
    store = stage.resources()["tables"].open()
    return {name: store.read(ALL_TABLES[name], name, ()) for name in names if store.partitions(name)}


def _charged(stage: TimedProject) -> int:
    meter = stage.control.get("/meter").json()
    return sum(int(meter[name]["charged_microcredits"]) for name in NAMES)


def _sentences(results: list[dg.ExecuteInProcessResult]) -> list[str]:
    failures = [event for result in results for event in result.all_events if event.is_step_failure]
    said = [one.step_failure_data.user_failure_data for one in failures]
    return [(one.description or "").split(":")[-1][:200] if one else "no sentence" for one in said]


def main() -> int:
    """Play the seeds, print one line for each that breaks a promise, and the counts of all."""
    parser = argparse.ArgumentParser(description="Play seeded runs on hostile answers.")
    parser.add_argument("--runs", type=int, default=100, help="how many seeds (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default: %(default)s)")
    parser.add_argument("--every", type=int, default=50, help="print the counts after so many (default: %(default)s)")
    chosen = parser.parse_args()
    reports: list[Report] = []
    for seed in range(chosen.seed, chosen.seed + chosen.runs):
        reports.append(run_seed(seed))
        for one in dict.fromkeys(reports[-1].broken):
            _say(f"seed {seed} ({reports[-1].campaign}) {one}")
        if len(reports) % chosen.every == 0 or len(reports) == chosen.runs:
            _say(summary(reports))
    return int(any(one.broken for one in reports))


def summary(reports: list[Report]) -> str:
    """The counts of some runs in one line."""
    sentences = sum(sum(one.sentences.values()) for one in reports)
    return (
        f"{len(reports)} runs, {_all(reports, lambda one: bool(one.broken))} with a broken promise; "
        f"{_all(reports, lambda one: one.answers)} answers, {_all(reports, lambda one: one.spoiled)} of them spoiled; "
        f"{_all(reports, lambda one: one.rows)} rows; {_all(reports, lambda one: one.green)} of "
        f"{_all(reports, lambda one: one.steps)} materializations green, the others with {sentences} sentences"
    )


def _all(reports: list[Report], count: Callable[[Report], int]) -> int:
    return sum(map(count, reports))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
