"""Audience reports: whether one is there is asked for free, then it is bought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.cost_bounds import bounded, wanted_rounds
from creator_assets.demand.provider_choice import max_selected_of, ranked_reports
from creator_assets.demand.requests import by_reader, window_of
from creator_assets.demand.waterfall import REPORTS_AT_A_TIME, CandidateResponse, forecast, report_rows
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability_protocols import ReportRows
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.planning.plan import AssetDemand


def wanted_reports(
    partition: Partition,
    campaign: Campaign,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
) -> Iterator[AssetDemand]:
    """The free questions, the reports that they say are there, those of which nothing is known, and their misses."""
    audiences = campaign.audiences
    if audiences is None:
        return
    window = window_of(partition, audiences.max_age)
    if shortlist is not None:
        will = forecast(ranked_reports(campaign, shortlist, settings), ledger, window, report_rows)
    else:
        will = bounded(campaign, audiences, settings, max_selected_of(campaign, audiences.top))
    yield from wanted_rounds("audience_reports", partition, will, window)


def segment_rows(told: Sequence[CandidateResponse[ReportRows]], *, keep_sensitive: bool = False) -> Iterator[Parsed]:
    """The rows of `audience_segments`, those of some accounts at a time, in the order of the accounts.

    Args:
        told: What was answered of each account, by whoever was asked last.
        keep_sensitive: Whether inferred ethnicity becomes rows.
    """
    in_order = sorted(told, key=lambda one: one.account)
    for start in range(0, len(in_order), REPORTS_AT_A_TIME):
        some = in_order[start : start + REPORTS_AT_A_TIME]
        made = [
            rows(of_reader, keep_sensitive=keep_sensitive).segments
            for rows, of_reader in by_reader([one.option for one in some], [one.answers for one in some])
        ]
        yield Parsed(rows=pl.concat([one.rows for one in made]), rejected=pl.concat([one.rejected for one in made]))
