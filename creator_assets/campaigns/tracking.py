"""Which videos are followed day by day, and what was paid for them.

What belongs here: the section `tracking`. An entry with a fault is left out; the fault is reported by then.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from creator_assets.campaigns import scalars
from creator_assets.campaigns.catalog import ProviderCatalog
from creator_assets.campaigns.lists import MAX_ACCOUNTS, entries, refuse_repeated
from creator_assets.campaigns.model import Tracking
from creator_assets.campaigns.place import Place

MAX_SPONSORED = 1_000
"""Paid posts of ``content`` that a campaign follows at most."""
LEAST_AGE = timedelta(days=1)
"""For so long the provider's averages stand (``000_243d6688ae00c433.txt``: statistics of videos are cached)."""


def read_tracking(place: Place | None, catalog: ProviderCatalog) -> Tracking | None:
    """Read the videos to follow, where more of them are found, and the fees."""
    if place is None:
        return None
    form = {
        "videos": "[https://…]", "fees": "{https://…: 500}", "max_sponsored": "5", "retry_errors": "true",
        "provider": "…", "fill_from": "…", "creator_averages": "7d",
    }  # fmt: skip
    fields = place.marked(personal=True).fields(form)
    if not {"videos", "max_sponsored"} & fields.keys():
        place.refuse("names no videos", "Add `videos: [https://…]`, or `max_sponsored: 5` for paid posts of content")
    videos = entries(fields.get("videos"), MAX_ACCOUNTS, lambda item: _video(item, catalog))
    refuse_repeated(
        videos,
        lambda video: known.key if (known := catalog.video(video)) else video,
        "video",
        "Remove one of the two: each would be tracked and paid for",
    )
    links = frozenset(video for _place, video in videos)
    fees: dict[str, Decimal] = {}
    for link, fee in (fields["fees"].entries() if "fees" in fields else {}).items():
        if link not in links:
            fee.refuse("a fee for a video that is not tracked", "Use exactly one of the links in tracking.videos")
        elif (paid := scalars.amount(fee)) is not None:
            fees[link] = paid
    provider, fill_from = fields.get("provider"), fields.get("fill_from")
    return Tracking(
        videos=tuple(video for _place, video in videos),
        fees=fees,
        max_sponsored=scalars.whole_number(fields.get("max_sponsored"), at_least=1, at_most=MAX_SPONSORED) or 0,
        retry_errors=scalars.flag(fields.get("retry_errors")) or False,
        creator_averages=_age(fields.get("creator_averages")),
        provider=scalars.provider(provider and provider.marked(personal=False), catalog) or None,
        fill_from=scalars.provider(fill_from and fill_from.marked(personal=False), catalog) or None,
    )


def _age(place: Place | None) -> timedelta | None:
    age = scalars.duration(place, None)
    if place is not None and age is not None and age < LEAST_AGE:
        place.refuse("averages change once a day at most", "Write 1d or more, such as 7d")
        return None
    return age


def _video(place: Place, catalog: ProviderCatalog) -> str | None:
    link = scalars.link(place)
    if link and catalog.video(link) is None:
        place.refuse("this is no address of a single video", "Copy the address of the video itself, not of its account")
        return None
    return link or None
