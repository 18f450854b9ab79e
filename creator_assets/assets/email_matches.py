"""E-mail matches: which accounts are behind addresses that the team may lawfully ask about.

Off unless a brief records lawful basis and purpose. The addresses stand in a file of the team's, outside of any
repository, and in the requests; everywhere else each is its keyed hash. How the file is read belongs to ``campaigns``.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from creator_assets.assets.framework.account_ids import with_ids
from creator_assets.assets.framework.paid_step import fetch_context_of, save
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.demand.email_matches import match_requests, recorded
from creator_assets.demand.requests import rows_of
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.resources import CampaignBriefs, Identity, PaidClientResource, ParquetTables
from creator_assets.tables import schemas

GROUP = "profiles"


def build_email_matches(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, spends_credits=True)
    def email_matches(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """One row per e-mail address and account behind it, the address as a keyed hash.

        Empty unless the brief records a lawful basis and a purpose, which stand on every row.
        """
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            wish = campaign.email_matches
            wanted = match_requests(campaign, paid_client.settings(), identity.secret)
            purpose = fetch_context_of(context, partition, wish.max_age if wish else timedelta(0))
            fetched = paid_client.fetch([one.pages for one in wanted], purpose)
            parsed = rows_of(wanted, fetched.answers)
            if wish is not None:
                parsed = [recorded(one, wish) for one in with_ids(parsed, identity.secret())]
            metadata = save(
                tables, paid_client, schemas.EmailMatches, "email_matches", partition, parsed, fetched.fetch_stats
            )
            return metadata | {
                "addresses_asked": len(wanted),
                "lawful_basis": wish.lawful_basis if wish else "",
                "purpose": wish.purpose if wish else "",
            }

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [email_matches]
