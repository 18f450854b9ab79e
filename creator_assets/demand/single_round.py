"""A stage that asks once: a list of requests, their answers, rows. Most stages are of this form.

What is asked belongs to the stage. A stage that asks again after some answers has a `produce` of its own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

from creator_assets.demand.account_ids import with_ids
from creator_assets.demand.requests import ProviderRequest, rows_of
from creator_assets.demand.stage import Buyer, RequestBound, Stage, StageContext, StageOutput, TableRows
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.operations import Answer
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.planning.plan import AssetDemand

Asked = TypeVar("Asked", bound=ProviderRequest[object])
AskedForRows = TypeVar("AskedForRows", bound=ProviderRequest[AnswerRows])
Answers = Sequence[Sequence[Answer]]


class SingleRoundStage(Stage, Generic[Asked]):
    """A stage whose requests follow from the brief and the tables of earlier assets alone."""

    tolerates_rejections = False
    """Whether a creator or post that the provider rejects is one of which it has nothing."""
    has_account_ids = False
    """Whether its rows carry ids that need the installation's secret."""

    def is_asked(self, at: StageContext) -> bool:
        """Whether the brief asks for this stage at all."""
        return True

    def max_age(self, at: StageContext) -> timedelta:
        """How much older than the partition's start an answer may be."""
        return timedelta(0)

    @abstractmethod
    def requests(self, at: StageContext) -> Sequence[Asked] | None:
        """What to ask, most important first; None where a plan cannot know it yet."""

    @abstractmethod
    def bounds(self, at: StageContext) -> Iterable[RequestBound]:
        """What can be asked at most while the requests are not known."""

    @abstractmethod
    def rows(self, at: StageContext, requests: Sequence[Asked], answers: Answers) -> list[Parsed]:
        """Rows of the asset's table."""

    def metadata(
        self, at: StageContext, requests: Sequence[Asked], answers: Answers, parsed: Sequence[Parsed]
    ) -> Mapping[str, Any]:
        """What the materialization says beside counts and credits."""
        return {}

    def demands(self, at: StageContext) -> Iterator[AssetDemand]:
        """The requests, or bounds of them."""
        if not self.is_asked(at):
            return
        requests = self.requests(at)
        at_most = self.bounds(at) if requests is None else ()
        window = at.window(self.max_age(at))
        yield at.demand(self.asset, [one.pages for one in requests or ()], at_most=at_most, window=window)

    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Fetch all requests at once and make rows of their answers."""
        requests = self.requests(at) or ()
        # Without the secret nothing may be paid: the rows could not be written.
        secret = at.secret() if requests and self.has_account_ids else None
        fetched = buyer.fetch(
            [one.pages for one in requests],
            at.window(self.max_age(at)),
            tolerate_rejections=self.tolerates_rejections,
        )
        parsed = self.rows(at, requests, fetched.answers)
        if secret is not None:
            parsed = with_ids(parsed, secret)
        metadata = self.metadata(at, requests, fetched.answers, parsed)
        return StageOutput(
            own=TableRows(table=self.asset, parsed=parsed),
            fetch_stats=fetched.fetch_stats,
            metadata=metadata,
            warnings=_ended_early(requests, fetched.answers),
        )


def _ended_early(requests: Sequence[Asked], answers: Answers) -> list[str]:
    """A sentence where pages ended before their number because one of them brought nothing new."""
    ended = sum(one.pages.brings_nothing_new(pages) for one, pages in zip(requests, answers, strict=True))
    return [f"{ended} requests ended early: their last page repeats the pages before it."] if ended else []


class AnswerRowsStage(SingleRoundStage[AskedForRows]):
    """A stage whose rows are those that the providers' parsers make of its answers."""

    def rows(self, at: StageContext, requests: Sequence[AskedForRows], answers: Answers) -> list[Parsed]:
        """Rows as the parsers make them."""
        return rows_of(requests, answers)
