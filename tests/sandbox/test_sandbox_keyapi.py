"""KeyAPI: its one operation, with the oddities of its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.reference import examples_in

from .conftest import SandboxBench, Start, shape_differences

PATH = "/v1/tiktok/influencer/detail/analytics"


def ask(bench: SandboxBench, **params: str) -> httpx.Response:
    return bench.keyapi.get(PATH, params=params)


def some_handles(bench: SandboxBench, count: int) -> list[str]:
    body = {"platform": "tiktok", "paging": {"limit": 50, "page": 1}}
    accounts = bench.club.post("/public/v1/discovery/", json=body).json()["accounts"]
    return [one["profile"]["username"] for one in accounts][:count]


def test_an_item_has_exactly_the_documented_fields(bench: SandboxBench, seeds: Path) -> None:
    page = (seeds / "002_4ccb9e44c0d725df.txt").read_text()
    properties = page[page.index("data:\n                    type: array") : page.index("title: >-")]
    documented = [
        line.strip().rstrip(":")
        for line in properties.splitlines()
        if line.startswith(" " * 24) and not line.startswith(" " * 25)
    ]
    response = ask(bench, unique_ids="bible._.verse").json()
    assert list(response) == ["code", "message", "data", "requestId"]
    [item] = response["data"]
    assert set(item) == set(documented)
    assert len(documented) == 48
    assert (item["user_id"], item["total_followers_cnt"]) == ("100034034780479488", 818)


def test_errors_have_the_documented_bodies(bench: SandboxBench, seeds: Path) -> None:
    example = {"code": 401, "data": None, "message": "apiKey is null"}
    assert "message: apiKey is null" in (seeds / "002_4ccb9e44c0d725df.txt").read_text()
    assert httpx.get(bench.running.url("keyapi") + PATH).json() == example
    assert ask(bench).status_code == 400
    assert shape_differences(example, ask(bench).json()) == []
    bench.set_account("keyapi", set_balance="0")
    assert ask(bench, unique_ids="bar.films").json() == {
        "code": 402,
        "data": None,
        "message": "apiKey quota is not enough",
    }
    assert examples_in(seeds / "002_4ccb9e44c0d725df.txt")


def test_ten_ids_cost_one_credit_and_eleven_are_refused(bench: SandboxBench) -> None:
    handles = some_handles(bench, 11)
    response = ask(bench, unique_ids=",".join(handles[:10]))
    assert {one["unique_id"] for one in response.json()["data"]} <= set(handles[:10])
    assert bench.charged("keyapi") == 1
    assert ask(bench, unique_ids=",".join(handles)).status_code == 400
    assert bench.charged("keyapi") == 1


def test_unknown_ids_are_absent_and_rows_have_an_arbitrary_stable_order(bench: SandboxBench) -> None:
    handles = ["bar.films", "nobody.at.all", "bible._.verse"]
    forwards = [one["unique_id"] for one in ask(bench, unique_ids=",".join(handles)).json()["data"]]
    backwards = [one["unique_id"] for one in ask(bench, unique_ids=",".join(reversed(handles))).json()["data"]]
    assert forwards == backwards
    assert set(forwards) == {"bar.films", "bible._.verse"}
    assert ask(bench, unique_ids="nobody.at.all").json()["data"] == []
    assert bench.charged("keyapi") == 3


def test_a_creator_requested_by_user_id_and_by_handle_is_one_row(bench: SandboxBench) -> None:
    [by_handle] = ask(bench, unique_ids="bar.films").json()["data"]
    [by_both] = ask(bench, unique_ids="bar.films", user_ids=by_handle["user_id"]).json()["data"]
    assert by_both == by_handle


def test_distributions_are_json_inside_text_and_unknown_is_empty_text(bench: SandboxBench) -> None:
    rows: list[dict[str, Any]] = ask(bench, unique_ids=",".join(some_handles(bench, 10))).json()["data"]
    for row in rows:
        assert set(json.loads(row["influencer_video_publish_hour"])) == {f"{hour:02d}" for hour in range(24)}
        assert set(json.loads(row["influencer_video_publish_week"])) == set("1234567")
        assert set(json.loads(row["influencer_video_duration_level"])) == {"15s", "15s-30s", "30s-60s", "1m-2m", "2m"}
        assert isinstance(json.loads(row["most_category_product"]), list)
        assert {name for name, value in row.items() if value is None} <= {"seller_id"}
        assert int(row["user_id"]) > 2**53
    assert any(row["contact_email"] == "" for row in rows)


def test_the_eleventh_request_of_a_second_is_too_many(start: Start) -> None:
    bench = start(rate_limit_scale=1.0)
    statuses = [ask(bench).status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]
    assert ask(bench).json() == {"code": 429, "data": None, "message": "qps limit exceeded"}


def test_a_fault_can_be_in_the_body_at_http_200(bench: SandboxBench) -> None:
    bench.fault(kind="fault_in_body", provider="keyapi", status=500)
    response = ask(bench, unique_ids="bar.films")
    assert response.status_code == 200
    assert response.json()["code"] == 500
    assert response.json()["data"] is None
    assert bench.charged("keyapi") == 0
