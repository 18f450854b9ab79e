"""Why a paid request brought no answer, one exception for each thing that you can do about it.

Each failure says what was attempted, what happened and what to do next, in that order. It never quotes a key, a handle
or an e-mail. ``allow_retries`` tells the layer above whether the same run, unchanged, can succeed later. When a failure
is raised is decided in ``preconditions`` and ``purchase``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from creator_assets.ledger.book_records import BudgetState
from creator_assets.ledger.records import InDoubt, RefusalReason, Refused
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import AnswerKind, Recovery, ResponseOutcome
from creator_assets.spending.limits import how_to_agree


class PaidCallError(Exception):
    """A paid request, or several, brought no answer."""

    allow_retries = False
    operation = ""
    """Id of the operation that failed, if it was one."""

    def __init__(self, attempted: str, happened: str, next_step: str) -> None:
        super().__init__(f"{attempted}: {happened}. {next_step}")
        self.attempted = attempted
        self.happened = happened
        self.next_step = next_step

    def among(self, failed_requests: int) -> Self:
        """The same failure, with the number of requests that failed."""
        if failed_requests > 1:
            self.args = (f"{self.attempted}: {self.happened}. {failed_requests} requests failed. {self.next_step}",)
        return self


class MissingKeyError(PaidCallError):
    """No key is configured for the provider."""


class KeyRefusedError(PaidCallError):
    """The provider does not accept the key."""


class CreditsExhaustedError(PaidCallError):
    """The provider says that its account has no credits left."""


class VolumeExhaustedError(PaidCallError):
    """The provider accepts no more requests until a known date."""

    def __init__(self, attempted: str, happened: str, next_step: str, until: datetime | None) -> None:
        super().__init__(attempted, happened, next_step)
        self.until = until


class ProviderSuspendedError(PaidCallError):
    """The provider refused the key or the account before. The ledger has suspended paid requests to it."""


class WrongAddressError(PaidCallError):
    """A web server or a firewall answered in place of the provider."""


class NotInPlanError(PaidCallError):
    """The account's plan does not include the operation."""


class RequestRefusedError(PaidCallError):
    """The provider rejects the request."""


class ProviderUnavailableError(PaidCallError):
    """The provider failed or did not answer, after all retries."""

    allow_retries = True


class AnswerDamagedError(PaidCallError):
    """The provider answered with success, and its body cannot be read."""


class AnswerNotKeptError(PaidCallError):
    """The provider answered, and the ledger could not keep the answer: a full disk, a lost connection."""


class FateUnknownError(PaidCallError):
    """It is unknown whether a request was charged. It counts at its worst case and is not repeated."""


class StillInDoubtError(FateUnknownError):
    """An earlier attempt of the same request is still in doubt; nothing was sent."""


class NotAdmittedError(PaidCallError):
    """The ledger admits nothing for now: a threshold was crossed, or a period or window is over or ends too soon."""


class RequestBusyError(PaidCallError):
    """Another process is sending the same request and did not finish in time."""

    allow_retries = True


class PlanExceededError(PaidCallError):
    """The demand exceeds the plan that the run is tied to; nothing was sent."""


class LimitDisagreesError(PaidCallError):
    """The settings of this process state another limit than the ledger has; nothing was sent."""


class PriceUnknownError(PaidCallError):
    """The price list is complete and has no price for the operation; nothing was sent."""


class NeverObservedError(PaidCallError):
    """A past partition lacks answers. Providers report only the present, so nothing is bought for it."""


class BudgetRefusedError(PaidCallError):
    """The worst case does not fit a budget; nothing was sent."""

    def __init__(
        self, attempted: str, scope: str, needed_microcredits: int, available_microcredits: int, next_step: str
    ) -> None:
        needed, available = format_credits(needed_microcredits), format_credits(available_microcredits)
        super().__init__(
            attempted, f"budget `{scope}` has {available} credits left, up to {needed} are needed", next_step
        )
        self.scope = scope
        self.needed_microcredits = needed_microcredits
        self.available_microcredits = available_microcredits


NOT_ASKED = (
    BudgetRefusedError, CreditsExhaustedError, KeyRefusedError, NeverObservedError, NotAdmittedError,
    PriceUnknownError, ProviderSuspendedError, VolumeExhaustedError,
)  # fmt: skip
"""Failures that only skip a fallback provider: its answer would have been a second choice."""


def failure_for(attempted: str, outcome: ResponseOutcome, provider: str, key_variable: str) -> PaidCallError:
    """The failure for a response that is no success, or cannot be read.

    Args:
        attempted: What was attempted, without personal data.
        outcome: What the response means.
        provider: Name of the provider.
        key_variable: Name of the environment variable that holds the provider's key.
    """
    happened = outcome.note or "the provider rejected it"
    counted = (
        f"it counts at {format_credits(outcome.charge_microcredits)} credits" if outcome.charge_microcredits else ""
    )
    if outcome.kind is AnswerKind.DAMAGED:
        return AnswerDamagedError(
            attempted,
            f"{happened}; {counted or 'it cost nothing'}",
            "The archive keeps the body. Run it again to send the request once more.",
        )
    match outcome.recovery:
        case Recovery.FIX_KEY:
            return KeyRefusedError(
                attempted,
                f"the key was refused ({happened})",
                f"Check {key_variable}. Then run `creator-assets budget --resume {provider}`.",
            )
        case Recovery.TOP_UP:
            return CreditsExhaustedError(
                attempted,
                f"the provider says that its account has no credits for this ({happened})",
                "Top up the account. What was paid for so far is kept.",
            )
        case Recovery.WAIT:
            return _closed_until(attempted, outcome.until, happened, "what was paid for so far is kept")
        case Recovery.FIX_PLAN:
            return NotInPlanError(
                attempted,
                f"the account's plan does not include this ({happened})",
                "Ask the provider to enable it for this key.",
            )
        case Recovery.FIX_ADDRESS:
            base_url = f"{key_variable.removesuffix('_API_KEY')}_BASE_URL"
            return WrongAddressError(
                attempted,
                f"the address is not the provider's ({happened})",
                f"Nothing was charged or kept as an answer. Check {base_url}, and any proxy or firewall on the way.",
            )
        case Recovery.FIX_REQUEST:
            return RequestRefusedError(
                attempted,
                f"the provider rejected the request ({'; '.join(filter(None, (happened, counted)))})",
                "Check the filters and handles in the brief.",
            )
        case _:
            return ProviderUnavailableError(
                attempted,
                f"no usable answer after all retries ({happened}{f'; each time {counted}' if counted else ''})",
                "Run it again later. What was paid for so far is kept.",
            )


def unknown_price(provider: str, operation: str) -> str:
    """What happened where a price is unknown, in words."""
    return f"the price list has no price for {provider} {operation}, although it says that it is complete"


def refusal_of(attempted: str, refused: Refused) -> PaidCallError:
    """The failure for a request that the ledger does not admit; nothing was sent for it."""
    match refused.reason:
        case RefusalReason.PROVIDER_SUSPENDED:
            if refused.until is None:
                return _suspended(attempted, refused)
            return _closed_until(attempted, refused.until, refused.message, "nothing was sent")
        case RefusalReason.BUDGET:
            return BudgetRefusedError(
                attempted,
                refused.scope,
                refused.needed_microcredits,
                refused.available_microcredits,
                "Nothing more was sent, and what was paid for so far is kept. Raise the budget or ask for less.",
            )
        case RefusalReason.LIMIT_DISAGREES:
            return LimitDisagreesError(attempted, refused.message, f"Nothing was sent. {how_to_agree(refused.scope)}")
        case RefusalReason.ENDS_SOON:
            return NotAdmittedError(
                attempted,
                refused.message,
                "Nothing was sent, nothing was paid. Run it again after that: the next partition or period sends it.",
            )
        case _:
            next_step = "Nothing was sent. `creator-assets budget` shows every limit."
            return NotAdmittedError(attempted, refused.message, next_step)


def suspension_in_words(state: BudgetState) -> str:
    """Since when and why paid requests are suspended for a budget, and how to resume them."""
    since = f" since {state.provider_suspended_since:%Y-%m-%d %H:%M} UTC" if state.provider_suspended_since else ""
    happened = f"{state.scope}: paid requests are suspended{since} ({state.provider_suspended_reason})"
    if state.is_provider_suspended_indefinitely:
        return f"{happened}. {_how_to_resume(state.scope)}"
    return f"{happened} until {state.provider_suspended_until:%Y-%m-%d %H:%M} UTC."


def still_in_doubt(attempted: str, provider: str, doubt: InDoubt) -> PaidCallError:
    """The failure for a request whose earlier attempt is still in doubt; nothing was sent for it."""
    return StillInDoubtError(
        attempted,
        f"the same request was sent on {doubt.since:%Y-%m-%d %H:%M} UTC and it is unknown whether it was charged; "
        f"{format_credits(doubt.upper_microcredits)} credits stay counted for it",
        how_to_repeat(provider),
    )


def how_to_repeat(provider: str) -> str:
    """How a request in doubt is settled or sent again, in words."""
    return (
        "If the provider reports its balance, the hourly job `books` settles this within a few hours. "
        f"`creator-assets budget --repeat {provider}` lets you send it again at once, at the risk of paying twice."
    )


def _how_to_resume(scope: str) -> str:
    provider = scope.partition("/")[0]
    return (
        f"Fix the cause, then run `creator-assets budget --resume {provider}`. If the provider reports its balance, "
        "the hourly job `books` resumes it once there are credits."
    )


def _suspended(attempted: str, refused: Refused) -> PaidCallError:
    since = f" since {refused.since:%Y-%m-%d %H:%M} UTC" if refused.since else ""
    return ProviderSuspendedError(
        attempted,
        f"paid requests to {refused.scope} are suspended{since} ({refused.message})",
        f"Nothing was sent. {_how_to_resume(refused.scope)}",
    )


def _closed_until(attempted: str, until: datetime | None, why: str, kept: str) -> PaidCallError:
    moment = f"{until:%Y-%m-%d %H:%M} UTC" if until else "you resume it"
    return VolumeExhaustedError(
        attempted,
        f"the provider accepts no more requests until {moment} ({why})",
        f"Run it again after that; {kept}.",
        until,
    )
