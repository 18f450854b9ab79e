"""What an answer's status and body mean for the bill and for recovery, whichever shape the provider chose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import (
    AnswerKind,
    ChargeBasis,
    Operation,
    PagedRequest,
    Recovery,
    Request,
)
from creator_assets.providers.infludata import operations as infludata
from creator_assets.providers.infludata import requests as data_requests
from creator_assets.providers.influencers_club import operations as influencers_club
from creator_assets.providers.influencers_club import requests as club_requests
from creator_assets.providers.influtics import requests as influtics_requests
from creator_assets.providers.parsing.outcomes import read_error, retry_after
from creator_assets.providers.parsing.timestamps import parse_timestamp

from .bench import read, response

SEARCH = Request(operation=infludata.DISCOVERY)
PROFILE = Request(operation=infludata.USER_DATA, params={"platform": "tiktok", "username": "x"})
REPORT = Request(operation=infludata.USER_DATA, params={"includeAudienceReport": "true"})
ENRICH = Request(operation=influencers_club.ENRICH_FULL, body={"platform": "tiktok", "handle": "x"})
CREATORS = Request(operation=influencers_club.DISCOVERY, weight=50)
SETTINGS = ProviderSettings(client_id="sandbox-client")
CREDIT = 1_000_000


@pytest.mark.parametrize("shape", ["text", "object"])
@pytest.mark.parametrize("call", [SEARCH, PROFILE, ENRICH, CREATORS])
@pytest.mark.parametrize(
    ("status", "recovery"),
    [
        (400, Recovery.FIX_REQUEST),
        (401, Recovery.FIX_KEY),
        (402, Recovery.TOP_UP),
        (403, Recovery.TOP_UP),
        (422, Recovery.FIX_REQUEST),
        (429, Recovery.RETRY),
    ],
)
def test_a_refusal_is_free_and_states_its_recovery_in_either_error_shape(
    call: Request, shape: str, status: int, recovery: Recovery
) -> None:
    message = "Insufficient balance for jane@example.com"
    error: Any = message if shape == "text" else {"code": "INSUFFICIENT_TOKENS", "message": message}
    outcome = read(call, {"error": error}, status)
    assert (outcome.kind, outcome.charge_microcredits, outcome.basis) == (AnswerKind.FAILED, 0, ChargeBasis.FREE)
    assert outcome.recovery is recovery
    assert outcome.note == f"HTTP {status}" + ("" if shape == "text" else " INSUFFICIENT_TOKENS")


@pytest.mark.parametrize(
    ("call", "status", "charge"),
    [
        (PROFILE, 500, 0),
        (PROFILE, 503, 0),
        (REPORT, 504, 0),
        (ENRICH, 500, CREDIT),
        (ENRICH, 504, CREDIT),
        (CREATORS, 502, CREDIT // 2),
    ],
)
def test_a_server_error_counts_at_the_worst_case_unless_the_provider_says_that_failures_are_free(
    call: Request, status: int, charge: int
) -> None:
    outcome = read(call, "<html>Bad Gateway</html>", status)
    assert (outcome.kind, outcome.recovery) == (AnswerKind.FAILED, Recovery.RETRY)
    assert (outcome.charge_microcredits, outcome.basis) == (charge, ChargeBasis.ASSUMED if charge else ChargeBasis.FREE)


def test_a_status_that_no_document_names_counts_at_the_worst_case_and_is_not_repeated() -> None:
    outcome = read(ENRICH, "", 418)
    assert (outcome.charge_microcredits, outcome.basis, outcome.recovery) == (
        CREDIT,
        ChargeBasis.ASSUMED,
        Recovery.FIX_REQUEST,
    )


@pytest.mark.parametrize(
    ("body", "recovery"),
    [
        ({"error": "Insufficient request balance."}, Recovery.TOP_UP),
        ({"error": {"code": "INSUFFICIENT_TOKENS", "message": "…", "details": {"required": 20}}}, Recovery.TOP_UP),
        ({"error": "Audience reports are not enabled for this key."}, Recovery.FIX_PLAN),
        ({"error": {"code": "FEATURE_DISABLED", "message": "…"}}, Recovery.FIX_PLAN),
        ({"error": {"message": "addToWeeklyEnrichment is not available for trial keys."}}, Recovery.FIX_PLAN),
        ({}, Recovery.TOP_UP),
    ],
)
def test_infludatas_403_is_an_empty_balance_or_a_missing_feature(body: Any, recovery: Recovery) -> None:
    assert read(REPORT, body, 403).recovery is recovery


@pytest.mark.parametrize("body", [{"resetDate": "2026-04-01T00:00:00.000Z"}, {"error": {"resetDate": "2026-04-01"}},
                                  {"error": {"details": {"resetDate": "2026-04-01T02:00:00+02:00"}}}])  # fmt: skip
def test_a_429_with_a_reset_date_is_no_burst_limit(body: Any) -> None:
    outcome = read(PROFILE, body, 429)
    assert (outcome.recovery, outcome.until) == (Recovery.WAIT, datetime(2026, 4, 1, tzinfo=UTC))


def test_a_reset_date_means_nothing_on_another_status() -> None:
    outcome = read(PROFILE, {"error": "no", "resetDate": "2026-04-01T00:00:00Z"}, 400)
    assert (outcome.recovery, outcome.until) == (Recovery.FIX_REQUEST, None)


DATE = "Mon, 02 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry_after": "2"}, {}, 2.0),
        ({"retry_after": "0"}, {}, 0.0),
        ({"retry_after": "1.5"}, {}, 1.5),
        ({"retry_after": "Mon, 02 Mar 2026 12:00:30 GMT", "date": DATE}, {}, 30.0),
        ({"retry_after": "Mon, 02 Mar 2026 12:00:30 GMT"}, {}, None),
        ({"retry_after": "Mon, 02 Mar 2026 11:00:00 GMT", "date": DATE}, {}, None),
        ({"retry_after": "soon"}, {}, None),
        ({"retry_after": "nan"}, {}, None),
        ({"retry_after": "inf"}, {}, None),
        ({"retry_after": "-1"}, {}, None),
        ({"retry_after": "1e300"}, {}, None),
        ({}, {"retry_after": 7}, 7.0),
        ({}, {"error": {"retry_after": "9"}}, 9.0),
        ({}, {"error": {"retry_after": None}}, None),
        ({}, {}, None),
    ],
)
def test_retry_after_is_read_in_each_of_its_forms(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    assert retry_after(response(body, 429, **headers), body) == seconds


def test_a_wait_of_days_is_a_period_and_no_burst_limit() -> None:
    outcome = read(SEARCH, {"error": {"code": "RATE_LIMITED"}}, 429, retry_after=str(3 * 86_400), date=DATE)
    assert (outcome.recovery, outcome.until) == (Recovery.WAIT, datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert read(SEARCH, {"error": {}}, 429, retry_after="60", date=DATE).recovery is Recovery.RETRY


@pytest.mark.parametrize("body", [b"", b"[1, 2", b'{"error": ', b"\xff\xfe", b"null", b"[]", b'"text"', b"12"])
@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_error_whose_body_is_no_error_is_read_by_its_status(body: bytes, status: int) -> None:
    assert read(PROFILE, body, status).note == f"HTTP {status}"


def test_an_errors_message_is_never_quoted() -> None:
    for body in (
        {"error": "jane@example.com"},
        {"error": {"code": "Jane Doe is gone"}},
        {"code": "jane@example.com"},
        {"error": "janedoe"},
    ):
        assert read(ENRICH, body, 400).note == "HTTP 400"


def test_a_status_in_the_body_can_be_read_instead_of_that_of_the_answer() -> None:
    assert read_error(ENRICH, response({}, 200), {}, status=402).recovery is Recovery.TOP_UP


@pytest.mark.parametrize("text", ["2026-04-01", "2026-04-01T00:00:00Z", "2026-04-01T02:00:00.000+02:00"])
def test_timestamps_are_read_in_the_forms_that_providers_write(text: str) -> None:
    assert parse_timestamp(text) == datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "tomorrow", 20260401, {"date": "2026-04-01"}])
def test_other_values_are_no_timestamps(value: Any) -> None:
    assert parse_timestamp(value) is None


PAID: list[Operation] = [infludata.DISCOVERY, infludata.USER_DATA, infludata.CONTENT]


@pytest.mark.parametrize("operation", PAID, ids=lambda one: one.id)
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"users": [', b"<html></html>", b"\x00\xff"])
def test_a_success_that_cannot_be_read_is_damaged_and_counts_at_the_worst_case(
    operation: Operation, body: bytes
) -> None:
    call = Request(operation=operation, weight=3)
    outcome = read(call, body)
    assert (outcome.kind, outcome.basis) == (AnswerKind.DAMAGED, ChargeBasis.ASSUMED)
    assert outcome.charge_microcredits == call.worst_case_microcredits


@pytest.mark.parametrize("odd", [None, -1, "hidden", True, "12.4K", 1e300, 10**12, "NaN", [], {"value": 1}])
def test_a_balance_that_none_can_have_is_no_documented_answer(odd: Any) -> None:
    """A sentinel in a balance would be compared with the ledger, and one beyond every type could not be stored."""
    asked: tuple[tuple[PagedRequest, Any], ...] = (
        (club_requests.balance(SETTINGS), {"credits_available": odd, "credits_used": 1}),
        (data_requests.balance(SETTINGS), {"clientId": "a", "reportsLeft": odd}),
        (influtics_requests.balance(SETTINGS), {"data": {"summary": {"credits": {"total": 3, "used": odd}}}}),
    )
    for pages, body in asked:
        request = pages.first
        assert read(request, body).kind is AnswerKind.DAMAGED, request
