"""Drift of answers: at both sides of each threshold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.answer_drift import (
    ALWAYS,
    GONE_FOR,
    LEAST_ABSENT,
    LEAST_ANSWERS,
    NEW_FOR,
    drift,
    monday_of,
)
from creator_assets.tables.schemas import AnswerFields

WEEK = date(2026, 11, 30)
BEFORE = WEEK - timedelta(weeks=1)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=1)
EARLIER = NOON - timedelta(weeks=1, days=1)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "provider": "infludata", "operation": "user_data", "platform": "tiktok", "week": WEEK, "path": "followers",
        "json_type": "number", "is_listed": True, "answers": 100, "of_answers": 100, "first_observed_at": NOON,
        "last_observed_at": NOON, "absent_since": 0, "through_entry": 1,
    } | changes  # fmt: skip


def found(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    frame = pl.DataFrame(rows, schema={name: column.dtype for name, column in AnswerFields.columns().items()})
    return [tuple(one) for one in drift(AnswerFields.validate(frame), NOW).select("path", "what").rows()]


def test_a_listed_field_and_a_field_of_an_earlier_week_are_not_new() -> None:
    assert found(row()) == []
    assert found(row(is_listed=False)) == [("followers", "new")]
    assert found(row(is_listed=False), row(is_listed=False, week=BEFORE, first_observed_at=EARLIER)) == []


@pytest.mark.parametrize(("ago", "is_new"), [(NEW_FOR - timedelta(seconds=1), True), (NEW_FOR, False)])
def test_a_field_is_new_for_seven_days_whatever_week_begins_meanwhile(ago: timedelta, *, is_new: bool) -> None:
    seen = row(is_listed=False, week=BEFORE, first_observed_at=NOW - ago)
    assert found(seen) == ([("followers", "new")] if is_new else [])


@pytest.mark.parametrize(("ago", "is_gone"), [(GONE_FOR - timedelta(seconds=1), True), (GONE_FOR, False)])
def test_a_field_is_gone_for_four_weeks_and_then_its_absence_is_the_rule(ago: timedelta, *, is_gone: bool) -> None:
    lost = row(week=BEFORE, last_observed_at=NOW - ago, absent_since=90)
    assert found(lost) == ([("followers", "gone")] if is_gone else [])


def test_another_type_and_another_platform_are_another_field() -> None:
    old = row(week=BEFORE, is_listed=False, first_observed_at=EARLIER)
    assert found(old, row(is_listed=False, json_type="text")) == [("followers", "new")]
    assert found(old, row(is_listed=False, platform="instagram")) == [("followers", "new")]


@pytest.mark.parametrize(
    ("answers", "of_answers", "absent", "is_gone"),
    [
        (LEAST_ANSWERS, LEAST_ANSWERS, LEAST_ABSENT, True),
        (LEAST_ANSWERS, LEAST_ANSWERS, LEAST_ABSENT - 1, False),
        (LEAST_ANSWERS - 1, LEAST_ANSWERS - 1, LEAST_ABSENT, False),
        (round(ALWAYS * 100), 100, LEAST_ABSENT, True),
        (round(ALWAYS * 100) - 1, 100, LEAST_ABSENT, False),
    ],
)
def test_a_field_is_gone_if_it_was_always_there_and_lacks_in_a_row(
    answers: int, of_answers: int, absent: int, *, is_gone: bool
) -> None:
    gone = row(answers=answers, of_answers=of_answers, absent_since=absent)
    assert found(gone) == ([("followers", "gone")] if is_gone else [])


def test_weeks_and_types_of_a_field_are_added_up() -> None:
    half = LEAST_ANSWERS // 2
    early = row(week=BEFORE, answers=half, of_answers=half, absent_since=LEAST_ABSENT)
    late = row(answers=half, of_answers=half, absent_since=LEAST_ABSENT)
    assert found(early, late) == [("followers", "gone")]
    # Half of the answers have a text and half a number; then all have both, which makes half as many answers.
    mixed = [
        row(json_type=kind, answers=half, of_answers=2 * half, absent_since=LEAST_ABSENT) for kind in ("text", "flag")
    ]
    assert found(*mixed) == [("followers", "gone")]
    both = [row(json_type=kind, answers=half, of_answers=half, absent_since=LEAST_ABSENT) for kind in ("text", "flag")]
    assert found(*both) == []


@pytest.mark.parametrize("path", ["posts[]", "shares.*", "*"])
def test_elements_and_data_cannot_be_gone(path: str) -> None:
    assert found(row(path=path, absent_since=LEAST_ABSENT)) == []


def test_a_week_begins_on_monday() -> None:
    assert [monday_of(datetime(2026, 11, day, tzinfo=UTC)) for day in (29, 30)] == [BEFORE, WEEK]
