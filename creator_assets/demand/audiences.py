"""Audience reports: whether a report is there is asked for free; only what is there is bought.

A provider may still be preparing a report: its row says so and when to ask again. A report that a batch of full
profiles brings is not bought again: its creator has no row until the batch is done. How a report becomes rows belongs
to the providers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from creator_assets.demand.account_ids import with_ids
from creator_assets.demand.batches.held_answers import held_answers
from creator_assets.demand.cost_bounds import max_selected_of
from creator_assets.demand.provider_choice import Candidate, candidates_in_order
from creator_assets.demand.requests import by_reader, states_of
from creator_assets.demand.stage import Buyer, Stage, StageContext, StageOutput, TableRows
from creator_assets.demand.waterfall import CandidateResponse, bounded_forecast, buy_in_waterfall, forecast
from creator_assets.providers.contract.capability_protocols import ReportRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.planning.plan import AssetDemand

# A report has hundreds of segments: making thousands at once would take several times the memory of their rows.
REPORTS_AT_A_TIME = 200
WAITING_IN_BATCHES = "waiting_in_batches"
"""Metadata: of how many creators a batch will bring the report."""


class AudienceReports(Stage):
    """One report for each of the best `top` creators, in a waterfall; its shares stand in `audience_segments`."""

    asset = "audience_reports"

    def demands(self, at: StageContext) -> Iterator[AssetDemand]:
        """The free questions, the reports that they say are there, bounds of the rest, and what misses lead to."""
        wish, shortlist = at.campaign.audiences, at.shortlist
        if wish is None:
            return
        window = at.window(wish.max_age)
        if shortlist is not None:
            ranked = candidates_in_order(CapabilityKind.AUDIENCE, at, wish, shortlist, wish.top)
            batches = held_answers(at, ranked, wish.max_age)
            asking, _ = batches.without_waiting(ranked, window)
            will = forecast(at, asking, window, report_rows, coverage_of=batches.coverage)
        else:
            will = bounded_forecast(CapabilityKind.AUDIENCE, at, wish, max_selected_of(at.campaign, wish.top))
        yield from will.demands(at, self.asset, window)

    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Ask, buy what is there, and split each report into its row and its shares."""
        wish, shortlist, secret = at.campaign.audiences, at.shortlist, at.secret()
        window = at.window(wish.max_age if wish else timedelta(0))
        ranked = (
            candidates_in_order(CapabilityKind.AUDIENCE, at, wish, shortlist, wish.top)
            if wish and shortlist is not None
            else []
        )
        batches = held_answers(at, ranked, wish.max_age if wish else timedelta(0), buyer)
        asking, waiting = batches.without_waiting(ranked, window)
        bought = buy_in_waterfall(
            asking,
            batches.serving(lambda pages: buyer.fetch(pages, window, tolerate_rejections=True), window),
            batches.serving(lambda pages: buyer.fetch_affordable(pages, window, tolerate_rejections=True), window),
            report_rows,
        )
        reports = with_ids(bought.parsed, secret)
        because = wish.keep_sensitive_because if wish else ""
        segments = segment_rows(bought.responses, keep_sensitive=bool(because))
        return StageOutput(
            own=TableRows(table=self.asset, parsed=reports),
            side_tables=[TableRows(table="audience_segments", parsed=segments, in_portions=True, prefix="segments")],
            fetch_stats=bought.fetch_stats,
            metadata=bought.metadata
            | {
                "states": states_of(reports),
                "sensitive_kept_because": because,
                WAITING_IN_BATCHES: waiting,
            },
            warnings=[*bought.warnings, *_waits(waiting)],
        )


def _waits(waiting: int) -> list[str]:
    """One sentence where reports come with a batch."""
    sentence = (
        "creators wait for a batch of profiles, which brings their reports. Materialize `enrichment_batches` first."
    )
    return [f"{waiting} {sentence}"] if waiting else []


def report_rows(candidates: Sequence[Candidate[ReportRows]], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """Rows of ``schemas.AudienceReports``, without the shares."""
    return [rows(some).reports for rows, some in by_reader(candidates, answers, at_a_time=REPORTS_AT_A_TIME)]


def segment_rows(
    responses: Sequence[CandidateResponse[ReportRows]], *, keep_sensitive: bool = False
) -> Iterator[Parsed]:
    """Rows of ``schemas.AudienceSegments``, of some accounts at a time, in the order of the accounts.

    Args:
        responses: The last response about each account.
        keep_sensitive: Whether inferred ethnicity becomes rows.
    """
    in_order = sorted(responses, key=lambda one: one.account)
    for start in range(0, len(in_order), REPORTS_AT_A_TIME):
        some = in_order[start : start + REPORTS_AT_A_TIME]
        made = [
            rows(of_reader, keep_sensitive=keep_sensitive).segments
            for rows, of_reader in by_reader([one.candidate for one in some], [one.answers for one in some])
        ]
        yield Parsed.together(made)
