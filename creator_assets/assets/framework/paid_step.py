"""One partition of a paid asset: what its stage may know, what brings its answers, and how its rows are written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import polars as pl

from creator_assets.assets.framework.metadata import side_table_metadata
from creator_assets.assets.framework.step import Step, StepContext, read_table
from creator_assets.campaigns import WrongBriefError
from creator_assets.demand.filter_check import WrongFilterValuesError
from creator_assets.demand.stage import Stage, StageContext, StageOutput
from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.spending.fetch import FetchContext, FetchResult
from creator_assets.spending.paid_client import PaidClient
from creator_assets.tables.store import Tables


class PaidStep(Step):
    """One partition of a paid asset. `buy_and_write` does what the stage says; an asset may add to it."""

    def __init__(self, run: StepContext, stage: Stage, partition: Partition) -> None:
        """Nothing is read or asked yet."""
        super().__init__(run, stage.asset, partition)
        self.stage = stage

    def buy_and_write(self) -> dict[str, Any]:
        """Fetch what the stage asks for, write its rows, and say what that came to.

        Raises:
            WrongBriefError: A provider does not know a value of the brief. Nothing was asked for.
            PaidCallError: A provider brought no answer, or nothing was sent.
            UpstreamMissingError: An upstream partition was never written.
        """
        try:
            output = self.stage.produce(self.stage_context, self)
        except WrongFilterValuesError as error:
            # The stage knows the field; only the folder of briefs knows its line.
            briefs, slug = self.run.briefs, self.campaign.slug
            faults = [briefs.fault(slug, one.steps, one.problem, one.remedy) for one in error.wrong]
            raise WrongBriefError("nothing was searched and nothing paid:\n" + "\n".join(map(str, faults))) from None
        for sentence in (*output.warnings, *_unreadable(output.fetch_stats.unreadable)):
            self.run.context.log.warning(sentence)
        metadata = self._write_output(output)
        output.when_written()
        return metadata

    @cached_property
    def stage_context(self) -> StageContext:
        """What the stage may know: this partition's brief, the archive, the prices, the tables of earlier assets."""
        resource = self.run.paid_client
        return StageContext(
            campaign=self.campaign,
            partition=self.partition,
            ledger=resource.open().ledger,
            settings=resource.settings(),
            upstream=UpstreamTables(self.tables),
            secret=self.run.identity.secret,
        )

    @property
    def paid_client(self) -> PaidClient:
        """What sends and books."""
        return self.run.paid_client.open()

    def context(self, window: Window, *, tolerate_rejections: bool = False) -> FetchContext:
        """The names of the step, the window, and the plan that the run is tied to."""
        return FetchContext(
            spender=self.run.attribution(self.partition),
            window=window,
            approved=self.run.approved,
            tolerate_rejections=tolerate_rejections,
            older_spellings=self.stage_context.older_spellings,
        )

    def fetch(self, pages: Sequence[PagedRequest], window: Window, *, tolerate_rejections: bool = False) -> FetchResult:
        """See `PaidClient.fetch`."""
        return self.run.paid_client.fetch(pages, self.context(window, tolerate_rejections=tolerate_rejections))

    def fetch_affordable(
        self, pages: Sequence[PagedRequest], window: Window, *, tolerate_rejections: bool = False
    ) -> FetchResult:
        """See `PaidClient.fetch_affordable`; what the rest of the run is certain to need is left."""
        context = self.context(window, tolerate_rejections=tolerate_rejections)
        return self.run.paid_client.fetch_affordable(pages, context, self.run.reserve.after(self.partition))

    def _write_output(self, output: StageOutput) -> dict[str, Any]:
        """Write what a stage made: side tables first, so that the asset's own table is never without them."""
        metadata: dict[str, Any] = {}
        for side in output.side_tables:
            written = self.write_parsed(side.parsed, table=side.table, in_portions=side.in_portions)
            metadata |= side_table_metadata(side.prefix, written.own) | {
                f"{side.prefix}_rejected": written.rejected,
                f"{side.prefix}_field_notes": written.notes,
            }
        own = self.write_parsed(output.own.parsed, in_portions=output.own.in_portions)
        return self.bought_metadata(own, output.fetch_stats) | metadata | dict(output.metadata)


class UpstreamTables:
    """The rows of earlier assets, as they stand in their tables."""

    def __init__(self, tables: Tables) -> None:
        """Read nothing yet."""
        self._tables = tables

    def read(self, table: str, partition: Partition) -> pl.DataFrame:
        """Rows of one partition.

        Raises:
            UpstreamMissingError: It was never written.
        """
        return read_table(self._tables, table, partition)

    def read_if_made(self, table: str, partition: Partition) -> pl.DataFrame | None:
        """Rows of an earlier partition; None where it was never written."""
        is_made = self._tables.exists(table, partition.path_parts)
        return read_table(self._tables, table, partition) if is_made else None


def _unreadable(count: int) -> list[str]:
    """A sentence about answers that cannot be read; none where there is no such answer."""
    if not count:
        return []
    which = f"{count} answer{'s' if count > 1 else ''} cannot be read"
    kept = "They are kept, `rejected` names their accounts, and they are not bought again."
    return [f"{which}. {kept} `creator-assets archive unreadable` lists them and lets you buy them again."]
