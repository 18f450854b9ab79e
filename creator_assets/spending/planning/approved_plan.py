"""A plan that somebody approved: kept in a file, and held against what a run wants when it comes to spending.

A run that names such a plan may spend what the plan says, at the prices that it says, and nothing else. What has
become cheaper since is no reason to stop. How a plan is made belongs to ``plan``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from creator_assets.microcredits import format_credits
from creator_assets.providers.contract.operations import Request
from creator_assets.spending.planning.plan import PlanLine

FORMAT = "creator-assets plan 1"
MAX_FILE_BYTES = 50_000_000


class UnreadablePlanError(Exception):
    """The file of an approved plan cannot be read, or is none."""


class ApprovedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation may cost one partition of one asset, in microcredits, and at which price that was reckoned."""

    asset: str
    partition: str
    provider: str
    operation: str
    price: str
    min_microcredits: int
    max_microcredits: int


class ApprovedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An approved plan. ``realm`` keeps a sandbox's plan from allowing live spending."""

    format: str
    realm: str
    made_at: datetime
    lines: tuple[ApprovedLine, ...]

    def differences(self, realm: str, asset: str, partition: str, needed: Mapping[str, Need]) -> list[str]:
        """What an asset needs for a partition beyond this plan, a sentence each; empty where the plan covers it.

        Args:
            realm: Of the ledger that would pay.
            asset: Who needs it.
            partition: For which partition.
            needed: By ``provider/operation``.
        """
        if realm != self.realm:
            return [f"the plan was made for realm {self.realm}, this is {realm}"]
        lines = {f"{one.provider}/{one.operation}": one for one in self.lines_of(asset, partition)}
        return [
            said
            for name, need in needed.items()
            if need.max_microcredits
            for said in _compared(name, lines.get(name), need)
        ]

    def lines_of(self, asset: str, partition: str) -> Iterable[ApprovedLine]:
        """The lines for one partition of one asset."""
        return (one for one in self.lines if one.asset == asset and one.partition == partition)


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """The most that an operation can cost now, and its price now."""

    max_microcredits: int
    price: str


def needs(requests: Iterable[tuple[Request, int]]) -> dict[str, Need]:
    """Calls with their worst case, added up by ``provider/operation``."""
    needed: dict[str, Need] = {}
    for request, worst_case_microcredits in requests:
        name = f"{request.operation.provider}/{request.operation.name}"
        before = needed[name].max_microcredits if name in needed else 0
        needed[name] = Need(max_microcredits=before + worst_case_microcredits, price=request.operation.price.stated)
    return needed


def beyond(approved: ApprovedPlan, realm: str, lines: Iterable[PlanLine]) -> list[str]:
    """What a plan of now asks beyond the approved one, a sentence each."""
    return [
        f"{line.asset} for {line.partition}: {said}"
        for line in _merged(lines)
        for said in approved.differences(
            realm,
            line.asset,
            line.partition,
            {f"{line.provider}/{line.operation}": Need(max_microcredits=line.max_microcredits, price=line.price)},
        )
    ]


def _merged(lines: Iterable[PlanLine]) -> list[PlanLine]:
    """The lines with what falls through added to what the same asset asks of the same operation first."""
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
    """Keep a plan in a file."""
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
    """Read a plan that `write_plan` kept.

    Raises:
        UnreadablePlanError: There is no such file, or it is no plan of this form.
    """
    advice = "Make a new one with `creator-assets plan --out`"
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadablePlanError(f"The plan {path} is larger than {MAX_FILE_BYTES} bytes. {advice}.")
        approved = msgspec.json.decode(path.read_bytes(), type=ApprovedPlan)
    except OSError as error:
        raise UnreadablePlanError(f"The plan {path} cannot be read ({error.strerror}). {advice}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadablePlanError(f"The file {path} is no plan ({error}). {advice}.") from None
    if approved.format != FORMAT:
        raise UnreadablePlanError(
            f"The plan {path} has form {approved.format!r}, this release reads {FORMAT!r}. {advice}."
        )
    return approved


def _compared(name: str, line: ApprovedLine | None, need: Need) -> list[str]:
    most = format_credits(need.max_microcredits)
    if line is None:
        return [f"{name} is not in the plan and may cost {most} credits"]
    said = []
    if need.price != line.price:
        said.append(f"{name} costs {need.price} now, the plan reckoned with {line.price}")
    if need.max_microcredits > line.max_microcredits:
        said.append(f"{name} may cost {most} credits now, the plan allows {format_credits(line.max_microcredits)}")
    return said
