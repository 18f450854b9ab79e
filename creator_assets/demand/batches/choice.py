"""Which lists go into a batch, and which creators are asked for singly: by size and by the time that is left.

Handing a list in and polling it belongs to ``steps``; its rows to ``results``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from creator_assets.demand.batches.results import accounts_of, covered_accounts
from creator_assets.demand.provider_choice import Account
from creator_assets.demand.stage import StageContext
from creator_assets.ledger.jobs.records import Job, JobState
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.registry import BATCH_JOBS

ASSET = "enrichment_batches"
BATCH_FROM = 100
"""From how many creators on a batch is worth its wait: single requests take up to a minute each without a cache,
four at a time, and each that the provider's gateway cuts off may have been charged."""
URGENT = timedelta(hours=6)
"""With less time left in the partition a batch might come back too late to count."""


class BatchDecision(msgspec.Struct, frozen=True, kw_only=True):
    """How a list of creators is bought, and why."""

    is_batch: bool
    reason: str


def batch_decision(creators: int, time_left: timedelta) -> BatchDecision:
    """Single requests or a batch, by size and urgency."""
    if creators < BATCH_FROM:
        return BatchDecision(
            is_batch=False,
            reason=f"single requests: {creators} creators, a batch is worth its wait from {BATCH_FROM} on",
        )
    if time_left < URGENT:
        hours = time_left.total_seconds() / 3600
        return BatchDecision(
            is_batch=False, reason=f"single requests: only {hours:.1f} hours are left of the partition"
        )
    return BatchDecision(is_batch=True, reason=f"a batch: {creators} creators and no hurry")


class CreatorGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Creators of one platform, asked of one provider in one depth, in the order of places."""

    provider: str
    platform: str
    mode: str
    creators: tuple[str, ...]

    def pages(self, settings: Mapping[str, ProviderSettings]) -> list[PagedRequest]:
        """The submissions of a batch of them."""
        return BATCH_JOBS[self.provider].submit(settings[self.provider], self.platform, self.creators, mode=self.mode)


class BatchChoice(msgspec.Struct, frozen=True, kw_only=True):
    """How the creators of one provider and platform are bought, and what a batch would submit."""

    group: CreatorGroup
    decision: BatchDecision
    pages: tuple[PagedRequest, ...] = ()


def batch_choices(at: StageContext, wanted: Mapping[Account, PagedRequest]) -> list[BatchChoice]:
    """For everything that is missing: a batch or single requests, by size and urgency.

    What the archive answers, what another batch has or may have, and what a batch has lost is not handed in again.

    Args:
        at: Brief, archive and background jobs.
        wanted: What the first candidate is asked for each account, in the order of places.
    """
    profiles = at.campaign.profiles
    if profiles is None or profiles.option:  # a batch has none of the options
        return []
    own = at.ledger.jobs.of_partition(ASSET, at.partition.key)
    known = covered_accounts(at, profiles.max_age)
    lost = {account for job in own if _is_lost(job) for account in accounts_of(job)}
    open_accounts = {account: pages for account, pages in wanted.items() if account not in known | lost}
    coverage = at.coverage(list(open_accounts.values()), at.window(profiles.max_age))
    groups: dict[tuple[str, str], list[str]] = {}
    for account, covered in zip(open_accounts, coverage, strict=True):
        provider = covered.pages.first.operation.provider
        if covered.next_request is not None and provider in BATCH_JOBS and profiles.depth in BATCH_JOBS[provider].modes:
            groups.setdefault((provider, account[0]), []).append(account[1])
    time_left = at.partition.end - at.ledger.now()
    choices = []
    for (provider, platform), creators in groups.items():
        group = CreatorGroup(provider=provider, platform=platform, mode=profiles.depth, creators=tuple(creators))
        decision = batch_decision(len(creators), time_left)
        pages = tuple(group.pages(at.settings)) if decision.is_batch else ()
        choices.append(BatchChoice(group=group, decision=decision, pages=pages))
    return choices


def handed_in(choices: Sequence[BatchChoice]) -> set[Account]:
    """The accounts that a batch is chosen for."""
    return {
        (choice.group.platform, name)
        for choice in choices
        if choice.decision.is_batch
        for name in choice.group.creators
    }


def _is_lost(job: Job) -> bool:
    return job.state is JobState.LOST or (job.state is JobState.ABANDONED and job.provider_job_id is not None)
