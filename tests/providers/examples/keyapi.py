"""KeyAPI: three accounts in one request, of which it does not know one."""

from __future__ import annotations

from creator_assets.providers.contract.operations import Request
from creator_assets.providers.keyapi import operations, rows
from tests.providers.bench import ProviderBench
from tests.providers.examples import Ask, Examples, one_table


def ask_all(_bench: ProviderBench, ask: Ask) -> None:
    ask(Request(operation=operations.ANALYTICS, params={"unique_ids": "bar.films,bible._.verse,nobody"}))


EXAMPLES = Examples(operations=("KA-1",), ask=ask_all, rows={"KA-1": one_table(rows.profile_rows)})
