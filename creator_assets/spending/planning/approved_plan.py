"""An approved plan: a file that limits what a run may spend.

A run that names such a plan may spend what the plan says, at the prices of the plan, and nothing else. A lower price
is no reason to stop. How a plan is made belongs to ``plan``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from creator_assets.microcredits import format_credits
from creator_assets.named_files import read_named
from creator_assets.providers.contract.operations import Request
from creator_assets.spending.planning.plan import PlanLine

FORMAT = "creator-assets plan 1"
MAX_FILE_BYTES = 50_000_000


class UnreadablePlanError(Exception):
    """The file of an approved plan cannot be read, or holds no plan."""


class ApprovedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation may cost for one partition of one asset, in microcredits, and the price that this rests on."""

    asset: str
    partition: str
    provider: str
    operation: str
    price: str
    min_microcredits: int
    max_microcredits: int


class ApprovedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An approved plan. Its ``realm`` prevents a plan of the sandbox from allowing live spending."""

    format: str
    realm: str
    made_at: datetime
    lines: tuple[ApprovedLine, ...]

    def differences(self, realm: str, asset: str, partition: str, needed: Mapping[str, Need]) -> list[str]:
        """What an asset needs for a partition beyond this plan, one sentence each. Empty where the plan covers it.

        Args:
            realm: The realm of the ledger that would pay.
            asset: The asset.
            partition: Its partition.
            needed: The needs by ``provider/operation``.
        """
        if realm != self.realm:
            return [f"the plan was made for realm {self.realm}, this is {realm}"]
        lines = {f"{one.provider}/{one.operation}": one for one in self.lines_of(asset, partition)}
        return [
            difference
            for name, need in needed.items()
            if need.max_microcredits
            for difference in _differences(name, lines.get(name), need)
        ]

    def lines_of(self, asset: str, partition: str) -> Iterable[ApprovedLine]:
        """The lines for one partition of one asset."""
        return (one for one in self.lines if one.asset == asset and one.partition == partition)


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """The most that an operation can cost now, and its price now."""

    max_microcredits: int
    price: str


def needs(requests: Iterable[tuple[Request, int]]) -> dict[str, Need]:
    """Requests with their worst cases in microcredits, added up by ``provider/operation``."""
    needed: dict[str, Need] = {}
    for request, worst_case_microcredits in requests:
        name = f"{request.operation.provider}/{request.operation.name}"
        before = needed[name].max_microcredits if name in needed else 0
        needed[name] = Need(max_microcredits=before + worst_case_microcredits, price=request.operation.price.stated)
    return needed


def beyond(approved: ApprovedPlan, realm: str, lines: Iterable[PlanLine]) -> list[str]:
    """What a plan of now needs beyond the approved plan, one sentence each."""
    return [
        f"{line.asset} for {line.partition}: {difference}"
        for line in _merged(lines)
        for difference in approved.differences(
            realm,
            line.asset,
            line.partition,
            {f"{line.provider}/{line.operation}": Need(max_microcredits=line.max_microcredits, price=line.price)},
        )
    ]


def _merged(lines: Iterable[PlanLine]) -> list[PlanLine]:
    """The lines, with each waterfall added to the line of the same asset and operation."""
    merged: dict[tuple[str, ...], PlanLine] = {}
    for line in lines:
        name = (line.asset, line.partition, line.provider, line.operation)
        before = merged.get(name)
        merged[name] = (
            line
            if before is None
            else msgspec.structs.replace(
                before,
                min_microcredits=before.min_microcredits + line.min_microcredits,
                max_microcredits=before.max_microcredits + line.max_microcredits,
            )
        )
    return list(merged.values())


def write_plan(path: Path, realm: str, made_at: datetime, lines: Sequence[PlanLine]) -> None:
    """Write a plan to a file."""
    approved = ApprovedPlan(
        format=FORMAT,
        realm=realm,
        made_at=made_at,
        lines=tuple(
            ApprovedLine(
                asset=line.asset,
                partition=line.partition,
                provider=line.provider,
                operation=line.operation,
                price=line.price,
                min_microcredits=line.min_microcredits,
                max_microcredits=line.max_microcredits,
            )
            for line in _merged(lines)
        ),
    )
    path.write_bytes(msgspec.json.format(msgspec.json.encode(approved), indent=1) + b"\n")


def read_plan(path: Path) -> ApprovedPlan:
    """Read a plan that `write_plan` wrote.

    Raises:
        UnreadablePlanError: There is no such file, or it holds no plan of this format.
    """
    advice = "Make a new one with `creator-assets plan --out`"
    try:
        approved = msgspec.json.decode(read_named(path, MAX_FILE_BYTES), type=ApprovedPlan)
    except OSError as error:
        raise UnreadablePlanError(f"The plan {path} cannot be read ({error.strerror}). {advice}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadablePlanError(f"The file {path} holds no plan ({error}). {advice}.") from None
    if approved.format != FORMAT:
        raise UnreadablePlanError(
            f"The plan {path} has the format {approved.format!r}, and this release reads {FORMAT!r}. {advice}."
        )
    return approved


def _differences(name: str, line: ApprovedLine | None, need: Need) -> list[str]:
    most = format_credits(need.max_microcredits)
    if line is None:
        return [f"{name} is not in the plan and may cost {most} credits"]
    differences = []
    if need.price != line.price:
        differences.append(f"{name} costs {need.price} now, and {line.price} in the plan")
    if need.max_microcredits > line.max_microcredits:
        allowed = format_credits(line.max_microcredits)
        differences.append(f"{name} may cost {most} credits now, and the plan allows {allowed}")
    return differences
