"""Details of posts: what is said in and under the posts of a week that engaged most.

A detail is bought once and serves for the `max_age` of the brief, in whatever week the post is listed again. Comments
come in pages, no more of them than the brief allows. Which posts are the best is said in ``metrics.posts``.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.choosing import chosen_for
from creator_assets.assets.content import cut_short
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import purpose_of, read_upstream, rows_of, save
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import DetailsWish
from creator_assets.metrics.posts import best_posts
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Capability, Kind, NoCapabilityError
from creator_assets.providers.contract import Pages
from creator_assets.resources import CampaignBriefs, Door, ParquetTables
from creator_assets.spending.gateway import Tally
from creator_assets.tables import schemas

GROUP = "videos"


class WantedDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of detail of one post, and who is asked for it."""

    capability: Capability
    platform: str
    pages: Pages

    def __repr__(self) -> str:
        """Name kind and platform, never the post."""
        return f"WantedDetail({self.capability.depth}, {self.platform})"


def detail_calls(
    campaign: Campaign, content: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[WantedDetail]:
    """The details that a week wants of its posts; a kind that a post's platform does not have is not asked for.

    Args:
        campaign: Whose brief says which.
        content: Rows of ``schemas.Content`` of the week.
        settings: Of every provider.
    """
    wish = campaign.content.details if campaign.content else None
    if wish is None:
        return []
    posts = best_posts(content, wish.top, only_sponsored=wish.only_sponsored)
    return [
        WantedDetail(
            capability=can,
            platform=platform,
            pages=can.pages(settings[can.provider], platform, post_id, max_pages=wish.max_comment_pages),
        )
        for platform, post_id, lister in posts.select("platform", "post_id", "provider").iter_rows()
        for can in able_on(campaign, wish, settings, platform, lister)
    ]


def able_on(
    campaign: Campaign, wish: DetailsWish, settings: Mapping[str, ProviderSettings], platform: str, lister: str
) -> list[Capability]:
    """Who is asked for each kind of detail that a platform has."""
    able = []
    for kind in wish.kinds:
        try:
            able.append(
                chosen_for(
                    Kind.CONTENT_DETAILS,
                    campaign,
                    settings,
                    platform=platform,
                    provider=wish.provider,
                    finder=lister,
                    depth=kind,
                )
            )
        except NoCapabilityError:
            continue
    return able


def build_content_details(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["content"], spends_credits=True)
    def content_details(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, door: Door, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """Data, comments, transcript and audio of the posts that engaged most; `empty` where there is no such thing."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            content = read_upstream(tables, schemas.Content, "content", partition)
            wish = campaign.content.details if campaign.content else None
            if wish is None:
                return save(tables, door, schemas.ContentDetails, "content_details", partition, [], Tally())
            wanted = detail_calls(campaign, content, door.settings())
            pages = [one.pages for one in wanted]
            fetched = door.fetch(pages, purpose_of(context, partition, wish.max_age, takes_refusals=True))
            parsed = rows_of(wanted, fetched.answers)
            metadata = save(tables, door, schemas.ContentDetails, "content_details", partition, parsed, fetched.tally)
            return metadata | {"details": len(wanted), "cut_short": cut_short(pages, fetched.answers)}

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [content_details]
