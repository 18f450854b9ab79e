"""influData: the nine operations, their charges and their errors, compared with its reference."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from creator_assets.sandbox.infludata.gaps import GAPS
from creator_assets.sandbox.universe.coverage import audience_pending
from creator_assets.sandbox.universe.synthetic import SyntheticUniverse
from tests.reference import examples_in

from .conftest import KEYS, SandboxBench, Start, shape_differences

PAGE = "001_c3c54407187bd99d.txt"


def get(bench: SandboxBench, path: str, **params: Any) -> httpx.Response:
    return bench.infludata.get(path, params=params)


def a_creator(*, known: bool = True, pending: bool = False) -> str:
    """Return the TikTok handle of a creator in the given state of influData's database."""
    universe, now = SyntheticUniverse(7, 20_000), datetime(2026, 3, 2, tzinfo=UTC)
    accounts = (universe.by_index("tiktok", index, now) for index in range(2_000))
    return next(
        one.handle
        for one in accounts
        if one is not None
        and GAPS.has_data("tiktok", one.index) == known
        and audience_pending("tiktok", one.index) == pending
    )


def test_documented_responses_have_the_documented_fields_and_types(bench: SandboxBench, seeds: Path) -> None:
    examples = {frozenset(one): one for one in examples_in(seeds / PAGE)}

    def like(*names: str) -> Any:
        return next(one for fields, one in examples.items() if set(names) <= fields)

    discovery = get(
        bench, "/discovery", platform="instagram", country="Germany", followerMin=10_000, categories="fitness"
    )
    status = get(bench, "/checkDataStatus", platform="instagram", username="cristiano")
    added = bench.infludata.post(
        "/bulkAddToEnrich", json={"platform": "instagram", "usernames": ["cristiano", "leomessi"]}
    )
    content = get(bench, "/getContent", platform="instagram,tiktok", limit=10)
    info = get(bench, "/getClientInfo", clientId="sandbox-client")
    sent = bench.infludata.post("/createTrialKey", json={"email": "you@company.com", "company": "Your Company"})
    for example, response in (
        (like("users", "count"), discovery),
        (like("isInDatabase"), status),
        (like("processed", "summary"), added),
        (like("items", "watermark"), content),
        (like("reportsLeft"), info),
        (like("nextStep"), sent),
    ):
        assert response.status_code == 200
        assert shape_differences(example, response.json()) == []
    assert status.json()["followers"] == like("isInDatabase")["followers"]
    assert status.json()["creatorId"] == like("isInDatabase")["creatorId"]
    assert get(bench, "/getUserData", _id=status.json()["creatorId"]).json()["username"] == "cristiano"
    assert added.json()["summary"] == like("processed", "summary")["summary"]


@pytest.mark.parametrize(
    ("path", "params", "status", "charge"),
    [
        ("/getUserData", {"platform": "instagram", "username": "cristiano"}, 200, 1),
        ("/getUserData", {"platform": "youtube", "username": "@MrBeast"}, 200, 1),
        ("/getUserData", {"platform": "instagram", "username": "cristiano", "includeAudienceReport": "true"}, 200, 20),
        ("/getUserData", {"platform": "instagram", "username": "nobody at all"}, 404, 0),
        ("/getUserData", {"username": "cristiano"}, 400, 0),
        ("/getUserData", {"platform": "instagram"}, 400, 0),
        ("/getUserData", {"platform": "instagram", "username": "cristiano", "userId": "173560420"}, 400, 0),
        ("/getUserData", {"platform": "myspace", "username": "tom"}, 400, 0),
        ("/getUserData", {"platform": "twitch", "username": "x", "includeAudienceReport": "true"}, 400, 0),
        ("/checkDataStatus", {"platform": "instagram", "username": "cristiano"}, 200, 0),
        ("/checkDataStatus", {"platform": "facebook", "username": "cristiano"}, 400, 0),
        ("/discovery", {"platform": "snapchat"}, 200, 1),
        ("/discovery", {"platform": "instagram", "followerMin": "9999999999"}, 200, 1),
        ("/discovery", {"platform": "instagram", "skipCount": "7"}, 400, 0),
        ("/discovery", {"platform": "instagram", "categories": "juggling"}, 400, 0),
        ("/discovery", {"platform": "instagram", "gender": "f"}, 400, 0),
        ("/discovery", {"platform": "instagram", "sorting": "upFollowers"}, 400, 0),
        ("/discovery", {}, 400, 0),
        ("/getContent", {"limit": "5"}, 200, 5),
        ("/getContent", {"limit": "101"}, 400, 0),
        ("/getContent", {"username": "nobody at all"}, 200, 0),
        ("/getContent", {"cursor": "nonsense"}, 400, 0),
        ("/getClientInfo", {}, 400, 0),
        ("/getClientInfo", {"clientId": "somebody-else"}, 404, 0),
        ("/getCitiesForCountry", {"country": "Germany"}, 200, 0),
        ("/getCitiesForCountry", {}, 400, 0),
    ],
)
def test_every_request_has_its_documented_status_and_charge(
    bench: SandboxBench, path: str, params: dict[str, str], status: int, charge: int
) -> None:
    response = get(bench, path, **params)
    assert response.status_code == status
    assert bench.charged("infludata") == charge
    if status >= 400:
        assert isinstance(response.json()["error"], str)


def test_cities_are_a_bare_list_and_case_matters(bench: SandboxBench) -> None:
    assert get(bench, "/getCitiesForCountry", country="Germany").json()[0] == "Berlin"
    assert get(bench, "/getCitiesForCountry", country="germany").json() == []


def test_engagement_is_per_cent_in_discovery_and_a_fraction_in_content(bench: SandboxBench) -> None:
    users = get(bench, "/discovery", platform="instagram", engagementRate=4).json()["users"]
    assert all(one["engagementMean"] >= 4 for one in users)
    items = get(bench, "/getContent", limit=50).json()["items"]
    assert all(0 <= one["engagementRate"] < 1 for one in items)


def test_an_unknown_creator_is_queued_for_free_and_available_two_days_later(bench: SandboxBench) -> None:
    who = {"platform": "tiktok", "username": a_creator(known=False)}
    assert get(bench, "/getUserData", **who).status_code == 201
    status = get(bench, "/checkDataStatus", **who).json()
    assert (status["isInDatabase"], status["isBeingProcessed"]) == (False, True)
    bench.advance(hours=23)
    assert get(bench, "/getUserData", **who).status_code == 201
    assert bench.charged("infludata") == 0
    bench.advance(hours=25)
    assert get(bench, "/getUserData", **who).status_code == 200
    assert bench.charged("infludata") == 1


def test_each_request_for_a_pending_audience_costs_one_and_the_status_check_is_free(bench: SandboxBench) -> None:
    who = {"platform": "tiktok", "username": a_creator(pending=True)}
    for looks in (1, 2):
        assert get(bench, "/getUserData", **who, includeAudienceReport="true").status_code == 202
        assert bench.charged("infludata") == looks
    assert get(bench, "/checkDataStatus", **who).json()["hasAudienceData"] is False
    bench.advance(hours=31)
    assert get(bench, "/checkDataStatus", **who).json()["hasAudienceData"] is True
    assert bench.charged("infludata") == 2
    response = get(bench, "/getUserData", **who, includeAudienceReport="true")
    assert response.status_code == 200
    assert response.json()["audienceReport"]["countries"]
    assert bench.charged("infludata") == 22


def test_a_creator_is_the_same_by_username_native_id_and_internal_id(bench: SandboxBench) -> None:
    one = get(bench, "/discovery", platform="tiktok").json()["users"][0]
    by_name = get(bench, "/getUserData", platform="tiktok", username=one["username"]).json()
    by_id = get(bench, "/getUserData", _id=one["_id"]).json()
    by_native = get(bench, "/getUserData", platform="tiktok", userId=by_name["userId"]).json()
    assert by_name == by_id == by_native
    assert by_name["followers"] == one["followers"]


def test_discovery_pages_through_everything_exactly_once(bench: SandboxBench) -> None:
    params = {"platform": "tiktok", "country": "Germany", "categories": "fitness", "followerMin": 10_000}
    first = get(bench, "/discovery", **params).json()
    seen = []
    for skip in range(0, first["count"] + 20, 20):
        seen += [one["_id"] for one in get(bench, "/discovery", **params, skipCount=skip).json()["users"]]
    assert len(seen) == len(set(seen)) == first["count"] > 0


def test_content_is_paged_by_a_stable_cursor_and_charged_by_the_item(bench: SandboxBench) -> None:
    who = get(bench, "/discovery", platform="tiktok").json()["users"][0]["username"]
    before = bench.charged("infludata")
    first = get(bench, "/getContent", platform="tiktok", username=who, limit=7).json()
    bench.advance(days=20)  # posts that appear meanwhile must not shift the pages
    second = bench.infludata.get("/getContent", params={"limit": 7}, headers={"X-Cursor": first["next_cursor"]}).json()
    ids = [one["contentId"] for page in (first, second) for one in page["items"]]
    uploaded = [one["uploaded"] for page in (first, second) for one in page["items"]]
    assert len(set(ids)) == 14
    assert uploaded == sorted(uploaded, reverse=True)
    assert bench.charged("infludata") - before == 14 == first["tokensDeducted"] + second["tokensDeducted"]
    left = get(bench, "/getClientInfo", clientId="sandbox-client").json()["reportsLeft"]
    assert left == second["tokensRemaining"]


def test_the_watermark_is_inclusive_so_its_item_comes_back(bench: SandboxBench) -> None:
    who = get(bench, "/discovery", platform="tiktok").json()["users"][0]["username"]
    first = get(bench, "/getContent", platform="tiktok", username=who, limit=3).json()
    watermark = first["watermark"]["created_at_max"]
    again = get(bench, "/getContent", platform="tiktok", username=who, created_at_gte=watermark).json()
    assert [one["contentId"] for one in again["items"]] == [first["items"][0]["contentId"]]


def test_small_creators_are_missing_from_content_without_a_filter(bench: SandboxBench) -> None:
    small = get(bench, "/discovery", platform="tiktok", followerMax=9_000).json()["users"][0]["username"]
    assert get(bench, "/getContent", platform="tiktok", username=small, limit=1).json()["items"] == []
    assert (
        len(get(bench, "/getContent", platform="tiktok", username=small, followerMin=0, limit=1).json()["items"]) == 1
    )


def test_legacy_offset_paging_gives_the_same_items(bench: SandboxBench) -> None:
    by_cursor = get(bench, "/getContent", platform="tiktok", limit=4).json()["items"]
    by_offset = get(bench, "/getContent", platform="tiktok", limit=2, offset=2).json()
    assert [one["contentId"] for one in by_offset["items"]] == [one["contentId"] for one in by_cursor[2:]]


def test_an_organization_without_volume_is_refused_until_the_next_month(bench: SandboxBench) -> None:
    bench.set_account("infludata", set_balance="1")
    who = {"platform": "instagram", "username": "cristiano"}
    assert get(bench, "/getUserData", **who, includeAudienceReport="true").status_code == 403
    assert get(bench, "/getUserData", **who).status_code == 200
    refused = get(bench, "/getUserData", **who)
    assert refused.status_code == 429
    assert refused.json()["resetDate"] == "2026-04-01T00:00:00.000Z"
    assert get(bench, "/checkDataStatus", **who).status_code == 200
    bench.advance(days=30)
    assert get(bench, "/getUserData", **who).status_code == 200


def test_a_key_without_audience_reports_gets_no_report(bench: SandboxBench) -> None:
    bench.set_account("infludata", audience_reports=False)
    response = get(bench, "/getUserData", platform="instagram", username="cristiano", includeAudienceReport="true")
    assert response.status_code == 403


def test_a_trial_key_takes_two_steps_and_has_its_own_limits(bench: SandboxBench, seeds: Path) -> None:
    def post(path: str, **body: str) -> httpx.Response:
        return httpx.post(bench.running.url("infludata") + path, json=body)

    assert post("/createTrialKey", email="somebody@mailinator.com").status_code == 400
    assert post("/createTrialKey", email="no address").status_code == 400
    assert post("/verifyTrialKey", email="you@company.com", code="123456").status_code == 404
    assert post("/createTrialKey", email="you@company.com").status_code == 200
    [letter] = bench.control.get("/mail").json()
    wrong = "000000" if letter["code"] != "000000" else "111111"
    refused = post("/verifyTrialKey", email="you@company.com", code=wrong)
    assert (refused.status_code, refused.json()["attemptsRemaining"]) == (401, 4)
    issued = post("/verifyTrialKey", email="you+alias@company.com", code=letter["code"])
    assert issued.status_code == 201
    example = next(one for one in examples_in(seeds / PAGE) if "apiKey" in one)
    assert shape_differences(example, issued.json()) == []
    assert post("/createTrialKey", email="you+other@company.com").status_code == 409

    client = httpx.Client(
        base_url=bench.running.url("infludata"), headers={"Authorization": f"Bearer {issued.json()['apiKey']}"}
    )
    with client:
        names = [f"creator{number}" for number in range(11)]
        assert client.post("/bulkAddToEnrich", json={"platform": "tiktok", "usernames": names}).status_code == 400
        weekly = {"platform": "instagram", "username": "cristiano", "addToWeeklyEnrichment": "true"}
        assert client.get("/checkDataStatus", params=weekly).status_code == 403
        info = client.get("/getClientInfo", params={"clientId": issued.json()["clientId"]})
        assert info.json()["reportsLeft"] == 250
        bench.control.post("/accounts", json={"key": issued.json()["apiKey"], "set_balance": "0"})
        assert client.get("/discovery", params={"platform": "tiktok"}).status_code == 403
        bench.advance(days=14)
        assert client.get("/getClientInfo", params={"clientId": issued.json()["clientId"]}).status_code == 401


def test_a_verification_code_expires_by_age_and_by_wrong_guesses(bench: SandboxBench) -> None:
    for email, wait_minutes, status in (("old@company.com", 16, 410), ("guessed@company.com", 0, 429)):
        bench.infludata.post("/createTrialKey", json={"email": email})
        code = bench.control.get("/mail").json()[-1]["code"]
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        bench.advance(minutes=wait_minutes)
        if status == 429:
            for _ in range(5):
                assert bench.infludata.post("/verifyTrialKey", json={"email": email, "code": wrong}).status_code == 401
        assert bench.infludata.post("/verifyTrialKey", json={"email": email, "code": code}).status_code == status


def test_bulk_enrichment_names_what_failed_and_stops_at_a_hundred(bench: SandboxBench) -> None:
    response = bench.infludata.post(
        "/bulkAddToEnrich", json={"platform": "instagram", "usernames": ["adidas", "nobody at all"]}
    )
    assert response.json()["failed"][0]["identifier"] == "nobody at all"
    assert response.json()["summary"]["failed"] == 1
    names = [f"creator{number}" for number in range(101)]
    assert (
        bench.infludata.post("/bulkAddToEnrich", json={"platform": "instagram", "usernames": names}).status_code == 400
    )


def test_errors_can_be_an_object(start: Start) -> None:
    bench = start(infludata_error_shape="object")
    error = get(bench, "/discovery").json()["error"]
    assert error == {"code": "BAD_REQUEST", "message": "Missing required parameter: platform"}


def test_bodies_are_compressed_for_clients_that_accept_it(bench: SandboxBench) -> None:
    url = bench.running.url("infludata") + "/discovery?platform=tiktok"
    headers = {"Authorization": f"Bearer {KEYS['infludata']}"}
    with httpx.stream("GET", url, headers=headers | {"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in httpx.get(url, headers=headers | {"Accept-Encoding": "identity"}).headers
