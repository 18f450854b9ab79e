"""What a plan knows of a partition: the brief and the archive, no tables.

Tables may come from an older brief, an older parser or another realm. Where the archive holds all answers of an
earlier stage, its rows follow from them, and what is asked next is known exactly. Where it does not, it is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.discovery import archived_shortlist
from creator_assets.demand.stage import Stage, StageContext, no_secret
from creator_assets.demand.videos.content import archived_content
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.spending.planning.plan import AssetDemand

_ARCHIVED: Mapping[str, Callable[[StageContext], pl.DataFrame | None]] = {
    "shortlist": archived_shortlist,
    "content": archived_content,
}
"""The tables that a stage's demand depends on, by what the archive says of them."""


class ArchivedUpstream:
    """Rows of earlier assets by what the archive holds, each worked out once."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._at: StageContext | None = None
        self._known: dict[tuple[str, Partition], pl.DataFrame | None] = {}

    def of(self, at: StageContext) -> StageContext:
        """The same context, reading earlier assets here."""
        self._at = msgspec.structs.replace(at, upstream=self)
        return self._at

    def read(self, table: str, partition: Partition) -> pl.DataFrame | None:
        """Rows of one partition; None where the archive lacks an answer.

        Raises:
            KeyError: No plan depends on this table.
        """
        if (table, partition) not in self._known and self._at is not None:
            at = msgspec.structs.replace(self._at, partition=partition)
            self._known[table, partition] = _ARCHIVED[table](at)
        return self._known[table, partition]

    def read_if_made(self, table: str, partition: Partition) -> pl.DataFrame | None:
        """None: what earlier weeks have found was paid for then."""
        return None


def plan_context(
    campaign: Campaign,
    partition: Partition,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
    secret: Callable[[], InstallationSecret] = no_secret,
) -> StageContext:
    """What a plan knows of one partition."""
    upstream = ArchivedUpstream()
    return upstream.of(
        StageContext(
            campaign=campaign, partition=partition, ledger=ledger, settings=settings, upstream=upstream, secret=secret
        )
    )


def demands_of(stages: Iterable[Stage], at: StageContext) -> Iterator[AssetDemand]:
    """What stages ask for a partition, in their order; stages of other kinds of partition ask for nothing.

    Raises:
        NoCapabilityError: No provider with a budget can do what the brief asks for; names the campaign.
    """
    try:
        for stage in stages:
            if stage.kind is at.partition.kind:
                yield from stage.demands(at)
    except NoCapabilityError as error:
        raise NoCapabilityError(f"campaign {at.campaign.slug}: {error}") from None
