"""What falling through has to leave for the rest of a run: what is certain is bought, though it comes later.

Assets run one after the other, and each partition after the other. So what an asset may spend on the misses of one
partition is what no certain call of the run needs any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import dagster as dg

from creator_assets.assets.framework.paid_assets import paid_assets_of
from creator_assets.campaigns import Campaigns
from creator_assets.demand.partition import demands_of
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.resources import Identity, PaidClientResource
from creator_assets.spending.planning.plan import AssetDemand, certain_needs

Kept = Callable[[], dict[str, int]]


def budget_reserve_of(
    context: dg.AssetExecutionContext, briefs: Campaigns, paid_client: PaidClientResource, identity: Identity
) -> Callable[[Partition], Kept]:
    """For each partition of the running asset, how to reckon what its misses have to leave, by budget.

    Args:
        context: Of a weekly asset that falls through.
        briefs: All campaigns.
        paid_client: Whose archive tells what is still to be bought.
        identity: Holds the secret without which some wishes are only bounded.
    """
    own = context.asset_key.to_user_string()
    paid = paid_assets_of(context.run)
    later = set(paid[paid.index(own) + 1 :] if own in paid else paid)
    partitions = [Partition.parse(key, PartitionKind.WEEK) for key in context.partition_keys]

    def rest_after(partition: Partition) -> Iterator[AssetDemand]:
        to_come = partitions[partitions.index(partition) + 1 :]
        for one in partitions if later else to_come:
            if one.campaign not in briefs.by_slug:
                continue
            wishes = demands_of(
                one, briefs[one.campaign], paid_client.open().ledger, paid_client.settings(), identity.secret
            )
            try:
                for wanted in wishes:
                    if wanted.asset in later or (wanted.asset == own and one in to_come):
                        yield wanted
            except NoCapabilityError:
                continue  # its own step says so

    return lambda partition: cache(lambda: certain_needs(paid_client.open().ledger, rest_after(partition)))
