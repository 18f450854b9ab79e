"""Profiles: what a provider knows of each creator of the shortlist, asked once a week and reused while fresh enough.

Long lists go into batches before; the rows of a batch are taken from there. How a profile becomes rows belongs to the
providers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from creator_assets.demand.account_ids import with_ids
from creator_assets.demand.batches.choice import batch_choices, handed_in
from creator_assets.demand.batches.results import batched_profiles, settled_accounts
from creator_assets.demand.cost_bounds import max_selected
from creator_assets.demand.provider_choice import (
    Candidate,
    first_requests,
    profile_candidates,
)
from creator_assets.demand.requests import rows_of
from creator_assets.demand.stage import Buyer, Stage, StageContext, StageOutput, TableRows
from creator_assets.demand.waterfall import bounded_forecast, buy_in_waterfall, forecast
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.planning.plan import AssetDemand

ANSWERS_AT_A_TIME = 500


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
            in_batches = settled_accounts(at, wish.max_age) | handed_in(batch_choices(at, first_requests(ranked)))
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
        bought = buy_in_waterfall(
            [one for one in ranked if one.account not in batched.settled],
            lambda pages: buyer.fetch(pages, window, tolerate_rejections=True),
            lambda pages: buyer.fetch_affordable(pages, window, tolerate_rejections=True),
            profile_rows,
            in_batches=[one for one in ranked if one.account in batched.settled],
            of_batches=batched.rows,
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


def profile_rows(candidates: Sequence[Candidate[AnswerRows]], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """Rows of ``schemas.EnrichedProfiles``."""
    return rows_of(candidates, answers, at_a_time=ANSWERS_AT_A_TIME)
