"""The plan of a week for some campaigns, from briefs, archive and budgets, and how it is printed.

``plan`` prints it, and ``demo`` prints its summary. What assets request belongs to ``demand``, and its price to
``spending.planning``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from creator_assets.assets.framework.step import PLAN_TAG
from creator_assets.assets.graph import asset_graph
from creator_assets.cli.errors import SetupError
from creator_assets.cli.screen import console, show_error, show_json, show_note, show_table, show_text
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.microcredits import format_credits
from creator_assets.partitions import Partition, current_day
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.settings import from_environment
from creator_assets.spending.limits import disagreements_in_words
from creator_assets.spending.planning.approved_plan import write_plan
from creator_assets.spending.planning.plan import AssetDemand, PlanLine, make_plan, summary


def plan_of_week(slugs: Sequence[str] | None = None, day: date | None = None) -> list[PlanLine]:
    """The plan of the week of `day` (None: today), for the campaigns of `slugs` (None: all).

    Prints an error for each brief that cannot be read, or that no provider can serve.

    Raises:
        UnknownCampaignError: One of `slugs` has no readable brief.
        NoCapabilityError: No provider can serve a request of one of `slugs`.
        SetupError: There is no campaign.
    """
    resources = from_environment(os.environ)
    paid_client, secret = resources.paid_client, resources.identity.secret
    campaigns = paid_client.briefs()
    if not slugs or not campaigns.by_slug.keys() >= set(slugs):
        for fault in campaigns.faults:
            show_error(str(fault))
    for warning in campaigns.warnings:
        if not slugs or Path(warning.file).stem in slugs:
            show_note(f"Check this: {warning}")
    if not campaigns.slugs:
        raise SetupError(no_campaigns(resources.campaigns.folder))
    ledger, settings = paid_client.open().ledger, paid_client.settings()
    for words in disagreements_in_words(ledger.disagreements()).values():
        show_note(words)
    planned_day = day or current_day(ledger.now())
    stages = list(asset_graph().stages.values())
    demands: list[AssetDemand] = []
    for campaign in [campaigns[slug] for slug in slugs or campaigns.slugs]:
        partitions = (Partition.week_of(campaign.slug, planned_day), Partition.day_of(campaign.slug, planned_day))
        try:
            demands += [
                demand
                for partition in partitions
                for demand in demands_of(stages, plan_context(campaign, partition, ledger, settings, secret))
            ]
        except NoCapabilityError as error:
            if slugs:
                raise
            show_error(f"Left out of the plan: {error}")
    return make_plan(ledger, demands)


def no_campaigns(folder: str) -> str:
    """What to do where no brief can be read."""
    return f"{folder}/ holds no readable campaign brief. Write one as <campaign>.yaml. The README shows an example."


def keep(lines: Sequence[PlanLine], path: Path) -> None:
    """Write the plan to a file. A run whose tag names the file spends nothing beyond it."""
    paid_client = from_environment(os.environ).paid_client
    write_plan(path, paid_client.realm, paid_client.open().ledger.now(), lines)
    show_note(f"Plan written. A run with the tag {PLAN_TAG}={path} spends nothing beyond it.")


def fits(lines: Sequence[PlanLine]) -> bool:
    """Whether no line would be refused."""
    return all(not line.is_refused for line in lines)


def show(lines: Sequence[PlanLine], *, json: bool) -> None:
    """Print the plan as a table for each partition and a summary, or as one JSON object."""
    if json:
        show_json({"lines": [_as_json(line) for line in lines], "summary": summary(lines)})
        return
    columns = ["asset", "operation", "calls", "archive hits", "credits", "left", "verdict"]
    for partition, of_partition in groupby(sorted(lines, key=_partition), key=_partition):
        rows = [
            [
                line.asset_in_words,
                f"{line.provider} {line.operation}",
                in_words(str(line.calls_min), str(line.calls_max)),
                str(line.archive_hits),
                line.cost,
                format_credits(line.left_microcredits),
                line.verdict_in_words,
            ]
            for line in of_partition
        ]
        show_table(f"Plan of {partition}", columns, rows, numbers=columns[2:6])
        console.print()
    show_text(summary(lines))


def _partition(line: PlanLine) -> str:
    return line.partition


def _as_json(line: PlanLine) -> dict[str, Any]:
    least, most = (
        format_credits(amount) if line.is_price_known else None
        for amount in (line.min_microcredits, line.max_microcredits)
    )
    return {
        "asset": line.asset,
        "partition": line.partition,
        "campaign": line.campaign,
        "provider": line.provider,
        "operation": line.operation,
        "calls": {"min": line.calls_min, "max": line.calls_max},
        "archive_hits": line.archive_hits,
        "credits": {"min": least, "max": most},
        "price": line.price,
        "left": format_credits(line.left_microcredits),
        "tightest_budget": line.tightest_scope,
        "verdict": line.verdict_in_words,
        "falls_through": line.is_waterfall,
    }


def in_words(least: str, most: str) -> str:
    """A range, or one number where both ends are the same."""
    return most if least == most else f"{least} to {most}"
