"""What a run would cost, before it does: the very calls that the assets will make, against archive and budgets.

Sends nothing. A line brackets what is missing: at least (the first missing call answers with the least that is
charged) and at most (every page that may follow, each at its worst case). Where everything is known the two are
equal. What assets want is told by ``assets``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from creator_assets.microcredits import format_credits
from creator_assets.providers.contract import Call, Pages
from creator_assets.spending.gateway import Walk, scopes, walk
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Window


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What one partition of one asset wants, as far as it is known.

    ``at_most`` stands for calls that depend on results still to come: an example of each, and how many there can be.
    """

    asset: str
    partition: str
    campaign: str
    window: Window
    pages: tuple[Pages, ...] = ()
    at_most: tuple[tuple[Call, int], ...] = ()


class Verdict(StrEnum):
    """What will become of a line when it is run after those above it."""

    FITS = "fits"
    DOES_NOT_FIT = "does not fit"
    NEVER_OBSERVED = "never observed"
    NOTHING_TO_BUY = "nothing to buy"


class PlanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One asset, partition, provider and operation: what is missing and what that can cost, in microcredits.

    ``left_microcredits`` is what the tightest budget has left after this line and those above it, at the worst.
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
    tightest_scope: str
    verdict: Verdict

    @property
    def is_exact(self) -> bool:
        """Whether nothing about the cost is unknown."""
        return self.min_microcredits == self.max_microcredits


class _Sum(msgspec.Struct):
    example: Call
    calls_min: int = 0
    calls_max: int = 0
    hits: int = 0
    least: int = 0
    most: int = 0


def make_plan(ledger: Ledger, wanted: Iterable[Wanted]) -> list[PlanLine]:
    """Price everything that is wanted, in order; reads the archive and the budgets, sends nothing."""
    left = {state.scope: state.left_microcredits for state in ledger.balances() if state.is_current}
    lines: list[PlanLine] = []
    for one in wanted:
        is_over = ledger.now() >= one.window.end
        sums = _by_operation(walk(ledger, one.pages, one.window), one.at_most)
        lines.extend(_line(one, total, left, is_over=is_over) for total in sums)
    return lines


def _by_operation(walks: Sequence[Walk], at_most: Sequence[tuple[Call, int]]) -> list[_Sum]:
    sums: dict[str, _Sum] = {}

    def of(call: Call) -> _Sum:
        operation = call.operation
        return sums.setdefault(f"{operation.provider}/{operation.name}", _Sum(example=call))

    for one in walks:
        total = of(one.pages.first)
        total.hits += len(one.answers)
        if one.next_call is not None:
            total.calls_min += 1
            total.calls_max += one.calls_left
            total.least += one.next_call.operation.at_least(one.next_call)
            total.most += one.worst_case_microcredits
    for call, count in at_most:
        total = of(call)
        total.calls_max += count
        total.most += call.worst_case_microcredits * count
    return list(sums.values())


def _line(one: Wanted, total: _Sum, left: dict[str, int], *, is_over: bool) -> PlanLine:
    names = scopes(total.example, one.campaign)
    tightest = min(names, key=lambda scope: left.get(scope, 0), default="")
    if total.calls_max == 0:
        verdict = Verdict.NOTHING_TO_BUY
    elif is_over:
        verdict = Verdict.NEVER_OBSERVED
    elif total.most > left.get(tightest, 0):
        verdict = Verdict.DOES_NOT_FIT
    else:
        verdict = Verdict.FITS
        for scope in names:
            left[scope] = left.get(scope, 0) - total.most
    return PlanLine(
        asset=one.asset,
        partition=one.partition,
        campaign=one.campaign,
        provider=total.example.operation.provider,
        operation=total.example.operation.name,
        calls_min=0 if is_over else total.calls_min,
        calls_max=0 if is_over else total.calls_max,
        archive_hits=total.hits,
        min_microcredits=0 if is_over else total.least,
        max_microcredits=0 if is_over else total.most,
        left_microcredits=left.get(tightest, 0),
        tightest_scope=tightest,
        verdict=verdict,
    )


def summary(lines: Sequence[PlanLine]) -> str:
    """One sentence: what all of it costs by provider, and whether it fits."""
    providers = sorted({line.provider for line in lines})
    parts = []
    for provider in providers:
        least = sum(line.min_microcredits for line in lines if line.provider == provider)
        most = sum(line.max_microcredits for line in lines if line.provider == provider)
        amount = format_credits(most) if least == most else f"{format_credits(least)} to {format_credits(most)}"
        parts.append(f"{amount} credits of {provider}")
    refused = sum(line.verdict is Verdict.DOES_NOT_FIT for line in lines)
    ending = f"{refused} of {len(lines)} lines do not fit" if refused else "everything fits"
    return f"{', '.join(parts) or 'nothing'}; {ending}."
