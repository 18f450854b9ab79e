"""What is wanted of posts and videos: new posts, details of the best of them, and videos to track.

Where the archive holds the posts of the week already, details and paid posts follow from them and are known exactly;
where it does not, only their number is bounded. What a day wants is in ``wanted_days``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
import polars as pl

from creator_assets.assets.choosing import chosen_at_most, chosen_for
from creator_assets.assets.content import content_pulls, pull_pages
from creator_assets.assets.content_details import able_on, detail_calls
from creator_assets.assets.prospects import finders_of, possible_calls, wanted_for
from creator_assets.assets.purchase import rows_of, window_of
from creator_assets.assets.trackers import ranked_trackers, tracking_window
from creator_assets.assets.videos_to_track import askings, in_rounds, sponsored_videos, wanted_tracking
from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import ContentWish, DetailsWish
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Kind, NoCapabilityError
from creator_assets.providers.contract import Call, Pages
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.plan import Wanted
from creator_assets.spending.walks import walk
from creator_assets.tables import schemas

Settings = Mapping[str, ProviderSettings]
# What following a video costs does not depend on it.
ANY_VIDEO = "https://www.tiktok.com/@a/video/1"


def wanted_videos(
    partition: Partition, campaign: Campaign, shortlist: pl.DataFrame | None, ledger: Ledger, settings: Settings
) -> Iterator[Wanted]:
    """What the assets of this stage want of a week, in the order in which they run."""
    content: pl.DataFrame | None = None
    if campaign.content is not None:
        posts, content = wanted_posts(partition, campaign, campaign.content, shortlist, ledger, settings)
        yield posts
        if campaign.content.details is not None:
            yield _details(partition, campaign, campaign.content.details, content, settings)
    yield from _tracking(partition, campaign, content, ledger, settings)


def wanted_posts(
    partition: Partition,
    campaign: Campaign,
    wish: ContentWish,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Settings,
) -> tuple[Wanted, pl.DataFrame | None]:
    """The pulls of new posts, and the posts themselves where the archive has all of them."""
    if shortlist is not None:
        pulls = content_pulls(campaign, shortlist, settings)
        posts = wanted_for("content", partition, pull_pages(pulls, partition, wish.max_items, ledger, settings))
        walks = walk(ledger, posts.pages, posts.window)
        if any(one.next_call is not None for one in walks):
            return posts, None
        parsed = rows_of(pulls, [one.answers for one in walks])
        return posts, pl.concat([schemas.Content.create_empty(), *(one.rows for one in parsed)])
    dearest: dict[str, int] = {}

    def examples(platform: str, finder: str) -> list[Call]:
        can = chosen_for(Kind.CONTENT, campaign, settings, platform=platform, finder=finder, provider=wish.provider)
        pages: Pages = can.pages(settings[can.provider], platform, "", wish.max_items)
        dearest[can.provider] = max(dearest.get(can.provider, 0), pages.worst_case_microcredits)
        return [pages.first]

    possible: list[tuple[Call, int]] = []
    for call, count in possible_calls(campaign, examples, chosen_at_most(campaign, wish.top)):
        whole, rest = divmod(dearest[call.operation.provider], call.worst_case_microcredits)
        possible.append((call, count * whole))
        if rest:
            smaller = call.weight * rest // call.worst_case_microcredits
            possible.append((msgspec.structs.replace(call, weight=smaller), count))
    return wanted_for("content", partition, [], at_most=possible), None


def _details(
    partition: Partition, campaign: Campaign, wish: DetailsWish, content: pl.DataFrame | None, settings: Settings
) -> Wanted:
    window = window_of(partition, wish.max_age)
    if content is not None:
        known = [one.pages for one in detail_calls(campaign, content, settings)]
        return wanted_for("content_details", partition, known, window=window)
    possible = _possible_details(campaign, wish, settings)
    return wanted_for("content_details", partition, [], at_most=possible, window=window)


def _possible_details(campaign: Campaign, wish: DetailsWish, settings: Settings) -> list[tuple[Call, int]]:
    """What the details of `top` posts of one platform can cost at most; any platform may have all of them."""
    dearest: dict[str, tuple[Call, int]] = {}
    for platform in dict.fromkeys(platform for platform, _finder in finders_of(campaign)):
        calls: dict[str, tuple[Call, int]] = {}
        for can in able_on(campaign, wish, settings, platform, ""):
            pages: Pages = can.pages(settings[can.provider], platform, "", max_pages=wish.max_comment_pages)
            call, count = calls.get(can.provider, (pages.first, 0))
            calls[can.provider] = call, count + pages.max_calls * wish.top
        for provider, (call, count) in calls.items():
            if provider not in dearest or count > dearest[provider][1]:
                dearest[provider] = call, count
    return list(dearest.values())


def _tracking(
    partition: Partition, campaign: Campaign, content: pl.DataFrame | None, ledger: Ledger, settings: Settings
) -> Iterator[Wanted]:
    """Videos of the brief and paid posts of the week. Those of earlier weeks were paid for then, or are left out."""
    if campaign.tracking is None:
        return
    found = [] if content is None else sponsored_videos(campaign, content)
    wanted = wanted_tracking(campaign, partition, ledger, settings, found)
    for videos in in_rounds(wanted):
        for part in askings(campaign, partition, videos, ledger, settings):
            yield wanted_for("tracked_videos", partition, part.pages, window=part.window)
    if content is None and campaign.tracking.max_sponsored:
        possible = [(call, campaign.tracking.max_sponsored) for call in _possible_trackers(campaign, settings)]
        window = tracking_window(campaign, partition)
        yield wanted_for("tracked_videos", partition, [], at_most=possible, window=window)


def _possible_trackers(campaign: Campaign, settings: Settings) -> Iterator[Call]:
    """By what calls paid posts may come to be tracked, one for each provider; any platform may have all of them."""
    seen: set[str] = set()
    for platform in dict.fromkeys(platform for platform, _finder in finders_of(campaign)):
        try:
            can = ranked_trackers(campaign, settings, platform)[0].capability
        except NoCapabilityError:
            continue
        if can.provider not in seen:
            seen.add(can.provider)
            (example,) = can.pages(settings[can.provider], [ANY_VIDEO])
            yield example.first
