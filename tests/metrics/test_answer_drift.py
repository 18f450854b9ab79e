"""Drift of answers: at both sides of each threshold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.answer_drift import ALWAYS, LEAST_ABSENT, LEAST_ANSWERS, drift, monday_of
from creator_assets.tables.schemas import AnswerFields

WEEK = date(2026, 11, 30)
BEFORE = WEEK - timedelta(weeks=1)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "provider": "infludata", "operation": "user_data", "platform": "tiktok", "week": WEEK, "path": "followers",
        "json_type": "number", "is_listed": True, "answers": 100, "of_answers": 100, "first_observed_at": NOON,
        "last_observed_at": NOON, "absent_since": 0, "through_entry": 1,
    } | changes  # fmt: skip


def found(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    frame = pl.DataFrame(rows, schema={name: column.dtype for name, column in AnswerFields.columns().items()})
    return [tuple(one) for one in drift(AnswerFields.validate(frame), WEEK).select("path", "what").rows()]


def test_a_listed_field_and_a_field_of_an_earlier_week_are_not_new() -> None:
    assert found(row()) == []
    assert found(row(is_listed=False)) == [("followers", "new")]
    assert found(row(is_listed=False), row(is_listed=False, week=BEFORE)) == []
    assert found(row(is_listed=False, week=BEFORE)) == []


def test_another_type_and_another_platform_are_another_field() -> None:
    old = row(week=BEFORE, is_listed=False)
    assert found(old, row(is_listed=False, json_type="text")) == [("followers", "new")]
    assert found(old, row(is_listed=False, platform="instagram")) == [("followers", "new")]


@pytest.mark.parametrize(
    ("answers", "of_answers", "absent", "is_gone"),
    [
        (LEAST_ANSWERS, LEAST_ANSWERS + LEAST_ABSENT, LEAST_ABSENT, True),
        (LEAST_ANSWERS, LEAST_ANSWERS + LEAST_ABSENT - 1, LEAST_ABSENT - 1, False),
        (LEAST_ANSWERS - 1, LEAST_ANSWERS - 1 + LEAST_ABSENT, LEAST_ABSENT, False),
        (round(ALWAYS * 100), 100 + LEAST_ABSENT, LEAST_ABSENT, True),
        (round(ALWAYS * 100) - 1, 100 + LEAST_ABSENT, LEAST_ABSENT, False),
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
    late = row(answers=half, of_answers=half + LEAST_ABSENT, absent_since=LEAST_ABSENT)
    assert found(early, late) == [("followers", "gone")]
    as_text = row(json_type="text", answers=half, of_answers=2 * half)
    as_number = row(answers=half, of_answers=2 * half)
    assert found(as_text, as_number) == []


@pytest.mark.parametrize("path", ["posts[]", "shares.*", "*"])
def test_elements_and_data_cannot_be_gone(path: str) -> None:
    assert found(row(path=path, of_answers=100 + LEAST_ABSENT, absent_since=LEAST_ABSENT)) == []


def test_a_week_begins_on_monday() -> None:
    assert [monday_of(datetime(2026, 11, day, tzinfo=UTC)) for day in (29, 30)] == [BEFORE, WEEK]
