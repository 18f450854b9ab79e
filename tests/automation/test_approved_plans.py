"""A run that is tied to a plan spends what the plan allows, at the prices that it says, and nothing beyond."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from creator_assets.spending.planning.approved_plan import (
    ApprovedLine,
    ApprovedPlan,
    Need,
    UnreadablePlanError,
    beyond,
    read_plan,
    write_plan,
)
from creator_assets.spending.planning.plan import PlanLine, PlanVerdict

MADE = datetime(2026, 11, 18, 12, tzinfo=UTC)
PRICE = "1 per successful request (seed-2026-11)"


def planned(most: int = 10_000_000) -> PlanLine:
    return PlanLine(
        asset="enriched_profiles",
        partition="one|2026-11-16",
        campaign="one",
        provider="influencers_club",
        operation="enrich_full",
        calls_min=10,
        calls_max=10,
        archive_hits=0,
        min_microcredits=0,
        max_microcredits=most,
        left_microcredits=0,
        short_microcredits=0,
        tightest_scope="influencers_club",
        verdict=PlanVerdict.FITS,
        price=PRICE,
    )


@pytest.fixture
def approved(tmp_path: Path) -> ApprovedPlan:
    write_plan(tmp_path / "plan.json", "live", MADE, [planned()])
    return read_plan(tmp_path / "plan.json")


def differences(approved: ApprovedPlan, needed: Mapping[str, Need], realm: str = "live") -> list[str]:
    names = {f"influencers_club/{name}": need for name, need in needed.items()}
    return approved.differences(realm, "enriched_profiles", "one|2026-11-16", names)


def test_a_plan_comes_back_from_its_file_as_it_was(approved: ApprovedPlan) -> None:
    assert approved.made_at == MADE
    assert approved.lines == (
        ApprovedLine(
            asset="enriched_profiles",
            partition="one|2026-11-16",
            provider="influencers_club",
            operation="enrich_full",
            price=PRICE,
            min_microcredits=0,
            max_microcredits=10_000_000,
        ),
    )


def test_what_falls_through_is_approved_together_with_what_is_certain_of_the_same_operation(tmp_path: Path) -> None:
    lines = [planned(7_000_000), msgspec.structs.replace(planned(3_000_000), is_waterfall=True)]
    write_plan(tmp_path / "plan.json", "live", MADE, lines)
    both = read_plan(tmp_path / "plan.json")
    (line,) = both.lines
    assert line.max_microcredits == 10_000_000
    assert beyond(both, "live", lines) == []
    (said,) = beyond(both, "live", [*lines[:1], msgspec.structs.replace(lines[1], max_microcredits=3_000_001)])
    assert "may cost 10.000001 credits now, and the plan allows 10" in said


@pytest.mark.parametrize("most", [0, 1, 10_000_000])
def test_as_much_as_planned_or_less_is_covered(approved: ApprovedPlan, most: int) -> None:
    assert differences(approved, {"enrich_full": Need(max_microcredits=most, price=PRICE)}) == []


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        (
            {"enrich_full": Need(max_microcredits=10_000_001, price=PRICE)},
            "may cost 10.000001 credits now, and the plan allows 10",
        ),
        ({"enrich_full": Need(max_microcredits=1, price="2 per request (x)")}, "costs 2 per request (x) now"),
        ({"enrich_raw": Need(max_microcredits=30_000, price=PRICE)}, "is not in the plan and may cost 0.03 credits"),
    ],
)
def test_what_goes_beyond_is_named(approved: ApprovedPlan, needed: dict[str, Need], said: str) -> None:
    assert said in " ".join(differences(approved, needed))


def test_a_sandbox_plan_allows_no_live_spending(approved: ApprovedPlan) -> None:
    said = differences(approved, {"enrich_full": Need(max_microcredits=1, price=PRICE)}, "sandbox-x")
    assert said == ["the plan was made for realm live, this is sandbox-x"]


def test_a_file_that_is_too_large_for_a_plan_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(UnreadablePlanError, match="holds no plan"):
        read_plan(path)
    with path.open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(UnreadablePlanError, match="it has more than 50,000,000 bytes"):
        read_plan(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "something else"}', b"\xff\xfe"])
def test_a_file_that_is_no_plan_is_refused_with_advice(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(UnreadablePlanError, match="creator-assets plan --out"):
        read_plan(path)


def test_a_plan_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePlanError, match="No such file"):
        read_plan(tmp_path / "none.json")
