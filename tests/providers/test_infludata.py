"""influData: the documented examples field by field, the charges over HTTP, and the rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.contract import AnswerKind, Basis, Recovery
from creator_assets.providers.infludata import operations, payloads, pulls, rows
from tests.reference import examples_in

from .bench import NOW, Bench, answer, read, response, total_cost

SETTINGS = ProviderSettings(client_id="sandbox-client")
TRIAL = ProviderSettings(is_trial=True)
CREDIT = 1_000_000
CONTENT = pulls.content(SETTINGS, "instagram", "fashioninfluencer", 100).first


@pytest.fixture(scope="module")
def shown(seeds: Path) -> dict[str, Any]:
    """The documented examples, by a field that only they have."""
    found = examples_in(seeds / operations.SEED)
    marks = ("nextStep", "apiKey", "isInDatabase", "processed", "users", "items", "reportsLeft")
    return {mark: next(one for one in found if mark in one) for mark in marks}


def test_the_example_of_discovery_becomes_a_row_with_a_fraction(shown: dict[str, Any]) -> None:
    call = operations.search(SETTINGS, "instagram", {}, 20).first
    row = rows.creator_rows([answer(call, shown["users"])], origin="search", origin_name="a", platform="instagram")
    told = row.rows.row(0, named=True)
    assert {
        name: told[name] for name in ("username", "display_name", "followers", "provider_id", "native_id", "country")
    } == {
        "username": "example_user",
        "display_name": "Example User",
        "followers": 125_000,
        "provider_id": "profile_id_123",
        "native_id": None,
        "country": "Germany",
    }
    assert row.rows["engagement_rate"][0] == pytest.approx(0.042)
    assert (row.rows["relevance"][0], row.rows["cost_microcredits"][0]) == (95.8, CREDIT)


def test_the_example_of_content_is_charged_as_it_states_and_becomes_a_row(shown: dict[str, Any]) -> None:
    bought = answer(CONTENT, shown["items"])
    reading = CONTENT.operation.read(CONTENT, response(shown["items"]))
    assert (reading.charge_microcredits, reading.basis) == (100 * CREDIT, Basis.STATED)
    assert reading.balance_microcredits == 9_900 * CREDIT
    assert reading.note == "1 pieces, 100 requests deducted"
    parsed = rows.content_rows([bought])
    assert parsed.rejected.is_empty()
    row = parsed.rows.row(0, named=True)
    assert row["content_id"] == "IG_12345678901234567"
    assert row["native_id"] == "12345678901234567"
    assert (row["platform"], row["kind"], row["username"]) == ("instagram", "reel", "fashioninfluencer")
    assert row["published_at"] == datetime(2026, 5, 15, 10, 30, tzinfo=UTC)
    assert (row["reach"], row["likes"], row["comments"], row["shares"]) == (125_000, 8_500, 342, None)
    assert row["engagement_rate"] == 0.0745
    assert (row["hashtags"], row["mentions"]) == (["fashion", "style"], ["brandname"])
    assert row["media_expires_at"] == NOW + timedelta(hours=24)
    later = answer(CONTENT, shown["items"], observed_at=datetime(2026, 5, 16, tzinfo=UTC))
    assert rows.newest([later]) == datetime(2026, 5, 15, 10, 30, tzinfo=UTC)


def test_the_examples_of_the_free_operations_are_read(shown: dict[str, Any]) -> None:
    status = answer(operations.status(SETTINGS, "instagram", "cristiano").first, shown["isInDatabase"])
    assert (status.kind, rows.readiness(status).is_known, rows.readiness(status).has_audience) == (
        AnswerKind.FINAL,
        True,
        True,
    )
    queued = answer(operations.queue(SETTINGS, "instagram", ["cristiano", "leomessi"])[0].first, shown["processed"])
    batch = rows.queue_rows([queued]).rows.row(0, named=True)
    assert (batch["state"], batch["total_rows"], batch["processed_rows"], batch["failed_rows"]) == ("finished", 2, 2, 0)
    info = answer(operations.balance(SETTINGS).first, shown["reportsLeft"])
    assert rows.balance(info).left_microcredits == 230 * CREDIT


def test_the_examples_of_the_sign_up_are_read_and_the_key_is_never_shown(shown: dict[str, Any]) -> None:
    step_one = operations.trial_key("you@company.com", email_hash="hash")
    assert read(step_one.first, shown["nextStep"]).kind is AnswerKind.FINAL
    step_two = operations.trial_code("you@company.com", "123456", email_hash="hash")
    issued = answer(step_two.first, shown["apiKey"], 201)
    key = payloads.issued_key(issued.body)
    assert key is not None
    assert (key.api_key, key.client_id, key.requests_included) == ("your-trial-api-key", "trial-aB3xK9pQz1", 250)
    assert "your-trial-api-key" not in repr(key) + repr(issued)
    lacking = {name: value for name, value in shown["apiKey"].items() if name != "expiresAt"}
    assert payloads.issued_key(json.dumps(lacking).encode()) is None
    assert step_one.first.operation.holds_secret
    assert not step_one.first.operation.authenticated


def test_the_address_of_a_sign_up_cannot_be_told_from_the_requests_key() -> None:
    def key(email: str, email_hash: str, code: str = "1") -> str:
        return operations.trial_code(email, code, email_hash=email_hash).first.request_key("live")

    assert key("a@example.com", "one") == key("b@example.com", "one", "2") != key("a@example.com", "two")


@pytest.mark.parametrize(
    ("status", "body", "note"),
    [
        (400, {"error": "Disposable"}, "HTTP 400"),
        (401, {"error": "Incorrect code.", "attemptsRemaining": 3}, "HTTP 401, 3 attempts left"),
        (404, {"error": "none"}, "HTTP 404"),
        (409, {"error": "issued"}, "HTTP 409"),
        (410, {"error": "expired"}, "HTTP 410"),
        (429, {"error": "too many"}, "HTTP 429"),
        (503, {"error": "caps"}, "HTTP 503"),
    ],
)
def test_a_sign_up_that_fails_is_never_repeated_by_itself(status: int, body: Any, note: str) -> None:
    reading = read(operations.trial_code("a@example.com", "1", email_hash="h").first, body, status)
    assert (reading.recovery, reading.charge_microcredits, reading.note) == (Recovery.FIX_REQUEST, 0, note)


def test_a_trial_key_has_its_own_limits() -> None:
    names = [f"n{number}" for number in range(25)]
    sizes = [len(pages.first.body["usernames"]) for pages in operations.queue(TRIAL, "tiktok", names)]  # type: ignore[index]
    assert sizes == [10, 10, 5]
    assert len(operations.queue(SETTINGS, "tiktok", names)) == 1
    assert TRIAL.rates_of(operations.DISCOVERY) == operations.TRIAL_RATES
    assert SETTINGS.rates_of(operations.DISCOVERY) == operations.ORGANIZATION_RATES
    with pytest.raises(ValueError, match="not of facebook"):
        operations.queue(SETTINGS, "facebook", names)


def test_content_always_states_the_follower_filter_and_goes_on_from_a_watermark_without_paying_it_again() -> None:
    since = datetime(2026, 5, 15, 10, 30, tzinfo=UTC)
    params = pulls.content(SETTINGS, "tiktok", "x", 250, since).first.params
    assert params["min_followers"] == "1"
    assert params["created_at_gte"] == "2026-05-15T10:30:00.001+00:00"
    pages = pulls.content(SETTINGS, "tiktok", "x", 250)
    assert (pages.first.params["limit"], pages.worst_case_microcredits) == ("83", 249 * CREDIT)


def _items(count: int) -> list[dict[str, Any]]:
    return [{"contentId": f"TT_{n}", "platform": "tiktok", "username": "x"} for n in range(count)]


def test_the_cursor_travels_with_all_filters_and_a_cursor_that_repeats_ends_the_pull() -> None:
    pages = pulls.content(SETTINGS, "tiktok", "x", 200)
    first = answer(pages.first, {"items": _items(100), "next_cursor": "c1", "tokensDeducted": 100})
    second = pages.follow(first, 1)
    assert second is not None
    assert second.params == {**pages.first.params, "cursor": "c1"}
    assert pages.follow(answer(second, {"items": _items(100), "next_cursor": "c1"}), 2) is None
    assert pages.follow(answer(second, {"items": [], "next_cursor": "c2"}), 2) is None


def test_a_watermark_of_the_future_is_none() -> None:
    uploaded = [
        one | {"uploaded": at}
        for one, at in zip(_items(2), ("2026-03-01T12:00:00Z", "2027-01-01T00:00:00Z"), strict=True)
    ]
    page = {"items": uploaded, "next_cursor": None, "watermark": {"created_at_max": "9999-12-31T00:00:00Z"}}
    assert rows.newest([answer(CONTENT, page)]) == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_pull_whose_cursor_is_over_goes_on_by_date(status: int) -> None:
    pages = pulls.content(SETTINGS, "tiktok", "x", 300)
    dated = [one | {"uploaded": f"2026-05-{28 - place // 5:02}T12:00:00Z"} for place, one in enumerate(_items(100))]
    second = pages.follow(answer(pages.first, {"items": dated, "next_cursor": "c1"}), 1)
    assert second is not None
    over = answer(second, {"error": "no such point in time"}, status)
    assert (over.kind, over.charge_microcredits) == (AnswerKind.EMPTY, 0)
    instead = pages.follow(over, 2)
    assert instead is not None
    assert instead.params == {**pages.first.params, "created_at_lte": "2026-05-09T11:59:59.999+00:00"}
    third = pages.follow(answer(instead, {"items": _items(100), "next_cursor": "c2"}), 3)
    assert third is not None
    assert third.params == {**instead.params, "cursor": "c2"}
    last = answer(third, {"items": _items(100), "next_cursor": "c3"})
    # Three pages were bought: the fourth call is made up for, and a fifth is only told.
    assert pages.max_calls == 4
    assert pages.follow(last, 4) is not None
    assert pages.follow(last, 3) is None


def test_what_is_no_cursor_is_not_taken_for_one_that_is_over() -> None:
    reading = read(CONTENT, {"error": "limit must be 1 to 100"}, 400)
    assert reading.recovery is Recovery.FIX_REQUEST


def test_the_older_form_by_offset_is_followed_and_read() -> None:
    pages = pulls.content(SETTINGS, "tiktok", "x", 200)
    first = answer(pages.first, {"content": _items(100), "count": 100, "limit": 100, "offset": 0})
    second = pages.follow(first, 1)
    assert second is not None
    assert (second.params["offset"], first.charge_microcredits) == ("100", 100 * CREDIT)
    assert rows.content_rows([first]).rows.height == 100
    dated = {"content": [one | {"uploaded": "2026-02-15T10:30:00Z"} for one in _items(2)], "count": 2, "offset": 0}
    assert rows.newest([first, answer(pages.first, dated)]) == datetime(2026, 2, 15, 10, 30, tzinfo=UTC)
    assert pages.follow(answer(second, {"content": _items(3), "count": 3, "limit": 100, "offset": 100}), 2) is None


@pytest.mark.parametrize(
    ("stated", "charge", "basis"), [(7, 7, Basis.STATED), ("7", 7, Basis.STATED), (0, 0, Basis.STATED),
                                    (None, 2, Basis.PRICED), (-1, 2, Basis.PRICED), ("many", 2, Basis.PRICED),
                                    (1.5, 2, Basis.PRICED)],
)  # fmt: skip
def test_what_content_says_it_deducted_is_believed_where_it_can_be(stated: Any, charge: int, basis: Basis) -> None:
    reading = read(CONTENT, {"items": _items(2), "tokensDeducted": stated})
    assert (reading.charge_microcredits, reading.basis) == (charge * CREDIT, basis)


def test_a_creator_is_waited_for_by_what_the_status_check_says() -> None:
    call = operations.status(SETTINGS, "tiktok", "x").first
    absent = answer(call, {"isInDatabase": False, "isBeingProcessed": True})
    unready = answer(call, {"isInDatabase": True, "hasAudienceData": False})
    assert rows.readiness(absent).next_look_at == NOW + timedelta(hours=24)
    assert (unready.kind, rows.readiness(unready).next_look_at) == (AnswerKind.PENDING, NOW + timedelta(hours=1))
    assert read(operations.status(SETTINGS, "twitch", "x").first, {"isInDatabase": True}).kind is AnswerKind.FINAL
    assert read(call, {"isInDatabase": "yes"}).kind is AnswerKind.DAMAGED
    assert read(call, {"error": "no"}, 404).kind is AnswerKind.EMPTY


REPORT = {
    "userId": "7",
    "followers": 10,
    "audienceReport": {
        "ages": [{"code": "18-24", "percentage": 60}, {"code": "25-34", "percentage": 39.5}],
        "genders": {"m": 40, "w": 60},
        "ethnicities": {"a": 50, "b": 50},
        "cities": [{"name": "Köln", "percentage": 0.5}],
        "audienceQuality": {"realPercentage": 81.25, "types": [{"code": "real", "percentage": 70}]},
    },
}


def test_a_report_becomes_one_row_and_long_segments_in_fractions() -> None:
    call = operations.profile_with_report(SETTINGS, "tiktok", "x").first
    bought = answer(call, REPORT)
    parsed = rows.report_rows([bought])
    assert bought.charge_microcredits == 20 * CREDIT == total_cost(parsed.reports.rows)
    report = parsed.reports.rows.row(0, named=True)
    assert (report["state"], report["bases"], report["credibility"]) == ("ready", "followers", 0.8125)
    shares = {(row[0], row[1]): row[2] for row in parsed.segments.rows.select("dimension", "code", "share").rows()}
    assert shares == {
        ("age", "18-24"): 0.6,
        ("age", "25-34"): 0.395,
        ("gender", "m"): 0.4,
        ("gender", "w"): 0.6,
        ("city", "Köln"): 0.005,
        ("type", "real"): 0.7,
    }


def test_ethnicity_is_dropped_unless_it_is_asked_for() -> None:
    bought = answer(operations.profile_with_report(SETTINGS, "tiktok", "x").first, REPORT)
    assert "ethnicity" not in rows.report_rows([bought]).segments.rows["dimension"].to_list()
    kept = rows.report_rows([bought], keep_sensitive=True).segments.rows
    assert kept.filter(dimension="ethnicity")["share"].to_list() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("body", "status", "state", "charge"),
    [({}, 202, "pending", 1), ({}, 201, "pending", 0), ({"error": "no"}, 404, "not_found", 0),
     ({"userId": "7", "followers": 1}, 200, "unavailable", 20)],
)  # fmt: skip
def test_a_report_that_is_not_there_is_a_row_with_its_state(body: Any, status: int, state: str, charge: int) -> None:
    bought = answer(operations.profile_with_report(SETTINGS, "tiktok", "x").first, body, status)
    parsed = rows.report_rows([bought])
    row = parsed.reports.rows.row(0, named=True)
    assert (row["state"], row["cost_microcredits"]) == (state, charge * CREDIT)
    assert row["next_look_at"] == bought.not_before
    assert parsed.segments.rows.is_empty()


def _known(bench: Bench, count: int = 40) -> list[str]:
    found = bench.walk(operations.search(SETTINGS, "instagram", {"followerMin": 10_000}, count))
    parsed = rows.creator_rows(found, origin="search", origin_name="a", platform="instagram")
    return parsed.rows["username"].to_list()


def test_all_nine_operations_cost_over_http_what_their_readings_say(bench: Bench) -> None:
    names = _known(bench, 200)
    assert len(names) == 200
    for name in names:
        if bench.walk(operations.status(SETTINGS, "instagram", name))[0].kind is AnswerKind.PENDING:
            bench.walk(operations.profile_with_report(SETTINGS, "instagram", name))
    bench.walk(operations.profile(SETTINGS, "instagram", names[0]))
    bench.walk(operations.profile_with_report(SETTINGS, "instagram", names[0]))
    bench.walk(operations.profile(SETTINGS, "instagram", "nobody-by-that-name"))
    pieces = bench.walk(pulls.content(SETTINGS, "instagram", names[0], 150))
    bench.walk(operations.queue(SETTINGS, "instagram", names[:3])[0])
    bench.walk(operations.balance(SETTINGS))
    cities = bench.walk(operations.cities(SETTINGS, "instagram", {"country": "Germany"})[0])
    bench.walk(operations.trial_key("jane@company.test", email_hash="h"))
    code = bench.control.get("/mail").json()[-1]["code"]
    issued = bench.walk(operations.trial_code("jane@company.test", code, email_hash="h"))[0]
    assert payloads.issued_key(issued.body) is not None
    assert rows.filter_rows(cities).rows["parent"].unique().to_list() == ["Germany"]
    assert rows.content_rows(pieces).rows.height == sum(len(_page(one).items) for one in pieces) > 0
    statuses = {reading.kind for reading in bench.readings}
    assert statuses >= {AnswerKind.FINAL, AnswerKind.PENDING, AnswerKind.EMPTY}
    assert bench.booked["infludata"] == bench.meter("infludata") > 0
    assert bench.asked_operations() == {f"ID-{number}" for number in range(1, 10)}


def _page(one: Any) -> payloads.ContentPage:
    page = payloads.content_page(one.body)
    assert page is not None
    return page


def test_an_incremental_pull_buys_each_piece_once(bench: Bench) -> None:
    name = _known(bench, 20)[0]
    first = bench.walk(pulls.content(SETTINGS, "instagram", name, 30))
    mark = rows.newest(first)
    assert mark is not None
    bench.advance(days=30)
    later = bench.walk(pulls.content(SETTINGS, "instagram", name, 30, mark))
    before, after = (set(rows.content_rows(pull).rows["content_id"]) for pull in (first, later))
    assert before
    assert after
    assert not before & after
    assert bench.booked["infludata"] == bench.meter("infludata")


def test_a_report_in_the_making_is_waited_for_by_the_free_check_and_paid_once(bench: Bench) -> None:
    for name in _known(bench, 200):
        pending = bench.ask(operations.profile_with_report(SETTINGS, "instagram", name).first)
        if pending.status == 202:
            break
    else:
        pytest.fail("no creator without a finished report")
    assert pending.charge_microcredits == CREDIT
    check = operations.status(SETTINGS, "instagram", name).first
    assert not rows.readiness(bench.ask(check)).has_audience
    bench.advance(hours=31)
    assert rows.readiness(bench.ask(check)).has_audience
    ready = rows.report_rows([bench.ask(operations.profile_with_report(SETTINGS, "instagram", name).first)])
    assert ready.reports.rows["state"].to_list() == ["ready"]
    sums = ready.segments.rows.filter("is_exclusive").group_by("dimension").agg(total=pl.col("share").sum())
    assert {name: round(total, 3) for name, total in sums.iter_rows() if name in {"age", "gender"}} == {
        "age": 1.0,
        "gender": 1.0,
    }
    assert bench.booked["infludata"] == bench.meter("infludata")


@pytest.mark.parametrize("shape", ["string", "object"])
def test_an_empty_account_is_told_in_either_error_shape(start: Callable[..., Bench], shape: str) -> None:
    bench = start(infludata_error_shape=shape)
    bench.account("infludata", set_balance="3")
    report = operations.profile_with_report(SETTINGS, "instagram", "cristiano").first
    recoveries = []
    bench.ask(report)
    recoveries.append(bench.readings[-1].recovery)
    bench.account("infludata", set_balance="0")
    bench.ask(operations.profile(SETTINGS, "instagram", "cristiano").first)
    assert (bench.readings[-1].recovery, bench.readings[-1].until) == (
        Recovery.WAIT,
        datetime(2026, 4, 1, tzinfo=UTC),
    )
    bench.account("infludata", set_balance="100", audience_reports=False)
    bench.ask(report)
    recoveries.append(bench.readings[-1].recovery)
    assert recoveries == [Recovery.TOP_UP, Recovery.FIX_PLAN]
    assert bench.booked["infludata"] == bench.meter("infludata") == 0


def test_a_query_is_written_as_the_provider_wants_it() -> None:
    call = operations.search(SETTINGS, "instagram", {"categories": ["a", "b"], "businessSearch": True}, 20).first
    assert call.params == {"platform": "instagram", "businessSearch": "true", "categories": "a,b", "skipCount": "0"}
