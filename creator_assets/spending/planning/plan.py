"""What a run would cost, before it does: the very calls that the assets will make, against archive and budgets.

Sends nothing. A line brackets what is missing: at least (the first missing call answers with the least that is
charged) and at most (every page that may follow, each at its worst case). Where everything is known the two are
equal. What is certain must fit; what falling through adds may be cut short. What assets ask for is said by ``demand``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.spending.accounts import needed_of, scopes, shortfalls
from creator_assets.spending.archive_coverage import coverage_of, joined_examples, missing


class AssetDemand(msgspec.Struct, frozen=True, kw_only=True):
    """What one partition of one asset wants, as far as it is known.

    ``at_most`` stands for calls that depend on results still to come: an example of each, and how many there can be.
    What ``falls_through`` is asked of somebody else for want of an answer, and is left out where it does not fit.
    """

    asset: str
    partition: str
    campaign: str
    window: Window
    pages: tuple[PagedRequest, ...] = ()
    at_most: tuple[tuple[Request, int], ...] = ()
    is_waterfall: bool = False


class PlanVerdict(StrEnum):
    """What will become of a line when it is run after those above it."""

    FITS = "fits"
    DOES_NOT_FIT = "does not fit"
    PRICE_UNKNOWN = "price unknown"
    FROZEN = "frozen"
    NEVER_OBSERVED = "never observed"
    NOTHING_TO_BUY = "nothing to buy"


_REFUSED = frozenset({PlanVerdict.DOES_NOT_FIT, PlanVerdict.PRICE_UNKNOWN, PlanVerdict.FROZEN})


class PlanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One asset, partition, provider and operation: what is missing and what that can cost, in microcredits.

    ``left_microcredits`` is what the tightest budget has left after this partition and those above it, at the worst;
    ``short_microcredits`` is what it lacks for all lines of the partition together, where they do not fit. Where the
    price is not known, neither is the cost: both ends of it are 0 and mean nothing.
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
    def may_be_cut_short(self) -> bool:
        """Whether it is asked only as far as that goes; what is not asked stays a miss."""
        return self.verdict in _REFUSED and self.is_waterfall

    @property
    def asked_by(self) -> str:
        """The asset, and whether it only asks after a miss."""
        return f"{self.asset}, falling through" if self.is_waterfall else self.asset

    @property
    def said(self) -> str:
        """The verdict in words."""
        return f"may be cut short ({self.verdict})" if self.may_be_cut_short else str(self.verdict)

    @property
    def is_exact(self) -> bool:
        """Whether nothing about the cost is unknown."""
        return self.is_price_known and self.min_microcredits == self.max_microcredits

    @property
    def cost(self) -> str:
        """The cost in credits, in words: an amount, a range, or that it is unknown."""
        if not self.is_price_known:
            return "unknown"
        least, most = format_credits(self.min_microcredits), format_credits(self.max_microcredits)
        return most if least == most else f"{least} to {most}"


class _Sum(msgspec.Struct):
    """What one operation of one partition comes to, as it is being added up."""

    example: Request
    calls_min: int = 0
    calls_max: int = 0
    hits: int = 0
    least: int = 0
    most: int = 0


def make_plan(ledger: Ledger, wanted: Iterable[AssetDemand]) -> list[PlanLine]:
    """Price everything that is wanted, in the order in which it would run; sends nothing.

    Reads the archive and the budgets. A request that several partitions share is priced where it comes first. What one
    partition wants in several windows is fetched one after the other, and is one line. What falls through has lines of
    its own, after those of its asset, and is judged last: it gets what nobody else needs.
    """
    now = ledger.now()
    states = [state for state in ledger.balances() if state.is_current]
    left = {state.scope: state.left_microcredits for state in states}
    frozen = frozenset(state.scope for state in states if state.is_provider_suspended(now))
    planned: dict[str, int] = {}
    lines: dict[tuple[Any, ...], PlanLine] = {}
    places: dict[tuple[str, str], int] = {}
    falling: list[AssetDemand] = []

    def reckon(one: AssetDemand) -> None:
        # What is bought now serves other windows only if these reach back or forth to now.
        shared = dict(planned) if one.window.reuse_since <= now < one.window.end else {}
        sums = _by_operation(ledger, one, shared)
        # What falls through is asked of each provider as far as that goes.
        for some in [[total] for total in sums] if one.is_waterfall else [sums]:
            verdict, short = _judge(some, one, left, frozen, is_over=now >= one.window.end)
            if verdict is PlanVerdict.FITS and not one.is_waterfall:
                planned.update(shared)
            for total in some:
                line = _line(one, total, left, frozen, verdict, short)
                name = (line.asset, line.partition, line.provider, line.operation, line.is_waterfall)
                lines[name] = _together(lines[name], line) if name in lines else line

    for one in wanted:
        places.setdefault((one.asset, one.partition), len(places))
        if one.is_waterfall:
            falling.append(one)
        else:
            reckon(one)
    for one in falling:
        # In a past partition it is no gap that somebody was not asked: the rows say so.
        if now < one.window.end:
            reckon(one)
    return sorted(lines.values(), key=lambda line: places[line.asset, line.partition])


def _together(line: PlanLine, further: PlanLine) -> PlanLine:
    """One line of two: it fits where both do."""
    sums = {
        name: getattr(line, name) + getattr(further, name)
        for name in ("calls_min", "calls_max", "archive_hits", "min_microcredits", "max_microcredits")
    }
    buys = further if line.verdict is PlanVerdict.NOTHING_TO_BUY else line
    worse = further if line.verdict is PlanVerdict.FITS and further.verdict is not PlanVerdict.NOTHING_TO_BUY else buys
    return msgspec.structs.replace(worse, left_microcredits=further.left_microcredits, **sums)


def _by_operation(ledger: Ledger, one: AssetDemand, planned: dict[str, int]) -> list[_Sum]:
    sums: dict[str, _Sum] = {}

    def of(request: Request) -> _Sum:
        return sums.setdefault(request.operation.id, _Sum(example=request))

    walks = coverage_of(ledger, one.pages, one.window)
    for way in walks:
        of(way.pages.first).hits += len(way.answers)
    for to_ask in missing(walks, ledger.realm, planned):
        total = of(to_ask.next_request)
        total.calls_max += to_ask.requests
        total.most += to_ask.worst_case_microcredits
        if to_ask.is_first:
            total.calls_min += 1
            total.least += to_ask.next_request.operation.at_least(to_ask.next_request)
    for request, count in one.at_most:
        total = of(request)
        for joint, times in joined_examples(request, count):
            total.calls_max += times
            total.most += joint.worst_case_microcredits * times
    return list(sums.values())


def _judge(
    sums: Sequence[_Sum], one: AssetDemand, left: dict[str, int], frozen: frozenset[str], *, is_over: bool
) -> tuple[PlanVerdict, dict[str, int]]:
    """What becomes of what is fetched as a whole or not at all, and what each budget lacks for it.

    What fits is taken out of `left`. What falls through and does not fit spends all that is left at the worst.
    """
    if all(total.calls_max == 0 for total in sums):
        return PlanVerdict.NOTHING_TO_BUY, {}
    if is_over:
        return PlanVerdict.NEVER_OBSERVED, {}
    campaign = one.campaign
    if any(total.calls_max and not total.example.operation.price.is_known for total in sums):
        return PlanVerdict.PRICE_UNKNOWN, {}
    if any(total.calls_max and not frozen.isdisjoint(scopes(total.example, campaign)) for total in sums):
        return PlanVerdict.FROZEN, {}
    needed = needed_of(((total.example, total.most) for total in sums), campaign)
    short = shortfalls(needed, left)
    if not short or one.is_waterfall:
        for scope, amount in needed.items():
            left[scope] = left.get(scope, 0) - min(amount, max(0, left.get(scope, 0)))
    return (PlanVerdict.DOES_NOT_FIT if short else PlanVerdict.FITS), short


def certain_needs(ledger: Ledger, wanted: Iterable[AssetDemand]) -> dict[str, int]:
    """What each budget has to hold for all that is wanted and does not fall through, at its worst case."""
    planned: dict[str, int] = {}
    needed: dict[str, int] = {}
    for one in wanted:
        if one.is_waterfall or ledger.now() >= one.window.end:
            continue
        sums = _by_operation(ledger, one, planned)
        for scope, amount in needed_of(((total.example, total.most) for total in sums), one.campaign).items():
            needed[scope] = needed.get(scope, 0) + amount
    return needed


def _line(
    one: AssetDemand,
    total: _Sum,
    left: dict[str, int],
    frozen: frozenset[str],
    verdict: PlanVerdict,
    short: dict[str, int],
) -> PlanLine:
    names = scopes(total.example, one.campaign)
    tightest = min(names, key=lambda scope: (scope not in frozen, -short.get(scope, 0), left.get(scope, 0)), default="")
    is_asked = verdict is not PlanVerdict.NEVER_OBSERVED
    price = total.example.operation.price
    is_priced = price.is_known or not is_asked or not total.calls_max
    return PlanLine(
        asset=one.asset,
        partition=one.partition,
        campaign=one.campaign,
        provider=total.example.operation.provider,
        operation=total.example.operation.name,
        calls_min=total.calls_min if is_asked else 0,
        calls_max=total.calls_max if is_asked else 0,
        archive_hits=total.hits,
        min_microcredits=total.least if is_priced and is_asked else 0,
        max_microcredits=total.most if is_priced and is_asked else 0,
        left_microcredits=left.get(tightest, 0),
        short_microcredits=short.get(tightest, 0),
        tightest_scope=tightest,
        verdict=verdict if total.calls_max else PlanVerdict.NOTHING_TO_BUY,
        price=price.stated,
        is_price_known=is_priced,
        is_waterfall=one.is_waterfall,
    )


def summary(lines: Sequence[PlanLine]) -> str:
    """One sentence: what all of it costs by provider, and whether it fits."""
    providers = sorted({line.provider for line in lines})
    parts = []
    for provider in providers:
        of_provider = [line for line in lines if line.provider == provider]
        least = sum(line.min_microcredits for line in of_provider)
        most = sum(line.max_microcredits for line in of_provider)
        amount = format_credits(most) if least == most else f"{format_credits(least)} to {format_credits(most)}"
        more = "" if all(line.is_price_known for line in of_provider) else " and an unknown number of"
        parts.append(f"{amount}{more} credits of {provider}")
    refused = sum(line.is_refused for line in lines)
    gone = sum(line.verdict is PlanVerdict.NEVER_OBSERVED for line in lines)
    everything = "all else fits" if gone else "everything fits"
    ending = f"{refused} of {len(lines)} lines do not fit" if refused else everything
    if gone:
        lost = f"{gone} of {len(lines)} lines were never observed and can no longer be bought"
        ending = lost if gone == len(lines) else f"{lost}, {ending}"
    cut = dict.fromkeys(_cut(line) for line in lines if line.may_be_cut_short)
    shortened = f"; falling through may be cut short: {', '.join(cut)}" if cut else ""
    return f"{', '.join(parts) or 'nothing'}; {ending}{shortened}."


def _cut(line: PlanLine) -> str:
    """Why what falls through to a provider may be cut short."""
    match line.verdict:
        case PlanVerdict.FROZEN:
            return f"{line.tightest_scope} is frozen"
        case PlanVerdict.PRICE_UNKNOWN:
            return f"the price of {line.provider} {line.operation} is unknown"
        case _:
            return f"`{line.tightest_scope}` lacks up to {format_credits(line.short_microcredits)} credits"
