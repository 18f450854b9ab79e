"""The paid door: every request to a provider passes here, and only here.

For each wanted call: is the answer in the archive? If not, does its worst case fit every budget? Then it is
admitted, paced, sent, and the answer archived with its charge in one transaction, before anything parses it. What is
wanted and what becomes of it is the caller's business; what one exchange over HTTP is, that of ``transport``; how
the books are kept, that of ``ledger``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec

from creator_assets.microcredits import format_credits
from creator_assets.providers.contract import Answer, Call, Pages, ProviderSettings
from creator_assets.spending.exchange import Exchange, from_archive
from creator_assets.spending.failures import BudgetRefusedError, MissingKeyError, NeverObservedError, PaidCallError
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Attribution, Budget, Window
from creator_assets.spending.transport import Transport

NO_CAMPAIGN = "-"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's account: where it is reached, with which key, and what it may spend.

    ``key_variable`` names the environment variable of the key for messages; the key itself is in no representation.
    ``in_flight`` bounds how many of its requests are under way at once.
    """

    provider: str
    base_url: str
    key: str
    key_variable: str
    budgets: tuple[Budget, ...]
    settings: ProviderSettings = ProviderSettings()
    in_flight: int = 4

    def __repr__(self) -> str:
        """Name the provider, never the key."""
        return f"Account({self.provider!r})"


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """For whom and for when something is fetched: the spender by name, and the window in which an answer counts."""

    spender: Attribution
    window: Window


class Tally(msgspec.Struct, kw_only=True):
    """What a fetch came to. ``calls`` were answered by a provider, ``archive_hits`` by the archive."""

    calls: int = 0
    archive_hits: int = 0
    spent_microcredits: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count another fetch in."""
        self.calls += other.calls
        self.archive_hits += other.archive_hits
        for provider, amount in other.spent_microcredits.items():
            self.spent_microcredits[provider] = self.spent_microcredits.get(provider, 0) + amount


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, one tuple for each of the wanted pages and in their order, and what they came to."""

    answers: tuple[tuple[Answer, ...], ...]
    tally: Tally


class Walk(msgspec.Struct, kw_only=True):
    """How far the archive leads through some pages: the answers it has, and the first call that it cannot answer."""

    pages: Pages
    answers: list[Answer]
    next_call: Call | None

    @property
    def worst_case_microcredits(self) -> int:
        """The most that what is missing can cost."""
        if self.next_call is None:
            return 0
        return self.next_call.worst_case_microcredits * self.calls_left

    @property
    def calls_left(self) -> int:
        """How many calls may still be made."""
        return 0 if self.next_call is None else self.pages.max_calls - len(self.answers)

    def went_on(self, answer: Answer) -> None:
        """Take the answer to `next_call` and find the call after it."""
        self.answers.append(answer)
        more = len(self.answers) < self.pages.max_calls
        self.next_call = self.pages.follow(answer, len(self.answers)) if more else None


class PaidDoor:
    """The door, for one realm and its accounts. Safe to use from several threads; close it when done.

    Args:
        ledger: Where answers are archived and credits booked.
        accounts: The accounts by provider.
        campaign_budgets: For each campaign what it may spend, in microcredits by provider; what is not in it may get
        nothing. transport: Makes the transport of an account; for tests.
        jitter: A random number from 0 to 1, for the pauses between retries.
    """

    def __init__(
        self,
        ledger: Ledger,
        accounts: Mapping[str, Account],
        campaign_budgets: Mapping[str, Mapping[str, int]],
        *,
        transport: Callable[[Account], Transport] | None = None,
        jitter: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.ledger = ledger
        self.accounts = dict(accounts)
        self._make_transport = transport or _transport
        self._exchange = Exchange(ledger, jitter=jitter, sleep=sleep)
        self._transports: dict[str, Transport] = {}
        self._lock = threading.Lock()
        ledger.set_budgets(all_budgets(self.accounts, campaign_budgets))

    def fetch(self, wanted: Sequence[Pages], purpose: Purpose) -> Fetched:
        """Bring the answers to all of `wanted`: from the archive where it has them, from the providers where not.

        Nothing is sent unless the worst case of all that is missing fits every budget. When one call fails no
        further ones are begun; what was answered until then is archived, so that the next fetch buys only the rest.

        Raises:
            NeverObservedError: The window is over and the archive lacks an answer.
            BudgetRefusedError: The worst case does not fit; nothing was sent.
            PaidCallError: A call brought no answer; the subclass tells what would help.
        """
        walks = walk(self.ledger, wanted, purpose.window)
        missing = [one for one in walks if one.next_call is not None]
        if missing and self.ledger.now() >= purpose.window.end:
            raise _never_observed(purpose, len(missing), len(walks))
        tally = Tally(archive_hits=sum(len(one.answers) for one in walks))
        if missing:
            self.require_room([one for one in missing if one.worst_case_microcredits], purpose.spender)
            self._buy_all(missing, purpose, tally)
        return Fetched(answers=tuple(tuple(one.answers) for one in walks), tally=tally)

    def require_room(self, missing: Sequence[Walk], spender: Attribution) -> None:
        """Refuse all of `missing` together where its worst case does not fit.

        Raises:
            BudgetRefusedError: Names the budget that lacks most, and the smallest change that would fit.
        """
        needed: dict[str, int] = {}
        for one in missing:
            for scope in scopes(one.next_call or one.pages.first, spender.campaign):
                needed[scope] = needed.get(scope, 0) + one.worst_case_microcredits
        left = {state.scope: state.left_microcredits for state in self.ledger.balances() if state.is_current}
        short = {scope: amount - left.get(scope, 0) for scope, amount in needed.items() if amount > left.get(scope, 0)}
        if short:
            worst = max(short, key=lambda scope: short[scope])
            raise BudgetRefusedError(
                f"{spender.asset} for {spender.partition}",
                worst,
                needed[worst],
                left.get(worst, 0),
                _cheapest_change(worst, short[worst], left.get(worst, 0), spender.campaign),
            )

    def _buy_all(self, missing: Sequence[Walk], purpose: Purpose, tally: Tally) -> None:
        """Work through what is missing, some pages at a time, in the order in which it was wanted."""
        stop = threading.Event()
        failures: list[tuple[int, BaseException]] = []

        def work(place: int, one: Walk) -> None:
            try:
                for call in _calls_of(one, stop):
                    answer = self._buy(call, purpose)
                    one.went_on(answer)
                    with self._lock:
                        _count(tally, answer)
            except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread below
                failures.append((place, error))
                stop.set()

        in_flight = max(self._account(one.next_call).in_flight for one in missing)
        with ThreadPoolExecutor(max_workers=min(in_flight, len(missing)), thread_name_prefix="paid-door") as pool:
            try:
                for place, one in enumerate(missing):
                    pool.submit(work, place, one)
                pool.shutdown(wait=True)
            except BaseException:
                # Interrupted: what is under way is finished and booked, nothing more is begun.
                stop.set()
                raise
        if failures:
            raise min(failures, key=lambda failure: failure[0])[1]

    def _buy(self, call: Call, purpose: Purpose) -> Answer:
        account = self._account(call)
        with self._lock:
            transport = self._transports.get(account.provider)
            if transport is None:
                transport = self._transports[account.provider] = self._make_transport(account)
        budget_scopes = scopes(call, purpose.spender.campaign)
        return self._exchange.buy(call, account.key_variable, transport, budget_scopes, purpose.spender, purpose.window)

    def _account(self, call: Call | None) -> Account:
        provider = call.operation.provider if call else ""
        account = self.accounts.get(provider)
        if account is None or (call and call.operation.authenticated and not account.key):
            variable = account.key_variable if account else f"the key of {provider}"
            raise MissingKeyError(
                f"asking {provider} for {call.operation.name if call else 'anything'}",
                "no key is configured",
                f"Set {variable} (see .env.example), or use the sandbox.",
            )
        return account

    def close(self) -> None:
        """Close the connections to the providers and to the ledger."""
        for transport in self._transports.values():
            transport.close()
        self.ledger.close()


def walk(ledger: Ledger, wanted: Sequence[Pages], window: Window) -> list[Walk]:
    """Follow all of `wanted` as far as the archive answers; reads only, many requests at a time."""
    walks = [Walk(pages=pages, answers=[], next_call=pages.first) for pages in wanted]
    walking = list(walks)
    while walking:
        calls = [one.next_call for one in walking if one.next_call is not None]
        keys = [call.request_key(ledger.realm) for call in calls]
        found = ledger.look_up_many(dict.fromkeys(keys, window))
        further = []
        for one, call, key in zip(walking, calls, keys, strict=True):
            if key in found:
                one.went_on(from_archive(call, found[key]))
                if one.next_call is not None:
                    further.append(one)
        walking = further
    return walks


def scopes(call: Call, campaign: str) -> tuple[str, ...]:
    """The budgets that must all admit a call: the provider's, its sub-budgets, the campaign's for it.

    A free call needs none: it may look at the balance of an account that is frozen, and moves nothing meanwhile.
    """
    operation = call.operation
    if operation.is_free:
        return ()
    names = [operation.provider, *(f"{operation.provider}/{sub}" for sub in operation.sub_budgets)]
    if campaign != NO_CAMPAIGN:
        names.append(campaign_scope(campaign, operation.provider))
    return tuple(names)


def campaign_scope(campaign: str, provider: str) -> str:
    """The budget of a campaign for one provider."""
    return f"campaign:{campaign}/{provider}"


def all_budgets(accounts: Mapping[str, Account], campaign_budgets: Mapping[str, Mapping[str, int]]) -> list[Budget]:
    """The budgets of accounts and campaigns; a campaign's is zero where its brief gives a provider none."""
    of_accounts = [budget for account in accounts.values() for budget in account.budgets]
    of_campaigns = [
        Budget(scope=campaign_scope(slug, provider), limit_microcredits=amounts.get(provider, 0))
        for slug, amounts in campaign_budgets.items()
        for provider in accounts
    ]
    return of_accounts + of_campaigns


def _transport(account: Account) -> Transport:
    return Transport(account.base_url, account.key, in_flight=account.in_flight)


def _calls_of(one: Walk, stop: threading.Event) -> Iterator[Call]:
    while one.next_call is not None and not stop.is_set():
        yield one.next_call


def _count(tally: Tally, answer: Answer) -> None:
    if answer.from_archive:
        tally.archive_hits += 1
    else:
        provider = answer.call.operation.provider
        tally.add(Tally(calls=1, spent_microcredits={provider: answer.charge_microcredits}))


def _never_observed(purpose: Purpose, missing: int, wanted: int) -> PaidCallError:
    ended = purpose.window.end - timedelta(seconds=1)
    return NeverObservedError(
        f"{purpose.spender.asset} for {purpose.spender.partition}",
        f"{missing} of {wanted} answers were never observed and the partition ended on {ended:%Y-%m-%d}",
        "Providers only tell the present, so nothing was bought: today's numbers must not stand under that date.",
    )


def _cheapest_change(scope: str, short: int, available: int, campaign: str) -> str:
    """The smallest change that would fit, in the words of whoever can make it."""
    lower = f"ask for less, so that at most {format_credits(available)} credits are needed"
    if scope.startswith("campaign:"):
        provider = scope.rpartition("/")[2]
        return f"Raise budget.{provider} in campaigns/{campaign}.yaml by {format_credits(short)}, or {lower}."
    return f"Raise the limit of `{scope}` by {format_credits(short)}, wait for its next period, or {lower}."
