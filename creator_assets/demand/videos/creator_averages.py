"""Creators' averages: beside a video's counters, what the videos of its creator usually have.

A creator is asked once for all its videos and again at the age that the brief states; a profile that the same provider
was asked for is the same answer. Where nothing is known by then the columns stay null. The averages are over the videos
that the provider's account tracks, of whatever age, the judged one perhaps among them: context, and no benchmark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from creator_assets.campaigns.options import REFRESH
from creator_assets.demand.provider_choice import Account, cheapest_capability
from creator_assets.demand.requests import ProviderRequest
from creator_assets.demand.stage import StageContext
from creator_assets.handles import canonical_handle, canonical_handles
from creator_assets.metrics.video_days import VIDEO
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.parsed import Parsed

_CREATOR = ["platform", "username"]
_COLUMNS = {
    "creator_average_views": "average_views",
    "creator_average_likes": "average_likes",
    "creator_average_comments": "average_comments",
    "creator_videos_averaged": "video_count",
    "creator_averages_at": "observed_at",
    "creator_averages_request_id": "request_id",
}


def average_requests(at: StageContext, creators: Iterable[Account]) -> list[ProviderRequest[AnswerRows]]:
    """One request for each creator; none where the brief asks for no averages.

    Raises:
        NoCapabilityError: No provider with a budget has averages of creators of a platform.
    """
    tracking = at.campaign.tracking
    if tracking is None or tracking.creator_averages is None:
        return []
    option = REFRESH if tracking.refresh_averages else ""
    spelled = dict.fromkeys((platform, canonical_handle(username, platform)) for platform, username in creators)
    return [
        ProviderRequest(capability=can, pages=can.pages(at.settings[can.provider], platform, username))
        for platform, username in spelled
        if username
        for can in [
            cheapest_capability(CapabilityKind.CREATOR_AVERAGES, at, platform=platform, provider=None, option=option)
        ]
    ]


def creators_of(rows: pl.DataFrame, tracked: pl.DataFrame) -> list[Account]:
    """The creators of a day's videos, each once, as far as they are known; of whose time is over, nobody is asked.

    Args:
        rows: Rows of ``schemas.VideoStats``.
        tracked: Rows of ``schemas.TrackedVideos`` of the day's week.
    """
    own = rows.join(_named(tracked), on=VIDEO, maintain_order="left")
    is_over = (pl.col("tracked_until").dt.date() < pl.col("stats_on")).fill_null(value=False)
    return list(own.filter(~is_over).select(_CREATOR).unique(maintain_order=True).iter_rows())


def with_averages(parsed: Parsed, tracked: pl.DataFrame, averages: Sequence[Parsed]) -> Parsed:
    """The same rows of ``schemas.VideoStats``, each with its creator's `averages`."""
    if not averages:
        return parsed
    by_creator = pl.concat([one.rows for one in averages]).select(*_CREATOR, **_COLUMNS)
    creators = parsed.rows.drop(_COLUMNS).join(_named(tracked), on=VIDEO, how="left", maintain_order="left")
    rows = creators.join(by_creator, on=_CREATOR, how="left", maintain_order="left")
    return Parsed.together([parsed, *averages], rows.select(parsed.rows.columns))


def _named(tracked: pl.DataFrame) -> pl.DataFrame:
    """The videos whose creator is known. Of one under two addresses a short link names nobody, and the first counts."""
    spelled = canonical_handles(pl.col("username"), pl.col("platform"))
    named = tracked.select(*VIDEO, "tracked_until", username=spelled).drop_nulls(["native_id", "username"])
    return named.unique(VIDEO, keep="first", maintain_order=True)
