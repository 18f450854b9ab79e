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
        "": (3, 3, 0), "platform": (3, 3, 0), "followers": (2, 2, 1), "displayName": (2, 2, 1), "bio": (1, 1, 1),
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
    changed = drift(rows, MONDAY + timedelta(hours=1)).select("path", "json_type", "what", "answers").rows()
    assert changed == [
        ("followers", "number", "gone", LEAST_ABSENT), ("followersCount", "number", "new", LEAST_ABSENT),
    ]  # fmt: skip


def test_an_object_that_is_gone_is_said_once_and_not_for_each_of_its_fields() -> None:
    report = {"platform": "tiktok", "scores": {"growth": 1, "quality": 2}}
    rows = counted(booked([report] * LEAST_ANSWERS + [{"platform": "tiktok"}] * LEAST_ABSENT))
    assert drift(rows, MONDAY + timedelta(hours=1)).filter(what="gone")["path"].to_list() == ["scores"]


def test_an_unknown_dimension_of_an_audience_is_a_new_field() -> None:
    rows = counted(booked([{**PROFILE, "audienceReport": {"shoeSizes": [{"code": "42", "percentage": 0.4}]}}]))
    assert drift(rows, MONDAY + timedelta(hours=1))["path"].to_list() == ["audienceReport.*"]


def test_a_field_that_comes_and_goes_is_never_gone() -> None:
    some = [PROFILE if place % 4 == 0 else {"platform": "tiktok"} for place in range(100)]
    none = booked([{"platform": "tiktok"}] * 90, start=101, at=MONDAY + timedelta(weeks=1))
    rows = counted(booked(some), none)
    assert drift(rows, MONDAY + timedelta(weeks=1, hours=1)).is_empty()
    followers = rows.filter(path="followers").select("answers", "of_answers", "absent_since").row(0)
    assert followers == (25, 97, 93)


def test_what_an_answer_calls_its_platform_is_no_value_of_the_table() -> None:
    rows = counted(booked([{"platform": "emmasmith"}, {"platform": "Germany"}, {"platform": "TikTok"}]))
    assert sorted(rows["platform"].unique()) == ["", "tiktok"]


def test_bytes_that_are_no_text_stop_nothing() -> None:
    rows = counted(booked([b'{"platform": "tiktok", "bio": "caf\xe9"}', PROFILE]))
    assert rows.filter(path="bio")["answers"].to_list() == [1]
    assert rows["through_entry"].unique().to_list() == [2]


def test_weeks_of_long_ago_are_left_out() -> None:
    late = MONDAY + WEEKS_KEPT + timedelta(weeks=1)
    assert counted(booked([PROFILE]), booked([PROFILE], start=2, at=late))["week"].unique().to_list() == [late.date()]
