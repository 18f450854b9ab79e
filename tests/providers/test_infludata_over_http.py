"""influData over HTTP: its nine operations, pulls and reports cost what their outcomes say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import AnswerKind, Recovery
from creator_assets.providers.infludata import content_requests, payloads, requests, rows

from .bench import ProviderBench

SETTINGS = ProviderSettings(client_id="sandbox-client")
CREDIT = 1_000_000


def _known(bench: ProviderBench, count: int = 40) -> list[str]:
    found = bench.fetch(requests.search(SETTINGS, "instagram", {"followerMin": 10_000}, count))
    parsed = rows.creator_rows(found, origin="search", origin_name="a", platform="instagram")
    return parsed.rows["username"].to_list()


def test_all_nine_operations_cost_over_http_what_their_outcomes_say(bench: ProviderBench) -> None:
    names = _known(bench, 200)
    assert len(names) == 200
    for name in names:
        if bench.fetch(requests.status(SETTINGS, "instagram", name))[0].kind is AnswerKind.PENDING:
            bench.fetch(requests.profile_with_report(SETTINGS, "instagram", name))
    bench.fetch(requests.profile(SETTINGS, "instagram", names[0]))
    bench.fetch(requests.profile_with_report(SETTINGS, "instagram", names[0]))
    bench.fetch(requests.profile(SETTINGS, "instagram", "nobody-by-that-name"))
    pieces = bench.fetch(content_requests.content(SETTINGS, "instagram", names[0], 150))
    bench.fetch(requests.queue(SETTINGS, "instagram", names[:3])[0])
    bench.fetch(requests.balance(SETTINGS))
    cities = bench.fetch(requests.cities(SETTINGS, "instagram", {"country": "Germany"})[0])
    bench.fetch(requests.trial_key("jane@company.test", email_hash="h"))
    code = bench.control.get("/mail").json()[-1]["code"]
    issued = bench.fetch(requests.trial_code("jane@company.test", code, email_hash="h"))[0]
    assert payloads.issued_key(issued.body) is not None
    assert rows.filter_rows(cities).rows["parent"].unique().to_list() == ["Germany"]
    assert rows.content_rows(pieces).rows.height == sum(len(_page(one).items) for one in pieces) > 0
    statuses = {outcome.kind for outcome in bench.outcomes}
    assert statuses >= {AnswerKind.FINAL, AnswerKind.PENDING, AnswerKind.EMPTY}
    assert bench.booked["infludata"] == bench.meter("infludata") > 0
    assert bench.asked_operations() == {f"ID-{number}" for number in range(1, 10)}


def _page(one: Any) -> payloads.ContentPage:
    page = payloads.content_page(one.body)
    assert page is not None
    return page


def test_incremental_content_requests_buy_each_piece_once(bench: ProviderBench) -> None:
    name = _known(bench, 20)[0]
    first = bench.fetch(content_requests.content(SETTINGS, "instagram", name, 30))
    mark = rows.newest(first)
    assert mark is not None
    bench.advance(days=30)
    later = bench.fetch(content_requests.content(SETTINGS, "instagram", name, 30, mark))
    before, after = (set(rows.content_rows(pull).rows["content_id"]) for pull in (first, later))
    assert before
    assert after
    assert not before & after
    assert bench.booked["infludata"] == bench.meter("infludata")


def test_a_report_in_the_making_is_polled_for_free_and_paid_once(bench: ProviderBench) -> None:
    for name in _known(bench, 200):
        pending = bench.ask(requests.profile_with_report(SETTINGS, "instagram", name).first)
        if pending.status == 202:
            break
    else:
        pytest.fail("no creator without a finished report")
    assert pending.charge_microcredits == CREDIT
    check = requests.status(SETTINGS, "instagram", name).first
    assert not rows.readiness(bench.ask(check)).has_audience
    bench.advance(hours=31)
    assert rows.readiness(bench.ask(check)).has_audience
    ready = rows.report_rows([bench.ask(requests.profile_with_report(SETTINGS, "instagram", name).first)])
    assert ready.reports.rows["state"].to_list() == ["ready"]
    sums = ready.segments.rows.filter("is_exclusive").group_by("dimension").agg(total=pl.col("share").sum())
    assert {name: round(total, 3) for name, total in sums.iter_rows() if name in {"age", "gender"}} == {
        "age": 1.0,
        "gender": 1.0,
    }
    assert bench.booked["infludata"] == bench.meter("infludata")


@pytest.mark.parametrize("shape", ["string", "object"])
def test_an_empty_account_is_recognized_in_either_error_shape(start: Callable[..., ProviderBench], shape: str) -> None:
    bench = start(infludata_error_shape=shape)
    bench.account("infludata", set_balance="3")
    report = requests.profile_with_report(SETTINGS, "instagram", "cristiano").first
    recoveries = []
    bench.ask(report)
    recoveries.append(bench.outcomes[-1].recovery)
    bench.account("infludata", set_balance="0")
    bench.ask(requests.profile(SETTINGS, "instagram", "cristiano").first)
    assert (bench.outcomes[-1].recovery, bench.outcomes[-1].until) == (
        Recovery.WAIT,
        datetime(2026, 4, 1, tzinfo=UTC),
    )
    bench.account("infludata", set_balance="100", audience_reports=False)
    bench.ask(report)
    recoveries.append(bench.outcomes[-1].recovery)
    assert recoveries == [Recovery.TOP_UP, Recovery.FIX_PLAN]
    assert bench.booked["infludata"] == bench.meter("infludata") == 0
