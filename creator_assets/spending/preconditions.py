"""What must hold before the first request of a fetch: time, key, price, the approved plan, and room in every budget.

Each check raises a failure that says what to do, and nothing was sent then. The checks judge a fetch as a whole. The
ledger's admission comes later and judges each request again at the moment of its hold.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from creator_assets.ledger.book_records import BudgetState
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import Request
from creator_assets.spending.accounts import Account, needed_of, shortfalls
from creator_assets.spending.archive_coverage import Coverage, MissingRequests, missing_requests
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


def require_time(now: datetime, missing: int, requests: int, fetch_context: FetchContext) -> None:
    """Refuse to buy for a window that is over.

    Args:
        now: The ledger's present.
        missing: How many answers are missing.
        requests: Of how many paged requests.
        fetch_context: Holds the window.

    Raises:
        NeverObservedError: The window is over.
    """
    if now < fetch_context.window.end:
        return
    ended = fetch_context.window.end - timedelta(seconds=1)
    raise NeverObservedError(
        fetch_context.attempted,
        f"{missing} of {requests} answers were never observed and the partition ended on {ended:%Y-%m-%d}",
        "Nothing was bought. Providers report only the present, and today's numbers do not belong to that date.",
    )


def require_account(accounts: Mapping[str, Account], request: Request) -> Account:
    """The account for a request.

    Raises:
        MissingKeyError: There is no account with a usable key.
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


def require_price(request: Request, fetch_context: FetchContext) -> None:
    """Refuse a request with an unknown price.

    Raises:
        PriceUnknownError: The price is unknown.
    """
    operation = request.operation
    if not operation.price.is_known:
        raise PriceUnknownError(
            fetch_context.attempted,
            unknown_price(operation.provider, operation.name),
            f"Nothing was sent. Add operations.{operation.provider}.{operation.name} to the price list.",
        )


def require_approval(realm: str, missing: Sequence[MissingRequests], fetch_context: FetchContext) -> None:
    """Refuse what goes beyond the plan that the run is tied to, if it is tied to one.

    Raises:
        PlanExceededError: It goes beyond the plan.
    """
    approved = fetch_context.approved
    if approved is None:
        return
    needed = needs((one.next_request, one.worst_case_microcredits) for one in missing)
    spender = fetch_context.spender
    excess = approved.differences(realm, spender.asset, spender.partition, needed)
    if excess:
        raise PlanExceededError(
            fetch_context.attempted,
            f"the run is tied to the plan of {approved.made_at:%Y-%m-%d %H:%M} UTC, and {'; '.join(excess)}",
            "Nothing was sent. Approve a new plan, or run without one.",
        )


def require_room(
    states: Iterable[BudgetState],
    missing: Iterable[MissingRequests],
    fetch_context: FetchContext,
    budget_reserve: Mapping[str, int],
) -> None:
    """Refuse all missing requests where their worst case does not fit. Names the budget that lacks most.

    Args:
        states: The budgets.
        missing: The missing requests.
        fetch_context: Who spends.
        budget_reserve: By budget scope, what later stages need of it, in microcredits.

    Raises:
        BudgetRefusedError: The worst case does not fit.
    """
    costs = ((one.next_request, one.worst_case_microcredits) for one in missing)
    needed = needed_of(costs, fetch_context.spender.campaign)
    left = {
        state.scope: max(0, state.left_microcredits - budget_reserve.get(state.scope, 0))
        for state in states
        if state.is_current
    }
    short = shortfalls(needed, left)
    if short:
        worst = max(short, key=lambda scope: short[scope])
        available = left.get(worst, 0)
        change = _cheapest_change(worst, short[worst], available, fetch_context.spender.campaign)
        raise BudgetRefusedError(fetch_context.attempted, worst, needed[worst], available, change)


def affordable_count(
    states: Sequence[BudgetState],
    coverages: Sequence[Coverage],
    key_of: Callable[[Request], str],
    fetch_context: FetchContext,
    budget_reserve: Mapping[str, int],
) -> tuple[int, BudgetRefusedError | None]:
    """How many of `coverages`, from the first one on, fit together; and why all of them do not, if they do not."""

    def refusal(count: int) -> BudgetRefusedError | None:
        try:
            require_room(states, missing_requests(coverages[:count], key_of, {}), fetch_context, budget_reserve)
        except BudgetRefusedError as error:
            return error
        return None

    refusal_of_all = refusal(len(coverages))
    if refusal_of_all is None:
        return len(coverages), None
    count = bisect_left(range(len(coverages)), 1, key=lambda index: int(refusal(index + 1) is not None))
    return count, refusal_of_all


def _cheapest_change(scope: str, short: int, available: int, campaign: str) -> str:
    """The smallest change that would fit, and where to make it."""
    lower = f"ask for less, so that at most {format_credits(available)} credits are needed"
    if scope.startswith("campaign:"):
        provider = scope.rpartition("/")[2]
        return f"Raise budget.{provider} in campaigns/{campaign}.yaml by {format_credits(short)}, or {lower}."
    provider = scope.partition("/")[0]
    raised = f"Raise the limit of `{scope}` by {format_credits(short)}, wait for its next period, or {lower}."
    return f"{raised} `creator-assets budget set {provider} LIMIT` raises it."


class RunRefusals:
    """What a provider refused to the running run as a whole, by operation. A new run asks again."""

    def __init__(self) -> None:
        self._run_id = ""
        self._by_operation: dict[str, PaidCallError] = {}
        self._lock = threading.Lock()

    def note(self, run_id: str, error: PaidCallError) -> None:
        """Remember the refusal of an operation."""
        with self._lock:
            if run_id != self._run_id:
                self._run_id, self._by_operation = run_id, {}
            self._by_operation[error.operation] = error

    def check(self, run_id: str, request: Request) -> None:
        """Raise the refusal that this run already has, so that not every partition sends the request in vain."""
        with self._lock:
            error = self._by_operation.get(request.operation.id) if run_id == self._run_id else None
        if error is not None:
            raise error
