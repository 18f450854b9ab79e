"""Short links: where one leads is known once it was asked for, and a video that it leads to is paid for once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from creator_assets.demand.videos.tracked import wanted_tracking
from creator_assets.partitions import Partition
from creator_assets.providers.parsing.video_urls import video_url
from tests.assets.stage import TimedProject, stage_at, state_of
from tests.contexts import context_of

CREDIT = 1_000_000
TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
TABLE = "tracked_videos"
LINK = "https://vt.tiktok.com/ZSHpobCM8BbnH/"
OTHER = "https://www.tiktok.com/@some.one/video/7300000000000000001"
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influtics: 100_000}
tracking: {videos: [%s]%s}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def brief(urls: list[str], more: str = "") -> str:
    return BRIEF % (", ".join(f'"{url}"' for url in urls), more)


def planned_microcredits(stage: TimedProject) -> int:
    stage.run("credit_plan", slug="one")
    plan = stage.table("credit_plan", campaign="one", week="2026-11-09").filter(asset=TABLE)
    return int(plan["max_microcredits"].sum())


def leads_to(link: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address that a short link stands for, asked of a market of the same universe."""
    folder.mkdir()
    with stage_at(TUESDAY, folder, monkeypatch) as elsewhere:
        elsewhere.brief("one", brief([link]))
        elsewhere.run(TABLE, slug="one")
        return f"https://www.tiktok.com/@some.one/video/{elsewhere.table(TABLE)['native_id'][0]}"


def test_a_paid_post_that_a_short_link_of_the_brief_led_to_is_not_asked_for_as_well(stage: TimedProject) -> None:
    stage.brief("one", brief([LINK]))
    campaign, paid_client = (stage.resources()[name] for name in ("campaigns", "paid_client"))
    week = Partition.week_of("one", stage.clock.now.date())

    def wanted(*found: str) -> list[str]:
        posts = [video_url(url) for url in found]
        at = context_of(
            campaign.load()["one"], paid_client.open().ledger, partition=week, settings=paid_client.settings()
        )
        every = wanted_tracking(at, posts)
        return [one.video.url for one in every]

    assert wanted(OTHER) == [LINK, OTHER]
    stage.run(TABLE, slug="one")
    post = f"https://www.tiktok.com/@some.one/video/{stage.table(TABLE)['native_id'][0]}"
    assert wanted(OTHER, post) == [LINK, OTHER]


def test_a_video_that_a_brief_names_by_its_short_link_as_well_is_paid_for_once(
    stage: TimedProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = leads_to(LINK, tmp_path / "elsewhere", monkeypatch)
    stage.brief("one", brief([post, OTHER, LINK], f', fees: {{"{post}": 100, "{LINK}": 20}}'))
    assert planned_microcredits(stage) == 90 * CREDIT
    metadata = state_of(stage.run(TABLE, slug="one"), TABLE)
    assert (metadata["states"], metadata["requests_made"]) == ({"tracked": 3}, 2)
    assert stage.spent()["influtics"] == 60 * CREDIT
    first = stage.table(TABLE)
    assert first["cost_microcredits"].sum() == 60 * CREDIT
    of_video = first.filter(url=post).row(0, named=True)
    (by_link,) = first.filter(url=LINK).rows(named=True)
    assert (of_video["native_id"], of_video["tracked_until"]) == (by_link["native_id"], by_link["tracked_until"])
    assert (of_video["username"], of_video["cost_microcredits"]) == ("some.one", 0)
    assert planned_microcredits(stage) == 0
    # One video, for both its fees.
    stage.run("video_stats", "campaign_performance", slug="one", daily=True)
    assert sorted(stage.table("video_performance")["fee"].drop_nulls().to_list()) == [120]
    stage.gone = True
    stage.run(TABLE, slug="one")
    assert stage.table(TABLE).equals(first)
    stage.turn(days=7)
    stage.run(TABLE, slug="one")
    later = stage.table(TABLE, campaign="one", week="2026-11-16")
    assert later.drop("week").equals(first.drop("week"))


def test_a_video_that_was_paid_for_before_a_short_link_led_to_it_stays(
    stage: TimedProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = leads_to(LINK, tmp_path / "elsewhere", monkeypatch)
    stage.brief("one", brief([post]))
    stage.run(TABLE, slug="one")
    stage.brief("one", brief([post, LINK]))
    stage.run(TABLE, slug="one")
    rows = stage.table(TABLE)
    assert dict(rows.select("url", "state").iter_rows()) == {post: "tracked", LINK: "already_tracked"}
    stage.gone = True
    stage.run(TABLE, slug="one")
    assert stage.table(TABLE).equals(rows)
