"""Where each record of an answer comes from and what it costs, and what of it could not be read.

The columns of both are those of the tables. How a record is decoded belongs to ``records``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import polars as pl

from creator_assets.providers.contract.operations import Answer, AnswerKind
from creator_assets.providers.contract.parsed import PROBLEM_COLUMNS, Problem
from creator_assets.providers.parsing.versions import parser_version

PROVENANCE_COLUMNS = (
    "provider",
    "operation",
    "request_id",
    "observed_at",
    "response_sha256",
    "cost_microcredits",
    "run_id",
    "parser_version",
)


class RawRecord(msgspec.Struct, frozen=True):
    """One undecoded record: the index of its answer, its position in that answer, and its text.

    ``pays`` says whether it is one of those that the answer was charged for.
    """

    answer: int
    position: int
    json: str
    pays: bool = True


def problems(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of ``Parsed.rejected`` and ``Parsed.notes``; those that `frame` lacks are null."""
    return frame.select(
        *PROVENANCE_COLUMNS,
        *(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in PROBLEM_COLUMNS.items()
        ),
    )


def no_problems() -> pl.DataFrame:
    """The columns of ``Parsed.rejected`` and ``Parsed.notes`` without a row."""
    return problems(provenance([], []))


def with_problems(frame: pl.DataFrame, noted: Sequence[tuple[int, str, str, str]]) -> pl.DataFrame:
    """The rows of `frame` that are `noted` (row, field, problem, reason), once for each note."""
    schema = {"row": pl.UInt32, "field": pl.String, "problem": pl.String, "reason": pl.String}
    names = [name for name in frame.columns if name not in {"field", "problem", "reason"}]
    return frame.select(names).join(pl.DataFrame(noted, schema=schema, orient="row"), on="row", how="inner")


def repaired(answers: Sequence[Answer], frame: pl.DataFrame) -> pl.DataFrame:
    """For each answer whose text had to be repaired, its first record with the repair."""
    first = frame.unique("answer_index", keep="first", maintain_order=True)
    rows = dict(zip(first["answer_index"], first["row"], strict=True))
    return with_problems(
        frame,
        [
            (rows[index], "", str(Problem.TEXT), note)
            for index, answer in enumerate(answers)
            if index in rows
            for note in answer.notes
        ],
    )


def without_unreadable(
    answers: Sequence[Answer], records: Sequence[RawRecord], frame: pl.DataFrame
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Rows without those of answers that cannot be read, and one rejected row for each such answer."""
    places = [index for index, answer in enumerate(answers) if answer.kind is AnswerKind.UNREADABLE]
    if not places:
        return frame, []
    is_unreadable = pl.col("answer_index").is_in(places)
    without_record = set(places) - {record.answer for record in records}
    empty = provenance(answers, [RawRecord(index, 0, "{}") for index in sorted(without_record)])
    lost = pl.concat([frame.filter(is_unreadable), empty], how="diagonal")
    why = {"field": "", "problem": str(Problem.UNREADABLE), "reason": "the answer cannot be read"}
    return frame.filter(~is_unreadable), [lost.with_columns(pl.lit(text).alias(name) for name, text in why.items())]


def provenance(answers: Sequence[Answer], records: Sequence[RawRecord]) -> pl.DataFrame:
    """One row per record: its origin and its share of the charge (the first ones carry what does not divide)."""
    origins = pl.DataFrame(
        [
            (
                index,
                answer.request.operation.provider,
                answer.request.operation.name,
                answer.request_id,
                answer.observed_at,
                answer.response_sha256,
                answer.charge_microcredits,
                answer.run_id,
                parser_version(answer.request.operation.provider),
            )
            for index, answer in enumerate(answers)
        ],
        schema={
            "answer_index": pl.Int64,
            "provider": pl.String,
            "operation": pl.String,
            "request_id": pl.String,
            "observed_at": pl.Datetime("us", "UTC"),
            "response_sha256": pl.String,
            "charge": pl.Int64,
            "run_id": pl.String,
            "parser_version": pl.String,
        },
        orient="row",
    )
    frame = pl.DataFrame(
        {
            "answer_index": pl.Series([record.answer for record in records], dtype=pl.Int64),
            "position": pl.Series([record.position for record in records], dtype=pl.Int64),
            "pays": pl.Series([record.pays for record in records], dtype=pl.Boolean),
        }
    ).with_row_index("row")
    # A column first: a window inside another one takes time that is quadratic in the answers.
    frame = frame.with_columns(pays=pl.col("pays") | ~pl.col("pays").any().over("answer_index"))
    pays = pl.col("pays")
    sharers = pays.sum().over("answer_index").cast(pl.Int64)
    ordinal = pays.cum_sum().over("answer_index").cast(pl.Int64) - 1
    share = pl.col("charge") // sharers + (ordinal < pl.col("charge") % sharers).cast(pl.Int64)
    return (
        frame.join(origins, on="answer_index", how="left", maintain_order="left")
        .with_columns(cost_microcredits=pl.when(pays).then(share).otherwise(0))
        .drop("charge", "pays")
    )
