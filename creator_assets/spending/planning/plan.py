"""What a run would cost, before it runs: the requests that the assets will make, against archive and budgets.

Sends nothing. A line brackets the cost of what is missing. At least: the first missing request, at the least that is
charged. At most: every page that may follow, each at its worst case. Where everything is known, both are equal. What is
certain must fit; a waterfall may be truncated. What assets request is decided in ``demand``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.older_spellings import NO_OLDER_SPELLINGS, OlderSpellings
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.spending.accounts import needed_of, scopes, shortfalls
from creator_assets.spending.archive_coverage import coverage_of, joined_examples, missing_requests


class AssetDemand(msgspec.Struct, frozen=True, kw_only=True):
    """What one partition of one asset requests, as far as it is known.

    ``at_most`` stands for requests that depend on answers to come: an example of each, and how many there can be. In a
    waterfall (``is_waterfall``), a fallback provider is asked after a miss. What does not fit there is left out.
    """

    asset: str
    partition: str
    campaign: str
    window: Window
    pages: tuple[PagedRequest, ...] = ()
    at_most: tuple[tuple[Request, int], ...] = ()
    is_waterfall: bool = False
    older_spellings: OlderSpellings = NO_OLDER_SPELLINGS


class PlanVerdict(StrEnum):
    """What happens to a line when it runs after the lines above it."""

    FITS = "fits"
    DOES_NOT_FIT = "does not fit"
    PRICE_UNKNOWN = "price unknown"
    SUSPENDED = "suspended"
    NEVER_OBSERVED = "never observed"
    NOTHING_TO_BUY = "nothing to buy"


_REFUSED = frozenset({PlanVerdict.DOES_NOT_FIT, PlanVerdict.PRICE_UNKNOWN, PlanVerdict.SUSPENDED})


class PlanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One asset, partition, provider and operation: what is missing and what that can cost, in microcredits.

    ``left_microcredits`` is what the tightest budget has left after this partition and those above it, in the worst
    case. ``short_microcredits`` is what it lacks for all lines of the partition together, where they do not fit. Where
    the price is unknown, the cost is unknown, too: both ends of it are 0 and mean nothing.
    """

    asset: str
    partition: str
    campaign: str
    provider: str
    operation: str
    calls_min: int
    calls_max: int
    archive_hits: int
    min_microcredits: int
    max_microcredits: int
    left_microcredits: int
    short_microcredits: int
    tightest_scope: str
    verdict: PlanVerdict
    price: str
    is_price_known: bool = True
    is_waterfall: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether a run of it would be refused."""
        return self.verdict in _REFUSED and not self.is_waterfall

    @property
    def may_be_truncated(self) -> bool:
        """Whether it is a waterfall of which only a part, or nothing, can be paid. The rest stays a miss."""
        return self.verdict in _REFUSED and self.is_waterfall

    @property
    def asset_in_words(self) -> str:
        """The asset, and whether the line is its waterfall."""
        return f"{self.asset} (waterfall)" if self.is_waterfall else self.asset

    @property
    def verdict_in_words(self) -> str:
        """The verdict, and what it means for a waterfall."""
        return f"may be truncated ({self.verdict})" if self.may_be_truncated else str(self.verdict)

    @property
    def is_exact(self) -> bool:
        """Whether the cost is known exactly."""
        return self.is_price_known and self.min_microcredits == self.max_microcredits

    @property
    def cost(self) -> str:
        """The cost in credits, in words: an amount, a range, or `unknown`."""
        if not self.is_price_known:
            return "unknown"
        least, most = format_credits(self.min_microcredits), format_credits(self.max_microcredits)
        return most if least == most else f"{least} to {most}"


class _Sum(msgspec.Struct):
    """What one operation of one partition adds up to."""

    example: Request
    calls_min: int = 0
    calls_max: int = 0
    hits: int = 0
    least: int = 0
    most: int = 0


class _Budgets:
    """What the budgets have left while the plan goes through its lines, and which of them are suspended."""

    def __init__(self, ledger: Ledger, now: datetime) -> None:
        states = [state for state in ledger.balances() if state.is_current]
        self.left = {state.scope: state.left_microcredits for state in states}
        self.suspended = frozenset(state.scope for state in states if state.is_provider_suspended(now))

    def take(self, needed: dict[str, int]) -> None:
        """Take out what is needed, but not more than there is."""
        for scope, amount in needed.items():
            self.left[scope] = self.left.get(scope, 0) - min(amount, max(0, self.left.get(scope, 0)))


def make_plan(ledger: Ledger, demands: Iterable[AssetDemand]) -> list[PlanLine]:
    """Price all demands, in the order in which they would run.

    Reads the archive and the budgets, and sends nothing. A request that several partitions share is priced where it
    comes first. Several windows of one partition are fetched one after the other, and are one line. A waterfall has
    lines of its own, after those of its asset. It is judged last, because it gets only what nobody else needs.
    """
    now = ledger.now()
    budgets = _Budgets(ledger, now)
    planned: dict[str, int] = {}
    lines: dict[tuple[Any, ...], PlanLine] = {}
    places: dict[tuple[str, str], int] = {}
    waterfalls: list[AssetDemand] = []

    def add(demand: AssetDemand) -> None:
        # What is bought now serves another window only if that window contains the present.
        shared = dict(planned) if demand.window.reuse_since <= now < demand.window.end else {}
        sums = _by_operation(ledger, demand, shared)
        # Each provider of a waterfall is asked as far as that can be paid.
        for group in [[total] for total in sums] if demand.is_waterfall else [sums]:
            verdict, short = _judge(group, demand, budgets, is_over=now >= demand.window.end)
            if verdict is PlanVerdict.FITS and not demand.is_waterfall:
                planned.update(shared)
            for total in group:
                line = _line(demand, total, budgets, verdict, short)
                name = (line.asset, line.partition, line.provider, line.operation, line.is_waterfall)
                lines[name] = _merge(lines[name], line) if name in lines else line

    for demand in demands:
        places.setdefault((demand.asset, demand.partition), len(places))
        if demand.is_waterfall:
            waterfalls.append(demand)
        else:
            add(demand)
    for demand in waterfalls:
        # A past partition has no gap where a fallback provider was not asked: its rows say so.
        if now < demand.window.end:
            add(demand)
    return sorted(lines.values(), key=lambda line: places[line.asset, line.partition])


def certain_needs(ledger: Ledger, demands: Iterable[AssetDemand]) -> dict[str, int]:
    """What each budget must hold for all demands except waterfalls, in the worst case, in microcredits."""
    now = ledger.now()
    planned: dict[str, int] = {}
    needed: dict[str, int] = {}
    for demand in demands:
        if demand.is_waterfall or now >= demand.window.end:
            continue
        sums = _by_operation(ledger, demand, planned)
        for scope, amount in needed_of(((total.example, total.most) for total in sums), demand.campaign).items():
            needed[scope] = needed.get(scope, 0) + amount
    return needed


def summary(lines: Sequence[PlanLine]) -> str:
    """One sentence: what everything costs by provider, and whether it fits."""
    parts = []
    for provider in sorted({line.provider for line in lines}):
        of_provider = [line for line in lines if line.provider == provider]
        least = sum(line.min_microcredits for line in of_provider)
        most = sum(line.max_microcredits for line in of_provider)
        amount = format_credits(most) if least == most else f"{format_credits(least)} to {format_credits(most)}"
        more = "" if all(line.is_price_known for line in of_provider) else " and an unknown number of"
        parts.append(f"{amount}{more} credits of {provider}")
    refused = sum(line.is_refused for line in lines)
    lost = sum(line.verdict is PlanVerdict.NEVER_OBSERVED for line in lines)
    ending = (
        f"{refused} of {len(lines)} lines do not fit" if refused else f"{'all else' if lost else 'everything'} fits"
    )
    if lost:
        gone = f"{lost} of {len(lines)} lines were never observed and can no longer be bought"
        ending = gone if lost == len(lines) else f"{gone}, {ending}"
    reasons = dict.fromkeys(_why_truncated(line) for line in lines if line.may_be_truncated)
    truncated = f"; the waterfall may be truncated: {', '.join(reasons)}" if reasons else ""
    return f"{', '.join(parts) or 'nothing'}; {ending}{truncated}."


def _why_truncated(line: PlanLine) -> str:
    match line.verdict:
        case PlanVerdict.SUSPENDED:
            return f"{line.tightest_scope} is suspended"
        case PlanVerdict.PRICE_UNKNOWN:
            return f"the price of {line.provider} {line.operation} is unknown"
        case _:
            return f"`{line.tightest_scope}` lacks up to {format_credits(line.short_microcredits)} credits"


def _merge(line: PlanLine, further: PlanLine) -> PlanLine:
    """One line of two: it fits where both fit."""
    sums = {
        name: getattr(line, name) + getattr(further, name)
        for name in ("calls_min", "calls_max", "archive_hits", "min_microcredits", "max_microcredits")
    }
    buys = further if line.verdict is PlanVerdict.NOTHING_TO_BUY else line
    worse = further if line.verdict is PlanVerdict.FITS and further.verdict is not PlanVerdict.NOTHING_TO_BUY else buys
    return msgspec.structs.replace(worse, left_microcredits=further.left_microcredits, **sums)


def _by_operation(ledger: Ledger, demand: AssetDemand, planned: dict[str, int]) -> list[_Sum]:
    sums: dict[str, _Sum] = {}

    def sum_of(request: Request) -> _Sum:
        return sums.setdefault(request.operation.id, _Sum(example=request))

    coverages = coverage_of(ledger, demand.pages, demand.window, demand.older_spellings)
    for coverage in coverages:
        sum_of(coverage.pages.first).hits += len(coverage.answers)
    for missing in missing_requests(coverages, ledger.key_of, planned):
        total = sum_of(missing.next_request)
        total.calls_max += missing.requests
        total.most += missing.worst_case_microcredits
        if missing.is_first:
            total.calls_min += 1
            total.least += missing.next_request.operation.at_least(missing.next_request)
    for request, count in demand.at_most:
        total = sum_of(request)
        for joint, times in joined_examples(request, count):
            total.calls_max += times
            total.most += joint.worst_case_microcredits * times
    return list(sums.values())


def _judge(
    sums: Sequence[_Sum], demand: AssetDemand, budgets: _Budgets, *, is_over: bool
) -> tuple[PlanVerdict, dict[str, int]]:
    """The verdict on what is fetched as a whole, and what each budget lacks for it.

    What fits is taken out of the budgets. A waterfall that does not fit spends all that is left in the worst case.
    """
    if all(total.calls_max == 0 for total in sums):
        return PlanVerdict.NOTHING_TO_BUY, {}
    if is_over:
        return PlanVerdict.NEVER_OBSERVED, {}
    to_buy = [total.example for total in sums if total.calls_max]
    if not all(request.operation.price.is_known for request in to_buy):
        return PlanVerdict.PRICE_UNKNOWN, {}
    if any(not budgets.suspended.isdisjoint(scopes(request, demand.campaign)) for request in to_buy):
        return PlanVerdict.SUSPENDED, {}
    needed = needed_of(((total.example, total.most) for total in sums), demand.campaign)
    short = shortfalls(needed, budgets.left)
    if not short or demand.is_waterfall:
        budgets.take(needed)
    return (PlanVerdict.DOES_NOT_FIT if short else PlanVerdict.FITS), short


def _line(demand: AssetDemand, total: _Sum, budgets: _Budgets, verdict: PlanVerdict, short: dict[str, int]) -> PlanLine:
    left, suspended = budgets.left, budgets.suspended
    tightest = min(
        scopes(total.example, demand.campaign),
        key=lambda scope: (scope not in suspended, -short.get(scope, 0), left.get(scope, 0)),
        default="",
    )
    is_sent = verdict is not PlanVerdict.NEVER_OBSERVED
    price = total.example.operation.price
    is_priced = price.is_known or not is_sent or not total.calls_max
    return PlanLine(
        asset=demand.asset,
        partition=demand.partition,
        campaign=demand.campaign,
        provider=total.example.operation.provider,
        operation=total.example.operation.name,
        calls_min=total.calls_min if is_sent else 0,
        calls_max=total.calls_max if is_sent else 0,
        archive_hits=total.hits,
        min_microcredits=total.least if is_priced and is_sent else 0,
        max_microcredits=total.most if is_priced and is_sent else 0,
        left_microcredits=left.get(tightest, 0),
        short_microcredits=short.get(tightest, 0),
        tightest_scope=tightest,
        verdict=verdict if total.calls_max else PlanVerdict.NOTHING_TO_BUY,
        price=price.stated,
        is_price_known=is_priced,
        is_waterfall=demand.is_waterfall,
    )
