"""Batches: which lists are handed in, and how a batch goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec
import polars as pl

from creator_assets.campaigns import Profiles
from creator_assets.demand.batches import steps
from creator_assets.demand.batches.results import covered_accounts
from creator_assets.demand.batches.steps import ASSET, BatchDecision, CreatorGroup, batch_decision
from creator_assets.demand.provider_choice import Account
from creator_assets.ledger.jobs.records import Job, JobState, JobStatus
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution, Window
from creator_assets.microcredits import format_credits
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import CAPABILITIES
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.parsing.jobs import JOBS
from creator_assets.providers.parsing.records import Parsed
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.spending.archive_coverage import coverage_of, from_archive
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient

_STATES = {
    JobState.WAITING: "processing",
    JobState.PAUSED: "paused_insufficient_credits",
    JobState.READY: "finished",
    JobState.COLLECTED: "finished",
}


class BatchChoice(msgspec.Struct, frozen=True, kw_only=True):
    """How the creators of one provider and platform are bought, and what a batch would submit."""

    group: CreatorGroup
    way: BatchDecision
    pages: tuple[PagedRequest, ...] = ()


def batch_choices(
    profiles: Profiles | None,
    wanted: Mapping[Account, PagedRequest],
    settings: Mapping[str, ProviderSettings],
    ledger: Ledger,
    partition: Partition,
) -> list[BatchChoice]:
    """For everything that is lacking: a batch or single calls, by size and urgency.

    What the archive answers, what another batch has or may have, and what a batch has lost is not handed in again.

    Args:
        profiles: The brief's wish.
        wanted: What the first choice is asked for each account, in the order of places.
        settings: Of every provider.
        ledger: Archive and pending work.
        partition: The week.
    """
    if profiles is None:
        return []
    own = ledger.jobs.of_partition(ASSET, str(partition.key))
    known = covered_accounts(ledger, partition, profiles.max_age)
    lost = {account for work in own if _is_lost(work) for account in _accounts_of(work)}
    open_accounts = {account: pages for account, pages in wanted.items() if account not in known | lost}
    window = Window(start=partition.start, end=partition.end, reuse_since=partition.start - profiles.max_age)
    groups: dict[tuple[str, str], list[str]] = {}
    for account, way in zip(open_accounts, coverage_of(ledger, list(open_accounts.values()), window), strict=True):
        provider = way.pages.first.operation.provider
        if way.next_request is not None and provider in JOBS and profiles.depth in JOBS[provider].modes:
            groups.setdefault((provider, account[0]), []).append(account[1])
    time_left = partition.end - ledger.now()
    choices = []
    for (provider, platform), creators in groups.items():
        group = CreatorGroup(provider=provider, platform=platform, mode=profiles.depth, creators=tuple(creators))
        way_ = batch_decision(len(creators), time_left)
        pages = tuple(group.pages(settings)) if way_.is_batch else ()
        choices.append(BatchChoice(group=group, way=way_, pages=pages))
    return choices


def handed_in(choices: Sequence[BatchChoice]) -> set[Account]:
    """The accounts that a batch is chosen for."""
    return {
        (choice.group.platform, name) for choice in choices if choice.way.is_batch for name in choice.group.creators
    }


def _is_lost(work: Job) -> bool:
    return work.state is JobState.LOST or (work.state is JobState.ABANDONED and work.provider_job_id is not None)


def _accounts_of(work: Job) -> list[Account]:
    return [(work.parameters["platform"], name) for name in work.parameters["creators"]]


def batch_rows(paid_client: PaidClient, works: Sequence[Job]) -> list[Parsed]:
    """The week's batches as rows of `enrichment_batches`: who took them, and how far they are."""
    made = []
    for work in works:
        if work.provider_job_id is None:
            continue
        jobs = JOBS[work.provider]
        settings = paid_client.accounts[work.provider].settings
        pages = jobs.submit(
            settings, work.parameters["platform"], work.parameters["creators"], mode=work.parameters["mode"]
        )
        since = work.intended_at
        window = Window(start=since, end=since + timedelta(days=365), reuse_since=since)
        stored = paid_client.ledger.look_up(work.request_key, window)
        if stored is None:
            continue
        parsed = jobs.job_rows([from_archive(pages[0].first, stored)])
        done = work.rows_done - work.rows_failed
        rows = parsed.rows.with_columns(
            state=pl.lit(_STATES.get(work.state, "failed")),
            next_look_at=pl.lit(work.next_poll_at if work.is_open else None, dtype=pl.Datetime("us", "UTC")),
            processed_rows=pl.lit(work.rows_done, dtype=pl.Int64),
            succeeded_rows=pl.lit(done, dtype=pl.Int64),
            failed_rows=pl.lit(work.rows_failed, dtype=pl.Int64),
            reported_cost_microcredits=pl.lit(work.charged_microcredits, dtype=pl.Int64),
        )
        made.append(Parsed(rows=rows, rejected=parsed.rejected))
    return made


def advance(paid_client: PaidClient, work: Job, who: Attribution) -> tuple[Job, str]:
    """Take a piece of work as far as it goes by itself: compare a lost intent, look, resume. Costs nothing anew.

    Returns the work and a sentence about it. A provider that does not answer changes nothing.
    """
    try:
        if work.state in {JobState.INTENDED, JobState.UNCERTAIN}:
            work = steps.compare(paid_client, work)
            if work.state is JobState.INTENDED:
                work = paid_client.ledger.jobs.abandon(work.job_id, "its process died before it was submitted")
            return work, f"{work.state}: {work.note}"
        if work.state is JobState.READY:
            return work, "finished; to be collected"
        work = steps.look(paid_client, work, who)
        if work.state in {JobState.PAUSED, JobState.FAILED}:
            left = balance_left(paid_client, work.provider, who) if work.state is JobState.PAUSED else None
            may, why = steps.may_resume(work, left)
            if may:
                return steps.resume(paid_client, work, who), f"resumed ({why})"
            return work, why
    except PaidCallError as error:
        if work.provider_job_id and work.state is not JobState.READY:
            pause = timedelta(seconds=min(3600.0, JOBS[work.provider].look_seconds * 2 ** min(work.polls, 6)))
            unseen = JobStatus(
                state=work.state, next_poll_at=paid_client.ledger.now() + pause, note="the provider did not answer"
            )
            work = paid_client.ledger.jobs.polled(work.job_id, unseen)
        return work, f"no answer: {error.happened}"
    charged = format_credits(work.charged_microcredits)
    return work, f"{work.state}: {work.rows_done} of {work.rows_total} rows, {charged} credits"


def balance_left(paid_client: PaidClient, provider: str, who: Attribution) -> int | None:
    """What the provider says is left on the account, in microcredits; free."""
    for can in CAPABILITIES:
        if can.kind is CapabilityKind.BALANCE and can.provider == provider:
            now = paid_client.ledger.now()
            window = Window(start=now, end=now + timedelta(hours=1), reuse_since=now)
            answers = paid_client.fetch(
                [can.pages(paid_client.accounts[provider].settings)], FetchContext(spender=who, window=window)
            )
            left: int | None = can.rows(answers.answers[0][0]).left_microcredits
            return left
    return None


def poller(run_id: str, step: str) -> Attribution:
    """Who looks: nobody pays for it."""
    return Attribution(asset=ASSET, partition="-", campaign=NO_CAMPAIGN, run_id=run_id, step=step, code_version="1")


def submissions(choices: Sequence[BatchChoice], ledger: Ledger, partition: Partition) -> Iterator[PagedRequest]:
    """What is to be handed in now: nothing once the week is over."""
    if ledger.now() < partition.end:
        for choice in choices:
            yield from choice.pages
