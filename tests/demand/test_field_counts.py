"""Counts of the fields of answers: each answer once, in any number of runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from creator_assets.demand.answer_fields import WEEKS_KEPT, FieldCounts
from creator_assets.ledger.archive.in_order import BookedAnswer
from creator_assets.metrics.answer_drift import LEAST_ABSENT, LEAST_ANSWERS, drift
from creator_assets.tables.schemas import AnswerFields

MONDAY = datetime(2026, 11, 30, 12, tzinfo=UTC)
PROFILE = {"platform": "tiktok", "followers": 5, "displayName": "Jane"}


def booked(values: Sequence[Any], start: int = 1, at: datetime = MONDAY) -> list[BookedAnswer]:
    return [
        BookedAnswer(
            sequence=start + place,
            provider="infludata",
            operation="user_data",
            observed_at=at + timedelta(seconds=place),
            body=value if isinstance(value, bytes) or value is None else json.dumps(value).encode(),
        )
        for place, value in enumerate(values)
    ]


def counted(*portions: list[BookedAnswer]) -> pl.DataFrame:
    """The table after a run for each portion, each run going on from the table of the one before."""
    rows = AnswerFields.create_empty()
    for portion in portions:
        counts = FieldCounts(rows)
        counts.add_all(portion)
        rows = AnswerFields.validate(counts.rows())
    return rows.sort("path", "json_type", "week")


def test_one_run_and_many_count_the_same() -> None:
    answers = booked([PROFILE, {**PROFILE, "bio": "x"}, {"platform": "tiktok", "followers": None}, b"<html>", None])
    at_once = counted(answers)
    assert at_once.equals(counted(*([one] for one in answers), []))
    by_path = {row["path"]: row for row in at_once.iter_rows(named=True)}
    assert {path: (row["answers"], row["of_answers"], row["absent_since"]) for path, row in by_path.items()} == {
        "": (3, 3, 0), "platform": (3, 3, 0), "followers": (2, 3, 1), "displayName": (2, 3, 1), "bio": (1, 2, 1),
    }  # fmt: skip
    assert {row["through_entry"] for row in by_path.values()} == {5}
    assert all(row["is_listed"] for row in by_path.values())


def test_weeks_and_platforms_are_counted_apart() -> None:
    rows = counted(
        booked([PROFILE]), booked([PROFILE, {"platform": "youtube"}], start=2, at=MONDAY + timedelta(weeks=1))
    )
    named = rows.filter(path="platform").select("platform", "week", "answers").sort("platform", "week").rows()
    assert named == [
        ("tiktok", date(2026, 11, 30), 1), ("tiktok", date(2026, 12, 7), 1), ("youtube", date(2026, 12, 7), 1),
    ]  # fmt: skip


def test_a_renamed_field_is_found_on_the_day_with_its_new_name() -> None:
    renamed = {"platform": "tiktok", "followersCount": 5, "displayName": "Jane"}
    rows = counted(booked([PROFILE] * LEAST_ANSWERS), booked([renamed] * LEAST_ABSENT, start=LEAST_ANSWERS + 1))
    changed = drift(rows, date(2026, 11, 30)).select("path", "json_type", "what", "answers").rows()
    assert changed == [
        ("followers", "number", "gone", LEAST_ABSENT), ("followersCount", "number", "new", LEAST_ABSENT),
    ]  # fmt: skip


def test_an_object_that_is_gone_is_said_once_and_not_for_each_of_its_fields() -> None:
    report = {"platform": "tiktok", "scores": {"growth": 1, "quality": 2}}
    rows = counted(booked([report] * LEAST_ANSWERS + [{"platform": "tiktok"}] * LEAST_ABSENT))
    assert drift(rows, date(2026, 11, 30)).filter(what="gone")["path"].to_list() == ["scores"]


def test_an_unknown_dimension_of_an_audience_is_a_new_field() -> None:
    rows = counted(booked([{**PROFILE, "audienceReport": {"shoeSizes": [{"code": "42", "percentage": 0.4}]}}]))
    assert drift(rows, date(2026, 11, 30))["path"].to_list() == ["audienceReport.shoeSizes"]


def test_weeks_of_long_ago_are_left_out() -> None:
    late = MONDAY + WEEKS_KEPT + timedelta(weeks=1)
    assert counted(booked([PROFILE]), booked([PROFILE], start=2, at=late))["week"].unique().to_list() == [late.date()]
