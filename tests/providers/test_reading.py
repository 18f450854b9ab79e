"""What an answer means for every provider: repaired text, error words, nothing there, and servers in front."""

from __future__ import annotations

import json
from typing import Any

import pytest

from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Recovery, Request, Response
from creator_assets.providers.infludata.operations import DISCOVERY as SEARCH
from creator_assets.providers.infludata.operations import USER_DATA
from creator_assets.providers.influencers_club.operations import (
    BATCH,
    DICTIONARIES,
    DISCOVERY,
    ENRICH_FULL,
    OVERLAP,
    POSTS,
)
from creator_assets.providers.keyapi.operations import ANALYTICS
from creator_assets.providers.parsing.readable import BROKEN_TEXT, NOT_STRICT, TRAILING, readable
from creator_assets.providers.parsing.reading import Said, read_answer, said_in

PROFILE = Request(operation=ENRICH_FULL, body={"platform": "instagram", "handle": "mila.example"})
HTML = b"<html><h1>404 Not Found</h1></html>"


def read(request: Request, body: Any, status: int = 200, **headers: str) -> Any:
    """Return the outcome of an answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_answer(request, Response(status=status, headers=headers, body=raw)).outcome


@pytest.mark.parametrize(
    ("body", "headers", "text", "notes"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {}, '{"a": 1}', ()),
        (b'{"a": "\xe9"}', {"content-type": "text/json; charset=ISO-8859-1"}, '{"a": "\u00e9"}', ()),
        (b'{"a": "\xe9"}', {}, '{"a": "\ufffd"}', (BROKEN_TEXT,)),
        (b'{"a": "\xed\xa0\xbd"}', {}, '{"a": "\ufffd\ufffd\ufffd"}', (BROKEN_TEXT,)),
        (rb'{"a": "\ud83d x"}', {}, '{"a":"\ufffd x"}', (NOT_STRICT,)),
        (rb'{"a": "\ud83d\ude00"}', {}, r'{"a": "\ud83d\ude00"}', ()),
        (rb'{"a": "\\ud83d"}', {}, r'{"a": "\\ud83d"}', ()),
        (b'{"a": NaN, "b": -Infinity, "c": 1e999}', {}, '{"a":null,"b":null,"c":null}', (NOT_STRICT,)),
        (b'{"a": 1e999, "b": [-1E+9999, 2e300]}', {}, '{"a":null,"b":[null,2e+300]}', (NOT_STRICT,)),
        (b'{"a": 12345678901234567890123, "b": NaN}', {}, '{"a":12345678901234567890123,"b":null}', (NOT_STRICT,)),
        (b'{"a": 1}\n<!-- 3 ms -->', {}, '{"a":1}', (TRAILING,)),
        (b'{"a": "x\ny"}', {}, r'{"a":"x\ny"}', (NOT_STRICT,)),
        ('{"a": "\u00e9\U0001f600"}'.encode("utf-16"), {}, '{"a": "\u00e9\U0001f600"}', ()),
        (b'{"a": 1}', {"content-type": "application/json; charset=no-such-one"}, '{"a": 1}', ()),
        (b'{"a": 1', {}, '{"a": 1', ()),
        (b"handle,status\na,\xe9", {}, "handle,status\na,\ufffd", (BROKEN_TEXT,)),
        (b"", {}, "", ()),
    ],
)  # fmt: skip
def test_text_that_nobody_needs_decides_nothing(body: bytes, headers: dict[str, str], text: str, notes: Any) -> None:
    assert readable(body, headers) == (text.encode(), notes)


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "No data found"},
        {"error": "Creator not found"},
        {"error": {"code": "NOT_FOUND", "message": "This user does not exist"}},
        {"result": "No data found"},
        {"result": None},
        {"result": None, "credits_cost": 0},
        {"message": "No data found for this handle, try again later"},
        "No data found",
        b"null",
        b"{}",
        b"[]",
        b"No profile found",
    ],
)
def test_nothing_there_has_many_faces_and_costs_nothing_where_only_data_is_charged(body: Any) -> None:
    outcome = read(PROFILE, body)
    assert (outcome.kind, outcome.charge_microcredits) == (AnswerKind.EMPTY, 0)


def test_a_204_is_nothing_there() -> None:
    assert read(PROFILE, b"", 204).kind is AnswerKind.EMPTY
    assert (
        read(Request(operation=DISCOVERY, body={}, weight=50), {"accounts": None, "total": 0}).kind is AnswerKind.EMPTY
    )
    assert read(Request(operation=POSTS, body={}), {"result": {"items": None}}).kind is AnswerKind.EMPTY


@pytest.mark.parametrize("operation", [SEARCH, ANALYTICS, OVERLAP])
def test_nothing_there_counts_where_the_request_is_charged_until_the_balance_tells(operation: Any) -> None:
    outcome = read(Request(operation=operation, params={"platform": "instagram"}, body={"creators": ["a"]}), b"", 204)
    assert (outcome.kind, outcome.basis) == (AnswerKind.EMPTY, ChargeBasis.ASSUMED)
    assert outcome.charge_microcredits == 1_000_000


@pytest.mark.parametrize(
    ("words", "said", "recovery"),
    [
        ("Rate limit exceeded", Said.LIMIT, Recovery.RETRY),
        ("Too many requests, no data returned", Said.LIMIT, Recovery.RETRY),
        ("Upstream timed out, no data found", Said.OUTAGE, Recovery.RETRY),
        ("Service temporarily unavailable", Said.OUTAGE, Recovery.RETRY),
        ("Something went wrong", Said.OUTAGE, Recovery.RETRY),
        ("Invalid API key", Said.KEY, Recovery.FIX_KEY),
        ("Insufficient credits", Said.CREDITS, Recovery.TOP_UP),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        lambda words: {"error": words},
        lambda words: {"detail": [{"message": words}]},
        lambda words: {"result": words},
        lambda words: {"result": None, "message": words},
        lambda words: {"error": {"code": "E_1", "message": words}},
    ],
)
def test_words_of_a_limit_an_outage_or_a_key_are_never_nothing_there(
    words: str, said: Said, recovery: Recovery, place: Any
) -> None:
    assert said_in(json.dumps(place(words)).encode()) is said
    for status in (200, 404):
        outcome = read(PROFILE, place(words), status)
        assert (outcome.kind, outcome.charge_microcredits, outcome.recovery) == (AnswerKind.FAILED, 0, recovery)


def test_data_is_data_whatever_words_it_holds() -> None:
    profile = {"instagram": {"username": "mila.example", "biography": "no data found, rate limit exceeded"}}
    assert read(PROFILE, {"result": profile}).kind is AnswerKind.FINAL


LANGUAGES = DICTIONARIES["languages"]


@pytest.mark.parametrize("operation", [USER_DATA, LANGUAGES])
def test_where_anything_may_be_data_words_alone_are_none(operation: Any) -> None:
    request = Request(operation=operation, params={"platform": "instagram", "username": "mila.example"})
    outage = read(request, {"detail": "Service temporarily unavailable", "code": 9})
    assert (outage.kind, outage.charge_microcredits, outage.recovery) == (AnswerKind.FAILED, 0, Recovery.RETRY)
    assert read(request, {"error": {"message": "The account does not exist."}}).kind is AnswerKind.EMPTY
    assert read(request, {"error": "gibberish"}).kind is AnswerKind.DAMAGED
    assert read(request, {"message": "ok", "languages": ["de"], "username": "mila.example"}).kind is AnswerKind.FINAL


@pytest.mark.parametrize("body", [{"accounts": 3, "total": 0}, {"took": 12}, {"result": {"odd": 1}}])
def test_an_object_without_any_field_of_a_profile_is_no_profile(body: Any) -> None:
    request = Request(operation=USER_DATA, params={"platform": "instagram", "username": "mila.example"})
    assert read(request, body).kind is AnswerKind.DAMAGED
    assert read(request, {**body, "followers": "hidden"}).kind is AnswerKind.FINAL


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("operation", [ENRICH_FULL, USER_DATA, ANALYTICS, DISCOVERY])
def test_a_server_in_front_of_the_provider_calls_nobody_missing(status: int, operation: Any) -> None:
    outcome = read(Request(operation=operation, body={}, params={}), HTML, status)
    assert (outcome.kind, outcome.recovery, outcome.charge_microcredits) == (AnswerKind.FAILED, Recovery.FIX_ADDRESS, 0)
    assert "in front of the provider" in outcome.note


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_gateway_that_fails_is_retried_and_counts_as_before(status: int) -> None:
    outcome = read(PROFILE, HTML, status)
    assert (outcome.kind, outcome.recovery) == (AnswerKind.FAILED, Recovery.RETRY)
    assert outcome.charge_microcredits == 1_000_000
    assert "in front of the provider" in outcome.note


def test_a_200_without_a_body_is_no_answer_and_orders_are_never_answered_with_nothing() -> None:
    assert read(PROFILE, b"").kind is AnswerKind.DAMAGED
    batch = Request(operation=BATCH, body={"enrichment_mode": "full"}, weight=3)
    assert read(batch, {"detail": "No data found"}).kind is AnswerKind.DAMAGED


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_no_answer_of_a_provider(status: int) -> None:
    outcome = read(PROFILE, b"", status)
    assert (outcome.kind, outcome.recovery, outcome.charge_microcredits) == (AnswerKind.FAILED, Recovery.FIX_ADDRESS, 0)


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("words", ["No data found", "Creator not found", "This user does not exist"])
def test_a_free_refusal_of_one_account_that_does_not_exist_is_nothing_there(status: int, words: str) -> None:
    assert read(PROFILE, {"detail": words}, status).kind is AnswerKind.EMPTY
    search = Request(operation=DISCOVERY, body={"filters": {}}, weight=50)
    assert read(search, {"detail": words}, status).kind is AnswerKind.FAILED
    assert read(PROFILE, {"detail": "The field depth is not known"}, status).kind is AnswerKind.FAILED


@pytest.mark.parametrize("status", [200, 201, 203, 206])
@pytest.mark.parametrize(
    "body",
    [
        {"result": {"instagram": {"follower_count": 5}}},
        {"data": {"instagram": {"follower_count": 5}}},
        {"result": [{"instagram": {"follower_count": 5}}]},
        {"result": json.dumps({"instagram": {"follower_count": 5}})},
    ],
)
def test_data_is_read_wherever_it_stands(status: int, body: Any) -> None:
    outcome = read(PROFILE, body, status)
    assert (outcome.kind, outcome.charge_microcredits) == (AnswerKind.FINAL, 1_000_000)
