"""What goes into a fetch and what comes out: its context, its answers, and its statistics.

Value objects only. The paid client uses them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from creator_assets.ledger.records import Attribution, Window
from creator_assets.providers.contract.older_spellings import NO_OLDER_SPELLINGS, OlderSpellings
from creator_assets.providers.contract.operations import Answer
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.planning.approved_plan import ApprovedPlan


class FetchContext(msgspec.Struct, frozen=True, kw_only=True):
    """Who spends, and for which time.

    ``window`` is when an answer counts. ``approved`` is the plan beyond which nothing may be spent, if the run has one.
    Where each request is about one creator or post, ``tolerate_rejections`` makes a rejected request among many
    answered ones a fact about this creator. It is kept like an answer that has nothing. ``older_spellings`` find what
    an older release bought under another spelling of a handle.
    """

    spender: Attribution
    window: Window
    approved: ApprovedPlan | None = None
    tolerate_rejections: bool = False
    older_spellings: OlderSpellings = NO_OLDER_SPELLINGS

    @property
    def attempted(self) -> str:
        """What is attempted, for messages."""
        return f"{self.spender.asset} for {self.spender.partition}"


class FetchStats(msgspec.Struct, kw_only=True):
    """What a fetch did. A provider answered ``requests``, the archive answered ``archive_hits``.

    Of the requests, ``refused`` were rejected, and the rejection is their answer. ``unreadable`` answers, bought or
    archived, cannot be read.
    """

    requests: int = 0
    archive_hits: int = 0
    refused: int = 0
    unreadable: int = 0
    spent_microcredits: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, other: FetchStats) -> None:
        """Add the numbers of another fetch."""
        self.requests += other.requests
        self.archive_hits += other.archive_hits
        self.refused += other.refused
        self.unreadable += other.unreadable
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
    """The answers, one tuple for each paged request and in their order, and the statistics of the fetch.

    Where only affordable requests are made, the tuple of any other request is empty, and ``refused`` says why, by
    provider.
    """

    answers: tuple[tuple[Answer, ...], ...]
    fetch_stats: FetchStats
    refused: Mapping[str, PaidCallError] = {}
