"""What batches hold, or will hold, of what another stage would ask for singly: it is not bought again.

The full profile of a batch has the audience as well. Rows of profiles come from ``results``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import msgspec

from creator_assets.demand.batches.choice import BatchChoice, batch_choices
from creator_assets.demand.batches.results import accounts_of, covered_by, results_of, works_for
from creator_assets.demand.provider_choice import ProviderCandidates, first_requests, profile_candidates
from creator_assets.demand.stage import Buyer, StageContext
from creator_assets.demand.waterfall import Fetch
from creator_assets.ledger.jobs.records import Job, JobState
from creator_assets.ledger.records import Window
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.capability import RowsT
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.registry import BATCH_JOBS
from creator_assets.spending.archive_coverage import Coverage
from creator_assets.spending.fetch import FetchResult

FINISHED = frozenset({JobState.READY, JobState.COLLECTED})


class HeldAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers that batches hold, and requests that a batch will answer, each by the key of its single request.

    What was bought singly stays the answer: it comes out of the archive.
    """

    at: StageContext
    held: Mapping[str, Answer]
    waiting: Collection[str]

    def coverage(self, pages: Sequence[PagedRequest], window: Window) -> list[Coverage]:
        """How far the archive and the batches answer each of `pages`."""
        coverage = self.at.coverage(pages, window)
        for one in coverage:
            key = self.at.ledger.key_of(one.next_request) if one.next_request is not None else ""
            if key in self.held:
                one.advance(self.held[key])
        return coverage

    def serving(self, fetch: Fetch, window: Window) -> Fetch:
        """The same fetch, for what neither the archive nor a batch answers."""

        def fetched(pages: list[PagedRequest]) -> FetchResult:
            served = [self._served(one) for one in self.coverage(pages, window)]
            bought = fetch([one for one, answers in zip(pages, served, strict=True) if not answers])
            others = iter(bought.answers)
            return msgspec.structs.replace(bought, answers=tuple(answers or next(others) for answers in served))

        return fetched

    def without_waiting(
        self, ranked: Sequence[ProviderCandidates[RowsT]], window: Window
    ) -> tuple[list[ProviderCandidates[RowsT]], int]:
        """The creators to ask for now, each with the providers before the one that a batch asks; and how many wait."""
        asking, wait = [], 0
        for one in ranked:
            coverage = self.coverage([candidate.pages for candidate in one.candidates], window)
            waits = [
                covered.next_request is not None and self.at.ledger.key_of(covered.next_request) in self.waiting
                for covered in coverage
            ]
            until = waits.index(True) if True in waits else len(waits)
            wait += until == 0
            if until:
                asking.append(msgspec.structs.replace(one, candidates=one.candidates[:until]))
        return asking, wait

    def _served(self, covered: Coverage) -> tuple[Answer, ...]:
        """The answers of a batch; none where the archive or the provider is asked."""
        is_held = any(self.held.get(self.at.ledger.key_of(one.request)) is one for one in covered.answers)
        return tuple(covered.answers) if is_held and covered.next_request is None else ()


def held_answers(
    at: StageContext, ranked: Sequence[ProviderCandidates[RowsT]], max_age: timedelta, buyer: Buyer | None = None
) -> HeldAnswers:
    """What batches hold of the wanted accounts.

    Args:
        at: Brief, archive and jobs.
        ranked: The wanted accounts.
        max_age: How much older than the partition's start a batch may be.
        buyer: Fetches results that are there (free). Without one, as in a plan, they count as still to come.
    """
    wanted = {one.account for one in ranked}
    jobs = [job for job in works_for(at, max_age) if wanted & set(accounts_of(job))]
    held: dict[str, Answer] = {}
    answered: set[str] = set()
    for job in jobs:  # the newest last
        answer = results_of(at, job, buyer)
        if answer is None:
            continue
        answered.add(job.job_id)
        for one in BATCH_JOBS[job.provider].single_answers(at.settings[job.provider], answer):
            held[at.ledger.key_of(one.request)] = one
    running = {
        account: job
        for account, job in covered_by(jobs).items()
        if account in wanted and not (job.state in FINISHED and job.job_id in answered)
    }
    waiting = {_key(at, job, account) for account, job in running.items()}
    for choice in _choices(at):
        if choice.decision.is_batch:
            group, batch_jobs = choice.group, BATCH_JOBS[choice.group.provider]
            waiting |= {
                at.ledger.key_of(
                    batch_jobs.single(at.settings[group.provider], group.platform, name, mode=group.mode).first
                )
                for name in group.creators
                if (group.platform, name) in wanted
            }
    return HeldAnswers(at=at, held=held, waiting=waiting - held.keys())


def _choices(at: StageContext) -> list[BatchChoice]:
    """The batches that are still to be handed in."""
    try:
        return batch_choices(at, first_requests(profile_candidates(at) or []))
    except NoCapabilityError:  # of profiles, which is no business of this stage
        return []


def _key(at: StageContext, job: Job, account: tuple[str, str]) -> str:
    pages = BATCH_JOBS[job.provider].single(at.settings[job.provider], *account, mode=job.parameters["mode"])
    return at.ledger.key_of(pages.first)
