"""What is wanted of posts and videos: new posts, details of the best of them, and videos to track.

Where the archive holds the posts of the week already, details and paid posts follow from them and are known exactly;
where it does not, only their number is bounded. What a day wants is in ``wanted_days``.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.requests import Settings
from creator_assets.demand.videos.content import wanted_posts
from creator_assets.demand.videos.content_details import wanted_details
from creator_assets.demand.videos.tracked import tracking_demand
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from creator_assets.spending.planning.plan import AssetDemand


def wanted_videos(
    partition: Partition, campaign: Campaign, shortlist: pl.DataFrame | None, ledger: Ledger, settings: Settings
) -> Iterator[AssetDemand]:
    """What the assets of this stage want of a week, in the order in which they run."""
    content: pl.DataFrame | None = None
    if campaign.content is not None:
        posts, content = wanted_posts(partition, campaign, campaign.content, shortlist, ledger, settings)
        yield posts
        if campaign.content.details is not None:
            yield wanted_details(partition, campaign, campaign.content.details, content, settings)
    yield from tracking_demand(partition, campaign, content, ledger, settings)
