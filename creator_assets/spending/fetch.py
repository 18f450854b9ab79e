"""For whom and for when something is fetched, and what the fetch came to: what goes into the door and comes out.

Value objects only. What is done with them stands in ``gateway``.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from creator_assets.ledger.records import Attribution, Window
from creator_assets.providers.contract.operations import Answer
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.planning.approved_plan import ApprovedPlan


class FetchContext(msgspec.Struct, frozen=True, kw_only=True):
    """For whom and for when something is fetched.

    ``spender`` by name, ``window`` in which an answer counts, and the plan beyond which nothing may be spent, if the
    run is tied to one. Where each call is about one creator or post, ``takes_refusals``: a few that are refused, among
    many that are answered, are a fact about these few, kept like an answer that has nothing.
    """

    spender: Attribution
    window: Window
    approved: ApprovedPlan | None = None
    tolerate_rejections: bool = False

    @property
    def attempted(self) -> str:
        """What is done, for messages."""
        return f"{self.spender.asset} for {self.spender.partition}"


class FetchStats(msgspec.Struct, kw_only=True):
    """What a fetch came to. ``calls`` were answered by a provider, ``archive_hits`` by the archive.

    Of the calls, ``refused`` were refused and taken for an answer.
    """

    requests: int = 0
    archive_hits: int = 0
    refused: int = 0
    spent_microcredits: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, other: FetchStats) -> None:
        """Count what another fetch came to as well."""
        self.requests += other.requests
        self.archive_hits += other.archive_hits
        self.refused += other.refused
        for provider, amount in other.spent_microcredits.items():
            self.spent_microcredits[provider] = self.spent_microcredits.get(provider, 0) + amount

    def count(self, answer: Answer) -> None:
        """Count one answer that was not in the archive when the fetch began."""
        if answer.from_archive:
            self.archive_hits += 1
            return
        self.requests += 1
        provider = answer.request.operation.provider
        self.spent_microcredits[provider] = self.spent_microcredits.get(provider, 0) + answer.charge_microcredits


class FetchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, one tuple for each of the wanted pages and in their order, and what they came to.

    Where only what may be paid is asked, a tuple is empty for what was not, and ``refused`` says why, by provider.
    """

    answers: tuple[tuple[Answer, ...], ...]
    fetch_stats: FetchStats
    refused: Mapping[str, PaidCallError] = {}
