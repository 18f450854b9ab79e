"""The stage of batches: hand long lists in, poll them, and show how far they are. Results go into profiles.

A run submits and returns at once; a sensor polls; a later run collects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import polars as pl

from creator_assets.demand.batches import steps
from creator_assets.demand.batches.choice import batch_choices
from creator_assets.demand.batches.pre_registration import pre_registration_rows, pre_registrations
from creator_assets.demand.provider_choice import first_requests, profile_candidates
from creator_assets.demand.stage import Buyer, Stage, StageContext, StageOutput, TableRows
from creator_assets.ledger.jobs.records import Job, JobState
from creator_assets.ledger.records import Attribution, Window
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.registry import BATCH_JOBS
from creator_assets.spending.archive_coverage import from_archive
from creator_assets.spending.fetch import FetchStats
from creator_assets.spending.paid_client import PaidClient
from creator_assets.spending.planning.plan import AssetDemand

_STATES = {
    JobState.WAITING: "processing",
    JobState.PAUSED: "paused_insufficient_credits",
    JobState.READY: "finished",
    JobState.COLLECTED: "finished",
}


class EnrichmentBatches(Stage):
    """Batches of the week's missing profiles, and lists that a provider takes in advance for free."""

    asset = "enrichment_batches"

    def demands(self, at: StageContext) -> Iterator[AssetDemand]:
        """What is handed in; unknown until the shortlist is, when single requests bound the cost."""
        ranked = profile_candidates(at)
        if not ranked:
            return
        first = first_requests(ranked)
        pages = [one for choice in batch_choices(at, first) for one in choice.pages]
        if not at.is_over:
            pages += [one for registration in pre_registrations(at, first) for one in registration.pages]
        if pages:
            yield at.demand(self.asset, pages)

    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Advance the week's open batches, hand new lists in, and make a row of each."""
        pending, client = at.ledger.jobs, buyer.paid_client
        context = buyer.context(at.window())
        polled = _advance_open(at, client, context.spender)
        first = first_requests(profile_candidates(at) or [])
        choices = batch_choices(at, first)
        if not at.is_over:
            for choice in choices:
                for pages in choice.pages:
                    steps.submit(client, pages, context)
        rows = batch_rows(client, pending.of_partition(self.asset, at.partition.key))
        rows += pre_registration_rows(at, buyer, pre_registrations(at, first))
        shown = {f"{one.group.provider}, {one.group.platform}": one.decision.reason for one in choices}
        return StageOutput(
            own=TableRows(table=self.asset, parsed=rows),
            fetch_stats=FetchStats(),
            metadata={"choice": shown, "polled": polled},
        )


def _advance_open(at: StageContext, client: PaidClient, attribution: Attribution) -> dict[str, str]:
    """Take the week's open batches as far as they go; a sentence for each."""
    pending = at.ledger.jobs
    died = {job.job_id for job in pending.died_while_submitting()}
    reported = {}
    for job in pending.of_partition(EnrichmentBatches.asset, at.partition.key):
        if job.is_open and (job.state is not JobState.INTENDED or job.job_id in died):
            _, reported[job.provider_job_id or job.job_id] = steps.advance(client, job, attribution)
    return reported


def batch_rows(paid_client: PaidClient, jobs: Sequence[Job]) -> list[Parsed]:
    """The week's batches as rows of `enrichment_batches`: who took them, and how far they are."""
    made = []
    for job in jobs:
        if job.provider_job_id is None:
            continue
        batch_jobs = BATCH_JOBS[job.provider]
        settings = paid_client.accounts[job.provider].settings
        pages = batch_jobs.submit(
            settings, job.parameters["platform"], job.parameters["creators"], mode=job.parameters["mode"]
        )
        since = job.intended_at
        window = Window(start=since, end=since + timedelta(days=365), reuse_since=since)
        stored = paid_client.ledger.look_up(job.request_key, window)
        if stored is None:
            continue
        parsed = batch_jobs.job_rows([from_archive(pages[0].first, stored)])
        # A provider may state more failed records than it worked on, or leave one of the two out.
        succeeded = job.rows_done - job.rows_failed if job.rows_done >= job.rows_failed else None
        rows = parsed.rows.with_columns(
            state=pl.lit(_STATES.get(job.state, "failed")),
            next_look_at=pl.lit(job.next_poll_at if job.is_open else None, dtype=pl.Datetime("us", "UTC")),
            processed_rows=pl.lit(job.rows_done, dtype=pl.Int64),
            succeeded_rows=pl.lit(succeeded, dtype=pl.Int64),
            failed_rows=pl.lit(job.rows_failed, dtype=pl.Int64),
            reported_cost_microcredits=pl.lit(job.charged_microcredits, dtype=pl.Int64),
        )
        made.append(parsed.with_rows(rows))
    return made
