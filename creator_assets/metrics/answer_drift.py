"""What a change in the fields of a provider's answers means: a field is new, or one that was always there is gone.

Pure functions over rows of ``answer_fields``. How fields are read out of answers belongs to the providers' rooms.
"""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

ALWAYS = 0.95
"""A field that this share of the answers hold counts as always there."""
LEAST_ANSWERS = 20
"""So many answers must have held a field before its absence means something."""
LEAST_ABSENT = 5
"""So many answers in a row must lack it."""
_OF = ("provider", "operation", "platform", "path")


def drift(fields: pl.DataFrame, week: date) -> pl.DataFrame:
    """The fields of `week` that are new, and those that are gone.

    A field is new if no document lists it, and no answer of an earlier week holds it. A field is gone if it was in
    `ALWAYS` of at least `LEAST_ANSWERS` answers and is missing from the last `LEAST_ABSENT` or more. Only answers that
    hold the object around it count.

    Args:
        fields: Rows of ``schemas.AnswerFields``, of all weeks.
        week: The Monday of the running week.

    Returns:
        Columns provider, operation, platform, path, json_type, what (``new`` or ``gone``), since (UTC) and answers.
    """
    first_weeks = fields.group_by(*_OF, "json_type").agg(pl.col("week").min().alias("first_week"))
    new = (
        fields.filter(~pl.col("is_listed") & (pl.col("week") == week))
        .join(first_weeks, on=[*_OF, "json_type"], how="left")
        .filter(pl.col("first_week") == week)
        .select(*_OF, "json_type", pl.lit("new").alias("what"), pl.col("first_observed_at").alias("since"), "answers")
    )
    # A list may be empty, and data may have any name: neither can be gone.
    named = fields.filter(~pl.col("path").str.contains(r"(?:\[\]|\*)$"))
    by_week = named.group_by(*_OF, "week").agg(
        pl.col("json_type").sort_by("last_observed_at").last(),
        pl.col("answers").sum(),
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
    before = pl.col("of_answers") - pl.col("absent_since")
    gone = of_path.filter(
        (pl.col("absent_since") >= LEAST_ABSENT)
        & (pl.col("answers") >= LEAST_ANSWERS)
        & (pl.col("answers") >= ALWAYS * before)
    ).select(*_OF, "json_type", pl.lit("gone").alias("what"), "since", pl.col("absent_since").alias("answers"))
    return pl.concat([new, gone]).sort("what", "provider", "operation", "platform", "path", "json_type")


def monday_of(moment: datetime) -> date:
    """The Monday (UTC) of the week in which a moment lies."""
    return date.fromordinal(moment.date().toordinal() - moment.weekday())
