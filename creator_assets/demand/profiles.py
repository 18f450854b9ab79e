"""Profiles: what a provider knows of each creator of the shortlist, asked once a week and reused while fresh enough.

Long lists go into batches before; the rows of a batch are taken from there. How a profile becomes rows belongs to the
providers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from creator_assets.demand.account_ids import with_ids
from creator_assets.demand.batches.choice import batch_choices, handed_in
from creator_assets.demand.batches.results import batched_profiles, settled_accounts
from creator_assets.demand.cost_bounds import max_selected
from creator_assets.demand.provider_choice import (
    Account,
    Candidate,
    ProviderCandidates,
    first_requests,
    profile_candidates,
)
from creator_assets.demand.requests import rows_of
from creator_assets.demand.stage import Buyer, Stage, StageContext, StageOutput, TableRows
from creator_assets.demand.waterfall import bounded_forecast, buy_in_waterfall, forecast, without
from creator_assets.ledger.records import Window
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.planning.plan import AssetDemand

ANSWERS_AT_A_TIME = 500
NOT_IN_BATCH = "the results of the batch have nothing of this creator"


class EnrichedProfiles(Stage):
    """One profile for each creator of the shortlist, in a waterfall."""

    asset = "enriched_profiles"

    def demands(self, at: StageContext) -> Iterator[AssetDemand]:
        """Single requests for the creators that no batch has, bounds of the rest, and what misses lead to."""
        wish, ranked = at.campaign.profiles, profile_candidates(at)
        if wish is None:
            return
        window = at.window(wish.max_age)
        if ranked is not None:
            settled, missed = settled_accounts(at, wish.max_age)
            in_batches = settled | handed_in(batch_choices(at, first_requests(ranked)))
            in_batches |= _too_late(at, [one for one in ranked if one.account in missed], window)
            will = forecast(at, ranked, window, profile_rows, elsewhere=in_batches)
        else:
            will = bounded_forecast(CapabilityKind.PROFILE, at, wish, max_selected(at.campaign))
        yield from will.demands(at, self.asset, window)

    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Take what batches have, and ask singly for the rest and for what they missed."""
        wish, secret = at.campaign.profiles, at.secret()
        window = at.window(wish.max_age if wish else timedelta(0))
        ranked = profile_candidates(at) or []
        # What a batch has, or may have, is asked of nobody else; what it had nothing of goes on in the waterfall.
        batched = batched_profiles(at, buyer, [one.account for one in ranked])
        ranked = [
            msgspec.structs.replace(one, note=NOT_IN_BATCH) if one.account in batched.missed else one for one in ranked
        ]
        too_late = _too_late(at, [one for one in ranked if one.account in batched.missed], window)
        in_batches = batched.settled | too_late
        bought = buy_in_waterfall(
            [one for one in ranked if one.account not in in_batches],
            lambda pages: buyer.fetch(pages, window, tolerate_rejections=True),
            lambda pages: buyer.fetch_affordable(pages, window, tolerate_rejections=True),
            profile_rows,
            in_batches=[one for one in ranked if one.account in in_batches],
            of_batches=[*batched.rows, *without(batched.rows_of_missed, batched.missed - too_late)],
        )

        def collected() -> None:
            for job in batched.jobs:
                at.ledger.jobs.collected(job.job_id)

        return StageOutput(
            own=TableRows(table=self.asset, parsed=with_ids(bought.parsed, secret)),
            fetch_stats=bought.fetch_stats,
            metadata=bought.metadata | {"waiting_in_batches": batched.waiting},
            warnings=bought.warnings,
            when_written=collected,
        )


def _too_late(at: StageContext, missed: Sequence[ProviderCandidates[AnswerRows]], window: Window) -> set[Account]:
    """Of the creators that a batch has nothing of, those that nobody can be asked for any more: the week is over."""
    if not at.is_over:
        return set()
    coverage = at.coverage([one.first.pages for one in missed], window)
    return {one.account for one, covered in zip(missed, coverage, strict=True) if covered.next_request is not None}


def profile_rows(candidates: Sequence[Candidate[AnswerRows]], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """Rows of ``schemas.EnrichedProfiles``."""
    return rows_of(candidates, answers, at_a_time=ANSWERS_AT_A_TIME)
