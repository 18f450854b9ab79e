"""Every operation's documented body, changed in its structure by Hypothesis: nothing raises, nobody is lost.

The changes keep what identifies a record, so that each record must still become a row. ``hostile_runs`` has whole
answers that are lost; ``test_every_operation`` replaces each single value.
"""

from __future__ import annotations

import copy
import io
import json
import math
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import dataframely as dy
import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.providers.contract.operations import Answer, AnswerKind, ChargeBasis, Response
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.outcomes import MOST_MICROCREDITS
from creator_assets.providers.parsing.reading import read_answer
from creator_assets.providers.registry import OPERATIONS
from creator_assets.sandbox.hostile_voice import texts
from creator_assets.sandbox.hostile_voice.names import COLLECTIONS, FLAGS, IDENTITIES, MONEY
from creator_assets.tables.schemas import ALL_TABLES
from tests.answers.documented_bodies import READERS, ROWS, documented_answers
from tests.providers.bench import answered

EXAMPLES = int(os.environ.get("CREATOR_ASSETS_TEST_EXAMPLES", "8"))
"""How many changed bodies of each operation; more of them with this variable."""
MISSING = object()
EMPTY: tuple[Any, ...] = (None, "", " ", [], {}, "hidden", "N/A", "None", "null", [None], MISSING)
ODD: tuple[Any, ...] = (
    *EMPTY, -1, -2, 0, 1, True, False, 0.5, 1.0000000000000002, 1.5, 101, 1e300, -1e300, 5e-324, 2**53 + 1, 2**63,
    2**70, math.nan, math.inf, -math.inf, "12.4K", "1,234", "7", "-1", "0.5 %", "1e400", "2026-13-45", "\ud83d",
    "\u202e\x00", [1, 2], [[]], ["x", {"y": 1}], {"value": 1}, [{"name": None}], "x" * 3_000, 1_900_000_000_000,
    "0001-01-01",
)  # fmt: skip
NAMES = ("username", "content_id", "url", "given_url", "batch_id")
"""Columns by which a row is known; those that a table has. A dictionary's values are not: any of them may change."""


class Change(NamedTuple):
    """What happens at one place of a body; places are counted modulo their number."""

    place: int
    value: Any


CHANGES = st.lists(st.builds(Change, st.integers(0, 5_000), st.sampled_from(ODD)), max_size=5)
FORMS = st.sampled_from(sorted(texts.FORMS))


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    return documented_answers()


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value that may change: none that identifies, decides or charges, and nothing that holds such a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        if isinstance(one, dict | list) and identifies(one):
            yield from places(one)
        elif name in COLLECTIONS:
            continue
        elif name not in IDENTITIES | FLAGS | MONEY and not (isinstance(value, list) and isinstance(one, str)):
            yield value, name
            yield from places(one)


def identifies(value: Any) -> bool:
    if isinstance(value, dict):
        return any(name in IDENTITIES | FLAGS | MONEY or identifies(one) for name, one in value.items())
    return isinstance(value, list) and any(map(identifies, value))


def changed(body: Any, changes: list[Change]) -> Any:
    made = copy.deepcopy(body)
    for change in changes:
        found = list(places(made))
        if not found:
            break
        holder, name = found[change.place % len(found)]
        if change.value is not MISSING:
            holder[name] = copy.deepcopy(change.value)
        elif isinstance(holder, dict):
            del holder[name]
    return made


def reread(good: Answer, body: bytes, media_type: str) -> Answer:
    """The answer as the paid client reads it, with the promises of every reading."""
    given_response = Response(status=good.status, headers={"content-type": media_type}, body=body)
    outcome, text = read_answer(good.request, given_response)
    is_stated = outcome.basis is ChargeBasis.STATED or good.request.operation.id == "IT-1"
    most = MOST_MICROCREDITS if is_stated else good.request.worst_case_microcredits
    assert 0 <= outcome.charge_microcredits <= most
    read = Response(status=good.status, headers={}, body=text.body)
    answer = answered(good.request, read, outcome, observed_at=good.observed_at, number=1)
    return msgspec.structs.replace(answer, notes=text.notes)


def rows_of(answer: Answer) -> list[Parsed]:
    operation = answer.request.operation.id
    if operation in READERS:
        READERS[operation](answer)
    return list(ROWS[operation]([answer])) if operation in ROWS else []


def known_by(parsed: Parsed) -> set[tuple[str, str]]:
    return {
        (name, str(value))
        for name in NAMES
        if name in parsed.rows.columns
        for value in parsed.rows[name].drop_nulls()
        if value
    }


@pytest.mark.parametrize("operation", [one.id for one in OPERATIONS])
@settings(max_examples=EXAMPLES)
@given(changes=CHANGES, form=FORMS)
def test_a_changed_body_raises_nothing_loses_nobody_and_is_stored(
    answers: dict[str, Answer], operation: str, changes: list[Change], form: str
) -> None:
    good = reread(answers[operation], answers[operation].body, "application/json")
    body, media_type = texts.FORMS[form](changed(json.loads(good.body), changes))
    odd = reread(good, body, media_type)
    if operation in READERS and odd.kind is AnswerKind.DAMAGED:
        return  # a balance that cannot be read is asked for again, for free
    assert odd.kind is good.kind
    before, after = rows_of(good), rows_of(odd)
    for whole, left in zip(before, after, strict=True):
        table = table_of(left.rows)
        keeps_segments = "dimension" not in left.rows.columns  # the shares of an audience have no identity
        assert not keeps_segments or known_by(whole) <= known_by(left)
        assert within_bounds(table, left.rows) == []
        assert set(left.rejected["problem"]) <= {"repeated", "missing", "wrong_type", "placeholder", "impossible"}
        assert stored(left.rows).equals(left.rows)
        assert stored(left.notes).equals(left.notes)
        lost = [name for name in left.rows.columns if name in whole.rows.columns and fewer(whole, left, name)]
        if keeps_segments and lost and all(one.value not in EMPTY for one in changes):
            assert left.notes.height, f"{lost} became null without a note"


def fewer(whole: Parsed, left: Parsed, name: str) -> bool:
    return left.rows.height == whole.rows.height and left.rows[name].null_count() > whole.rows[name].null_count()


def table_of(rows: pl.DataFrame) -> type[dy.Schema]:
    return next(table for table in ALL_TABLES.values() if set(table.column_names()) == set(rows.columns))


def within_bounds(table: type[dy.Schema], rows: pl.DataFrame) -> list[str]:
    """The columns with values that their contract forbids."""
    beyond = []
    for name, column in table.columns().items():
        if isinstance(column, dy.Float64 | dy.Int64):
            least, most = column.min, column.max
            values = rows[name].drop_nulls()
            is_finite = isinstance(column, dy.Int64) or values.is_finite().all()
            is_small = least is not None and (values < least).any()
            is_large = most is not None and (values > most).any()
            beyond += [name] if not is_finite or is_small or is_large else []
    return beyond


def stored(rows: pl.DataFrame) -> pl.DataFrame:
    buffer = io.BytesIO()
    rows.write_parquet(buffer)
    buffer.seek(0)
    return pl.read_parquet(buffer)


@pytest.mark.parametrize("operation", sorted(ROWS))
def test_an_answer_that_cannot_be_read_is_rejected_and_never_raises(answers: dict[str, Answer], operation: str) -> None:
    good = answers[operation]
    for body in (b"", b"{", b'{"a": 1}'):
        broken = msgspec.structs.replace(good, kind=AnswerKind.UNREADABLE, body=body)
        for parsed in ROWS[operation]([broken]):
            assert parsed.rows.is_empty()
            assert set(parsed.rejected["problem"]) == {"unreadable"}
        for parsed in ROWS[operation]([broken, good]):
            assert parsed.rows.height == ROWS[operation]([good])[0].rows.height
