"""Why a paid call did not bring an answer, sorted by what one does about it.

Each failure says what was attempted, what happened and what to do next, in that order, and never quotes a key, a
handle or an e-mail. ``allow_retries`` tells the layer above whether running the same thing again, unchanged, can help.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from creator_assets.ledger.book_records import BudgetState
from creator_assets.ledger.records import InDoubt, RefusalReason, Refused
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import AnswerKind, Recovery, ResponseOutcome


class PaidCallError(Exception):
    """A paid call, or a list of them, that brought no answer."""

    allow_retries = False
    operation = ""
    """Id of the operation that was asked for, where it was one."""

    def __init__(self, attempted: str, happened: str, next_step: str) -> None:
        super().__init__(f"{attempted}: {happened}. {next_step}")
        self.attempted = attempted
        self.happened = happened
        self.next_step = next_step

    def among(self, failed_calls: int) -> Self:
        """The same failure, telling how many calls failed in all."""
        if failed_calls > 1:
            self.args = (f"{self.attempted}: {self.happened}. {failed_calls} calls failed. {self.next_step}",)
        return self


class MissingKeyError(PaidCallError):
    """No key is configured for the provider."""


class KeyRefusedError(PaidCallError):
    """The provider does not accept the key."""


class CreditsExhaustedError(PaidCallError):
    """The provider's account has no credits left, whatever the ledger says."""


class VolumeExhaustedError(PaidCallError):
    """The account's volume is used up until a known date."""

    def __init__(self, attempted: str, happened: str, next_step: str, until: datetime | None) -> None:
        super().__init__(attempted, happened, next_step)
        self.until = until


class ProviderFrozenError(PaidCallError):
    """The provider refused the key or the account before, so that nobody asks it for anything that costs."""


class NotInPlanError(PaidCallError):
    """The account's plan does not include the operation."""


class RequestRefusedError(PaidCallError):
    """The provider refuses the request as it stands."""


class ProviderUnavailableError(PaidCallError):
    """The provider failed or stayed silent, after all the retries that are allowed."""

    allow_retries = True


class AnswerDamagedError(PaidCallError):
    """The provider answered with success and a body that cannot be read."""


class FateUnknownError(PaidCallError):
    """A request may or may not have been answered; it counts at its worst case and is not repeated by itself."""


class StillInDoubtError(FateUnknownError):
    """An earlier request of unknown fate stands in the way of the same one; nothing was sent now."""


class NotAdmittedError(PaidCallError):
    """The ledger admits nothing here for now: a threshold was crossed, a period or a window is over."""


class RequestBusyError(PaidCallError):
    """Another process is asking for the same thing and did not finish in time."""

    allow_retries = True


class PlanExceededError(PaidCallError):
    """What is wanted goes beyond the plan that the run is tied to; nothing was sent."""


class PriceUnknownError(PaidCallError):
    """The price list claims to be complete and has no price for what is wanted; nothing was sent."""


class NeverObservedError(PaidCallError):
    """A partition of the past lacks answers; providers only tell the present, so nothing is bought for it."""


class BudgetRefusedError(PaidCallError):
    """The worst case of what is wanted does not fit a budget; nothing was sent."""

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
    PriceUnknownError, ProviderFrozenError, VolumeExhaustedError,
)  # fmt: skip
"""Why somebody is not asked, or no more, who would only be asked for want of an answer of somebody else."""


def failure_for(attempted: str, reading: ResponseOutcome, key_variable: str) -> PaidCallError:
    """The failure for an answer that is no success, or none that can be read.

    Args:
        attempted: What was asked of whom, without personal data.
        reading: What the answer means.
        key_variable: Name of the environment variable that holds the provider's key.
    """
    happened = reading.note or "the provider refused"
    counted = (
        f"it counts at {format_credits(reading.charge_microcredits)} credits" if reading.charge_microcredits else ""
    )
    if reading.kind is AnswerKind.DAMAGED:
        return AnswerDamagedError(
            attempted,
            f"{happened}; {counted or 'it cost nothing'}",
            "The body is kept in the archive. Run it again to ask once more.",
        )
    match reading.recovery:
        case Recovery.FIX_KEY:
            return KeyRefusedError(attempted, f"the key was refused ({happened})", f"Check {key_variable}.")
        case Recovery.TOP_UP:
            return CreditsExhaustedError(
                attempted,
                f"the provider says that its account has no balance for this ({happened})",
                "Top the account up, or compare with `creator-assets budget`; what was paid for so far is kept.",
            )
        case Recovery.WAIT:
            return _closed_until(attempted, reading.until, happened, "what was paid for so far is kept")
        case Recovery.FIX_PLAN:
            return NotInPlanError(
                attempted, f"the account may not do this ({happened})", "Ask the provider to enable it for this key."
            )
        case Recovery.FIX_REQUEST:
            return RequestRefusedError(
                attempted,
                f"the request was refused ({'; '.join(filter(None, (happened, counted)))})",
                "Check the brief's filters and handles.",
            )
        case _:
            return ProviderUnavailableError(
                attempted,
                f"no usable answer after all retries ({happened}{f'; each time {counted}' if counted else ''})",
                "Run it again later; what was paid for so far is kept.",
            )


def unknown_price(provider: str, operation: str) -> str:
    """What happened where a price is not known, in words."""
    return f"the price list names no price for {provider} {operation}, and says that it is complete"


def refusal_of(attempted: str, refused: Refused) -> PaidCallError:
    """The failure for a call that the ledger does not admit; nothing was sent for it."""
    match refused.reason:
        case RefusalReason.PROVIDER_SUSPENDED:
            if refused.until is None:
                return _frozen(attempted, refused)
            return _closed_until(attempted, refused.until, refused.message, "nothing was sent")
        case RefusalReason.BUDGET:
            return BudgetRefusedError(
                attempted,
                refused.scope,
                refused.needed_microcredits,
                refused.available_microcredits,
                "Nothing more was sent; what was paid for so far is kept. Raise the budget or ask for less.",
            )
        case _:
            next_step = "Nothing was sent. `creator-assets budget` shows every limit."
            return NotAdmittedError(attempted, refused.message, next_step)


def frozen_in_words(state: BudgetState) -> str:
    """Since when and why nothing is sent on a budget, and what ends that."""
    since = (
        f"since {state.provider_suspended_since:%Y-%m-%d %H:%M} UTC" if state.provider_suspended_since else "any more"
    )
    said = f"{state.scope}: nothing that costs is sent {since} ({state.provider_suspended_reason})"
    if state.is_provider_suspended_indefinitely:
        return f"{said}. {_how_to_lift(state.scope)}"
    return f"{said}, until {state.provider_suspended_until:%Y-%m-%d %H:%M} UTC."


def _how_to_lift(scope: str) -> str:
    provider = scope.partition("/")[0]
    return (
        f"Mend it, then lift the freeze with `creator-assets budget --unfreeze {provider}`; where the provider tells "
        "its balance, the hourly look at it does so as soon as there are credits."
    )


def _frozen(attempted: str, refused: Refused) -> PaidCallError:
    since = f" since {refused.since:%Y-%m-%d %H:%M} UTC" if refused.since else ""
    return ProviderFrozenError(
        attempted,
        f"nothing that costs is sent to {refused.scope}{since} ({refused.message})",
        f"Nothing was sent. {_how_to_lift(refused.scope)}",
    )


def still_in_doubt(attempted: str, provider: str, doubt: InDoubt) -> PaidCallError:
    """The failure for a call that an earlier attempt of unknown fate forbids; nothing was sent for it."""
    return StillInDoubtError(
        attempted,
        f"the same request was sent on {doubt.since:%Y-%m-%d %H:%M} UTC and nobody knows whether it was charged; "
        f"{format_credits(doubt.upper_microcredits)} credits stay set aside for it",
        how_to_repeat(provider),
    )


def how_to_repeat(provider: str) -> str:
    """What ends a doubt about a request to a provider, in words."""
    return (
        "Where the provider tells its balance, the hourly look at it (the job `books`) settles this within some looks; "
        f"`creator-assets budget --repeat {provider}` lets it be asked again at once, at the risk of paying twice."
    )


def _closed_until(attempted: str, until: datetime | None, why: str, kept: str) -> PaidCallError:
    moment = f"{until:%Y-%m-%d %H:%M} UTC" if until else "somebody lifts the freeze"
    return VolumeExhaustedError(
        attempted,
        f"the provider admits nothing more until {moment} ({why})",
        f"Run it again after that; {kept}.",
        until,
    )
