"""What must hold before the first request of a fetch: time, key, price, the approved plan, and room in every budget.

Each says no by a failure that tells what would help, and nothing was sent then. They judge a fetch as a whole and go
before the ledger's own admission, which judges each call again at the moment of its hold.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from creator_assets.ledger.book_records import BudgetState
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import Request
from creator_assets.spending.accounts import Account, needed_of, shortfalls
from creator_assets.spending.archive_coverage import Coverage, MissingRequests, missing
from creator_assets.spending.failures import (
    BudgetRefusedError,
    MissingKeyError,
    NeverObservedError,
    PaidCallError,
    PlanExceededError,
    PriceUnknownError,
    unknown_price,
)
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.planning.approved_plan import needs


def require_time(now: datetime, lacking: int, wanted: int, purpose: FetchContext) -> None:
    """Refuse to buy for a window that is over.

    Raises:
        NeverObservedError: It is.
    """
    if now < purpose.window.end:
        return
    ended = purpose.window.end - timedelta(seconds=1)
    raise NeverObservedError(
        purpose.attempted,
        f"{lacking} of {wanted} answers were never observed and the partition ended on {ended:%Y-%m-%d}",
        "Providers only tell the present, so nothing was bought: today's numbers must not stand under that date.",
    )


def require_account(accounts: Mapping[str, Account], request: Request) -> Account:
    """The account that a call is made with.

    Raises:
        MissingKeyError: There is none with a usable key.
    """
    operation = request.operation
    account = accounts.get(operation.provider)
    if account is not None and (account.has_usable_key or not operation.authenticated):
        return account
    variable = account.key_variable if account else f"the key of {operation.provider}"
    has_odd_key = account is not None and account.key != ""
    raise MissingKeyError(
        f"asking {operation.provider} for {operation.name}",
        "the key holds a character that no key can have" if has_odd_key else "no key is configured",
        f"Set {variable} to the key alone, without spaces or line breaks."
        if has_odd_key
        else f"Set {variable} (see .env.example), or use the sandbox.",
    )


def require_price(request: Request, purpose: FetchContext) -> None:
    """Refuse a call of which nobody knows what it costs.

    Raises:
        PriceUnknownError: This is one.
    """
    operation = request.operation
    if not operation.price.is_known:
        raise PriceUnknownError(
            purpose.attempted,
            unknown_price(operation.provider, operation.name),
            f"Add operations.{operation.provider}.{operation.name} to it; nothing was sent for this.",
        )


def require_approval(realm: str, to_ask: Sequence[MissingRequests], purpose: FetchContext) -> None:
    """Refuse what goes beyond the plan that the run is tied to, if it is.

    Raises:
        PlanExceededError: It does.
    """
    if purpose.approved is None:
        return
    needed = needs((one.next_request, one.worst_case_microcredits) for one in to_ask)
    spender = purpose.spender
    beyond = purpose.approved.differences(realm, spender.asset, spender.partition, needed)
    if beyond:
        raise PlanExceededError(
            purpose.attempted,
            f"it is tied to the plan of {purpose.approved.made_at:%Y-%m-%d %H:%M} UTC, and {'; '.join(beyond)}",
            "Nothing was sent. Plan again and approve that plan, or run without one.",
        )


def require_room(
    states: Iterable[BudgetState], to_ask: Iterable[MissingRequests], purpose: FetchContext, keep: Mapping[str, int]
) -> None:
    """Refuse all of it together where its worst case does not fit; names the budget that lacks most.

    Args:
        states: Of the budgets.
        to_ask: What is missing.
        purpose: For whom.
        keep: What of each budget is kept for others, in microcredits.

    Raises:
        BudgetRefusedError: It does not.
    """
    costs = ((one.next_request, one.worst_case_microcredits) for one in to_ask)
    needed = needed_of(costs, purpose.spender.campaign)
    left = {
        state.scope: max(0, state.left_microcredits - keep.get(state.scope, 0)) for state in states if state.is_current
    }
    short = shortfalls(needed, left)
    if short:
        worst = max(short, key=lambda scope: short[scope])
        available = left.get(worst, 0)
        change = _cheapest_change(worst, short[worst], available, purpose.spender.campaign)
        raise BudgetRefusedError(purpose.attempted, worst, needed[worst], available, change)


def room_for(
    states: Sequence[BudgetState],
    lacking: Sequence[Coverage],
    realm: str,
    purpose: FetchContext,
    keep: Mapping[str, int],
) -> tuple[int, BudgetRefusedError | None]:
    """How many of `lacking`, from the first on, fit together, and the refusal of all of it where not all do."""

    def refusal(so_many: int) -> BudgetRefusedError | None:
        try:
            require_room(states, missing(lacking[:so_many], realm, {}), purpose, keep)
        except BudgetRefusedError as error:
            return error
        return None

    of_all = refusal(len(lacking))
    if of_all is None:
        return len(lacking), None
    return bisect_left(range(len(lacking)), 1, key=lambda index: int(refusal(index + 1) is not None)), of_all


def _cheapest_change(scope: str, short: int, available: int, campaign: str) -> str:
    """The smallest change that would fit, in the words of whoever can make it."""
    lower = f"ask for less, so that at most {format_credits(available)} credits are needed"
    if scope.startswith("campaign:"):
        provider = scope.rpartition("/")[2]
        return f"Raise budget.{provider} in campaigns/{campaign}.yaml by {format_credits(short)}, or {lower}."
    return f"Raise the limit of `{scope}` by {format_credits(short)}, wait for its next period, or {lower}."


class Refusals:
    """What a provider refused to the running run altogether, by operation; a new run asks anew."""

    def __init__(self) -> None:
        self._run_id = ""
        self._by_operation: dict[str, PaidCallError] = {}
        self._lock = threading.Lock()

    def note(self, run_id: str, error: PaidCallError) -> None:
        """Remember a refusal of an operation."""
        with self._lock:
            if run_id != self._run_id:
                self._run_id, self._by_operation = run_id, {}
            self._by_operation[error.operation] = error

    def check(self, run_id: str, request: Request) -> None:
        """Raise what this run has already been told, so that nobody is asked in vain for each partition."""
        with self._lock:
            error = self._by_operation.get(request.operation.id) if run_id == self._run_id else None
        if error is not None:
            raise error
