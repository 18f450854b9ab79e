"""Every operation with an example: asked over HTTP, and its answer replaced by everything that is odd."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import polars as pl
import pytest

from creator_assets.providers.contract.operations import Answer, AnswerKind, ChargeBasis, Operation, Request
from creator_assets.providers.parsing.outcomes import MOST_MICROCREDITS
from creator_assets.providers.registry import OPERATIONS, PROVIDERS
from creator_assets.sandbox import SandboxSettings, start_in_background
from tests.providers.examples import OPERATION_IDS, READERS, ROWS, every_answer

from .bench import ProviderBench, answered, response, total_cost

BY_ID = {operation.id: operation for operation in OPERATIONS}


# -- over HTTP -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[ProviderBench, dict[str, Answer]]]:
    """A sandbox after one good call of every operation, and the answers."""
    settings = SandboxSettings(size=5_000, rate_limit_scale=1_000.0, start_at="2026-03-02T12:00:00+00:00")
    bench = ProviderBench(start_in_background(settings))
    try:
        yield bench, every_answer(bench)
    finally:
        bench.close()


def test_every_example_is_answered_over_http_and_costs_what_the_meter_says(
    asked: tuple[ProviderBench, dict[str, Answer]],
) -> None:
    bench, answers = asked
    assert set(answers) == set(OPERATION_IDS)
    assert set(answers) <= bench.asked_operations()
    meters = {name: bench.meter(name) for name in PROVIDERS}
    # A batch is counted in full until its status tells; two of the three records of each were found or paid for.
    batches = bench.booked["influencers_club"] - meters["influencers_club"]
    assert 0 <= batches <= 2 * answers["IC-18"].charge_microcredits
    assert {name: bench.booked[name] for name in PROVIDERS} == meters | {
        "influencers_club": meters["influencers_club"] + batches
    }
    assert all(one.kind in {AnswerKind.FINAL, AnswerKind.PENDING} for one in answers.values())


@pytest.mark.parametrize("operation", sorted(ROWS))
def test_each_answer_becomes_rows_that_carry_its_whole_cost(
    asked: tuple[ProviderBench, dict[str, Answer]], operation: str
) -> None:
    answer = asked[1][operation]
    for parsed in ROWS[operation]([answer]):
        assert parsed.rows.height
        assert parsed.rejected.is_empty()
        assert total_cost(parsed.rows) == answer.charge_microcredits
        assert parsed.rows["provider"].unique().to_list() == [BY_ID[operation].provider]


# -- odd input -----------------------------------------------------------------------------------------------------

ODD_BODIES = {
    "empty": b"",
    "null": b"null",
    "an empty object": b"{}",
    "a bare text": b'"ok"',
    "another content type": b"<!doctype html><title>Maintenance</title>",
    "no text": b"\xff\xfe\x00",
    "an error in a success": b'{"error": {"code": "X", "message": "jane@example.com"}}',
    "an error in a success, as a text": b'{"error": "jane@example.com"}',
}
# Answers for which nothing was promised: their status alone is the success.
STATUS_IS_ENOUGH = {"ID-1", "ID-2", "IC-20"}


def reread(answer: Answer, body: bytes, number: int = 1) -> Answer:
    """Return the answer as if `body` had come, with what it then means."""
    given = response(body, answer.status)
    outcome = answer.request.operation.read(answer.request, given)
    # What an answer states of its cost is the truth, even where it is more than could be foreseen.
    states_it = outcome.basis is ChargeBasis.STATED or answer.request.operation.id == "IT-1"
    assert (
        0 <= outcome.charge_microcredits <= (MOST_MICROCREDITS if states_it else answer.request.worst_case_microcredits)
    )
    assert abs(outcome.balance_microcredits or 0) < 2**63
    assert "jane@example.com" not in outcome.note
    if answer.request.operation.is_free:
        assert (outcome.charge_microcredits, outcome.basis) == (0, ChargeBasis.FREE)
    return answered(answer.request, given, outcome, observed_at=answer.observed_at, number=number)


def rows_of(answers: list[Answer]) -> None:
    """Make rows of answers to one call: none may be lost, and their costs are those of the answers."""
    usable = [one for one in answers if one.kind in {AnswerKind.FINAL, AnswerKind.EMPTY, AnswerKind.PENDING}]
    operation = answers[0].request.operation.id
    for one in usable if operation in READERS else ():
        READERS[operation](one)
    for parsed in ROWS[operation](usable) if operation in ROWS else ():
        made = pl.concat([one.select("request_id", "cost_microcredits") for one in (parsed.rows, parsed.rejected)])
        costs = dict(made.group_by("request_id").agg(pl.col("cost_microcredits").sum()).iter_rows())
        if operation != "IT-1":  # the last answer about a blogger carries the cost of all
            charged = {one.request_id: one.charge_microcredits for one in usable}
            assert costs == {name: charged[name] for name in costs}
        assert "odd-value" not in " ".join(parsed.rejected["reason"])


@pytest.mark.parametrize("operation", OPERATION_IDS)
def test_a_body_that_is_no_answer_is_damaged_and_counted(
    asked: tuple[ProviderBench, dict[str, Answer]], operation: str
) -> None:
    good = asked[1][operation]
    cut_in_half = {"cut in half": good.body[: len(good.body) // 2]}
    for name, body in (ODD_BODIES | cut_in_half).items():
        odd = reread(good, body)
        if operation in STATUS_IS_ENOUGH:
            continue
        if operation == "ID-3" and name.startswith("an error"):
            continue  # its body is not documented: any object may be a profile
        if name == "an empty object" and operation in {f"IC-{number}" for number in range(4, 13)}:
            assert odd.kind is AnswerKind.FINAL, "a dictionary may be empty"
            continue
        if name.startswith("an error") and operation in {f"IC-{number}" for number in range(4, 13)}:
            continue  # dictionaries come as lists or as objects of any name
        assert odd.kind is AnswerKind.DAMAGED, (name, odd.kind)
        assert odd.charge_microcredits == good.request.worst_case_microcredits


ODD_VALUES: tuple[Any, ...] = (
    None, "odd-value", "12", 12, -1, 0.5, 1e300, 2**60 + 1, 10**30, True, [], {}, ["odd-value"], {"odd-value": 1},
    "\u202e\u05e9\u05dc\u05d5\u05dd\u200b \U0001f469\u200d\U0001f680 e\u0301\x00",
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values; of a list the first two are enough."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in list(value.items())[:60]:
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:2]):
            yield from places(inner, (*path, place))


def with_odd(body: Any, path: tuple[Any, ...], value: Any) -> bytes:
    changed = copy.deepcopy(body)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return msgspec.json.encode(changed)


@pytest.mark.parametrize("operation", OPERATION_IDS)
def test_any_value_in_any_place_loses_nothing_that_was_paid_for(
    asked: tuple[ProviderBench, dict[str, Answer]], operation: str
) -> None:
    good = asked[1][operation]
    body = json.loads(good.body)
    # Every place gets some of the odd values; together, and over all operations, they meet all of them.
    odd = [
        with_odd(body, path, value) for number, path in enumerate(places(body)) for value in ODD_VALUES[number % 4 :: 4]
    ]
    rows_of([reread(good, text, number) for number, text in enumerate(odd)])


@pytest.mark.parametrize("operation", OPERATION_IDS)
def test_a_field_that_is_missing_or_new_loses_nothing_that_was_paid_for(
    asked: tuple[ProviderBench, dict[str, Answer]], operation: str
) -> None:
    good = asked[1][operation]
    body = json.loads(good.body)
    without = [without_field(body, path) for path in places(body) if isinstance(path[-1], str)]
    rows_of([reread(good, text, number) for number, text in enumerate(without)] or [good])
    if isinstance(body, dict):
        same = reread(good, msgspec.json.encode(body | {"entirely_new": [{"deep": [1, {"er": None}]}]}))
        assert (same.kind, same.charge_microcredits) == (good.kind, good.charge_microcredits)


def without_field(body: Any, path: tuple[Any, ...]) -> bytes:
    changed = copy.deepcopy(body)
    node = changed
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return msgspec.json.encode(changed)


LISTS = {
    "ID-6": ("users",), "ID-7": ("items",), "KA-1": ("data",), "IC-1": ("accounts",), "IC-2": ("accounts",),
    "IC-19": (), "IC-22": ("result", "items"), "ID-9": (), "IC-3": ("details",), "IC-13": ("result",),
}  # fmt: skip


@pytest.mark.parametrize("operation", sorted(LISTS))
def test_a_page_of_a_thousand_becomes_as_many_rows_or_says_which_repeat(
    asked: tuple[ProviderBench, dict[str, Answer]], operation: str
) -> None:
    good = asked[1][operation]
    body = json.loads(good.body)
    holder, *_ = [body]
    for key in LISTS[operation]:
        holder = holder[key]
    holder[:] = [copy.deepcopy(holder[place % len(holder)]) for place in range(1_000)]
    given = response(msgspec.json.encode(body))
    odd = answered(
        good.request, given, good.request.operation.read(good.request, given), observed_at=good.observed_at, number=1
    )
    for parsed in ROWS[operation]([odd]):
        assert parsed.rows.height + parsed.rejected.height >= 1_000
        assert total_cost(parsed.rows) + total_cost(parsed.rejected) == odd.charge_microcredits


STATUSES = (400, 401, 402, 403, 404, 405, 409, 410, 415, 422, 429, 500, 502, 503, 504, 302)
ERRORS: dict[str, Any] = {
    "text": {"error": "jane@example.com is not there"},
    "object": {"error": {"code": "SOME_CODE", "message": "jane@example.com", "request_id": "x"}},
    "message": {"code": 400, "data": None, "message": "jane@example.com"},
    "detail": {"detail": "jane@example.com"},
    "fields": {"handle": ["This field is required."]},
    "list": ["jane@example.com"],
    "nothing": None,
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_every_error_status_in_every_shape_is_read_and_never_costs_more_than_the_worst(operation: Operation) -> None:
    body = {"urls": ["u"], "enrichment_mode": "raw", "platform": "tiktok", "handle": "x", "creators": ["a", "b"]}
    call = Request(operation=operation, params={"platform": "tiktok"}, body=body)
    for status, (shape, error) in itertools.product(STATUSES, ERRORS.items()):
        outcome = operation.read(call, response(b"" if error is None else error, status))
        assert 0 <= outcome.charge_microcredits <= call.worst_case_microcredits, (status, shape)
        assert "jane" not in outcome.note
        assert (outcome.kind is AnswerKind.FAILED) == (outcome.recovery is not None)
        assert outcome.kind in {AnswerKind.FAILED, AnswerKind.EMPTY, AnswerKind.PENDING}
        if operation.is_free:
            assert outcome.charge_microcredits == 0


FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "retry_after": "2"},
    {"kind": "status", "status": 429, "retry_after": "1"},
    {"kind": "malformed_json"},
    {"kind": "empty_body"},
    {"kind": "wrong_content_type"},
    {"kind": "null_field"},
    {"kind": "number_as_text"},
    {"kind": "missing_field"},
    {"kind": "unknown_fields"},
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}")
def test_with_any_fault_over_http_what_is_booked_is_never_less_than_the_meter(
    asked: tuple[ProviderBench, dict[str, Answer]], fault: dict[str, Any]
) -> None:
    bench, answers = asked
    for operation in OPERATION_IDS:
        if operation in {"ID-1", "ID-2", "IC-18", "IC-20"}:
            continue  # they would leave keys and batches behind; their outcomes are tested above
        call = answers[operation].request
        bench.fault(provider=call.operation.provider, operation=operation, nth=1, count=1, **fault)
        before, booked = bench.meter(call.operation.provider), bench.booked[call.operation.provider]
        answer = bench.ask(call)
        metered = bench.meter(call.operation.provider) - before
        recorded = bench.booked[call.operation.provider] - booked
        basis = bench.outcomes[-1].basis
        assert recorded >= metered, (operation, fault)
        assert recorded == metered or basis is ChargeBasis.ASSUMED, (operation, fault)
        rows_of([answer])
    assert bench.control.delete("/faults").status_code < 300
