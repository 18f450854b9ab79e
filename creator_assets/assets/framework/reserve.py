"""The budget reserve: what the waterfall of one partition leaves for all that is certain in the rest of the run.

Dagster promises one order only: an asset runs after the assets that it reads. So every other asset of the run may
still be to come, and what it is certain to need is kept. What it has bought already costs nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import dagster as dg

from creator_assets.assets.framework.graph import AssetGraph, GraphNode
from creator_assets.campaigns import Campaigns
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.demand.stage import Stage
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.resources import Identity, PaidClientResource
from creator_assets.spending.planning.plan import AssetDemand, certain_needs


class BudgetReserve:
    """What the rest of a run is certain to need, from the point of view of one of its paid assets."""

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        campaigns: Campaigns,
        paid_client: PaidClientResource,
        identity: Identity,
        graph: AssetGraph[GraphNode],
    ) -> None:
        """Choose the stages that may still be to come.

        Args:
            context: Of the running asset.
            campaigns: All briefs.
            paid_client: Whose archive says what is still to be bought.
            identity: Holds the secret without which some requests are only bounded.
            graph: Says which assets of the run have certainly ended.
        """
        own = context.asset_key.to_user_string()
        ended = graph.upstream_of(own)
        stages = graph.stages_in(graph.assets_of(context.run, context.instance))
        self._own = next((stage for stage in stages if stage.asset == own), None)
        self._others = [stage for stage in stages if stage.asset != own and stage.asset not in ended]
        self._campaigns, self._paid_client, self._identity = campaigns, paid_client, identity
        kind = graph.stages[own].kind
        self._partitions = [Partition.parse(key, kind) for key in context.partition_keys]

    def after(self, partition: Partition) -> Callable[[], dict[str, int]]:
        """How to work out what misses of `partition` have to leave, in microcredits by budget."""
        return cache(lambda: certain_needs(self._paid_client.open().ledger, self._rest_after(partition)))

    def _rest_after(self, partition: Partition) -> Iterator[AssetDemand]:
        to_come = self._partitions[self._partitions.index(partition) + 1 :]
        for one in self._partitions if self._others else to_come:
            if one.campaign not in self._campaigns.by_slug:
                continue
            stages: list[Stage] = [*self._others, *([self._own] if self._own and one in to_come else [])]
            at = plan_context(
                self._campaigns[one.campaign],
                one,
                self._paid_client.open().ledger,
                self._paid_client.settings(),
                self._identity.secret,
            )
            try:
                yield from demands_of(stages, at)
            except NoCapabilityError:
                continue  # its own step says so
