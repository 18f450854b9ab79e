"""influencers.club: searches, their fields, pages, filters and limits, compared with its public pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from creator_assets.sandbox.influencers_club.gaps import GAPS

from .club import DISCOVERY, GERMANS, post
from .conftest import SandboxBench, Start


def test_a_search_has_the_published_shape_and_keeps_to_its_filters(bench: SandboxBench) -> None:
    found = bench.club.post(DISCOVERY, json={**GERMANS, "paging": {"limit": 50, "page": 1}}).json()
    assert set(found) == {"credits_cost", "credits_left", "total", "limit", "accounts"}
    assert found["total"] >= len(found["accounts"]) == 50
    for one in found["accounts"]:
        assert set(one["profile"]) == {"full_name", "username", "picture", "followers", "engagement_percent"}
        assert isinstance(one["user_id"], str)
        assert 10_000 <= one["profile"]["followers"] <= 250_000
        assert "countries" in one["audience"]


def test_an_identical_search_is_charged_again_and_an_empty_one_never(bench: SandboxBench) -> None:
    responses = [bench.club.post(DISCOVERY, json=GERMANS).json() for _ in range(2)]
    assert responses[0]["accounts"] == responses[1]["accounts"]
    assert bench.charged("influencers_club") == Decimal("0.1")
    nobody = {"platform": "instagram", "filters": {"number_of_followers": {"min": 10**12}}}
    assert bench.club.post(DISCOVERY, json=nobody).json()["accounts"] == []
    assert bench.charged("influencers_club") == Decimal("0.1")


def test_the_follower_key_of_another_platform_is_silently_ignored(bench: SandboxBench) -> None:
    def totals(key: str) -> int:
        filters = {key: {"min": 1_000_000}}
        total = bench.club.post(DISCOVERY, json={"platform": "youtube", "filters": filters}).json()["total"]
        assert isinstance(total, int)
        return total

    assert totals("number_of_followers") > totals("number_of_subscribers") > 0


def test_pages_count_from_one_or_from_zero_as_the_settings_say(bench: SandboxBench, start: Start) -> None:
    def first_two(one: SandboxBench, pages: tuple[int, int]) -> list[list[str]]:
        bodies = [{"platform": "tiktok", "paging": {"limit": 5, "page": page}} for page in pages]
        responses = [one.club.post(DISCOVERY, json=body).json()["accounts"] for body in bodies]
        return [[account["user_id"] for account in accounts] for accounts in responses]

    from_one, from_zero = first_two(bench, (1, 2)), first_two(start(first_page=0), (0, 1))
    assert from_one == from_zero
    assert not set(from_one[0]) & set(from_one[1])
    repeated = first_two(bench, (0, 1))  # the wrong origin reads the first page twice
    assert repeated[0] == repeated[1] == from_one[0]


def test_nothing_beyond_the_ten_thousandth_result_is_given(start: Start) -> None:
    bench = start(size=100_000)
    last = {"platform": "tiktok", "paging": {"limit": 50, "page": 200}}
    assert len(bench.club.post(DISCOVERY, json=last).json()["accounts"]) == 50
    beyond = {"platform": "tiktok", "paging": {"limit": 50, "page": 201}}
    response = bench.club.post(DISCOVERY, json=beyond)
    assert response.status_code == 400
    assert bench.charged("influencers_club") == Decimal("0.5")


def test_discovery_has_a_separate_limit_that_resets_each_month(bench: SandboxBench) -> None:
    bench.set_account("influencers_club", discovery_limit="0.1")
    assert bench.club.post(DISCOVERY, json=GERMANS).status_code == 200
    assert (
        post(
            bench, "discovery/creators/similar/", platform="tiktok", filter_key="username", filter_value="bar.films"
        ).status_code
        == 200
    )
    assert bench.club.post(DISCOVERY, json=GERMANS).status_code == 403
    assert post(bench, "creators/enrich/handle/raw/", platform="tiktok", handle="bar.films").status_code == 200
    bench.advance(days=31)
    assert bench.club.post(DISCOVERY, json=GERMANS).status_code == 200


def test_a_path_without_its_final_slash_is_redirected_and_the_body_lost(bench: SandboxBench) -> None:
    bare = DISCOVERY.rstrip("/")
    response = bench.club.post(bare, json=GERMANS)
    assert response.status_code == 301
    assert response.headers["location"].endswith(DISCOVERY)
    followed = bench.club.post(bare, json=GERMANS, follow_redirects=True)
    assert followed.status_code == 405
    assert bench.charged("influencers_club") == 0


def test_searches_never_return_creators_without_data_at_the_provider(bench: SandboxBench) -> None:
    body = {"platform": "tiktok", "paging": {"limit": 50, "page": 1}}
    for account in bench.club.post(DISCOVERY, json=body).json()["accounts"]:
        response = post(bench, "creators/enrich/handle/raw/", platform="tiktok", handle=account["profile"]["username"])
        assert response.status_code == 200
    assert sum(not GAPS.has_data("tiktok", index) for index in range(1_000)) > 10


def test_a_real_universe_serves_the_documented_search(start: Start, data: Any) -> None:
    bench = start(universe_path=str(data / "creators.parquet"))
    german = {"platform": "instagram", "paging": {"limit": 50, "page": 1}, "filters": {"location": ["Germany"]}}
    found = bench.club.post(DISCOVERY, json=german).json()
    assert {one["profile"]["username"] for one in found["accounts"]} <= {
        "bibisbeautypalace",
        "esmuellert",
        "fcbayern",
        "julienco_",
        "manuelneuer",
        "marcinho11",
        "toni.kr8s",
    }
    assert 0 < found["total"] == len(found["accounts"])
    assert bench.charged("influencers_club") == Decimal("0.01") * found["total"]
