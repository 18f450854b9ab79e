"""Influtics: bloggers, jobs and the account, compared with its two pages and its public pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.reference import examples_in

from .conftest import SandboxBench, Start, shape_differences


def info(bench: SandboxBench, username: str = "bar.films", **params: str) -> Any:
    response = bench.influtics.get("/v1/bloggers/info", params={"username": username, **params})
    assert response.status_code == 200, response.text
    return response.json()["data"]["blogger"]


def track(bench: SandboxBench, *urls: str) -> httpx.Response:
    return bench.influtics.post("/v1/videos/track", json={"urls": list(urls)})


def test_documented_responses_have_the_documented_fields_and_types(bench: SandboxBench, seeds: Path) -> None:
    [blogger, *errors] = examples_in(seeds / "000_243d6688ae00c433.txt")
    response = bench.influtics.get(
        "/v1/bloggers/info", params={"username": "bar.films", "platform": "TikTok", "refresh": "true"}
    )
    assert shape_differences(blogger, response.json()) == []
    for name in ("channel_name", "channel_username", "url", "platform", "number_of_subscribers"):
        assert response.json()["data"]["blogger"][name] == blogger["data"]["blogger"][name]
    missing = bench.influtics.get("/v1/bloggers/info")
    nobody = bench.influtics.get("/v1/bloggers/info", params={"username": "nobody.at.all"})
    assert (missing.status_code, nobody.status_code) == (400, 400)
    assert shape_differences(errors[0], missing.json()) == []
    assert missing.json()["error"]["message"] == errors[0]["error"]["message"]
    assert nobody.json()["error"]["code"] == errors[1]["error"]["code"]

    request, tracked, *refusals = examples_in(seeds / "004_40d95a48aadf2d02.txt")
    response = bench.influtics.post("/v1/videos/track", json=request)
    assert shape_differences(tracked, response.json()) == []
    refused = bench.influtics.post("/v1/videos/track", json={})
    assert shape_differences(refusals[0], refused.json()) == []
    assert refused.json()["error"]["field"] == "urls"


def test_a_blogger_costs_one_credit_and_is_free_for_seven_days(bench: SandboxBench) -> None:
    assert info(bench)["cached"] is False
    bench.advance(days=6, hours=23)
    again = info(bench)
    assert again["cached"] is True
    assert again["cache_expires_at"] == "2026-03-09T12:00:00." + again["cache_expires_at"][-4:]
    assert bench.charged("influtics") == 1
    bench.advance(hours=2)
    assert info(bench)["cached"] is False
    assert bench.charged("influtics") == 2


def test_videos_arrive_in_minutes_and_their_statistics_age_in_a_day(bench: SandboxBench) -> None:
    first = info(bench)
    assert (first["initial_videos_enqueued"], first["video_count"]) == (True, 0)
    assert first["estimated_completion"] is not None
    waiting = info(bench)
    assert (waiting["initial_videos_enqueued"], waiting["video_count"]) == (False, 0)
    bench.advance(minutes=6)
    landed = info(bench)
    assert landed["video_count"] > 0
    assert landed["total_views"] == pytest.approx(
        landed["avg_views"] * landed["video_count"], abs=landed["video_count"]
    )
    assert landed["stats_update_enqueued"] is False
    bench.advance(days=1, minutes=5)
    assert info(bench)["stats_update_enqueued"] is True
    assert bench.charged("influtics") == 1


def test_a_refresh_is_enqueued_and_charged_only_from_five_days_of_age(bench: SandboxBench) -> None:
    info(bench)
    bench.advance(minutes=6)
    info(bench)
    assert info(bench, refresh="true")["videos_refresh_enqueued"] is False
    bench.advance(days=5)
    refreshed = info(bench, refresh="true")
    assert (refreshed["cached"], refreshed["videos_refresh_enqueued"]) == (True, True)
    assert bench.charged("influtics") == 2
    assert info(bench, refresh="true")["videos_refresh_enqueued"] is False
    assert bench.charged("influtics") == 2


def test_the_account_paths_return_charges_and_limits(bench: SandboxBench) -> None:
    info(bench)
    track(bench, "https://youtu.be/dQw4w9WgXcQ")
    usage = bench.influtics.get("/v1/account/usage").json()["data"]
    assert [one["credits_used"] for one in usage["usage_history"]] == [30, 1]
    assert usage["summary"]["credits"] == {"total": 100_000, "used": 31}
    assert usage["summary"]["videos"] == {"limit": 1_000, "used": 1}
    assert bench.influtics.get("/v1/account/limits").json()["data"]["rate_limits"]["requests_per_minute"] == 20


def test_the_newer_generation_tracks_bloggers_by_jobs(start: Start, bench: SandboxBench) -> None:
    assert bench.influtics.post("/v1/bloggers/track", json={}).status_code == 404
    newer = start(influtics_generation="jobs")
    assert newer.influtics.get("/v1/bloggers/info", params={"username": "bar.films"}).status_code == 410
    body = {"platform": "tiktok", "username": "bar.films", "initial_videos_count": 10}
    assert newer.influtics.get("/v1/bloggers/by-username/bar.films").json()["error"]["code"] == "BLOGGER_NOT_TRACKED"
    assert newer.influtics.post("/v1/bloggers/track", json=body | {"initial_videos_count": 501}).status_code == 422
    made = newer.influtics.post("/v1/bloggers/track", json=body)
    lost = newer.influtics.post("/v1/bloggers/track", json=body | {"username": "nobody.at.all"}).json()
    assert made.status_code == 202
    assert made.json()["polling"]["retry_after_seconds"] > 0
    job = made.json()["status_url"]
    states = [newer.influtics.get(job).json()["status"]]
    newer.advance(seconds=30)
    states.append(newer.influtics.get(job).json()["status"])
    assert newer.charged("influtics") == 0
    newer.advance(minutes=5)
    states.append(newer.influtics.get(job).json()["status"])
    assert states == ["queued", "processing", "succeeded"]
    assert newer.influtics.get(lost["status_url"]).json()["status"] == "error"
    assert newer.charged("influtics") == 1
    blogger = newer.influtics.get("/v1/bloggers/by-username/@bar.films", params={"platform": "tiktok"}).json()["data"][
        "blogger"
    ]
    assert (blogger["is_tracked"], blogger["video_count"] > 0) == (True, True)
    assert newer.influtics.post("/v1/bloggers/track", json=body).status_code == 409
    response = track(newer, "https://youtu.be/dQw4w9WgXcQ")
    assert response.status_code == 202
    assert response.json()["data"]["tracked"] == [{"url": "https://youtu.be/dQw4w9WgXcQ", "status": "tracked"}]
    newer.advance(days=2)
    assert newer.influtics.get(job).status_code == 410
    assert json.loads(newer.influtics.get("/v1/bloggers/jobs/unknown").text)["error"]["code"] == "NOT_FOUND"
