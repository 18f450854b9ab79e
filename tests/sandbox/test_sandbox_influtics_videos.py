"""Influtics: tracked videos and their statistics, compared with its two pages and its public pages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from .conftest import SandboxBench, Start

URL_FORMS = {
    "https://www.tiktok.com/@username/video/1234567890": ("tiktok", "1234567890"),
    "https://m.tiktok.com/@username/video/1234567891": ("tiktok", "1234567891"),
    "https://www.instagram.com/reel/ABC123DEF456/": ("instagram", "ABC123DEF456"),
    "https://instagram.com/p/ABC123DEF457/": ("instagram", "ABC123DEF457"),
    "https://www.instagram.com/p/ABC123DEF458/": ("instagram", "ABC123DEF458"),
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ": ("youtube", "dQw4w9WgXcQ"),
    "https://youtu.be/dQw4w9WgXcR": ("youtube", "dQw4w9WgXcR"),
    "https://youtube.com/shorts/dQw4w9WgXcS": ("youtube", "dQw4w9WgXcS"),
    "https://www.youtube.com/shorts/dQw4w9WgXcT": ("youtube", "dQw4w9WgXcT"),
}


def track(bench: SandboxBench, *urls: str) -> httpx.Response:
    return bench.influtics.post("/v1/videos/track", json={"urls": list(urls)})


def one_video(bench: SandboxBench, external_id: str) -> Any:
    return bench.influtics.get(f"/v1/videos/by-external-id/{external_id}").json()["data"]["data"]


def test_every_documented_address_form_is_tracked_for_thirty_credits(bench: SandboxBench) -> None:
    response = track(bench, *URL_FORMS).json()
    rows = response["data"]["results"]
    assert [(row["platform"], row["external_video_id"]) for row in rows] == list(URL_FORMS.values())
    assert [row["index"] for row in rows] == list(range(len(URL_FORMS)))
    assert {row["status"] for row in rows} == {"tracked"}
    assert response["meta"]["summary"] == {"total": 9, "tracked": 9, "already_tracked": 0, "errors": 0}
    assert bench.charged("influtics") == 270


def test_short_links_are_resolved_and_recognised_again(bench: SandboxBench) -> None:
    for host in ("vm", "vt"):
        [row] = track(bench, f"https://{host}.tiktok.com/ZSHpobCM8{host}/").json()["data"]["results"]
        assert row["status"] == "tracked"
        assert row["url"].endswith(f"/video/{row['external_video_id']}")
        [again] = track(bench, row["url"]).json()["data"]["results"]
        assert (again["status"], again["video_id"]) == ("already_tracked", row["video_id"])
    assert bench.charged("influtics") == 60


def test_one_bad_address_does_not_stop_the_others_and_costs_nothing(bench: SandboxBench) -> None:
    urls = [
        "https://youtu.be/dQw4w9WgXcQ",
        "https://example.org/v/1",
        "https://www.tiktok.com/@u/video/10000404",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "not an address",
    ]
    response = track(bench, *urls).json()
    assert [row["status"] for row in response["data"]["results"]] == [
        "tracked",
        "error",
        "error",
        "already_tracked",
        "error",
    ]
    assert all(bool(row["error"]) == (row["status"] == "error") for row in response["data"]["results"])
    assert response["meta"]["summary"] == {"total": 5, "tracked": 1, "already_tracked": 1, "errors": 3}
    assert bench.charged("influtics") == 30


def test_fifty_addresses_fit_and_fifty_one_do_not(bench: SandboxBench) -> None:
    urls = [f"https://www.tiktok.com/@u/video/{700_000 + number}" for number in range(51)]
    assert track(bench, *urls).status_code == 400
    assert track(bench).status_code == 400
    assert track(bench, *urls[:50]).json()["meta"]["summary"]["tracked"] == 50


def test_the_plan_limits_tracked_videos_until_their_thirty_days_are_over(bench: SandboxBench) -> None:
    bench.set_account("influtics", video_limit=2)
    urls = [f"https://www.tiktok.com/@u/video/{700_000 + number}" for number in range(3)]
    assert track(bench, *urls[:2]).status_code == 200
    refused = track(bench, *urls)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "SUBSCRIPTION_LIMIT"
    assert "Your Pro plan allows 2 tracked videos. Current usage: 2" in refused.json()["error"]["message"]
    assert track(bench, urls[0]).json()["data"]["results"][0]["status"] == "already_tracked"
    bench.advance(days=31)
    assert track(bench, urls[2]).status_code == 200
    assert bench.charged("influtics") == 90


def test_twenty_requests_and_a_thousand_videos_a_minute(start: Start) -> None:
    bench = start(rate_limit_scale=1.0)
    bench.set_account("influtics", video_limit=5_000)
    batches = [
        [f"https://www.tiktok.com/@u/video/{5_000_000 + 50 * batch + at}" for at in range(50)] for batch in range(21)
    ]
    assert [track(bench, *urls).status_code for urls in batches] == [200] * 20 + [429]
    bench.advance(seconds=60)
    assert track(bench, *batches[20]).status_code == 200


def test_spent_credits_give_429_with_the_wait(bench: SandboxBench) -> None:
    bench.set_account("influtics", set_balance="29")
    refused = track(bench, "https://youtu.be/dQw4w9WgXcQ")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert refused.json()["error"]["retry_after"] > 86_400
    assert bench.charged("influtics") == 0


def test_statistics_come_within_five_minutes_then_daily_for_thirty_days(bench: SandboxBench) -> None:
    track(bench, "https://youtu.be/dQw4w9WgXcQ")
    assert one_video(bench, "dQw4w9WgXcQ")["stats"]["views"] == {}
    bench.advance(minutes=5)
    earlier = one_video(bench, "dQw4w9WgXcQ")["stats"]["views"]
    assert len(earlier) == 1
    for _ in range(40):
        bench.advance(days=1)
        views = one_video(bench, "dQw4w9WgXcQ")["stats"]["views"]
        assert dict(list(views.items())[: len(earlier)]) == earlier  # a returned point never changes
        earlier = views
    assert len(earlier) == 30
    assert {date.fromisoformat(key[:10]) for key in earlier} == {
        date(2026, 3, 2) + timedelta(days=day) for day in range(30)
    }
    assert bench.charged("influtics") == 30


def test_statistics_are_paged_filtered_and_free(bench: SandboxBench) -> None:
    urls = [f"https://www.tiktok.com/@u/video/{700_000 + number}" for number in range(25)]
    track(bench, *urls, "https://youtu.be/dQw4w9WgXcQ")
    bench.advance(days=2)
    seen: list[str] = []
    while True:
        page = bench.influtics.get("/v1/videos/stats", params={"limit": 10, "offset": len(seen)}).json()["data"]
        seen += [one["video_id"] for one in page["data"]]
        if not page["pagination"]["has_more"]:
            break
    assert len(seen) == len(set(seen)) == 26
    [found] = bench.influtics.get("/v1/videos/stats", params={"platform": "YouTube"}).json()["data"]["data"]
    assert set(found) == {
        "video_id",
        "external_video_id",
        "stats",
        "views",
        "likes",
        "comments",
        "reposts",
        "platform",
        "created_at",
        "title",
        "thumbnail_url",
        "cpm",
        "er",
        "stats_last_updated",
    }
    assert found == one_video(bench, "dQw4w9WgXcQ")
    assert bench.influtics.get(f"/v1/videos/by-id/{found['video_id']}").json()["data"]["data"] == found
    by_views = bench.influtics.get("/v1/videos/stats", params={"sort": "views", "order": "asc"}).json()["data"]["data"]
    assert [one["views"] for one in by_views] == sorted(one["views"] for one in by_views)
    assert bench.influtics.get("/v1/videos/stats", params={"status": "completed"}).json()["data"]["data"] == []
    assert bench.influtics.get("/v1/videos/stats", params={"limit": 101}).status_code == 400
    assert bench.influtics.get("/v1/videos/by-external-id/unknown").status_code == 404
    assert bench.charged("influtics") == 26 * 30


def test_a_replayed_series_equals_its_file_on_every_day(start: Start, data: Path) -> None:
    path = data / "video_daily_stats.parquet"
    frame = (
        pl.read_parquet(path)
        .filter((pl.col("platform") == "tiktok") & (pl.col("n_days_observed") >= 4))
        .sort("observed_on")
    )
    falling = frame.filter(pl.col("views").diff().over("video_id") < 0)["video_id"].to_list()[:5]
    ids = [*falling, *frame["video_id"].unique(maintain_order=True).to_list()[:20]]
    rows = frame.filter(pl.col("video_id").is_in(ids))
    expected = {
        (row["video_id"], row["observed_on"]): (row["views"], row["likes"], row["comments"]) for row in rows.to_dicts()
    }
    first, last = rows["observed_on"].min(), rows["observed_on"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    bench = start(video_series_path=str(path), start_at=f"{first.isoformat()}T10:00:00+00:00")
    track(bench, *(f"https://www.tiktok.com/@u/video/{video_id}" for video_id in dict.fromkeys(ids)))
    bench.advance(minutes=5)
    served: dict[tuple[str, date], tuple[int | None, ...]] = {}
    for day in range(min(30, (last - first).days + 1)):
        today = first + timedelta(days=day)
        for one in bench.influtics.get("/v1/videos/stats", params={"limit": 100}).json()["data"]["data"]:
            if (one["stats_last_updated"] or "").startswith(today.isoformat()):
                served[one["external_video_id"], today] = (one["views"], one["likes"], one["comments"])
        bench.advance(days=1)
    window = {key: value for key, value in expected.items() if key[1] < first + timedelta(days=30)}
    assert served == window
    assert len(served) > 50
