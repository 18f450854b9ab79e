"""How long a backfill out of the archive takes: 52 weeks x 5 campaigns, for 0 credits, with the providers gone.

Fills an archive from a sandbox with a clock that advances through the weeks, stops the sandbox, and makes every
partition of discovery, shortlist, batches and profiles again: in one run, in a run for each campaign and in a run for
each partition (some of them, for their cost is the same each time). Runs are in-process on a SQLite instance; starting
a worker and the daemon's ticks come on top. Run it with ``python -m benchmarks.backfill [weeks]``.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import polars as pl

from creator_assets.assets.graph import build_assets
from creator_assets.campaigns import Campaign
from creator_assets.demand.discovery import Discovery, shortlist_rows
from creator_assets.demand.plan_context import plan_context
from creator_assets.demand.provider_choice import candidates_in_order, first_requests
from creator_assets.demand.requests import window_of
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution
from creator_assets.microcredits import format_credits
from creator_assets.partition_definitions import day_by_campaign, week_by_campaign
from creator_assets.partitions import Partition
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.settings import Resources, from_environment
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient

CAMPAIGNS = 5
SINGLE_PARTITIONS = 26
BRIEF = """
brief: {{market: Germany, start: 2024-01-01, end: 2040-12-31, currency: EUR}}
budget: {{influencers_club: 10000}}
discovery:
  - name: instagram
    provider: influencers_club
    platform: instagram
    max_creators: 50
    filters: {{number_of_followers: {{min: {minimum}}}}}
shortlist: {{top: 10}}
profiles: {{depth: full, max_age: 1d, provider: influencers_club}}
"""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def main() -> None:
    """Fill, rebuild, print."""
    weeks = int(sys.argv[1]) if len(sys.argv) > 1 else 52
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "campaigns").mkdir()
        for number in range(CAMPAIGNS):
            text = BRIEF.format(minimum=1_000 * (number + 1))
            (home / "campaigns" / f"campaign-{number}.yaml").write_text(text, encoding="utf-8")
        with start_in_background(SandboxSettings(size=5_000, rate_limit_scale=1_000.0)) as sandbox:
            os.environ |= {
                "CREATOR_ASSETS_DATA": str(home / "data"),
                "CREATOR_ASSETS_REALM": "sandbox-backfill",
                "CREATOR_ASSETS_CAMPAIGNS": str(home / "campaigns"),
                "INFLUENCERS_CLUB_BASE_URL": sandbox.url("influencers_club"),
                "INFLUENCERS_CLUB_API_KEY": "sandbox-influencers-club",
                "INFLUENCERS_CLUB_CREDIT_LIMIT": "100000",
            }
            raised = {"key": "sandbox-influencers-club", "limit": "100000", "discovery_limit": "10000"}
            httpx.post(f"{sandbox.url('_sandbox')}/accounts", json=raised, timeout=30).raise_for_status()
            resources = from_environment(os.environ)
            first = datetime.now(UTC).date() - timedelta(weeks=weeks)
            spent = fill(resources, [Partition.week_of("campaign-0", first).first_day + timedelta(weeks=n)
                                     for n in range(weeks)])  # fmt: skip
        say(f"archive: {weeks} weeks x {CAMPAIGNS} campaigns, {format_credits(spent)} credits")
        rebuild(resources, home, first, weeks)


def fill(resources: Resources, mondays: list[Any]) -> int:
    """Buy every week's answers at its own time; returns what was spent."""
    moment = datetime.now(UTC)

    def sleep(seconds: float) -> None:
        nonlocal moment
        moment += timedelta(seconds=seconds)

    ledger = Ledger.open(
        resources.paid_client.ledger, realm=resources.paid_client.realm, clock=lambda: moment, sleep=sleep
    )
    campaigns = resources.campaigns.load()
    budgets = {slug: brief.budget_microcredits for slug, brief in campaigns.by_slug.items()}
    for monday in mondays:
        moment = datetime(monday.year, monday.month, monday.day, 12, tzinfo=UTC)
        accounts = {name: one.account(name) for name, one in resources.paid_client.providers().items()}
        paid_client = PaidClient(ledger, accounts, budgets, sleep=sleep)
        for slug in campaigns.slugs:
            buy(paid_client, resources, campaigns[slug], Partition.week_of(slug, monday))
    total = sum(one.spent_microcredits for one in ledger.balances() if one.scope == "influencers_club")
    ledger.close()
    return total


def buy(paid_client: PaidClient, resources: Resources, campaign: Campaign, partition: Partition) -> None:
    """One partition: search, choose, enrich."""
    spender = Attribution(
        asset="filling", partition=str(partition.key), campaign=campaign.slug, run_id="fill", step="fill",
        code_version="1",
    )  # fmt: skip
    purpose = FetchContext(spender=spender, window=window_of(partition))
    settings = resources.paid_client.settings()
    at = plan_context(campaign, partition, paid_client.ledger, settings)
    sought = Discovery().requests(at)
    answers = paid_client.fetch([one.pages for one in sought], purpose).answers
    found = pl.concat([parsed.rows for parsed in Discovery().rows(at, sought, answers)])
    shortlist = shortlist_rows(campaign, found)
    ranked = candidates_in_order(at, campaign.profiles, shortlist, shortlist.height) if campaign.profiles else []
    paid_client.fetch(list(first_requests(ranked).values()), purpose)


def rebuild(resources: Resources, home: Path, first: Any, weeks: int) -> None:
    """Make all partitions in one run, in one per campaign, and some in one each; print what a partition takes."""
    slugs = resources.campaigns.load().slugs
    assets = build_assets(week_by_campaign(slugs, first), day_by_campaign(slugs, first))
    made = {"discovery_results", "shortlist", "enrichment_batches", "enriched_profiles"}
    chosen = [one for one in assets if one.key.to_user_string() in made]
    start = Partition.week_of(slugs[0], first)
    dates = [start.first_day + timedelta(weeks=n) for n in range(weeks)]
    everything = [(slugs[0], slugs[-1], dates[0], dates[-1], CAMPAIGNS * weeks)]
    by_campaign = [(slug, slug, dates[0], dates[-1], weeks) for slug in slugs]
    singles = [(slug, slug, day, day, 1) for day in dates for slug in slugs][:SINGLE_PARTITIONS]
    before = spent_of(resources)
    for name, runs in (("one run", everything), ("a run per campaign", by_campaign), ("a run each", singles)):
        place = home / name.replace(" ", "-")
        place.mkdir()
        with dg.DagsterInstance.local_temp(str(place)) as instance:
            started = time.perf_counter()
            for first_slug, last_slug, from_day, to_day, _ in runs:
                tags = {
                    "dagster/asset_partition_range_start": str(Partition.week_of(first_slug, from_day).key),
                    "dagster/asset_partition_range_end": str(Partition.week_of(last_slug, to_day).key),
                }
                result = dg.materialize(
                    chosen, instance=instance, resources=resources.by_key(), tags=tags, run_config=QUIET
                )
                if not result.success:
                    raise SystemExit("a rebuild failed; nothing was measured")
            seconds = time.perf_counter() - started
        count = sum(run[-1] for run in runs)
        say(f"{name}: {len(runs)} runs, {count} partitions, {seconds:.1f} s, {1000 * seconds / count:.0f} ms each")
    say(f"credits spent by the rebuilds: {format_credits(spent_of(resources) - before)}")


def say(line: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{line}\n")


def spent_of(resources: Resources) -> int:
    """Everything that the ledger counts as spent, in microcredits."""
    with Ledger.open(resources.paid_client.ledger, realm=resources.paid_client.realm) as ledger:
        return sum(one.spent_microcredits for one in ledger.balances())


if __name__ == "__main__":
    main()
