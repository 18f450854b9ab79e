"""influencers.club: the 24 operations, their charges and errors, compared with its index and public pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .club import DISCOVERY, GERMANS, ROOT, handles, post
from .conftest import SandboxBench


def test_every_operation_responds_and_charges_as_the_index_says(bench: SandboxBench) -> None:
    one, other, *_ = handles(bench, number_of_followers={"max": 50_000})
    address = next(
        found["email"]
        for handle in handles(bench, count=50)
        if (found := post(bench, "creators/enrich/handle/full/", platform="instagram", handle=handle).json()["result"])[
            "email"
        ]
    )
    pk = post(bench, "creators/content/posts/", platform="instagram", handle=one).json()["result"]["items"][0]["pk"]
    handle = {"platform": "instagram", "handle": one}
    operations: list[tuple[str, str, dict[str, Any] | None, str]] = [
        ("POST", "discovery/", {"platform": "instagram", "paging": {"limit": 7, "page": 1}}, "0.07"),
        (
            "POST",
            "discovery/creators/similar/",
            {"platform": "instagram", "filter_key": "username", "filter_value": one},
            "0.05",
        ),
        ("POST", "creators/audience/overlap/", {"platform": "instagram", "creators": [one, other]}, "1"),
        ("GET", "discovery/classifier/languages/", None, "0"),
        ("GET", "discovery/classifier/locations/instagram/", None, "0"),
        ("GET", "discovery/classifier/brands/", None, "0"),
        ("GET", "discovery/classifier/yt-topics/", None, "0"),
        ("GET", "discovery/classifier/games/", None, "0"),
        ("GET", "discovery/classifier/audience-brand-categories/", None, "0"),
        ("GET", "discovery/classifier/audience-brand-names/", None, "0"),
        ("GET", "discovery/classifier/audience-interests/", None, "0"),
        ("GET", "discovery/classifier/audience-locations/", None, "0"),
        ("POST", "creators/socials/", handle, "0.5"),
        ("POST", "creators/enrich/handle/full/", handle, "1"),
        ("POST", "creators/enrich/handle/raw/", handle, "0.03"),
        ("POST", "creators/enrich/email/advanced/", {"email": address}, "2"),
        ("POST", "creators/enrich/email/", {"email": address}, "0.1"),
        ("POST", "creators/content/posts/", handle, "0.03"),
        ("POST", "creators/content/details/", {"platform": "instagram", "content_type": "data", "post_id": pk}, "0.03"),
        ("GET", "accounts/credits/", None, "0"),
    ]
    for method, path, body, cost in operations:
        before = bench.charged("influencers_club")
        response = bench.club.request(method, f"{ROOT}/{path}", json=body)
        assert response.status_code == 200, f"{path}: {response.text}"
        assert bench.charged("influencers_club") - before == Decimal(cost), path
        if cost != "0":
            left = Decimal(response.json()["credits_left"])
            assert (response.json()["credits_cost"], left) == (cost, 1_000 - bench.charged("influencers_club"))
    used = bench.club.get(f"{ROOT}/accounts/credits/").json()
    assert used["credits_used"] == pytest.approx(float(bench.charged("influencers_club")))
    assert used["credits_available"] == pytest.approx(1_000 - used["credits_used"])


def test_an_empty_balance_is_a_402(bench: SandboxBench) -> None:
    bench.set_account("influencers_club", set_balance="0.02")
    assert bench.club.post(DISCOVERY, json=GERMANS).status_code == 402
    assert post(bench, "creators/enrich/handle/raw/", platform="tiktok", handle="bar.films").status_code == 402
    assert bench.charged("influencers_club") == 0


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("discovery/", {}, 422),
        ("discovery/", {"platform": "facebook"}, 422),
        ("discovery/", {"platform": "instagram", "paging": {"limit": 51}}, 422),
        ("discovery/", {"platform": "instagram", "paging": {"limit": "many"}}, 422),
        ("discovery/", {"platform": "instagram", "sort": {"sort_by": "luck"}}, 422),
        ("discovery/creators/similar/", {"platform": "twitter", "filter_key": "username", "filter_value": "x"}, 422),
        (
            "discovery/creators/similar/",
            {"platform": "tiktok", "filter_key": "username", "filter_value": "nobody at all"},
            404,
        ),
        ("creators/audience/overlap/", {"platform": "instagram", "creators": ["adidas"]}, 422),
        ("creators/audience/overlap/", {"platform": "instagram", "creators": ["adidas", "nobody at all"]}, 404),
        ("creators/socials/", {"platform": "instagram", "handle": "nobody at all"}, 404),
        ("creators/enrich/handle/full/", {"platform": "instagram"}, 422),
        ("creators/enrich/handle/full/", {"platform": "instagram", "handle": "nobody at all"}, 404),
        ("creators/enrich/handle/raw/", {"platform": "twitch", "handle": "anybody"}, 422),
        ("creators/enrich/email/", {"email": "nobody@example.com"}, 404),
        ("creators/enrich/email/", {"email": "no address"}, 422),
        ("creators/enrich/email/advanced/", {"email": "nobody@example.com"}, 404),
        ("creators/content/posts/", {"platform": "twitch", "handle": "x"}, 422),
        ("creators/content/posts/", {"platform": "tiktok", "handle": "nobody at all"}, 404),
        ("creators/content/posts/", {"platform": "tiktok", "handle": "bar.films", "count": 36}, 422),
        ("creators/content/details/", {"platform": "tiktok", "content_type": "data", "post_id": "1"}, 404),
        ("creators/content/details/", {"platform": "youtube", "content_type": "audio", "post_id": "1"}, 422),
        ("enrichment/batch/bch_unknown/resume/", {}, 404),
    ],
)
def test_refusals_and_misses_cost_nothing(bench: SandboxBench, path: str, body: dict[str, Any], status: int) -> None:
    response = bench.club.post(f"{ROOT}/{path}", json=body)
    assert response.status_code == status
    assert bench.charged("influencers_club") == 0
    assert response.json()


def test_a_full_profile_gives_shares_in_both_map_forms(bench: SandboxBench) -> None:
    forms = {}
    for platform in ("instagram", "tiktok"):
        for handle in handles(bench, platform, 10):
            result = post(bench, "creators/enrich/handle/full/", platform=platform, handle=handle).json()["result"]
            block = result[platform]["audience"]["audience_followers"]
            if block["success"]:
                forms[platform] = block["data"]["audience_genders"]
    assert sum(forms["instagram"].values()) == pytest.approx(1)
    assert sum(one["weight"] for one in forms["tiktok"]) == pytest.approx(1)


def test_some_audiences_have_no_success_inside_a_good_response(bench: SandboxBench) -> None:
    blocks = [
        post(bench, "creators/enrich/handle/full/", platform="instagram", handle=handle).json()["result"]["instagram"][
            "audience"
        ]
        for handle in handles(bench, "instagram", 50)
    ]
    failed = [block["audience_followers"] for block in blocks if not block["audience_followers"]["success"]]
    assert 0 < len(failed) < len(blocks)
    assert all(one["error"] for one in failed)


def test_a_must_have_request_without_an_address_is_free(bench: SandboxBench) -> None:
    before = bench.charged("influencers_club")
    body = {"platform": "tiktok", "handle": "bar.films", "email_required": "must_have"}
    assert bench.club.post(f"{ROOT}/creators/enrich/handle/full/", json=body).status_code == 404
    assert bench.charged("influencers_club") == before


def test_posts_and_comments_page_to_their_end_without_repeating(bench: SandboxBench) -> None:
    [handle] = handles(bench, "instagram", 1)
    seen: list[str] = []
    token = None
    for _ in range(3):
        body = {"platform": "instagram", "handle": handle, "count": 5} | ({"pagination_token": token} if token else {})
        result = post(bench, "creators/content/posts/", **body).json()["result"]
        assert result["num_results"] == len(result["items"]) == 12  # fixed on Instagram
        seen += [one["pk"] for one in result["items"]]
        token = result["next_token"]
    assert len(set(seen)) == 36
    page: dict[str, Any] = {"platform": "instagram", "content_type": "comments", "post_id": seen[5]}
    comments: list[str] = []
    while True:
        result = post(bench, "creators/content/details/", **page).json()["result"]
        comments += [one["comment_id"] for one in result["comments"]]
        if not result["has_more"]:
            break
        page["pagination_token"] = result["pagination_token"]
    assert len(comments) == len(set(comments)) > 20
