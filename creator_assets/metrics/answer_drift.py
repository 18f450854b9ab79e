"""What a change in the fields of a provider's answers means: a field is new, or one that was always there is gone.

Pure functions over rows of ``answer_fields``. How fields are read out of answers belongs to the providers' rooms.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

ALWAYS = 0.95
"""A field that this share of the answers hold counts as always there."""
LEAST_ANSWERS = 20
"""So many answers must have held a field before its absence means something."""
LEAST_ABSENT = 5
"""So many answers in a row must lack it."""
NEW_FOR = timedelta(days=7)
"""So long a new field is a warning."""
GONE_FOR = timedelta(weeks=4)
"""So long a field that is gone is a warning. Then its absence is the rule."""
_OF = ("provider", "operation", "platform", "path")


def drift(fields: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The fields that are new, and those that are gone.

    A field is new for `NEW_FOR` if no document lists it and no earlier answer holds it. A field is gone for `GONE_FOR`
    if it was in `ALWAYS` of at least `LEAST_ANSWERS` answers and is missing from the last `LEAST_ABSENT` or more. Only
    answers that hold the object around it count.

    Args:
        fields: Rows of ``schemas.AnswerFields``, of all weeks.
        now: The time (UTC).

    Returns:
        Columns provider, operation, platform, path, json_type, what (``new`` or ``gone``), since (UTC) and answers:
        that hold the new field, or that lack the other one.
    """
    by_type = fields.group_by(*_OF, "json_type").agg(
        pl.col("is_listed").last(), pl.col("first_observed_at").min().alias("since"), pl.col("answers").sum()
    )
    new = by_type.filter(~pl.col("is_listed") & (pl.col("since") > now - NEW_FOR)).select(
        *_OF, "json_type", pl.lit("new").alias("what"), "since", "answers"
    )
    # A list may be empty, and data may have any name: neither can be gone.
    named = fields.filter(~pl.col("path").str.contains(r"(?:\[\]|\*)$"))
    by_week = named.group_by(*_OF, "week").agg(
        pl.col("json_type").sort_by("last_observed_at").last(),
        # An answer with the field in two types counts once.
        pl.min_horizontal(pl.col("answers").sum(), pl.col("of_answers").max()).alias("answers"),
        pl.col("of_answers").max(),
        pl.col("last_observed_at").max(),
        pl.col("absent_since").max(),
    )
    of_path = by_week.group_by(*_OF).agg(
        pl.col("json_type").sort_by("last_observed_at").last(),
        pl.col("answers", "of_answers").sum(),
        pl.col("last_observed_at").max().alias("since"),
        pl.col("absent_since").max(),
    )
    gone = of_path.filter(
        (pl.col("absent_since") >= LEAST_ABSENT)
        & (pl.col("answers") >= LEAST_ANSWERS)
        & (pl.col("answers") >= ALWAYS * pl.col("of_answers"))
        & (pl.col("since") > now - GONE_FOR)
    ).select(*_OF, "json_type", pl.lit("gone").alias("what"), "since", pl.col("absent_since").alias("answers"))
    return pl.concat([new, gone]).sort("what", "provider", "operation", "platform", "path", "json_type")


def monday_of(moment: datetime) -> date:
    """The Monday (UTC) of the week in which a moment lies."""
    return date.fromordinal(moment.date().toordinal() - moment.weekday())
