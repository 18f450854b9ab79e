"""Batches of influencers.club: what each holds, when it is polled, and how its results are read."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creator_assets.providers.contract.batch_jobs import PAUSED
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Recovery
from creator_assets.providers.influencers_club import account_rows, operations, requests
from creator_assets.providers.influencers_club.batch_payloads import batch_results

from .bench import ProviderBench, answer, read
from .club import CREDIT, SETTINGS, known


def hashed(value: str) -> str:
    return hmac.new(b"key", value.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("state", "kind", "pause"),
    [
        ("queued", AnswerKind.PENDING, 60),
        ("validating", AnswerKind.PENDING, 60),
        ("processing", AnswerKind.PENDING, 60),
        ("running", AnswerKind.PENDING, 60),
        ("some_new_state", AnswerKind.PENDING, 60),
        (PAUSED, AnswerKind.PENDING, 3600),
        ("failed", AnswerKind.PENDING, 3600),
        ("finished", AnswerKind.FINAL, None),
        ("completed", AnswerKind.FINAL, None),
    ],
)
def test_a_batch_is_polled_as_long_as_results_may_come(state: str, kind: AnswerKind, pause: float | None) -> None:
    outcome = read(requests.batch_status(SETTINGS, "bch_1").first, {"batch_id": "bch_1", "status": state})
    assert (outcome.kind, outcome.not_before_seconds, outcome.charge_microcredits) == (kind, pause, 0)


def test_results_that_are_not_ready_are_pending_and_a_resume_can_be_repeated() -> None:
    results = requests.batch_results(SETTINGS, "bch_1", platform="tiktok", mode="raw").first
    assert read(results, {"detail": "Batch is not completed yet"}, 400).kind is AnswerKind.PENDING
    assert read(results, {"detail": "unknown"}, 404).recovery is Recovery.FIX_REQUEST
    empty: tuple[Any, ...] = ([], {"results": []}, {"data": []})
    for body in empty:
        assert read(results, body).kind is AnswerKind.FINAL
    assert read(results, {"detail": "?"}).kind is AnswerKind.DAMAGED
    assert read(requests.batch_resume(SETTINGS, "bch_1").first, {}, 202).kind is AnswerKind.PENDING


@pytest.mark.parametrize(
    ("mode", "price"), [("raw", 30_000), ("full", CREDIT), ("basic", 100_000), ("advanced", 2 * CREDIT)]
)
def test_a_batch_holds_the_price_of_its_mode_for_each_input_once(mode: str, price: int) -> None:
    pages = requests.batches(SETTINGS, "instagram", ["a", "b", "a"], mode=mode)
    assert [one.worst_case_microcredits for one in pages] == [2 * price]
    column = "handle" if mode in operations.HANDLE_MODES else "email"
    assert pages[0].first.files["file"].content == f"{column}\r\na\r\nb\r\n".encode()
    assert pages[0].first.operation.repeat_in_doubt == "never"


def test_a_long_list_becomes_several_batches_and_differing_files_differing_keys() -> None:
    pages = requests.batches(SETTINGS, "instagram", [f"n{number}" for number in range(25_000)], mode="raw")
    assert [one.first.weight for one in pages] == [10_000, 10_000, 5_000]
    assert len({one.first.request_key("live") for one in pages}) == 3


def test_results_of_a_batch_become_profiles_or_matches() -> None:
    results: list[dict[str, Any]] = [
        {
            "input_value": "a",
            "status": "success",
            "enrichment_data": {"instagram": {"username": "a", "follower_count": 7}},
        },
        {"input_value": "b", "status": "not_found", "enrichment_data": None},
        {"input_value": "c", "status": "failed", "enrichment_data": {}},
    ]
    call = requests.batch_results(SETTINGS, "bch_1", platform="instagram", mode="full").first
    for body in (results, {"results": results}, {"data": results}):
        table = account_rows.batch_profile_rows([answer(call, body)]).rows
        assert table.select("username", "state", "followers", "depth").sort("username").rows() == [
            ("a", "enriched", 7, "full"),
            ("b", "not_found", None, "full"),
            ("c", "unknown", None, "full"),
        ]
    by_email = requests.batch_results(SETTINGS, "bch_1", platform="", mode="advanced").first
    matches = account_rows.batch_email_rows(
        [answer(by_email, [one | {"input_value": f"{one['input_value']}@example.com"} for one in results])],
        hashed=hashed,
    )
    assert matches.rows.select("email_hash", "platform", "state").sort("state", "email_hash").rows() == sorted(
        [
            (hashed("a@example.com"), "instagram", "matched"),
            (hashed("b@example.com"), "", "not_found"),
            (hashed("c@example.com"), "", "not_found"),
        ],
        key=lambda row: (row[2], row[0]),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PK\x03\x04",
        b"handle,followers\na,7\n",
        b"input_value,status\na,success\n",
        b'input_value,status,enrichment_data\n"a,success\n',
        b'{"message": "Not found."}',
    ],
)
def test_results_in_an_unknown_form_are_damaged(body: bytes) -> None:
    assert batch_results(body) is None


@given(
    written=st.lists(
        st.tuples(
            st.text(min_size=1).filter(lambda text: "\x00" not in text and "\r" not in text),
            st.sampled_from(["success", "not_found", "failed"]),
            st.none() | st.dictionaries(st.text(), st.integers() | st.text(), min_size=1),
        )
    )
)
@example(written=[("a", "success", {"biography": "x" * 200_000}), ("b", "not_found", None)])
def test_a_table_of_results_makes_the_same_rows_as_json(written: list[tuple[str, str, dict[str, Any] | None]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["input_value", "status", "enrichment_data"])
    writer.writerows((name, status, "" if data is None else json.dumps(data)) for name, status, data in written)
    read = batch_results(text.getvalue().encode())
    assert [(row.value, row.status, json.loads(bytes(row.data))) for row in read or ()] == written


@pytest.mark.parametrize(
    "row",
    [
        {"input_value": "@Mila", "status": "success", "enrichment_data": {"instagram": {"follower_count": 5}}},
        {"handle": "mila", "state": "success", "data": {"instagram": {"follower_count": 5}}},
        {"username": "MILA", "result": json.dumps({"instagram": {"follower_count": 5}})},
        {"url": "https://www.instagram.com/mila/", "profile": {"instagram": {"follower_count": 5}}},
    ],
)
def test_a_result_is_joined_by_its_account_under_any_name(row: dict[str, Any]) -> None:
    call = requests.batch_results(SETTINGS, "bch_1", platform="instagram", mode="full").first
    for body in ([row], {"results": [row]}, {"data": [row]}):
        parsed = account_rows.batch_profile_rows([answer(call, body)])
        assert parsed.rows.select("username", "state", "followers").rows() == [("mila", "enriched", 5)]


def test_a_result_that_names_nobody_is_rejected_and_the_others_stay() -> None:
    call = requests.batch_results(SETTINGS, "bch_1", platform="instagram", mode="full").first
    body = [{"input_value": None, "enrichment_data": {"instagram": {"follower_count": 5}}}, {"input_value": "mila"}]
    parsed = account_rows.batch_profile_rows([answer(call, body)])
    assert parsed.rows.select("username", "state").rows() == [("mila", "not_found")]
    assert parsed.rejected["field"].to_list() == ["input_value"]


@pytest.mark.parametrize("spelling", ["finished", "completed"])
def test_a_batch_runs_pauses_resumes_and_ends_over_http(start: Callable[..., ProviderBench], spelling: str) -> None:
    bench = start(batch_status_spelling=spelling, batch_rows_per_second=1.0)
    names = [*known(bench, count=20), "nobody-of-that-name"]
    spent = bench.meter("influencers_club")
    bench.account("influencers_club", set_balance="0.30")
    created = bench.ask(requests.batches(SETTINGS, "instagram", names, mode="raw")[0].first)
    batch = account_rows.job_rows([created]).rows.row(0, named=True)
    assert (batch["state"], batch["total_rows"], batch["mode"], batch["platform"]) == ("queued", 21, "raw", "instagram")
    assert bench.outcomes[-1].basis is ChargeBasis.ASSUMED
    status_request = requests.batch_status(SETTINGS, batch["batch_id"], platform="instagram", mode="raw").first
    results = requests.batch_results(SETTINGS, batch["batch_id"], platform="instagram", mode="raw").first
    assert bench.ask(results).kind is AnswerKind.PENDING
    bench.advance(minutes=2)
    paused = account_rows.job_rows([bench.ask(status_request)]).rows.row(0, named=True)
    assert (paused["state"], paused["reported_cost_microcredits"]) == (PAUSED, 300_000)
    bench.account("influencers_club", set_balance="5")
    bench.ask(requests.batch_resume(SETTINGS, batch["batch_id"]).first)
    bench.advance(minutes=2)
    done = bench.ask(status_request)
    ended = account_rows.job_rows([created, done]).rows
    assert ended.select("state", "processed_rows", "failed_rows").rows()[0][:2] == ("finished", 21)
    cost = ended["reported_cost_microcredits"][0]
    assert cost == ended["succeeded_rows"][0] * 30_000 == bench.meter("influencers_club") - spent
    profiles = account_rows.batch_profile_rows([bench.ask(results)])
    table = requests.batch_results(SETTINGS, batch["batch_id"], platform="instagram", mode="raw", form="csv").first
    by_table = account_rows.batch_profile_rows([bench.ask(table)]).rows
    said = [name for name in by_table.columns if name not in {"request_id", "observed_at", "response_sha256"}]
    assert by_table.select(said).equals(profiles.rows.select(said))
    assert (profiles.rows.height, profiles.rejected.height) == (21, 0)
    assert profiles.rows.filter(state="enriched").height == ended["succeeded_rows"][0]


def test_a_batch_of_addresses_reveals_none_of_them(bench: ProviderBench) -> None:
    addresses = ["nobody@example.com", "somebody@example.org"]
    created = bench.ask(requests.batches(SETTINGS, "", addresses, mode="basic", input_hash="h")[0].first)
    batch_id = account_rows.job_rows([created]).rows["batch_id"][0]
    bench.advance(minutes=1)
    results = bench.ask(requests.batch_results(SETTINGS, batch_id, platform="", mode="basic").first)
    table = account_rows.batch_email_rows([results], hashed=hashed).rows
    assert sorted(table["email_hash"]) == sorted(map(hashed, addresses))
    assert "example" not in str(table.to_dicts())


@pytest.mark.parametrize(("total", "noted"), [("x", ["total_rows"]), (True, ["total_rows"]), (None, []), ("3", [])])
def test_a_count_of_a_batch_that_cannot_be_read_is_noted(total: Any, noted: list[str]) -> None:
    status = requests.batch_status(SETTINGS, "bch_1", platform="tiktok", mode="raw").first
    parsed = account_rows.job_rows([answer(status, {"batch_id": "bch_1", "status": "finished", "total_rows": total})])
    assert parsed.notes["field"].to_list() == noted
    assert parsed.rows["total_rows"].to_list() == [3 if total == "3" else None]


def test_a_row_whose_input_stands_in_a_list_names_its_creator() -> None:
    body = [{"input_value": ["mila.example"], "status": ["success"], "enrichment_data": {"instagram": {"userid": "1"}}}]
    rows = batch_results(json.dumps(body).encode()) or []
    assert [(row.value, row.status) for row in rows] == [("mila.example", "success")]
