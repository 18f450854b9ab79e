"""What came out of a case beside what it expects, as sentences. No sentence holds a value of a row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from creator_assets.replay.case import Expected
from creator_assets.replay.project import Outcome

_CLOSE = 1e-9


def differences(expected: Expected, outcome: Outcome) -> list[str]:
    """What differs from `expected`; empty where all of it came out."""
    return [*_of_runs(expected, outcome), *_of_rows(expected, outcome.tables)]


def _of_runs(expected: Expected, outcome: Outcome) -> Iterator[str]:
    succeeded = [step.succeeded for step in outcome.steps]
    if expected.runs is not None and expected.runs != succeeded:
        yield f"runs: {_words(expected.runs)} expected, {_words(succeeded)} came out"
    said = " ".join(failure for step in outcome.steps for failure in step.failures)
    for words in expected.says:
        if words.casefold() not in said.casefold():
            yield f"no failure says {words!r}"
    requests = [step.requests for step in outcome.steps]
    if expected.requests is not None and expected.requests != requests:
        yield f"requests: {expected.requests} expected, {requests} came out"
    charged = outcome.steps[-1].charged
    for provider, amount in expected.credits.items():
        if float(amount) != float(charged.get(provider, "0")):
            yield f"credits of {provider}: {amount} expected, {charged.get(provider, '0')} came out"


def _of_rows(expected: Expected, tables: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    for table, count in expected.counts.items():
        found = tables[table].height if table in tables else 0
        if found != count:
            yield f"{table}: {count} rows expected, {found} came out"
    for table, rows in expected.rows.items():
        left = tables[table].to_dicts() if table in tables else []
        for row in rows:
            match = next((one for one in left if _holds(one, row)), None)
            if match is None:
                yield f"{table}: no row has {_fields_that_differ(left, row)} as expected"
            else:
                left.remove(match)


def _holds(row: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    return all(_is_same(row.get(name), value) for name, value in fields.items())


def _is_same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, int | float):
        return math.isclose(found, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)
    if isinstance(expected, str) and hasattr(found, "isoformat"):
        return bool(found.isoformat().startswith(expected))
    return bool(found == expected)


def _fields_that_differ(rows: list[dict[str, Any]], fields: Mapping[str, Any]) -> str:
    """The columns in which the most similar row differs."""
    if not rows:
        return ", ".join(fields)
    differing = [[name for name, value in fields.items() if not _is_same(row.get(name), value)] for row in rows]
    fewest = min(differing, key=len)
    return ", ".join(fewest)


def _words(runs: list[bool]) -> str:
    return ", ".join("success" if one else "failure" for one in runs)
