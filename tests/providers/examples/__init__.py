"""One successful request of every operation, and what becomes of its answer: what tests of all operations go through.

One module a provider, named like it, with its ``EXAMPLES``. No test here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import msgspec

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.registry import PROVIDERS
from tests.providers.bench import ProviderBench

SETTINGS = ProviderSettings(client_id="sandbox-client")
Ask = Callable[[Request], Answer]
Rows = Callable[[Sequence[Answer]], Sequence[Parsed]]


class Examples(msgspec.Struct, frozen=True, kw_only=True):
    """The examples of one provider, by the operation's id.

    ``ask`` makes a successful request of each of its ``operations``. ``rows`` makes the rows of an answer; an operation
    that it lacks makes none (keys, status, balances). ``readers`` read answers that are no rows.
    """

    operations: tuple[str, ...]
    ask: Callable[[ProviderBench, Ask], None]
    rows: Mapping[str, Rows] = {}
    readers: Mapping[str, Callable[[Answer], object]] = {}


def one_table(rows: Callable[[Sequence[Answer]], Parsed]) -> Rows:
    """The rows of answers that belong to a single table."""
    return lambda answers: [rows(answers)]


def found_creators(rows: Callable[..., Parsed]) -> Rows:
    """The rows of the answers of a search on Instagram."""
    return lambda answers: [rows(answers, origin="search", origin_name="a", platform="instagram")]


def usernames(rows: Callable[..., Parsed], page: Answer) -> list[str]:
    """The handles that a page of a search on Instagram holds."""
    (parsed,) = found_creators(rows)([page])
    found: list[str] = parsed.rows["username"].to_list()
    return found


def _of(provider: str) -> Examples:
    examples: Any = import_module(f"{__name__}.{provider}").EXAMPLES
    assert isinstance(examples, Examples)
    return examples


BY_PROVIDER: Mapping[str, Examples] = {provider: _of(provider) for provider in PROVIDERS}
OPERATION_IDS = tuple(name for examples in BY_PROVIDER.values() for name in examples.operations)
ROWS: Mapping[str, Rows] = {name: rows for one in BY_PROVIDER.values() for name, rows in one.rows.items()}
READERS = {name: read for one in BY_PROVIDER.values() for name, read in one.readers.items()}


def every_answer(bench: ProviderBench) -> dict[str, Answer]:
    """Make a successful request of every operation with an example; returns the answers by the operation's id."""
    asked: dict[str, Answer] = {}

    def ask(request: Request) -> Answer:
        asked[request.operation.id] = answer = bench.ask(request)
        assert answer.status < 300, (request, answer.status, answer.body)
        return answer

    for examples in BY_PROVIDER.values():
        examples.ask(bench, ask)
    return asked
