"""Profiles: what is asked for each creator of a shortlist, in batches and singly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.batches.choice import batch_choices, handed_in
from creator_assets.demand.batches.pre_registration import queues
from creator_assets.demand.batches.results import settled_accounts
from creator_assets.demand.cost_bounds import bounded, demand_for, wanted_rounds
from creator_assets.demand.provider_choice import first_requests, max_selected, ranked_profiles
from creator_assets.demand.requests import window_of
from creator_assets.demand.waterfall import forecast, profile_rows
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.spending.planning.plan import AssetDemand


def wanted_profiles(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[AssetDemand]:
    """What goes into batches, single calls for all others whom no batch has, and what misses may lead to."""
    if campaign.profiles is None:
        return
    window = window_of(partition, campaign.profiles.max_age)
    if shortlist is not None:
        ranked = ranked_profiles(campaign, shortlist, settings)
        first = first_requests(ranked)
        choices = batch_choices(campaign.profiles, first, settings, ledger, partition)
        settled = settled_accounts(ledger, partition, campaign.profiles.max_age, settings)
        in_batches = settled | handed_in(choices)
        will = forecast(ranked, ledger, window, profile_rows, elsewhere=in_batches)
        batches = tuple(pages for choice in choices for pages in choice.pages)
        if ledger.now() < partition.end:
            batches += tuple(pages for one in queues(first, settings) for pages in one.pages)
        if batches:
            yield demand_for("enrichment_batches", partition, batches)
    else:
        will = bounded(campaign, campaign.profiles, settings, max_selected(campaign))
    yield from wanted_rounds("enriched_profiles", partition, will, window)
