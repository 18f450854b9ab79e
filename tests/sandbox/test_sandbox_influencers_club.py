"""influencers.club: the 24 operations, their charges and their errors, as its index and public pages have them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import httpx
import pytest

from creator_assets.sandbox.universe.coverage import has_data

from .conftest import Bench, Start

ROOT = "/public/v1"
DISCOVERY = f"{ROOT}/discovery/"
GERMANS = {
    "platform": "instagram",
    "filters": {"location": ["Germany"], "number_of_followers": {"min": 10_000, "max": 250_000}},
}


def post(bench: Bench, path: str, **body: Any) -> httpx.Response:
    return bench.club.post(f"{ROOT}/{path}", json=body)


def handles(bench: Bench, platform: str = "instagram", count: int = 10, **filters: Any) -> list[str]:
    """Return handles that the provider knows, without leaving a trace in what the test then counts."""
    body = {"platform": platform, "paging": {"limit": count, "page": 1}, "filters": filters}
    return [one["profile"]["username"] for one in bench.club.post(DISCOVERY, json=body).json()["accounts"]]


def test_every_operation_answers_and_charges_what_the_index_says(bench: Bench) -> None:
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
        answer = bench.club.request(method, f"{ROOT}/{path}", json=body)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        assert bench.charged("influencers_club") - before == Decimal(cost), path
        if cost != "0":
            left = Decimal(answer.json()["credits_left"])
            assert (answer.json()["credits_cost"], left) == (cost, 1_000 - bench.charged("influencers_club"))
    used = bench.club.get(f"{ROOT}/accounts/credits/").json()
    assert used["credits_used"] == pytest.approx(float(bench.charged("influencers_club")))
    assert used["credits_available"] == pytest.approx(1_000 - used["credits_used"])


def test_a_search_has_the_published_shape_and_keeps_to_its_filters(bench: Bench) -> None:
    found = bench.club.post(DISCOVERY, json={**GERMANS, "paging": {"limit": 50, "page": 1}}).json()
    assert set(found) == {"credits_cost", "credits_left", "total", "limit", "accounts"}
    assert found["total"] >= len(found["accounts"]) == 50
    for one in found["accounts"]:
        assert set(one["profile"]) == {"full_name", "username", "picture", "followers", "engagement_percent"}
        assert isinstance(one["user_id"], str)
        assert 10_000 <= one["profile"]["followers"] <= 250_000
        assert "countries" in one["audience"]


def test_an_identical_search_is_charged_again_and_an_empty_one_never(bench: Bench) -> None:
    answers = [bench.club.post(DISCOVERY, json=GERMANS).json() for _ in range(2)]
    assert answers[0]["accounts"] == answers[1]["accounts"]
    assert bench.charged("influencers_club") == Decimal("0.1")
    nobody = {"platform": "instagram", "filters": {"number_of_followers": {"min": 10**12}}}
    assert bench.club.post(DISCOVERY, json=nobody).json()["accounts"] == []
    assert bench.charged("influencers_club") == Decimal("0.1")


def test_the_follower_key_of_another_platform_is_ignored_in_silence(bench: Bench) -> None:
    def totals(key: str) -> int:
        filters = {key: {"min": 1_000_000}}
        total = bench.club.post(DISCOVERY, json={"platform": "youtube", "filters": filters}).json()["total"]
        assert isinstance(total, int)
        return total

    assert totals("number_of_followers") > totals("number_of_subscribers") > 0


def test_pages_count_from_one_or_from_zero_as_the_settings_say(bench: Bench, start: Start) -> None:
    def first_two(one: Bench, pages: tuple[int, int]) -> list[list[str]]:
        bodies = [{"platform": "tiktok", "paging": {"limit": 5, "page": page}} for page in pages]
        answers = [one.club.post(DISCOVERY, json=body).json()["accounts"] for body in bodies]
        return [[account["user_id"] for account in accounts] for accounts in answers]

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
    answer = bench.club.post(DISCOVERY, json=beyond)
    assert answer.status_code == 400
    assert bench.charged("influencers_club") == Decimal("0.5")


def test_discovery_has_a_limit_of_its_own_that_returns_each_month(bench: Bench) -> None:
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


def test_an_empty_balance_is_a_402(bench: Bench) -> None:
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
def test_refusals_and_misses_cost_nothing(bench: Bench, path: str, body: dict[str, Any], status: int) -> None:
    answer = bench.club.post(f"{ROOT}/{path}", json=body)
    assert answer.status_code == status
    assert bench.charged("influencers_club") == 0
    assert answer.json()


def test_a_path_without_its_final_slash_is_redirected_and_the_body_lost(bench: Bench) -> None:
    bare = DISCOVERY.rstrip("/")
    answer = bench.club.post(bare, json=GERMANS)
    assert answer.status_code == 301
    assert answer.headers["location"].endswith(DISCOVERY)
    followed = bench.club.post(bare, json=GERMANS, follow_redirects=True)
    assert followed.status_code == 405
    assert bench.charged("influencers_club") == 0


def test_a_full_profile_gives_shares_in_both_map_forms(bench: Bench) -> None:
    forms = {}
    for platform in ("instagram", "tiktok"):
        for handle in handles(bench, platform, 10):
            result = post(bench, "creators/enrich/handle/full/", platform=platform, handle=handle).json()["result"]
            block = result[platform]["audience"]["audience_followers"]
            if block["success"]:
                forms[platform] = block["data"]["audience_genders"]
    assert sum(forms["instagram"].values()) == pytest.approx(1)
    assert sum(one["weight"] for one in forms["tiktok"]) == pytest.approx(1)


def test_some_audiences_say_no_success_inside_a_good_answer(bench: Bench) -> None:
    blocks = [
        post(bench, "creators/enrich/handle/full/", platform="instagram", handle=handle).json()["result"]["instagram"][
            "audience"
        ]
        for handle in handles(bench, "instagram", 50)
    ]
    failed = [block["audience_followers"] for block in blocks if not block["audience_followers"]["success"]]
    assert 0 < len(failed) < len(blocks)
    assert all(one["error"] for one in failed)


def test_a_missing_address_makes_a_must_have_request_free(bench: Bench) -> None:
    before = bench.charged("influencers_club")
    body = {"platform": "tiktok", "handle": "bar.films", "email_required": "must_have"}
    assert bench.club.post(f"{ROOT}/creators/enrich/handle/full/", json=body).status_code == 404
    assert bench.charged("influencers_club") == before


def test_posts_and_comments_page_to_their_end_without_repeating(bench: Bench) -> None:
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


class TestBatches:
    """The life of a batch, from upload to download."""

    def create(self, bench: Bench, rows: list[str], **fields: str) -> str:
        content = "\n".join(["handle", *rows]).encode()
        data = {"platform": "tiktok", "enrichment_mode": "raw"} | fields
        answer = bench.club.post(
            f"{ROOT}/enrichment/batch/", files={"file": ("rows.csv", content, "text/csv")}, data=data
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["status"] == "queued"
        return str(answer.json()["batch_id"])

    def status(self, bench: Bench, batch_id: str) -> Any:
        return bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/status/").json()

    def test_a_batch_charges_what_it_enriched_and_only_that(self, bench: Bench) -> None:
        known = handles(bench, "tiktok", 10)
        before = bench.charged("influencers_club")
        batch_id = self.create(bench, [*known, known[0], "nobody at all"])
        assert self.status(bench, batch_id)["status"] == "queued"
        assert bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/").status_code == 400
        bench.advance(seconds=60)
        done = self.status(bench, batch_id)
        assert (done["status"], done["total_rows"], done["success_count"], done["failed_count"]) == (
            "finished",
            12,
            11,
            1,
        )
        assert bench.charged("influencers_club") - before == Decimal("0.33") == Decimal(done["credits_used"])
        as_json = bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/", params={"format": "json"}).json()
        as_csv = list(csv.DictReader(io.StringIO(bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/").text)))
        assert [row["input_value"] for row in as_json] == [*known, known[0], "nobody at all"]
        assert [(row["input_value"], row["status"]) for row in as_csv] == [
            (row["input_value"], row["status"]) for row in as_json
        ]
        assert as_json[-1] == {"input_value": "nobody at all", "status": "not_found", "enrichment_data": None}
        assert as_json[0]["enrichment_data"]["username"] == known[0]
        assert bench.charged("influencers_club") - before == Decimal("0.33")

    def test_a_batch_without_credits_pauses_keeps_its_results_and_resumes(self, bench: Bench) -> None:
        known = handles(bench, "tiktok", 20)
        before = bench.charged("influencers_club")
        bench.set_account("influencers_club", set_balance="0.3")
        batch_id = self.create(bench, known)
        bench.advance(seconds=60)
        paused = self.status(bench, batch_id)
        assert (paused["status"], paused["processed_rows"]) == ("paused_insufficient_credits", 10)
        partial = bench.club.get(f"{ROOT}/enrichment/batch/{batch_id}/", params={"format": "json"}).json()
        assert [row["input_value"] for row in partial] == known[:10]
        bench.advance(days=1)
        assert self.status(bench, batch_id)["processed_rows"] == 10
        bench.set_account("influencers_club", top_up="5")
        assert bench.club.post(f"{ROOT}/enrichment/batch/{batch_id}/resume/").status_code == 200
        bench.advance(seconds=60)
        assert self.status(bench, batch_id)["status"] == "finished"
        assert bench.charged("influencers_club") - before == Decimal("0.6")
        assert bench.club.post(f"{ROOT}/enrichment/batch/{batch_id}/resume/").status_code == 400

    def test_a_running_batch_shows_its_progress(self, start: Start) -> None:
        bench = start(batch_rows_per_second=1, batch_status_spelling="completed")
        batch_id = self.create(bench, handles(bench, "tiktok", 50))
        bench.advance(seconds=15)
        running = self.status(bench, batch_id)
        assert running["status"] == "running"
        assert 9 <= running["processed_rows"] <= 20
        bench.advance(seconds=60)
        assert self.status(bench, batch_id)["status"] == "completed"

    def test_a_batch_belongs_to_the_key_that_made_it(self, bench: Bench) -> None:
        batch_id = self.create(bench, ["bar.films"])
        bench.control.post("/accounts", json={"key": "stranger", "provider": "influencers_club", "limit": "5"})
        url = f"{bench.running.url('influencers_club')}{ROOT}/enrichment/batch/{batch_id}/status/"
        assert httpx.get(url, headers={"Authorization": "Bearer stranger"}).status_code == 404

    @pytest.mark.parametrize(
        ("data", "content", "status"),
        [
            ({"platform": "tiktok", "enrichment_mode": "everything"}, b"handle\nbar.films", 422),
            ({"platform": "myspace", "enrichment_mode": "raw"}, b"handle\nbar.films", 422),
            ({"platform": "tiktok", "enrichment_mode": "raw"}, b"handle\n", 422),
            ({"enrichment_mode": "basic", "min_followers": "many"}, b"email\na@example.com", 422),
            ({"platform": "tiktok", "enrichment_mode": "raw"}, b"\xff\xfe\x00", 422),
            ({"platform": "tiktok", "enrichment_mode": "raw"}, b"x" * (10 * 1024 * 1024 + 1), 422),
        ],
    )
    def test_a_file_or_mode_that_cannot_be_served_is_refused(
        self, bench: Bench, data: dict[str, str], content: bytes, status: int
    ) -> None:
        answer = bench.club.post(
            f"{ROOT}/enrichment/batch/", files={"file": ("rows.csv", content, "text/csv")}, data=data
        )
        assert answer.status_code == status

    def test_addresses_are_enriched_at_their_own_rate(self, bench: Bench) -> None:
        results = (
            post(bench, "creators/enrich/handle/full/", platform="instagram", handle=handle).json()["result"]
            for handle in handles(bench, "instagram", 50)
        )
        address = next(one["email"] for one in results if one["email"])
        before = bench.charged("influencers_club")
        batch_id = self.create(bench, [address, "nobody@example.com"], enrichment_mode="basic")
        bench.advance(seconds=60)
        assert self.status(bench, batch_id)["success_count"] == 1
        assert bench.charged("influencers_club") - before == Decimal("0.1")


def test_searches_never_show_creators_that_the_provider_knows_nothing_of(bench: Bench) -> None:
    body = {"platform": "tiktok", "paging": {"limit": 50, "page": 1}}
    for account in bench.club.post(DISCOVERY, json=body).json()["accounts"]:
        answer = post(bench, "creators/enrich/handle/raw/", platform="tiktok", handle=account["profile"]["username"])
        assert answer.status_code == 200
    assert sum(not has_data("influencers_club", "tiktok", index) for index in range(1_000)) > 10


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
