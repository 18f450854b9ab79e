"""The one ``Definitions``: what Dagster loads. No logic lives here.

``build_definitions`` is the seam for tests and for the command line: other resources or briefs, the same assets.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import dagster as dg

from creator_assets.assets.graph import assets_in_job, build_assets
from creator_assets.automation.checks import build_checks
from creator_assets.automation.count_checks import build_count_checks
from creator_assets.automation.drift_checks import build_drift_check
from creator_assets.automation.ledger_sensors import build_sensors
from creator_assets.automation.sandbox_days import SECONDS as SANDBOX_SECONDS
from creator_assets.automation.sandbox_days import build_sandbox_days
from creator_assets.automation.schedules import build_schedules
from creator_assets.automation.table_checks import build_table_checks
from creator_assets.automation.upkeep import archive_upkeep
from creator_assets.automation.waiting_sensors import BATCH_SECONDS, build_waiting
from creator_assets.partition_definitions import day_by_campaign, week_by_campaign
from creator_assets.partitions import PartitionKind
from creator_assets.resources import CampaignBriefs
from creator_assets.settings import from_environment

_log = logging.getLogger("creator_assets")


def build_definitions(resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All assets, jobs and resources.

    A wrong brief does not take the others down. The caller says what is wrong with it.

    Args:
        resources: Stand in for those of the environment, by name.
    """
    given = {**from_environment(os.environ).by_key(), **(resources or {})}
    briefs: CampaignBriefs = given["campaigns"]
    campaigns = briefs.load()
    ahead = given["paid_client"].weeks_ahead
    assets = build_assets(
        week_by_campaign(campaigns.slugs, weeks_ahead=ahead), day_by_campaign(campaigns.slugs, weeks_ahead=ahead)
    )
    creators_job = dg.define_asset_job(
        "creators",
        dg.AssetSelection.assets(*assets_in_job(PartitionKind.WEEK)),
        description="A week of a campaign: search, choose, enrich, link accounts, report on audiences, list content, "
        "track videos, and what all of it says together. Spends credits.",
    )
    stats_job = dg.define_asset_job(
        "video_days",
        dg.AssetSelection.assets(*assets_in_job(PartitionKind.DAY)),
        description="A day of a campaign's tracked videos: their counters, what they grew by and what that cost. Free, "
        "but for gaps and creators' averages, where a brief asks for them.",
    )
    plan_job = dg.define_asset_job(
        "plan",
        dg.AssetSelection.assets("credit_plan"),
        description="What a week of a campaign would cost by now. Free: sends nothing.",
    )
    filters_job = dg.define_asset_job(
        "filters",
        dg.AssetSelection.assets("filter_values"),
        description="The values that search filters accept. Free.",
    )
    books_job = dg.define_asset_job(
        "books",
        dg.AssetSelection.assets("credit_ledger", "provider_balances", "answer_fields"),
        description="The ledger as a table, every budget beside what its provider says, and the fields of the answers. "
        "Free.",
    )
    people_job = dg.define_asset_job(
        "people",
        dg.AssetSelection.assets("creator_accounts"),
        description="Whose all the accounts are that were ever seen, and what became of them. Free.",
    )
    # Where time is the sandbox's, days pass in seconds: schedules follow its clock, and jobs are polled sooner.
    by_sandbox = bool(given["paid_client"].clock_url)
    waiting = build_waiting(SANDBOX_SECONDS if by_sandbox else BATCH_SECONDS)
    sandbox_days = build_sandbox_days(creators_job, stats_job) if by_sandbox else []
    return dg.Definitions(
        assets=assets,
        asset_checks=[*build_checks(), *build_table_checks(), *build_count_checks(), build_drift_check()],
        jobs=[creators_job, stats_job, plan_job, filters_job, books_job, people_job, archive_upkeep],
        schedules=build_schedules(creators_job, books_job, stats_job, archive_upkeep, people_job),
        sensors=[*build_sensors(), *waiting, *sandbox_days],
        resources=given,
        # Many short steps that share one client and one ledger: a process for each step costs seconds and gains
        # nothing.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads. Its log names each brief that is left out."""
    campaigns = from_environment(os.environ).campaigns.load()
    for fault in campaigns.faults:
        _log.error("campaign brief left out: %s", fault)
    for warning in campaigns.warnings:
        _log.warning("campaign brief: %s", warning)
    return build_definitions()
