"""What batches contribute to a week of profiles: their rows, and whom nobody else need ask for.

Results come out of the archive where they were fetched before; fetching them is free. Handing lists in and looking at
them stands in ``batch_work.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec
import polars as pl

from creator_assets.campaigns import Profiles
from creator_assets.partitions import Partition
from creator_assets.providers.contract import AnswerKind
from creator_assets.providers.jobs import JOBS
from creator_assets.providers.records import Parsed
from creator_assets.spending.gateway import PaidDoor, Purpose
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.pending_records import BATCH, Work, WorkState
from creator_assets.spending.records import Attribution, Window
from creator_assets.spending.walks import walk

Account = tuple[str, str]
"""Platform and handle."""
BATCHES = "enrichment_batches"
RESULTS_LATE = timedelta(days=2)
"""What was asked for within a partition may be collected this much later."""


class Batched(msgspec.Struct, frozen=True, kw_only=True):
    """What batches contribute to a week of profiles: rows, whom not to ask singly, and what is collected with it."""

    rows: list[Parsed]
    settled: set[Account]
    works: list[Work]
    waiting: int


def batched_profiles(
    door: PaidDoor, partition: Partition, profiles: Profiles | None, wanted: Sequence[Account], who: Attribution
) -> Batched:
    """The rows that batches have for the wanted accounts. What is still waited for is asked of nobody else."""
    if profiles is None:
        return Batched(rows=[], settled=set(), works=[], waiting=0)
    works = works_for(door.ledger, partition, profiles.max_age)
    covered = set(covered_by(works))
    collected = results(door, works, who)
    asked_again = failed_creators(collected)
    has_rows: set[Account] = set()
    parsed = []
    for _, found in reversed(collected):  # the newest first
        keep = [
            (platform, username) in set(wanted) and (platform, username) not in has_rows and state != "unknown"
            for platform, username, state in found.rows.select("platform", "username", "state").iter_rows()
        ]
        rows = found.rows.filter(pl.Series(keep, dtype=pl.Boolean))
        has_rows.update(rows.select("platform", "username").iter_rows())
        parsed.append(Parsed(rows=rows, rejected=found.rejected))
    settled = (covered - asked_again) | has_rows
    ready = [work for work, _ in collected if work.state is WorkState.READY]
    return Batched(rows=parsed, settled=settled, works=ready, waiting=len((covered & set(wanted)) - has_rows))


def covered_accounts(ledger: Ledger, partition: Partition, max_age: timedelta) -> set[Account]:
    """Accounts that a batch has, or may have: nobody else is asked for them meanwhile."""
    return set(covered_by(works_for(ledger, partition, max_age)))


def works_for(ledger: Ledger, partition: Partition, max_age: timedelta) -> list[Work]:
    """The week's own batches, and those of other weeks whose results are young enough to serve it."""
    own = ledger.pending.of_partition(BATCHES, str(partition.key))
    ours = {work.work_id for work in own}
    earliest = partition.start - max_age
    others = [
        work
        for work in ledger.pending.of_kind(BATCH, WorkState.COLLECTED)
        if work.work_id not in ours and earliest <= work.since < partition.end
    ]
    return [*others, *own]


def covered_by(works: Iterable[Work]) -> dict[tuple[str, str], Work]:
    """Which creators (platform and handle) are in a batch that runs, is done, or may have been submitted."""
    found: dict[tuple[str, str], Work] = {}
    for work in works:
        if work.kind == BATCH and work.state not in {WorkState.LOST, WorkState.ABANDONED}:
            for name in work.asked["creators"]:
                found[work.asked["platform"], name] = work
    return found


def results(door: PaidDoor, works: Sequence[Work], who: Attribution) -> list[tuple[Work, Parsed]]:
    """The rows of every job that has any, out of the archive where they were fetched before; free.

    Of a job that stopped in the middle the rows so far; of one that was given up or lost those collected before, for
    they are paid. Each row carries its share of what the job charged.
    """
    found = []
    for work in works:
        if work.kind != BATCH or not work.job_id:
            continue
        jobs = JOBS[work.provider]
        settings = door.accounts[work.provider].settings
        pages = jobs.results(settings, work.job_id, platform=work.asked["platform"], mode=work.asked["mode"])
        if _has_results(work):
            # Results of a stopped job and of the finished one are the same request: the moment tells them apart.
            window = Window(start=work.since, end=work.since + RESULTS_LATE, carried_from=work.since)
            answer = door.fetch([pages], Purpose(spender=who, window=window)).answers[0][0]
        elif work.state in {WorkState.ABANDONED, WorkState.LOST}:
            before = Window(start=work.since, end=work.since + timedelta.resolution, carried_from=work.intended_at)
            (collected,) = walk(door.ledger, [pages], before)
            if not collected.answers:
                continue
            answer = collected.answers[0]
        else:
            continue
        if answer.kind is AnswerKind.FINAL:
            paid = msgspec.structs.replace(answer, charge_microcredits=work.charged_microcredits)
            found.append((work, jobs.rows([paid])))
    return found


def _has_results(work: Work) -> bool:
    if work.state in {WorkState.READY, WorkState.COLLECTED}:
        return True
    return work.state in {WorkState.PAUSED, WorkState.FAILED} and work.rows_done > 0


def failed_creators(collected: Sequence[tuple[Work, Parsed]]) -> set[tuple[str, str]]:
    """The creators whose rows failed in a finished job: they are asked for again, alone."""
    return {
        (platform, username)
        for work, parsed in collected
        if work.state in {WorkState.READY, WorkState.COLLECTED}
        for platform, username in parsed.rows.filter(pl.col("state") == "unknown")
        .select("platform", "username")
        .iter_rows()
    }
