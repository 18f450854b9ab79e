"""Batches of profiles as assets: hand long lists in, look at them, and take their results into the profiles.

An asset submits and returns at once; a sensor looks; a run collects. The steps themselves stand in ``batch_work.py``.
"""

from typing import Any

import dagster as dg

from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.batches import steps
from creator_assets.demand.batches.choice import advance, batch_choices, batch_rows, submissions
from creator_assets.demand.batches.pre_registration import queue_rows, queues
from creator_assets.demand.batches.steps import ASSET
from creator_assets.demand.provider_choice import first_requests, ranked_profiles
from creator_assets.ledger.jobs.records import JobState
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, PaidClientResource, ParquetTables
from creator_assets.spending.fetch import FetchStats
from creator_assets.tables import schemas

GROUP = "profiles"


def build_batches(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def enrichment_batches(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
    ) -> dg.MaterializeResult[None]:
        """One row per batch of the week, as last seen. Hands long lists in and returns; a sensor waits for them.

        Lists of fewer than a hundred creators, or with little time left, are bought by single calls instead. Long ones
        for a provider that gathers what it lacks are made known to it, for nothing.
        """
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            profiles = campaign.profiles
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            opened, purpose = paid_client.open(), fetch_context_of(context, partition)
            pending = opened.ledger.jobs
            died = {work.job_id for work in pending.died_while_submitting()}
            said = {}
            for work in pending.of_partition(ASSET, str(partition.key)):
                if work.is_open and (work.state is not JobState.INTENDED or work.job_id in died):
                    _, said[work.provider_job_id or work.job_id] = advance(opened, work, purpose.spender)
            wanted = first_requests(ranked_profiles(campaign, shortlist, paid_client.settings()))
            choices = batch_choices(profiles, wanted, paid_client.settings(), opened.ledger, partition)
            for pages in submissions(choices, opened.ledger, partition):
                steps.submit(opened, pages, purpose)
            rows = batch_rows(opened, pending.of_partition(ASSET, str(partition.key)))
            rows += queue_rows(opened, queues(wanted, paid_client.settings()), purpose)
            metadata = save(tables, paid_client, schemas.EnrichmentBatches, ASSET, partition, rows, FetchStats())
            shown = {f"{one.group.provider}, {one.group.platform}": one.way.reason for one in choices}
            return metadata | {"choice": shown, "looked": said}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [enrichment_batches]
