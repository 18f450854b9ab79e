"""What must hold after runs on hostile answers, whatever the seed: rows, payments, words and books. No test here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
import polars as pl

from creator_assets.handles import canonical_handle
from creator_assets.ledger.ledger import Ledger
from tests.assets.stage import NAMES

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", re.IGNORECASE)
_NO_SENTENCE = re.compile(r"Traceback|  File \"|\b\w+(Error|Exception)\b")
Entry = Mapping[str, Any]
Identity = tuple[str, str]
"""The table in which an answer must have left a row, and what names it there."""


# -- rows ----------------------------------------------------------------------------------------------------------


def _of(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _records(truth: Any, *path: str) -> list[Any]:
    found = _of(truth, *path) if path else truth
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _profile(truth: Any) -> list[Any]:
    """The handles of the account that a profile of influencers.club is about; the first block is the one asked for."""
    result = _of(truth, "result")
    if not isinstance(result, dict):
        return []
    if "username" in result:
        return [result["username"]]
    return [one["username"] for one in result.values() if isinstance(one, dict) and one.get("username")][:1]


# By operation: the table, and how a person reads the names of its records out of the true answer, without any parser.
_LEAVES: Mapping[str, tuple[str, Callable[[Any], Iterable[Any]]]] = {
    "IC-1": (
        "discovery_results",
        lambda truth: (_of(one, "profile", "username") for one in _records(truth, "accounts")),
    ),
    "IC-2": (
        "discovery_results",
        lambda truth: (_of(one, "profile", "username") for one in _records(truth, "accounts")),
    ),
    "ID-6": ("discovery_results", lambda truth: (_of(one, "username") for one in _records(truth, "users"))),
    "IC-14": ("enriched_profiles", _profile),
    "IC-15": ("enriched_profiles", _profile),
    "IC-19": ("enriched_profiles", lambda truth: (_of(one, "input_value") for one in _records(truth))),
    "ID-3": ("enriched_profiles", lambda truth: [_of(truth, "username")]),
    "KA-1": ("enriched_profiles", lambda truth: (_of(one, "unique_id") for one in _records(truth, "data"))),
    "IT-1": ("enriched_profiles", lambda truth: [_of(truth, "data", "blogger", "channel_username")]),
    "IC-13": ("linked_accounts", lambda truth: (_of(one, "username") for one in _records(truth, "result"))),
    "IC-3": ("audience_overlap", lambda truth: (_of(one, "username") for one in _records(truth, "details"))),
    "IC-16": ("email_matches", _profile),
    "IC-17": ("email_matches", _profile),
    "IC-22": ("content", lambda truth: (_of(one, "pk") for one in _records(truth, "result", "items"))),
    "ID-7": ("content", lambda truth: (_of(one, "contentId") for one in _records(truth, "items"))),
    "IT-2": ("tracked_videos", lambda truth: (_of(one, "url") for one in _records(truth, "data", "results"))),
}


def identities(entry: Entry) -> Iterator[Identity]:
    """The rows that the true answer must leave."""
    table, names = _LEAVES.get(entry["operation"], ("", lambda _truth: ()))
    if entry["operation"] == "ID-3" and _of(entry["truth"], "audienceReport"):
        table = "audience_reports"
    yield from ((table, name) for name in names(entry["truth"]) if isinstance(name, str) and name)


NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "discovery_results": ("username",),
    "enriched_profiles": ("username",),
    "audience_reports": ("username",),
    "linked_accounts": ("username",),
    "audience_overlap": ("username",),
    "email_matches": ("username",),
    "content": ("content_id", "native_id"),
    "tracked_videos": ("url", "given_url"),
}


def lost_rows(log: Iterable[Entry], tables: Mapping[str, pl.DataFrame]) -> list[str]:
    """Operations whose answer could be read and left no row; `tables` are those that were written after it."""
    lost: list[str] = []
    for entry in log:
        for table, name in identities(entry) if entry["keeps"] else ():
            if table in tables and not _is_there(tables[table], table, name):
                lost.append(f"{entry['operation']} in {table}: {', '.join(entry['done'])}")
    return lost


def _is_there(rows: pl.DataFrame, table: str, name: str) -> bool:
    columns = [column for column in NAMED_BY[table] if column in rows.columns]
    # A compared creator whose three figures are all unreadable keeps a row in this state, with notes.
    may_be_unavailable = "state" not in rows.columns or table == "audience_overlap"
    kept = rows if may_be_unavailable else rows.filter(pl.col("state") != "unavailable")
    spellings = {name.lower(), canonical_handle("instagram", name) or ""}
    return any(str(value).lower() in spellings for column in columns for value in kept[column].drop_nulls())


# -- payments ------------------------------------------------------------------------------------------------------


def paid_twice(log: Iterable[Entry]) -> list[str]:
    """Operations of which one request was charged more than once, or that bring what a batch brought before."""
    charged: dict[str, int] = {}
    for entry in log:
        if entry["charged_microcredits"]:
            charged[entry["asked"]] = charged.get(entry["asked"], 0) + 1
    operations = {entry["asked"]: entry["operation"] for entry in log}
    in_batches: set[str] = set()
    singly: list[str] = []
    for entry in log:
        names = {name.lower() for _, name in identities(entry)} if entry["keeps"] else set()
        if entry["operation"] == "IC-19":
            in_batches |= names
        elif entry["operation"] in {"IC-14", "IC-15"} and entry["charged_microcredits"] and names & in_batches:
            singly.append(f"{entry['operation']}: a creator of a batch is bought singly")
    return singly + [f"{operations[asked]}: {times} times" for asked, times in charged.items() if times > 1]


# -- words ---------------------------------------------------------------------------------------------------------


def bad_words(result: dg.ExecuteInProcessResult, secrets: Iterable[str]) -> list[str]:
    """Failures that are no sentence, and any text of the run that shows a key, an e-mail address or a secret."""
    bad = []
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data.user_failure_data
            said = (failure.description or "") if failure else ""
            if not said.strip().endswith(".") or _NO_SENTENCE.search(said):
                bad.append(f"{event.step_key} fails without a sentence: {said or _cause(event)}")
            bad += [f"{event.step_key} shows {kind}" for kind in _shown(said, secrets)]
    for event in result.get_asset_materialization_events():
        texts = " ".join(str(one.value) for one in event.materialization.metadata.values())
        bad += [f"the metadata of {event.step_key} shows {kind}" for kind in _shown(texts, secrets)]
    return bad


def _cause(event: dg.DagsterEvent) -> str:
    """Where an error without a sentence was raised: its innermost cause and the last lines of its stack."""
    error = event.step_failure_data.error
    while error and error.cause:
        error = error.cause
    return f"{error.message} {''.join(error.stack[-2:])}" if error else ""


def _shown(text: str, secrets: Iterable[str]) -> list[str]:
    kinds = ["an e-mail address"] if _EMAIL.search(text) else []
    return kinds + ["a key or a handle" for secret in secrets if secret in text][:1]


# -- books ---------------------------------------------------------------------------------------------------------


def wrong_books(ledger: Ledger, meter: Mapping[str, Any], *, exact: bool) -> list[str]:
    """Providers whose ledger differs from the meter.

    Where a charge is assumed or in doubt, or held for a job that works, the ledger must cover the meter. If `exact`,
    because balances were compared in between, it must equal the meter nevertheless.
    """
    wrong = [str(one) for one in ledger.check()]
    attempts = list(ledger.attempts())
    for provider in NAMES:
        states = [one for one in ledger.balances() if one.scope == provider]
        spent = sum(one.spent_microcredits for one in states)
        open_microcredits = sum(one.in_doubt_microcredits + one.held_microcredits for one in states)
        charged = meter[provider]["charged_microcredits"]
        certain = not open_microcredits and all(
            one.state != "in_doubt" and one.basis != "assumed" for one in attempts if one.provider == provider
        )
        if spent != charged if certain or exact else spent + open_microcredits < charged:
            wrong.append(
                f"{provider}: the ledger has {spent} and {open_microcredits} held or in doubt, the meter {charged}"
            )
    return wrong
