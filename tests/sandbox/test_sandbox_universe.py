"""The universe: its accounts, its searches, and its growth."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.sandbox.universe import Criteria, Profile
from creator_assets.sandbox.universe.audience import audience_of, overlap_of
from creator_assets.sandbox.universe.identity import (
    PLATFORMS,
    handle_of,
    index_of_handle,
    index_of_native_id,
    native_id_of,
    sec_uid_of,
)
from creator_assets.sandbox.universe.parquet import ParquetUniverse
from creator_assets.sandbox.universe.synthetic import SyntheticUniverse
from creator_assets.sandbox.universe.videos import counters_at, locate, number_at, posts_by, video_of

from .conftest import Start

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
INDEXES = st.integers(0, (1 << 20) - 1)


@cache
def people() -> SyntheticUniverse:
    return SyntheticUniverse(7, 50_000)


@cache
def small_town() -> SyntheticUniverse:
    return SyntheticUniverse(5, 2_000)


@cache
def inhabitants(platform: str) -> list[Profile]:
    accounts = (small_town().by_index(platform, index, NOW) for index in range(2_000))
    return [one for one in accounts if one is not None]


def everyone(criteria: Criteria, most: int = 2_000) -> list[Profile]:
    return people().search(criteria, NOW).page(0, most)


@given(seed=st.integers(0, 2**32), index=INDEXES, platform=st.sampled_from(PLATFORMS))
def test_handles_and_ids_decode_to_the_person(seed: int, index: int, platform: str) -> None:
    assert index_of_handle(seed, platform, f"@{handle_of(seed, platform, index).upper()}") == index
    assert index_of_native_id(seed, platform, native_id_of(seed, platform, index)) == index
    assert index_of_native_id(seed, "tiktok", sec_uid_of(seed, index)) == index


@given(platform=st.sampled_from(PLATFORMS), text=st.text(max_size=30))
def test_an_unused_handle_finds_no_account(platform: str, text: str) -> None:
    assert people().by_handle(platform, text, NOW) is None
    assert people().by_native_id(platform, text, NOW) is None


def test_native_ids_of_tiktok_exceed_a_double() -> None:
    assert all(int(one.native_id) > 2**53 for one in everyone(Criteria(platform="tiktok"), 100))


@settings(max_examples=60)
@given(
    platform=st.sampled_from(["instagram", "tiktok", "youtube"]),
    country=st.sampled_from([None, "Germany", "DE", "germany", "Brazil"]),
    least=st.none() | st.integers(0, 500_000),
    span=st.none() | st.integers(0, 500_000),
    engagement=st.none() | st.floats(0, 0.08),
    category=st.sampled_from([None, "fitness", "gaming"]),
    gender=st.sampled_from([None, "m", "f"]),
)
def test_a_search_returns_exactly_the_matching_accounts(
    platform: str,
    country: str | None,
    least: int | None,
    span: int | None,
    engagement: float | None,
    category: str | None,
    gender: str | None,
) -> None:
    most = None if span is None else (least or 0) + span
    asked = Criteria(
        platform=platform,
        places=(country,) if country else (),
        followers_min=least,
        followers_max=most,
        engagement_min=engagement,
        categories=(category,) if category else (),
        gender=gender,
    )

    def fits(one: Profile) -> bool:
        assert one.followers is not None
        assert one.engagement is not None
        return (
            (not country or country.casefold() in ((one.country or "").casefold(), (one.country_code or "").casefold()))
            and (least is None or one.followers >= least)
            and (most is None or one.followers <= most)
            and (engagement is None or one.engagement >= engagement)
            and (not category or one.categories[0] == category)
            and (not gender or one.gender == gender)
        )

    matches = small_town().search(asked, NOW)
    found = matches.page(0, 3_000)
    assert [one.index for one in found] == [one.index for one in inhabitants(platform) if fits(one)]
    assert matches.total == len(found)


def test_pages_of_a_search_neither_overlap_nor_leave_gaps() -> None:
    matches = people().search(Criteria(platform="instagram", places=("Germany",)), NOW)
    whole = matches.page(0, 500)
    assert [one for offset in range(0, 500, 37) for one in matches.page(offset, 37)][:500] == whole
    assert len({one.native_id for one in whole}) == 500


@pytest.mark.parametrize("descending", [True, False])
def test_a_sorted_search_is_in_order(descending: bool) -> None:
    criteria = Criteria(platform="tiktok", places=("Italy",), sort="engagement", descending=descending)
    rates = [one.engagement or 0 for one in everyone(criteria, 400)]
    assert rates == sorted(rates, reverse=descending)


def test_followers_have_a_heavy_tail() -> None:
    followers = sorted((one.followers or 0 for one in everyone(Criteria(platform="instagram"), 40_000)), reverse=True)
    assert followers[0] > 100 * followers[len(followers) // 100] > 0
    assert sum(followers[: len(followers) // 100]) > sum(followers) / 3


def test_names_come_in_many_scripts_with_emoji_and_marks() -> None:
    names = "".join(one.name or "" for one in everyone(Criteria(platform="instagram"), 500))
    for sample in ("é", "\u0301", "✨", "ل", "美", "\u200f"):
        assert sample in names


def test_addresses_use_reserved_domains_and_decode_to_the_person() -> None:
    known = [one for one in everyone(Criteria(platform="instagram"), 300) if one.email]
    assert len(known) > 100
    for one in known:
        assert one.email is not None
        assert one.email.endswith(("@example.com", "@example.org"))
        assert one in people().by_email(one.email, NOW)


def test_people_have_accounts_on_several_platforms() -> None:
    counts = Counter(len(people().linked(one, NOW)) for one in everyone(Criteria(platform="instagram"), 500))
    assert sum(count for accounts, count in counts.items() if accounts > 1) > 300


def test_values_drift_with_the_clock_but_not_within_a_day() -> None:
    [one] = everyone(Criteria(platform="youtube"), 1)
    same_day = people().by_handle("youtube", one.handle, NOW + timedelta(hours=11))
    later = people().by_handle("youtube", one.handle, NOW + timedelta(days=30))
    assert same_day == one
    assert later is not None
    assert later.followers is not None
    assert later.followers != one.followers
    assert later.posts > one.posts


def test_audience_shares_add_up_to_one() -> None:
    for one in everyone(Criteria(platform="instagram"), 50):
        audience = audience_of(one)
        for shares in (audience.ages, audience.genders, audience.countries, audience.types, audience.reachability):
            assert sum(round(share * 10_000) for _, share in shares) == 10_000


def test_overlap_and_unique_shares_add_up_to_one() -> None:
    for lapped, unique in overlap_of(everyone(Criteria(platform="instagram"), 10)):
        assert 0 < lapped < 1
        assert abs(lapped + unique - 1) < 1e-9


def test_video_ids_decode_to_the_video() -> None:
    for platform in ("instagram", "tiktok", "youtube"):
        for one in everyone(Criteria(platform=platform), 20):
            for video in list(posts_by(one, NOW))[:5]:
                read = locate(platform, video.video_id)
                assert read is not None
                owner = people().by_index(platform, read[0], NOW)
                assert owner == one
                number = read[1] if isinstance(read[1], int) else number_at(one, read[1])
                assert video_of(one, number) == video


def test_counters_rise_and_sometimes_fall() -> None:
    falls = rises = 0
    for one in everyone(Criteria(platform="tiktok"), 30):
        video = video_of(one, 100)
        views = [counters_at(video, one, video.published_at + timedelta(days=day)).views for day in range(30)]
        falls += sum(later < earlier for earlier, later in pairwise(views))
        rises += sum(later > earlier for earlier, later in pairwise(views))
        assert views[-1] > views[0]
    assert rises > falls > 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads the child's memory from /proc")
def test_a_million_people_are_searched_in_bounded_memory(start: Start) -> None:
    bench = start(size=1_000_000)
    searches: list[dict[str, Any]] = [
        {"platform": "instagram"},
        {"platform": "instagram", "country": "Germany", "followerMin": 10_000, "followerMax": 250_000},
        {"platform": "tiktok", "keywords": "personal trainer", "engagementRate": 8},
        {"platform": "youtube", "sorting": "descEngagementMean"},
        {"platform": "tiktok", "skipCount": 99_980},
    ]
    for params in searches:
        assert bench.infludata.get("/discovery", params=params).status_code == 200
    peak_kilobytes = int(
        next(
            line for line in Path(f"/proc/{bench.running.pid}/status").read_text().splitlines() if "VmHWM" in line
        ).split()[1]
    )
    assert peak_kilobytes < 150_000


def test_real_creators_are_served_unchanged(data: Path) -> None:
    frame = pl.read_parquet(data / "creators.parquet")
    universe = ParquetUniverse(str(data / "creators.parquet"))
    for index, row in enumerate(frame.iter_rows(named=True)):
        one = universe.by_handle(row["platform"], row["username"], NOW)
        assert one is not None
        assert (one.index, one.handle, one.followers, one.engagement) == (
            index,
            row["username"],
            row["followers"],
            row["engagement_rate"],
        )
        assert (one.name, one.avg_views, one.avg_likes) == (row["display_name"], row["avg_views"], row["avg_likes"])
        if row["native_id"]:
            assert universe.by_native_id(row["platform"], row["native_id"], NOW) == one
    assert any((one.engagement or 0) > 1 for one in universe.search(Criteria(platform="tiktok"), NOW).page(0, 10_000))


def test_a_filter_without_values_in_the_file_is_ignored_and_reported(data: Path) -> None:
    universe = ParquetUniverse(str(data / "creators.parquet"))
    ignored: Any = universe.describe()["filters_ignored"]
    assert "country" in ignored["tiktok"]
    assert "country" not in ignored["instagram"]
    german = universe.search(Criteria(platform="instagram", places=("Germany",)), NOW).page(0, 50)
    assert {one.country for one in german} == {"Germany"}
    assert universe.search(Criteria(platform="tiktok", places=("Germany",)), NOW).total == 7_976
    taiwanese = universe.search(Criteria(platform="twitch", places=("Taiwan",)), NOW)
    assert taiwanese.total > 1_000


def test_linked_accounts_of_the_file_are_one_person(data: Path) -> None:
    universe = ParquetUniverse(str(data / "creators.parquet"), str(data / "cross_platform_links.parquet"))
    one = universe.by_handle("instagram", "pewdiepie", NOW)
    assert one is not None
    assert len({account.platform for account in universe.linked(one, NOW)}) > 1


def test_a_renamed_creator_keeps_its_ids_and_frees_the_old_handle(start: Start) -> None:
    bench = start(size=2_000)
    body = {"platform": "instagram", "filters": {}, "paging": {"limit": 2, "page": 1}}

    def found() -> list[dict[str, Any]]:
        accounts: list[dict[str, Any]] = bench.club.post("/public/v1/discovery/", json=body).json()["accounts"]
        return accounts

    def called(handle: str) -> str | None:
        response = bench.club.post(
            "/public/v1/creators/enrich/handle/raw/", json={"platform": "instagram", "handle": handle}
        )
        return response.json()["result"]["userid"] if response.status_code == 200 else None

    def rename(before: str, after: str) -> httpx.Response:
        return bench.control.post("/renames", json={"platform": "instagram", "from": before, "to": after})

    (first, second) = found()
    old, other = first["profile"]["username"], second["profile"]["username"]
    assert rename(old, "a.new.name").json()["native_id"] == first["user_id"]
    assert [one["user_id"] for one in found()] == [first["user_id"], second["user_id"]]
    assert found()[0]["profile"]["username"] == "a.new.name"
    assert (called("a.new.name"), called(old)) == (first["user_id"], None)
    assert rename(other, old).status_code == 200
    assert (called(old), called(other)) == (second["user_id"], None)
    assert rename("nobody.is.called.so", "x").status_code == 400
    assert rename(old, "a.new.name").status_code == 400
    assert bench.control.post("/renames", json={"platform": "instagram"}).status_code == 400
