"""Batches: which lists are handed in, and how a batch goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec
import polars as pl

from creator_assets.campaigns import Profiles
from creator_assets.demand.batches import steps
from creator_assets.demand.batches.results import covered_accounts
from creator_assets.demand.batches.steps import ASSET, Group, Way, way_for
from creator_assets.demand.provider_choice import Account
from creator_assets.ledger.jobs.records import Seen, Work, WorkState
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution, Window
from creator_assets.microcredits import format_credits
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import CAPABILITIES
from creator_assets.providers.capabilities import Kind as Ability
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Pages
from creator_assets.providers.parsing.jobs import JOBS
from creator_assets.providers.parsing.records import Parsed
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.spending.archive_coverage import from_archive, walk
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.paid_client import PaidDoor, Purpose

_STATES = {
    WorkState.WAITING: "processing",
    WorkState.PAUSED: "paused_insufficient_credits",
    WorkState.READY: "finished",
    WorkState.COLLECTED: "finished",
}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """How the creators of one provider and platform are bought, and what a batch would submit."""

    group: Group
    way: Way
    pages: tuple[Pages, ...] = ()


def batch_choices(
    profiles: Profiles | None,
    wanted: Mapping[Account, Pages],
    settings: Mapping[str, ProviderSettings],
    ledger: Ledger,
    partition: Partition,
) -> list[Choice]:
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
    own = ledger.pending.of_partition(ASSET, str(partition.key))
    known = covered_accounts(ledger, partition, profiles.max_age)
    lost = {account for work in own if _is_lost(work) for account in _accounts_of(work)}
    open_accounts = {account: pages for account, pages in wanted.items() if account not in known | lost}
    window = Window(start=partition.start, end=partition.end, carried_from=partition.start - profiles.max_age)
    groups: dict[tuple[str, str], list[str]] = {}
    for account, way in zip(open_accounts, walk(ledger, list(open_accounts.values()), window), strict=True):
        provider = way.pages.first.operation.provider
        if way.next_call is not None and provider in JOBS and profiles.depth in JOBS[provider].modes:
            groups.setdefault((provider, account[0]), []).append(account[1])
    time_left = partition.end - ledger.now()
    choices = []
    for (provider, platform), creators in groups.items():
        group = Group(provider=provider, platform=platform, mode=profiles.depth, creators=tuple(creators))
        way_ = way_for(len(creators), time_left)
        pages = tuple(group.pages(settings)) if way_.is_batch else ()
        choices.append(Choice(group=group, way=way_, pages=pages))
    return choices


def handed_in(choices: Sequence[Choice]) -> set[Account]:
    """The accounts that a batch is chosen for."""
    return {
        (choice.group.platform, name) for choice in choices if choice.way.is_batch for name in choice.group.creators
    }


def _is_lost(work: Work) -> bool:
    return work.state is WorkState.LOST or (work.state is WorkState.ABANDONED and work.job_id is not None)


def _accounts_of(work: Work) -> list[Account]:
    return [(work.asked["platform"], name) for name in work.asked["creators"]]


def batch_rows(door: PaidDoor, works: Sequence[Work]) -> list[Parsed]:
    """The week's batches as rows of `enrichment_batches`: who took them, and how far they are."""
    made = []
    for work in works:
        if work.job_id is None:
            continue
        jobs = JOBS[work.provider]
        settings = door.accounts[work.provider].settings
        pages = jobs.submit(settings, work.asked["platform"], work.asked["creators"], mode=work.asked["mode"])
        since = work.intended_at
        window = Window(start=since, end=since + timedelta(days=365), carried_from=since)
        stored = door.ledger.look_up(work.request_key, window)
        if stored is None:
            continue
        parsed = jobs.job_rows([from_archive(pages[0].first, stored)])
        done = work.rows_done - work.rows_failed
        rows = parsed.rows.with_columns(
            state=pl.lit(_STATES.get(work.state, "failed")),
            next_look_at=pl.lit(work.next_look_at if work.is_open else None, dtype=pl.Datetime("us", "UTC")),
            processed_rows=pl.lit(work.rows_done, dtype=pl.Int64),
            succeeded_rows=pl.lit(done, dtype=pl.Int64),
            failed_rows=pl.lit(work.rows_failed, dtype=pl.Int64),
            reported_cost_microcredits=pl.lit(work.charged_microcredits, dtype=pl.Int64),
        )
        made.append(Parsed(rows=rows, rejected=parsed.rejected))
    return made


def step_forward(door: PaidDoor, work: Work, who: Attribution) -> tuple[Work, str]:
    """Take a piece of work as far as it goes by itself: compare a lost intent, look, resume. Costs nothing anew.

    Returns the work and a sentence about it. A provider that does not answer changes nothing.
    """
    try:
        if work.state in {WorkState.INTENDED, WorkState.UNCERTAIN}:
            work = steps.compare(door, work)
            if work.state is WorkState.INTENDED:
                work = door.ledger.pending.abandon(work.work_id, "its process died before it was submitted")
            return work, f"{work.state}: {work.note}"
        if work.state is WorkState.READY:
            return work, "finished; to be collected"
        work = steps.look(door, work, who)
        if work.state in {WorkState.PAUSED, WorkState.FAILED}:
            left = balance_left(door, work.provider, who) if work.state is WorkState.PAUSED else None
            may, why = steps.may_resume(work, left)
            if may:
                return steps.resume(door, work, who), f"resumed ({why})"
            return work, why
    except PaidCallError as error:
        if work.job_id and work.state is not WorkState.READY:
            pause = timedelta(seconds=min(3600.0, JOBS[work.provider].look_seconds * 2 ** min(work.looks, 6)))
            unseen = Seen(state=work.state, next_look_at=door.ledger.now() + pause, note="the provider did not answer")
            work = door.ledger.pending.seen(work.work_id, unseen)
        return work, f"no answer: {error.happened}"
    charged = format_credits(work.charged_microcredits)
    return work, f"{work.state}: {work.rows_done} of {work.rows_total} rows, {charged} credits"


def balance_left(door: PaidDoor, provider: str, who: Attribution) -> int | None:
    """What the provider says is left on the account, in microcredits; free."""
    for can in CAPABILITIES:
        if can.kind is Ability.BALANCE and can.provider == provider:
            now = door.ledger.now()
            window = Window(start=now, end=now + timedelta(hours=1), carried_from=now)
            answers = door.fetch([can.pages(door.accounts[provider].settings)], Purpose(spender=who, window=window))
            left: int | None = can.rows(answers.answers[0][0]).left_microcredits
            return left
    return None


def looker(run_id: str, step: str) -> Attribution:
    """Who looks: nobody pays for it."""
    return Attribution(asset=ASSET, partition="-", campaign=NO_CAMPAIGN, run_id=run_id, step=step, code_version="1")


def submissions(choices: Sequence[Choice], ledger: Ledger, partition: Partition) -> Iterator[Pages]:
    """What is to be handed in now: nothing once the week is over."""
    if ledger.now() < partition.end:
        for choice in choices:
            yield from choice.pages
