"""A backfill: the partitions of an asset in a range, what they would cost, and the runs that materialize them.

Consecutive partitions of one campaign are one run in this process, so a failure of one campaign does not stop another.
Each partition is recorded when it is written. So a second backfill makes only the rest, and the archive serves again
what was bought.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import dagster as dg

from creator_assets.assets.graph import asset_graph
from creator_assets.automation.run_coordinator import plan_of
from creator_assets.cli.errors import SetupError
from creator_assets.cli.planning import fits, in_words
from creator_assets.cli.running import MaterializedPartition, open_instance, run_in_process, spent_by_runs
from creator_assets.cli.screen import console, show_error, show_table, show_text
from creator_assets.definitions import build_definitions
from creator_assets.microcredits import format_credits
from creator_assets.partition_definitions import day_by_campaign, range_tags
from creator_assets.partitions import FIRST_MONDAY, Partition, PartitionKind, current_day, monday_of
from creator_assets.settings import from_environment
from creator_assets.spending.planning.plan import PlanLine, PlanVerdict, summary
from creator_assets.tables.store import Tables

NAMED = 5
"""How many of the partitions that cannot be made an error names."""


class Backfill:
    """A range of an asset's partitions in this checkout."""

    def __init__(
        self,
        asset: str,
        first: date,
        last: date | None,
        slugs: Sequence[str] | None,
        *,
        with_upstream: bool = False,
        again: bool = False,
    ) -> None:
        """Choose the partitions and plan them. Runs nothing and sends nothing.

        Args:
            asset: Name of the asset.
            first: A day of the first partition.
            last: A day of the last partition; None is today.
            slugs: The campaigns; None is all campaigns with a readable brief.
            with_upstream: Include the assets that it depends on, if they have the same partitions.
            again: Include partitions that are there already.

        Raises:
            SetupError: There is no such asset or partition.
            UnknownCampaignError: One of `slugs` has no readable brief.
        """
        self._definitions = build_definitions()
        self._specs = {spec.key.to_user_string(): spec for spec in self._definitions.resolve_all_asset_specs()}
        resources = from_environment(os.environ)
        self._paid_client, campaigns = resources.paid_client, resources.paid_client.briefs()
        for fault in campaigns.faults:
            show_error(str(fault))
        self.asset, self.assets = asset, self._selected(asset, with_upstream=with_upstream)
        days = day_by_campaign(campaigns.slugs, weeks_ahead=self._paid_client.weeks_ahead)
        kind = PartitionKind.DAY if self._specs[asset].partitions_def == days else PartitionKind.WEEK
        chosen_slugs = [campaigns[slug].slug for slug in slugs or campaigns.slugs]
        today = current_day(self._paid_client.open().ledger.now())
        self.partitions = _between(kind, first, min(last or today, today), chosen_slugs)
        if not self.partitions:
            raise SetupError(
                f"No campaign has a {kind.value} between {first} and {last or today}. Choose another range."
            )
        there = set() if again else self._there(resources.tables.open())
        missing = [one for one in self.partitions if one not in there]
        self.there = len(self.partitions) - len(missing)
        stages = asset_graph().stages_in(self.assets)
        self.lines = plan_of(missing, stages, self._paid_client, campaigns, resources.identity.secret) if stages else []
        # A partition that cannot be made would fail its step, and with it what depends on the others: it is left out.
        self.never_observed = sorted(
            {line.partition for line in self.lines if line.verdict is PlanVerdict.NEVER_OBSERVED}
        )
        self.to_make = [one for one in missing if str(one.key) not in self.never_observed]
        self.made: list[MaterializedPartition] = []
        self.failures: list[str] = []
        self._run_ids: list[str] = []
        if self.never_observed:
            self.failures.append(
                f"Never observed: {', '.join(self.never_observed[:NAMED])}"
                f"{f' and {len(self.never_observed) - NAMED} more' if len(self.never_observed) > NAMED else ''}. "
                "Providers report only the present, so these partitions can no longer be made."
            )

    @property
    def fits(self) -> bool:
        """Whether everything that must be bought fits every budget."""
        return fits(self.lines)

    @property
    def result_in_words(self) -> str:
        """What was made and spent."""
        if not self.to_make:
            all_there = "Every partition is there already. Use --again to materialize them again."
            return "There is nothing to materialize." if self.never_observed else all_there
        made = len({one.partition for one in self.made if one.asset == self.asset})
        spent = ", ".join(f"{format_credits(amount)} of {name}" for name, amount in self._spent_here().items())
        return f"Materialized {made} of {len(self.to_make)} partitions. Credits spent: {spent or '0'}."

    def run(self, show: Callable[[str], None]) -> None:
        """Materialize what is to be made. A failure is in `failures`, and does not stop the other runs."""
        job = self._definitions.resolve_implicit_global_asset_job_def()
        with open_instance() as instance:
            for first, last in _stretches(self.to_make):
                self._run_ids.append(str(uuid4()))
                made, reasons = run_in_process(
                    job, instance, self._run_ids[-1], range_tags(first, last), show, self.assets
                )
                self.made += made
                self.failures += reasons or []

    def show(self) -> None:
        """Print the plan: what is to be bought for each campaign from each provider."""
        console.print(f"{self.asset}: {len(self.partitions)} partitions, {self.there} of them are there.", markup=False)
        columns = ["campaign", "provider", "calls", "archive hits", "credits", "lines"]
        rows = [[str(cell) for cell in row.values()] for row in self._plan_rows()]
        if rows:
            show_table("Plan", columns, rows, numbers=columns[2:5])
            show_text(summary(self.lines))

    def as_json(self) -> dict[str, Any]:
        """Plan and result, for scripts."""
        return {
            "asset": self.asset,
            "assets": list(self.assets),
            "partitions": len(self.partitions),
            "to_make": [str(one.key) for one in self.to_make],
            "never_observed": self.never_observed,
            "plan": self._plan_rows(),
            "made": [{"asset": one.asset, "partition": one.partition, "rows": one.rows} for one in self.made],
            "failed": self.failures,
            "credits_spent": {name: format_credits(amount) for name, amount in self._spent_here().items()},
        }

    def _there(self, tables: Tables) -> set[Partition]:
        """The partitions that Dagster knows of, and whose rows lie in the data folder in use, for all assets.

        Dagster's records are those of the checkout. They say nothing of another data folder, or of lost files.
        """
        with open_instance() as instance:
            recorded = {name: instance.get_materialized_partitions(dg.AssetKey(name)) for name in self.assets}
        return {
            one
            for one in self.partitions
            if all(one.key in keys and tables.exists(name, one.path_parts) for name, keys in recorded.items())
        }

    def _selected(self, asset: str, *, with_upstream: bool) -> list[str]:
        specs = self._specs
        partitioned = sorted(name for name, spec in specs.items() if spec.partitions_def is not None)
        if asset not in partitioned:
            raise SetupError(f"{asset} is no asset with partitions. Choose one of {', '.join(partitioned)}.")
        own = specs[asset].partitions_def
        names = {asset}
        if with_upstream:
            graph = self._definitions.resolve_asset_graph()
            keys = dg.AssetSelection.assets(asset).upstream().resolve(graph)
            names |= {key.to_user_string() for key in keys if specs[key.to_user_string()].partitions_def == own}
        return sorted(names)

    def _plan_rows(self) -> list[dict[str, Any]]:
        """What is to be bought for each campaign from each provider, in the order of the columns."""
        by_campaign: dict[tuple[str, str], list[PlanLine]] = {}
        for line in sorted(self.lines, key=lambda line: (line.campaign, line.provider)):
            by_campaign.setdefault((line.campaign, line.provider), []).append(line)
        return [
            {
                "campaign": campaign,
                "provider": provider,
                "calls": _calls(lines),
                "archive_hits": sum(line.archive_hits for line in lines),
                "credits": _credits(lines),
                "verdicts": _verdicts(lines),
            }
            for (campaign, provider), lines in by_campaign.items()
        ]

    def _spent_here(self) -> dict[str, int]:
        return spent_by_runs(self._paid_client.open().ledger, self._run_ids)


def _between(kind: PartitionKind, first: date, last: date, slugs: Sequence[str]) -> list[Partition]:
    """The partitions of all campaigns from the one that holds `first` to the one that holds `last`."""
    first = max(first, FIRST_MONDAY)
    if kind is PartitionKind.WEEK:
        first, last = monday_of(first), monday_of(last)
    count = (last - first) // kind.length + 1
    return [
        Partition(campaign=slug, first_day=first + n * kind.length, kind=kind)
        for slug in sorted(slugs)
        for n in range(count)
    ]


def _stretches(partitions: Sequence[Partition]) -> Iterator[tuple[Partition, Partition]]:
    """The first and the last of consecutive partitions of one campaign, one pair for each run."""
    stretch: list[Partition] = []
    for one in partitions:
        if stretch and not one.follows(stretch[-1]):
            yield stretch[0], stretch[-1]
            stretch = []
        stretch.append(one)
    if stretch:
        yield stretch[0], stretch[-1]


def _calls(lines: Sequence[PlanLine]) -> str:
    return in_words(str(sum(line.calls_min for line in lines)), str(sum(line.calls_max for line in lines)))


def _credits(lines: Sequence[PlanLine]) -> str:
    if not all(line.is_price_known for line in lines):
        return "unknown"
    least, most = sum(line.min_microcredits for line in lines), sum(line.max_microcredits for line in lines)
    return in_words(format_credits(least), format_credits(most))


def _verdicts(lines: Sequence[PlanLine]) -> str:
    return ", ".join(
        f"{count} {verdict}" for verdict, count in Counter(line.verdict_in_words for line in lines).items()
    )
