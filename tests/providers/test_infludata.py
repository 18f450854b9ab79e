"""influData: the documented examples field by field, the sign-up for a trial key, and when a creator is ready."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from creator_assets.providers.contract.account_ids import AccountIds
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Recovery
from creator_assets.providers.infludata import content_requests, operations, payloads, requests, rows
from tests.reference import examples_in

from .bench import NOW, answer, read, response

SETTINGS = ProviderSettings(client_id="sandbox-client")
TRIAL = ProviderSettings(is_trial=True)
CREDIT = 1_000_000
OWN_ID = "507f1f77bcf86cd799439011"
CONTENT = content_requests.content(SETTINGS, "instagram", "fashioninfluencer", 100).first


@pytest.fixture(scope="module")
def shown(seeds: Path) -> dict[str, Any]:
    """The documented examples, by a field that only they have."""
    found = examples_in(seeds / operations.SEED)
    marks = ("nextStep", "apiKey", "isInDatabase", "processed", "users", "items", "reportsLeft")
    return {mark: next(one for one in found if mark in one) for mark in marks}


def test_the_example_of_discovery_becomes_a_row_with_a_fraction(shown: dict[str, Any]) -> None:
    call = requests.search(SETTINGS, "instagram", {}, 20).first
    row = rows.creator_rows([answer(call, shown["users"])], origin="search", origin_name="a", platform="instagram")
    found = row.rows.row(0, named=True)
    assert {
        name: found[name] for name in ("username", "display_name", "followers", "provider_id", "native_id", "country")
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
    then = datetime(2026, 5, 16, tzinfo=UTC)
    bought = answer(CONTENT, shown["items"], observed_at=then)
    outcome = CONTENT.operation.read(CONTENT, response(shown["items"]))
    assert (outcome.charge_microcredits, outcome.basis) == (100 * CREDIT, ChargeBasis.STATED)
    assert outcome.balance_microcredits == 9_900 * CREDIT
    assert outcome.note == "1 pieces, 100 requests deducted"
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
    assert row["author"] == row["username"]
    assert row["media_expires_at"] == then + timedelta(hours=24)
    assert rows.newest([bought]) == datetime(2026, 5, 15, 10, 30, tzinfo=UTC)


def test_the_examples_of_the_free_operations_are_read(shown: dict[str, Any]) -> None:
    status = answer(requests.status(SETTINGS, "instagram", "cristiano").first, shown["isInDatabase"])
    assert (status.kind, rows.readiness(status).is_known, rows.readiness(status).has_audience) == (
        AnswerKind.FINAL,
        True,
        True,
    )
    queued = answer(requests.queue(SETTINGS, "instagram", ["cristiano", "leomessi"])[0].first, shown["processed"])
    batch = rows.queue_rows([queued]).rows.row(0, named=True)
    assert (batch["state"], batch["total_rows"], batch["processed_rows"], batch["failed_rows"]) == ("finished", 2, 2, 0)
    info = answer(requests.balance(SETTINGS).first, shown["reportsLeft"])
    assert rows.balance(info).left_microcredits == 230 * CREDIT


def test_the_examples_of_the_sign_up_are_read_and_the_key_is_never_shown(shown: dict[str, Any]) -> None:
    step_one = requests.trial_key("you@company.com", email_hash="hash")
    assert read(step_one.first, shown["nextStep"]).kind is AnswerKind.FINAL
    step_two = requests.trial_code("you@company.com", "123456", email_hash="hash")
    issued = answer(step_two.first, shown["apiKey"], 201)
    key = payloads.issued_key(issued.body)
    assert key is not None
    assert (key.api_key, key.client_id, key.requests_included) == ("your-trial-api-key", "trial-aB3xK9pQz1", 250)
    assert "your-trial-api-key" not in repr(key) + repr(issued)
    lacking = {name: value for name, value in shown["apiKey"].items() if name != "expiresAt"}
    assert payloads.issued_key(json.dumps(lacking).encode()) is None
    assert step_one.first.operation.holds_secret
    assert not step_one.first.operation.authenticated


def test_the_request_key_of_a_sign_up_does_not_reveal_the_address() -> None:
    def key(email: str, email_hash: str, code: str = "1") -> str:
        return requests.trial_code(email, code, email_hash=email_hash).first.request_key("live")

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
    outcome = read(requests.trial_code("a@example.com", "1", email_hash="h").first, body, status)
    assert (outcome.recovery, outcome.charge_microcredits, outcome.note) == (Recovery.FIX_REQUEST, 0, note)


def test_a_trial_key_has_its_own_limits() -> None:
    names = [f"n{number}" for number in range(25)]
    sizes = [len(pages.first.body_texts("usernames")) for pages in requests.queue(TRIAL, "tiktok", names)]
    assert sizes == [10, 10, 5]
    assert len(requests.queue(SETTINGS, "tiktok", names)) == 1
    assert TRIAL.rates_of(operations.DISCOVERY) == operations.TRIAL_RATES
    assert SETTINGS.rates_of(operations.DISCOVERY) == operations.ORGANIZATION_RATES
    with pytest.raises(ValueError, match="not of facebook"):
        requests.queue(SETTINGS, "facebook", names)


def test_the_status_check_decides_how_long_to_wait_for_a_creator() -> None:
    call = requests.status(SETTINGS, "tiktok", "x").first
    absent = answer(call, {"isInDatabase": False, "isBeingProcessed": True})
    unready = answer(call, {"isInDatabase": True, "hasAudienceData": False})
    assert rows.readiness(absent).next_look_at == NOW + timedelta(hours=24)
    assert (unready.kind, rows.readiness(unready).next_look_at) == (AnswerKind.PENDING, NOW + timedelta(hours=1))
    assert read(requests.status(SETTINGS, "twitch", "x").first, {"isInDatabase": True}).kind is AnswerKind.FINAL
    assert read(call, {"isInDatabase": "maybe"}).kind is AnswerKind.DAMAGED
    for yes in (True, "true", "yes", 1):
        assert read(call, {"isInDatabase": yes, "hasAudienceData": yes}).kind is AnswerKind.FINAL
    assert read(call, {"error": "no"}, 404).kind is AnswerKind.EMPTY


def test_filters_are_written_as_the_query_requires() -> None:
    call = requests.search(SETTINGS, "instagram", {"categories": ["a", "b"], "businessSearch": True}, 20).first
    assert call.params == {"platform": "instagram", "businessSearch": "true", "categories": "a,b", "skipCount": "0"}


def test_an_answer_that_cannot_be_read_is_a_rejected_profile() -> None:
    bought = answer(requests.profile(SETTINGS, "instagram", "mila.example").first, b"")
    parsed = rows.profile_rows([msgspec.structs.replace(bought, kind=AnswerKind.UNREADABLE)])
    assert parsed.rows.is_empty()
    assert parsed.rejected["problem"].to_list() == ["unreadable"]


def test_a_balance_is_read_without_the_clients_id() -> None:
    assert read(requests.balance(SETTINGS).first, {"clientId": None, "reportsLeft": 7}).kind is AnswerKind.FINAL
    assert read(requests.balance(SETTINGS).first, {"clientId": "sandbox-client"}).kind is AnswerKind.DAMAGED


@pytest.mark.parametrize(("summary", "field"), [({"total": True}, "total_rows"), (-1, "total_rows")])
def test_a_count_of_a_queue_that_cannot_be_read_is_noted(summary: Any, field: str) -> None:
    request = requests.queue(SETTINGS, "instagram", ["a"])[0].first
    parsed = rows.queue_rows([answer(request, {"processed": [], "summary": summary})])
    assert parsed.rows[field].to_list() == [None]
    assert field in parsed.notes["field"].to_list()


@pytest.mark.parametrize(
    ("ids", "sent"),
    [
        (AccountIds(provider_ids={"infludata": OWN_ID}, native_id="12"), {"_id": OWN_ID}),
        (AccountIds(provider_ids={"influencers_club": OWN_ID}, native_id="12"), {"userId": "12"}),
        (AccountIds(provider_ids={"infludata": "x"}, native_id="12"), {"userId": "12"}),
        (AccountIds(native_id="MS4wLjABAAAAinventedinvented"), None),
        (AccountIds(), None),
    ],
)
def test_one_identifier_is_sent_and_the_request_stays_that_of_the_handle(
    ids: AccountIds, sent: dict[str, str] | None
) -> None:
    for make in (requests.profile, requests.profile_with_report, requests.profile_with_scores, requests.status):
        plain = make(SETTINGS, "instagram", "x")
        first = requests.by_id(plain, ids).first
        assert (first.request_key("r"), first.params) == (plain.first.request_key("r"), plain.first.params)
        rest = {name: text for name, text in plain.first.params.items() if name != "username"}
        assert first.sent_params == (None if sent is None else rest | sent)
        assert first.worst_case_microcredits == plain.first.worst_case_microcredits


def test_a_trial_key_is_never_sent_what_it_is_refused_with() -> None:
    (asked,) = requests.queue_weekly(SETTINGS, "tiktok", ["a", "b"])
    assert asked.first.body == {"platform": "tiktok", "usernames": ["a", "b"], "addToWeeklyEnrichment": True}
    (of_trial,) = requests.queue_weekly(TRIAL, "tiktok", ["a", "b"])
    assert of_trial.first.body == {"platform": "tiktok", "usernames": ["a", "b"]}
