"""The values that search filters accept."""

from __future__ import annotations

from typing import Any

from creator_assets.assets.framework.blueprint import free_asset
from creator_assets.assets.framework.step import Step
from creator_assets.demand.discovery import filter_requests
from creator_assets.demand.filter_names import dictionary_window
from creator_assets.spending.fetch import FetchContext


@free_asset(group="discovery", resources=("campaigns", "paid_client", "tables"))
def filter_values(step: Step) -> dict[str, Any]:
    """The values that the searches of the briefs may use: languages, places, brands, topics. Free to ask for."""
    client = step.run.paid_client
    requests = filter_requests(step.run.campaigns.by_slug.values(), client.settings())
    window = dictionary_window(client.open().ledger)
    context = FetchContext(spender=step.run.attribution(None), window=window)
    fetched = client.fetch([one.pages for one in requests], context)
    parsed = [one.capability.rows(answers) for one, answers in zip(requests, fetched.answers, strict=True)]
    return step.bought_metadata(step.write_parsed(parsed), fetched.fetch_stats)
