"""The plan of a week for some campaigns, made of briefs, archive and budgets, and how it is shown.

``plan`` shows it and ``demo`` looks at it before it runs. The reckoning is in ``spending.plan``, what the
assets ask for in ``demand``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from creator_assets.assets.framework.step import PLAN_TAG
from creator_assets.assets.graph import asset_graph
from creator_assets.cli.errors import SetupError
from creator_assets.cli.screen import complain, console, remark, show_json, show_table
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.microcredits import format_credits
from creator_assets.partitions import Partition, current_day
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.settings import from_environment
from creator_assets.spending.planning.approved_plan import write_plan
from creator_assets.spending.planning.plan import AssetDemand, PlanLine, make_plan, summary


def plan_of_week(slugs: Sequence[str] | None = None, day: date | None = None) -> list[PlanLine]:
    """The plan of the week in which `day` lies (None: today).

    Briefs that cannot be read, and those of which somebody is wanted whom nobody can be asked for, are complained of.

    Raises:
        UnknownCampaignError: One of `slugs` is no readable campaign.
        NoCapabilityError: Nobody can be asked for something that one of `slugs` wants.
        SetupError: There is no campaign.
    """
    resources = from_environment(os.environ)
    paid_client, campaigns, secret = resources.paid_client, resources.campaigns.load(), resources.identity.secret
    if not slugs or not campaigns.by_slug.keys() >= set(slugs):
        for fault in campaigns.faults:
            complain(str(fault))
    if not campaigns.slugs:
        raise SetupError(no_campaigns(resources.campaigns.folder))
    ledger = paid_client.open().ledger
    planned_day = day or current_day(ledger.now())
    stages = list(asset_graph().stages.values())
    wanted: list[AssetDemand] = []
    for slug in slugs or campaigns.slugs:
        partitions = (Partition.week_of(slug, planned_day), Partition.day_of(slug, planned_day))
        try:
            wanted += [
                demand
                for partition in partitions
                for demand in demands_of(
                    stages, plan_context(campaigns[slug], partition, ledger, paid_client.settings(), secret)
                )
            ]
        except NoCapabilityError as error:
            if slugs:
                raise
            complain(f"Left out of the plan: {error}")
    return make_plan(ledger, wanted)


def no_campaigns(folder: str) -> str:
    """What to do where no brief can be read, in a sentence."""
    return (
        f"There is no readable campaign brief in {folder}/. Write one as <campaign>.yaml; the README shows an example."
    )


def keep(lines: Sequence[PlanLine], path: Path) -> None:
    """Write the plan to a file; a run with the tag that names it spends nothing beyond."""
    paid_client = from_environment(os.environ).paid_client
    write_plan(path, paid_client.realm, paid_client.open().ledger.now(), lines)
    remark(f"Plan kept. A run with the tag {PLAN_TAG}={path} spends nothing beyond it.")


def fits(lines: Sequence[PlanLine]) -> bool:
    """Whether every line may be run."""
    return all(not line.is_refused for line in lines)


def show(lines: Sequence[PlanLine], *, json: bool) -> None:
    """Write the plan as a table with a sentence, or as one JSON object."""
    if json:
        show_json({"lines": [_as_json(line) for line in lines], "summary": summary(lines)})
        return
    columns = ["asset", "partition", "operation", "calls", "archive hits", "credits", "left", "verdict"]
    rows = [
        [
            line.asked_by,
            line.partition,
            f"{line.provider} {line.operation}",
            _range(str(line.calls_min), str(line.calls_max)),
            str(line.archive_hits),
            line.cost,
            format_credits(line.left_microcredits),
            line.said,
        ]
        for line in lines
    ]
    show_table("Plan", columns, rows, numbers=columns[3:7])
    console.print(summary(lines), soft_wrap=True)


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
        "verdict": line.said,
        "falls_through": line.is_waterfall,
    }


def _range(least: str, most: str) -> str:
    return most if least == most else f"{least} to {most}"
