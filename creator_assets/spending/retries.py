"""What follows an attempt without an answer: a retry, a pause for all processes, or a suspension of the provider.

Each retry is an attempt of its own in the ledger. Retries are bounded. What does not belong here: sending, waiting, and
what a response means.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from creator_assets.ledger.ledger import Ledger
from creator_assets.providers.contract.operations import AnswerKind, Recovery, ResponseOutcome
from creator_assets.spending.failures import failure_for
from creator_assets.spending.orders import PurchaseOrder

MAX_RETRIES = 3
LONGEST_WAIT_SECONDS = 120.0  # a provider that asks for a longer pause is suspended until then
TOO_MANY_REQUESTS = 429


class FailedAttempt(msgspec.Struct, frozen=True):
    """An attempt without an answer, and the HTTP status of its response if there was one."""

    outcome: ResponseOutcome
    status: int | None = None


def seconds_before_retry(outcome: ResponseOutcome, retry: int, jitter: Callable[[], float]) -> float | None:
    """Seconds before the next attempt: what the provider asks for, else 1, 2, 4 with jitter. None: no retry.

    Args:
        outcome: What the response means.
        retry: The number of retries so far.
        jitter: A random number between 0 and 1.
    """
    if outcome.recovery is not Recovery.RETRY or outcome.kind is AnswerKind.DAMAGED or retry >= MAX_RETRIES:
        return None
    if outcome.retry_after_seconds is not None:
        return outcome.retry_after_seconds
    return 2.0**retry * (1 + jitter() / 4)


def with_date(outcome: ResponseOutcome, now: datetime) -> ResponseOutcome:
    """A pause that is too long to wait for becomes a date before which nothing is sent."""
    wait_seconds = outcome.retry_after_seconds
    if outcome.recovery is not Recovery.RETRY or wait_seconds is None or wait_seconds <= LONGEST_WAIT_SECONDS:
        return outcome
    until = now + timedelta(seconds=wait_seconds)
    return msgspec.structs.replace(outcome, recovery=Recovery.WAIT, until=until)


def suspend_or_cool_down(ledger: Ledger, order: PurchaseOrder, failed: FailedAttempt) -> None:
    """Pass on to every process with the same key what the provider answered: stop, or slow down.

    An empty account suspends only what draws on the same budget: discovery has its own, and profiles go on.
    """
    outcome, operation = failed.outcome, order.request.operation
    if outcome.recovery in {Recovery.FIX_KEY, Recovery.TOP_UP} and operation.authenticated:
        parts = operation.sub_budgets if outcome.recovery is Recovery.TOP_UP else ()
        scopes = [f"{operation.provider}/{part}" for part in parts] or [operation.provider]
        happened = failure_for(order.attempted, outcome, order.request.operation.provider, order.key_variable).happened
        ledger.suspend_provider(scopes, until=None, reason=happened)
    elif outcome.recovery is Recovery.WAIT and outcome.until is not None:
        ledger.suspend_provider([operation.provider], until=outcome.until, reason=outcome.note)
    elif outcome.recovery is Recovery.RETRY and (failed.status == TOO_MANY_REQUESTS or outcome.retry_after_seconds):
        ledger.cool_down(order.rates, outcome.retry_after_seconds or 1.0)
