"""Counts the fields of the providers' answers, by week, as the archive grows: each answer once, for nothing.

Costs belong to the stages. What a change of the counts means belongs to ``metrics.answer_drift``; how fields are read
out of an answer, to ``providers.parsing.field_paths``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

import polars as pl

from creator_assets.ledger.archive.in_order import BookedAnswer
from creator_assets.metrics.answer_drift import monday_of
from creator_assets.providers.capabilities import catalog
from creator_assets.providers.parsing.field_paths import Field, containing, fields_of, listed_of
from creator_assets.tables.schemas import AnswerFields

MAX_ANSWERS = 5_000
"""Answers that one run counts at most; the next run goes on."""
WEEKS_KEPT = timedelta(weeks=104)


class _Source(NamedTuple):
    """What has fields of its own: an operation of a provider, on a platform."""

    provider: str
    operation: str
    platform: str


class _Count:
    """One row: a field in the answers of a week."""

    def __init__(self, at: datetime) -> None:
        self.answers, self.of_answers = 0, 0
        self.first = self.last = at


class FieldCounts:
    """The counts so far. `add` takes the next answer, `rows` gives the table."""

    def __init__(self, rows: pl.DataFrame) -> None:
        """Go on from `rows` of ``schemas.AnswerFields``."""
        self.through_entry: int = rows["through_entry"].max() or 0  # type: ignore[assignment]  # a whole number
        self._weeks: dict[_Source, dict[date, dict[Field, _Count]]] = {}
        self._absent: dict[_Source, dict[str, int]] = {}
        for row in rows.iter_rows(named=True):
            source = _Source(row["provider"], row["operation"], row["platform"])
            count = self._counts(source, row["week"]).setdefault(
                Field(row["path"], row["json_type"]), _Count(row["first_observed_at"])
            )
            count.answers, count.of_answers, count.last = row["answers"], row["of_answers"], row["last_observed_at"]
            self._absent[source][row["path"]] = row["absent_since"]

    def add(self, answer: BookedAnswer) -> None:
        """Count one answer. What is no JSON counts as read and has no fields."""
        self.through_entry = answer.sequence
        listed = listed_of(answer.provider, answer.operation)
        found = fields_of(answer.body, listed) if answer.body is not None else None
        if found is None:
            return
        # Whatever else an answer calls its platform may be a value.
        platform = found.platform if found.platform in catalog().platforms else ""
        source = _Source(answer.provider, answer.operation, platform)
        counts, absent = self._counts(source, monday_of(answer.observed_at)), self._absent[source]
        for field in found.fields:
            count = counts.setdefault(field, _Count(answer.observed_at))
            count.answers += 1
            count.of_answers += 1 + absent.get(field.path, 0)
            count.last = answer.observed_at
        present = {field.path for field in found.fields}
        for path in absent.keys() | present:
            if path in present:
                absent[path] = 0
            elif containing(path) in present:
                absent[path] += 1

    def add_all(self, answers: Iterable[BookedAnswer]) -> int:
        """Count each of `answers`; returns how many there were."""
        added = 0
        for answer in answers:
            self.add(answer)
            added += 1
        return added

    def rows(self) -> pl.DataFrame:
        """Rows of ``schemas.AnswerFields``, without weeks that are too long ago."""
        newest = max((week for weeks in self._weeks.values() for week in weeks), default=date.min)
        return pl.DataFrame(
            [
                (
                    *source,
                    week,
                    *field,
                    field in listed_of(source.provider, source.operation).fields,
                    count.answers,
                    count.of_answers,
                    count.first,
                    count.last,
                    self._absent[source][field.path],
                    self.through_entry,
                )
                for source, weeks in self._weeks.items()
                for week, counts in weeks.items()
                if newest - week <= WEEKS_KEPT
                for field, count in counts.items()
            ],
            schema={name: column.dtype for name, column in AnswerFields.columns().items()},
            orient="row",
        )

    def _counts(self, source: _Source, week: date) -> dict[Field, _Count]:
        self._absent.setdefault(source, {})
        return self._weeks.setdefault(source, {}).setdefault(week, {})
