"""The protocol of a paid asset, and the one value that carries what a stage may know.

The plan, the run coordinator, the budget reserve and the assets reach every stage through this protocol. None of them
names a stage. What one stage asks for belongs to its own module; how a request is sent belongs to ``spending``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Protocol

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.demand.requests import window_of
from creator_assets.handles import canonical_handles
from creator_assets.identity.secret import InstallationSecret, InstallationSecretError
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.older_spellings import OlderSpellings
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.archive_coverage import Coverage, coverage_of
from creator_assets.spending.fetch import FetchContext, FetchResult, FetchStats
from creator_assets.spending.paid_client import PaidClient
from creator_assets.spending.planning.plan import AssetDemand

RequestBound = tuple[Request, int]
"""An example request, and how many like it there can be at most."""


class Upstream(Protocol):
    """The rows of earlier assets: from the tables in a run, from the archive in a plan."""

    def read(self, table: str, partition: Partition) -> pl.DataFrame | None:
        """Rows of one partition; None where a plan cannot know them yet.

        Raises:
            UpstreamMissingError: In a run: the partition was never written.
        """
        ...

    def read_if_made(self, table: str, partition: Partition) -> pl.DataFrame | None:
        """Rows of a partition; None where it was never written, and always in a plan."""
        ...


class StageContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a stage may know of one partition: the brief, the archive, the prices, earlier assets. It changes nothing.

    ``settings`` holds every provider's. ``secret`` gives the installation's secret, or raises InstallationSecretError.
    """

    campaign: Campaign
    partition: Partition
    ledger: Ledger
    settings: Mapping[str, ProviderSettings]
    upstream: Upstream
    secret: Callable[[], InstallationSecret]

    @property
    def is_over(self) -> bool:
        """Whether the partition's time has ended, so that nothing more can be bought for it."""
        return self.ledger.now() >= self.partition.end

    @property
    def shortlist(self) -> pl.DataFrame | None:
        """Rows of ``schemas.Shortlist`` of the partition's week; None where a plan cannot know them yet.

        A table of an older release may have handles in another spelling, of which nobody is asked twice.
        """
        rows = self.upstream.read("shortlist", self.partition.week())
        if rows is None:
            return None
        spelled = rows.with_columns(username=canonical_handles(pl.col("username"), pl.col("platform")))
        named = spelled.filter(pl.col("username").is_not_null()).sort("place", nulls_last=True, maintain_order=True)
        return named.unique(["platform", "username"], keep="first", maintain_order=True)

    def window(self, max_age: timedelta = timedelta(0)) -> Window:
        """Answers of the partition's own time, or up to `max_age` older than its start."""
        return window_of(self.partition, max_age)

    def coverage(self, pages: Sequence[PagedRequest], window: Window) -> list[Coverage]:
        """How far the archive answers each of `pages`."""
        return coverage_of(self.ledger, pages, window, self.older_spellings)

    @property
    def older_spellings(self) -> OlderSpellings:
        """How older releases spelled handles: what they bought is in the archive under that name.

        They are those of the brief, and those that a search found. A plan knows only the first, as it reads no table.
        """
        found = self.upstream.read_if_made("shortlist", self.partition.week())
        return OlderSpellings(self.campaign.older_spellings, {} if found is None else _written(found))

    def of_week(self) -> StageContext:
        """The same for the week in which the partition lies."""
        return msgspec.structs.replace(self, partition=self.partition.week())

    def demand(
        self,
        asset: str,
        pages: Iterable[PagedRequest],
        *,
        at_most: Iterable[RequestBound] = (),
        window: Window | None = None,
        is_waterfall: bool = False,
    ) -> AssetDemand:
        """What an asset asks for this partition; answers of its own time count unless a window says otherwise."""
        return AssetDemand(
            asset=asset,
            partition=self.partition.key,
            campaign=self.partition.campaign,
            window=window or self.window(),
            pages=tuple(pages),
            at_most=tuple(at_most),
            is_waterfall=is_waterfall,
            older_spellings=self.older_spellings,
        )


class Buyer(Protocol):
    """Brings answers for one partition of one asset, each credit booked under the names of its step."""

    @property
    def paid_client(self) -> PaidClient:
        """What sends and books, for a stage that does more than fetch."""
        ...

    def context(self, window: Window, *, tolerate_rejections: bool = False) -> FetchContext:
        """The names of the step, and the window in which an answer counts."""
        ...

    def fetch(self, pages: Sequence[PagedRequest], window: Window, *, tolerate_rejections: bool = False) -> FetchResult:
        """All of `pages`, from the archive or the providers; see `PaidClient.fetch`."""
        ...

    def fetch_affordable(
        self, pages: Sequence[PagedRequest], window: Window, *, tolerate_rejections: bool = False
    ) -> FetchResult:
        """What can be paid beside all that is certain in the run; see `PaidClient.fetch_affordable`."""
        ...


class TableRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows for one partition of one table. With `in_portions` they come in key order and are written as they come.

    ``prefix`` begins the metadata of a side table; the asset's own table has none.
    """

    table: str
    parsed: Iterable[Parsed]
    in_portions: bool = False
    prefix: str = ""


class StageOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What a stage made of a partition: its rows, what they cost, what its materialization says.

    ``own`` is the asset's table and is written last, after ``side_tables``. ``warnings`` go to the run's log;
    ``when_written`` books what may be booked only once the rows are safe.
    """

    own: TableRows
    side_tables: Sequence[TableRows] = ()
    fetch_stats: FetchStats
    metadata: Mapping[str, Any] = {}
    warnings: Sequence[str] = ()
    when_written: Callable[[], None] = lambda: None


class Stage(ABC):
    """One paid asset: what it asks for, what that can cost, how answers become rows. It knows no Dagster.

    ``asset`` names asset and table; ``kind`` says whether its partitions are weeks or days.
    """

    asset: ClassVar[str]
    kind: ClassVar[PartitionKind] = PartitionKind.WEEK

    @abstractmethod
    def demands(self, at: StageContext) -> Iterator[AssetDemand]:
        """Requests that are certain, and bounds for those that depend on answers still to come.

        Raises:
            NoCapabilityError: No provider with a budget can do what the brief asks for.
        """

    @abstractmethod
    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Fetch what is certain, and make rows of the answers.

        Raises:
            PaidCallError: A provider brought no answer, or nothing was sent; the subclass says what helps.
        """


def _written(shortlist: pl.DataFrame) -> dict[tuple[str, str], str]:
    """By platform and handle, how the handle is written, in rows of ``schemas.Shortlist`` of any release."""
    plain = pl.col("username").str.to_lowercase()
    odd = shortlist.filter(pl.col("written_handle").is_not_null() | (pl.col("username") != plain))
    spelled = odd.select(
        "platform",
        canonical_handles(pl.col("username"), pl.col("platform")),
        pl.coalesce("written_handle", "username").alias("written"),
    )
    return {(platform, name): written for platform, name, written in spelled.drop_nulls().iter_rows()}


def no_secret() -> InstallationSecret:
    """The secret of an installation that has none yet. What it would hash is bounded, not known.

    Raises:
        InstallationSecretError: Always.
    """
    raise InstallationSecretError("no secret was given")
