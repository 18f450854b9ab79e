"""Small campaigns against the hostile sandbox: together they use each paid asset of each provider. No test here."""

from __future__ import annotations

from pathlib import Path

import msgspec

from creator_assets.sandbox import SandboxSettings
from creator_assets.sandbox.universe.population import Population, day_of
from tests.market import NOON

SIZE = 2_000
_HEAD = "brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}\n"
_CREATORS = ("discovery_results", "shortlist", "enriched_profiles")


class HostileCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A brief, the assets of its week and of its day, and from how many creators on a list goes into a batch.

    Where a provider works in the background, ``minutes_between`` go by before each materialization, and a last one
    follows.
    """

    name: str
    brief: str
    weekly: tuple[str, ...]
    daily: tuple[str, ...] = ()
    batch_from: int = 100
    minutes_between: int = 0


CAMPAIGNS = (
    HostileCampaign(
        name="club-instagram",
        brief="""
budget: {influencers_club: 60}
discovery: [{name: found, provider: influencers_club, platform: instagram, max_creators: 60}]
lookalikes: [{provider: influencers_club, platform: instagram, like: cedar.saffron.cn2e, max_creators: 5}]
shortlist: {top: 5}
profiles: {depth: full}
audiences: {top: 2}
linked_accounts: {top: 2}
overlap: {top: 3}
content: {top: 2, max_items: 15, details: {kinds: [data, comments], top: 3}}
""",
        weekly=(
            "filter_values", *_CREATORS, "audience_reports", "linked_accounts", "audience_overlap", "content",
            "content_details",
        ),
    ),
    HostileCampaign(
        name="data-tiktok",
        brief="""
budget: {infludata: 400}
discovery: [{name: found, provider: infludata, platform: tiktok, max_creators: 40}]
shortlist: {top: 6}
profiles: {depth: full}
audiences: {top: 3}
content: {top: 3, max_items: 8}
""",
        weekly=(*_CREATORS, "audience_reports", "content"),
    ),
    HostileCampaign(
        name="waterfall-tiktok",
        brief="""
budget: {keyapi: 40, influencers_club: 40, infludata: 40, influtics: 40}
discovery: [{name: found, provider: influencers_club, platform: tiktok, max_creators: 20}]
shortlist: {top: 12}
profiles: {depth: raw}
""",
        weekly=_CREATORS,
    ),
    HostileCampaign(
        name="influtics-videos",
        brief="""
budget: {influtics: 400, infludata: 60}
discovery: [{name: found, provider: infludata, platform: tiktok, max_creators: 20}]
shortlist: {top: 3}
profiles: {depth: raw, provider: influtics}
tracking:
  provider: influtics
  videos: ["https://www.tiktok.com/@bar.films/video/7489443966908189959",
    "https://www.tiktok.com/@some.one/video/7300000000000000001"]
""",
        weekly=(*_CREATORS, "tracked_videos"),
        daily=("video_stats",),
    ),
    HostileCampaign(
        name="club-looks",
        brief="""
budget: {influencers_club: 60}
tracking:
  provider: influencers_club
  videos: ["https://www.tiktok.com/@bar.films/video/7489443966908189959",
    "https://www.tiktok.com/@some.one/video/7300000000000000001"]
email_matches:
  addresses: ADDRESSES
  lawful_basis: consent
  purpose: To invite creators among the subscribers.
  max_addresses: 20
  depth: advanced
""",
        weekly=("email_matches", "tracked_videos"),
        daily=("video_stats",),
    ),
    HostileCampaign(
        name="club-batch",
        brief="""
budget: {influencers_club: 60}
discovery: [{name: found, provider: influencers_club, platform: instagram, max_creators: 10}]
shortlist: {top: 6}
profiles: {depth: full, provider: influencers_club}
""",
        weekly=("discovery_results", "shortlist", "enrichment_batches", "enriched_profiles"),
        batch_from=4,
        minutes_between=10,
    ),
)  # fmt: skip


def written(campaign: HostileCampaign, folder: Path) -> str:
    """The brief as a file has it; its e-mail addresses lie in `folder`, where it has any."""
    if "ADDRESSES" not in campaign.brief:
        return _HEAD + campaign.brief
    population, day = Population(SandboxSettings().seed, SIZE), day_of(NOON)
    people = (population.profile("instagram", index, day).email for index in range(100))
    path = folder / "invited.txt"
    path.write_text("\n".join([one for one in people if one][:4]))
    return _HEAD + campaign.brief.replace("ADDRESSES", str(path))
