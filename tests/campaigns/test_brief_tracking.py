"""The tracking of a brief: which videos it names or has found, and whether anybody can follow them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from creator_assets.campaigns import Campaign, read_brief
from creator_assets.providers import capabilities
from tests.campaigns.briefs import changed, right, wrong


def test_tracking_says_which_videos_or_where_they_are_found() -> None:
    campaign = right(changed("tracking:\n", "tracking:\n  max_sponsored: 4\n  retry_errors: true\n"))
    assert campaign.tracking is not None
    assert (campaign.tracking.max_sponsored, campaign.tracking.retry_errors) == (4, True)
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {south: 1}\n"
    (nothing,) = wrong(head + "tracking: {retry_errors: true}\n")
    assert (nothing.field, nothing.problem) == ("tracking", "names no videos")
    with_fill = right(changed("tracking:\n", "tracking:\n  fill_from: north\n"))
    assert with_fill.tracking is not None
    assert with_fill.tracking.fill_from == "north"
    for wrongly, said in (("south", "no counters of single posts"), ("west", "unknown value"), ("north", "no budget")):
        video = f"tracking: {{videos: ['https://example.com/v/1'], fill_from: {wrongly}}}\n"
        (fault,) = wrong(head + video)
        assert fault.field == "tracking.fill_from"
        assert said in fault.problem
    assert with_fill.tracking.creator_averages is None
    with_averages = right(changed("tracking:\n", "tracking:\n  creator_averages: 7d\n"))
    assert with_averages.tracking is not None
    assert with_averages.tracking.creator_averages == timedelta(days=7)
    (poor,) = wrong(head + "tracking: {videos: ['https://example.com/v/1'], creator_averages: 7d}\n")
    assert (poor.field, poor.line) == ("tracking.creator_averages", 3)
    assert "nobody with a budget" in poor.problem
    assert "Give a budget to one of: north" in poor.remedy
    (nowhere,) = wrong(head + "tracking: {max_sponsored: 4}\n")
    assert (nowhere.field, nowhere.problem) == ("tracking", "there is no content to find paid posts in")


@pytest.mark.parametrize(
    ("tracking", "field", "problem", "remedy"),
    [
        ("videos: ['https://e.com/youtube/1']", "tracking.videos[0]",
         "nobody with a budget can track videos on youtube", "That can: south"),
        ("videos: ['https://e.com/a', 'https://vm.e.com/b']", "tracking.videos[1]",
         "nobody with a budget can track videos by short links of tiktok", "That can: south"),
        ("videos: ['https://e.com/instagram/1']", "tracking.videos[0]",
         "nobody with a budget can track videos on instagram", "That can: nobody"),
        ("provider: north, videos: ['https://vm.e.com/b']", "tracking.videos[0]",
         "north cannot track videos by short links of tiktok", "That can: south"),
        ("provider: east, videos: ['https://e.com/a']", "tracking.videos[0]", "east cannot track videos on tiktok",
         "That can: north, south"),
        ("provider: south, videos: ['https://e.com/a']", "tracking.provider", "south has no budget in this brief",
         "Add `south: <credits>`"),
        ("provider: west, videos: ['https://e.com/a']", "tracking.provider", "unknown value", "east, north, south"),
    ],
)  # fmt: skip
def test_a_video_that_nobody_can_follow_is_a_fault_of_the_brief(
    tracking: str, field: str, problem: str, remedy: str
) -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {north: 1, east: 1}\n"
    (fault,) = wrong(head + f"tracking: {{{tracking}}}\n")
    assert (fault.field, fault.line) == (field, 3)
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_paid_posts_that_nobody_can_follow_are_a_fault_of_the_brief() -> None:
    text = changed("  south: 0.000001\n", "").replace("  - name: tiktok", "  - name: other")
    faults = wrong(
        text.replace("provider: south\n    platform: tiktok", "provider: north\n    platform: instagram")
        .replace("tracking:\n", "tracking:\n  provider: east\n  max_sponsored: 2\n")
    )  # fmt: skip
    assert "tracking.max_sponsored" in {fault.field for fault in faults}


def test_one_video_in_two_forms_and_what_is_no_video_are_refused() -> None:
    head = "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\nbudget: {influtics: 90}\n"
    text = (
        head + "tracking:\n  videos:\n    - https://www.tiktok.com/@a/video/7300000000000000001\n"
        "    - https://m.tiktok.com/@b/video/7300000000000000001\n    - https://www.tiktok.com/@a\n"
    )
    found = read_brief("one", text.encode(), capabilities.catalog())
    assert not isinstance(found, Campaign)
    assert [(fault.field, fault.line) for fault in found] == [("tracking.videos[1]", 6), ("tracking.videos[2]", 7)]
    assert "the same video as tracking.videos[0]" in found[0].problem
    assert "no address of a single video" in found[1].problem
    assert "tiktok" not in " ".join(map(str, found))
