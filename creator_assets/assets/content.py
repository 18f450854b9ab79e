"""Content: what the best of the shortlist have published since it was last looked, each piece bought once.

A provider that sells whole pages may list a known piece again on the page that reaches back to it; no further page is
bought.

A week's pull goes on where the pulls of the weeks before came to: their answers are read out of the archive, so that
neither a lost table nor a run that died makes a piece be paid for again. Where a provider can only be asked for its
newest page, the pull ends at the first known piece.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.choosing import best_of, chosen_for
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import purpose_of, read_upstream, rows_of, save, window_of
from creator_assets.assets.record_counts import RecordCounts
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign
from creator_assets.partitions import FIRST_MONDAY, Partition
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Capability, Kind, able
from creator_assets.providers.contract import Answer, Pages
from creator_assets.resources import CampaignBriefs, Door, ParquetTables
from creator_assets.spending.gateway import Tally
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.walks import walk
from creator_assets.tables import schemas

GROUP = "videos"


class Pull(msgspec.Struct, frozen=True, kw_only=True):
    """One creator whose new posts are wanted, and who is asked."""

    capability: Capability
    platform: str
    username: str

    def __repr__(self) -> str:
        """Name the provider and the platform, never the creator."""
        return f"Pull({self.capability.provider}, {self.platform})"


def content_pulls(campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]) -> list[Pull]:
    """The creators whose content a week wants: the best `top`, in the order of places."""
    wish = campaign.content
    if wish is None:
        return []
    return [
        Pull(
            capability=chosen_for(
                Kind.CONTENT, campaign, settings, platform=platform, provider=wish.provider, finder=finder
            ),
            platform=platform,
            username=username,
        )
        for platform, username, finder in best_of(shortlist, wish.top)
    ]


def pull_pages(
    pulls: Sequence[Pull],
    partition: Partition,
    max_items: int,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
    first_week: date = FIRST_MONDAY,
) -> list[Pages]:
    """The calls that bring what each creator has published since the pulls of earlier weeks, whoever was asked then.

    Only a pull that came to its end moves the mark: what one that died had not seen yet would be lost otherwise.

    Args:
        pulls: The creators.
        partition: The week.
        max_items: How many pieces of each may be paid for.
        ledger: Whose archive is read.
        settings: Of every provider.
        first_week: Where earlier weeks begin; by default with the first partition there is.
    """
    marks: list[datetime | None] = [None] * len(pulls)

    def since_mark(place: int, can: Capability) -> Pages:
        one = pulls[place]
        pages: Pages = can.pages(settings[can.provider], one.platform, one.username, max_items, marks[place])
        return pages

    pulled = [(place, can) for place, one in enumerate(pulls) for can in able(Kind.CONTENT, None, one.platform, "")]
    week = Partition.week_of(partition.campaign, first_week)
    while week.first_day < partition.first_day:
        walks = walk(ledger, [since_mark(place, can) for place, can in pulled], window_of(week))
        for (place, can), way in zip(pulled, walks, strict=True):
            if can.mark is not None and way.next_call is None:
                marks[place] = max(filter(None, (can.mark(way.answers), marks[place])), default=None)
        week = Partition.week_of(partition.campaign, week.first_day + timedelta(days=7))
    return [since_mark(place, one.capability) for place, one in enumerate(pulls)]


def cut_short(pages: Sequence[Pages], answers: Sequence[Sequence[Answer]]) -> int:
    """How many pulls ended at the most that may be paid for although the provider had more."""
    return sum(one.follow(of_one[-1], one.max_calls) is not None for one, of_one in zip(pages, answers, strict=True))


def build_content(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def content(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, door: Door, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """New posts of the best creators, each bought in one week only; `media_url` dies at `media_expires_at`."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            if campaign.content is None:
                return save(tables, door, schemas.Content, "content", partition, [], Tally())
            pulls = content_pulls(campaign, shortlist, door.settings())
            ledger = door.open().ledger
            pages = pull_pages(pulls, partition, campaign.content.max_items, ledger, door.settings())
            fetched = door.fetch(pages, purpose_of(context, partition, takes_refusals=True))
            parsed = rows_of(pulls, fetched.answers)
            metadata = save(tables, door, schemas.Content, "content", partition, parsed, fetched.tally)
            counts = RecordCounts()
            for pull, of_one in zip(pulls, fetched.answers, strict=True):
                counts.add(pull.capability, of_one)
            told = {"creators": len(pulls), "cut_short": cut_short(pages, fetched.answers)}
            return metadata | counts.metadata() | told

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [content]
