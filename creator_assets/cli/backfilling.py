"""Which partitions of an asset a range means, what they would cost, and the runs that make them, in this process.

Each campaign's consecutive partitions are one run, so that one campaign's trouble does not stop another. A partition
is recorded as it lands: what is there already is not made again, and what the archive holds is not bought again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import uuid4

import dagster as dg

from creator_assets.assets.graph import asset_graph
from creator_assets.automation.run_coordinator import plan_of
from creator_assets.cli.errors import SetupError
from creator_assets.cli.running import Made, open_instance, run_here, spent_by_runs
from creator_assets.cli.screen import complain, console, show_table
from creator_assets.definitions import build_definitions
from creator_assets.microcredits import format_credits
from creator_assets.partition_definitions import day_by_campaign, range_tags
from creator_assets.partitions import FIRST_MONDAY, Partition, PartitionKind, current_day, monday_of
from creator_assets.settings import from_environment
from creator_assets.spending.planning.plan import PlanLine, PlanVerdict, summary

NAMED = 5
"""Of partitions that cannot be made so many are named."""


class Backfill:
    """A range of an asset's partitions, as it stands in this checkout."""

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
        """Choose and plan; nothing is run and nobody is asked.

        Args:
            asset: Its name.
            first: A day of the first partition.
            last: A day of the last one; None is today.
            slugs: The campaigns; None is all that have a readable brief.
            with_upstream: Make what it rests on as well, as far as that has the same partitions.
            again: Make what is there anew.

        Raises:
            SetupError: There is no such asset or partition.
            UnknownCampaignError: One of `slugs` is no readable campaign.
        """
        self._definitions = build_definitions()
        self._specs = {spec.key.to_user_string(): spec for spec in self._definitions.resolve_all_asset_specs()}
        resources = from_environment(os.environ)
        self._paid_client, campaigns = resources.paid_client, resources.campaigns.load()
        for fault in campaigns.faults:
            complain(str(fault))
        self.asset, self.assets = asset, self._selected(asset, with_upstream=with_upstream)
        days = day_by_campaign(campaigns.slugs, weeks_ahead=self._paid_client.weeks_ahead)
        kind = PartitionKind.DAY if self._specs[asset].partitions_def == days else PartitionKind.WEEK
        chosen_slugs = [campaigns[slug].slug for slug in slugs or campaigns.slugs]
        today = current_day(self._paid_client.open().ledger.now())
        self.partitions = _between(kind, first, min(last or today, today), chosen_slugs)
        if not self.partitions:
            raise SetupError(f"There is no {kind.value} of a campaign between {first} and {last or today}.")
        with open_instance() as instance:
            there = [instance.get_materialized_partitions(dg.AssetKey(name)) for name in self.assets]
        wanted = [one for one in self.partitions if again or not all(str(one.key) in of_one for of_one in there)]
        self.there = len(self.partitions) - len(wanted)
        stages = asset_graph().stages_in(self.assets)
        self.lines = plan_of(wanted, stages, self._paid_client, campaigns, resources.identity.secret) if stages else []
        # What cannot be made fails its step, and with it what rests on the others: it is left out.
        self.never_observed = sorted(
            {line.partition for line in self.lines if line.verdict is PlanVerdict.NEVER_OBSERVED}
        )
        self.to_make = [one for one in wanted if str(one.key) not in self.never_observed]
        self.made: list[Made] = []
        self.failures: list[str] = []
        self._run_ids: list[str] = []
        if self.never_observed:
            self.failures.append(
                f"Never observed: {', '.join(self.never_observed[:NAMED])}"
                f"{f' and {len(self.never_observed) - NAMED} more' if len(self.never_observed) > NAMED else ''}. "
                "Providers only tell the present, so that they cannot be made any more."
            )

    @property
    def fits(self) -> bool:
        """Whether everything that has to be bought fits every budget."""
        return all(not line.is_refused for line in self.lines)

    @property
    def said(self) -> str:
        """What became of it, in a sentence."""
        if not self.to_make:
            return (
                "There is nothing to make." if self.never_observed else "All is there already; --again makes it anew."
            )
        made = len({one.partition for one in self.made if one.asset == self.asset})
        spent = ", ".join(f"{format_credits(amount)} of {name}" for name, amount in self._spent_here().items())
        return f"{made} of {len(self.to_make)} partitions were made. Credits spent: {spent or '0'}."

    def run(self, say: Callable[[str], None]) -> None:
        """Make what is to be made; what fails is in `failures`, and does not stop the rest."""
        job = self._definitions.resolve_implicit_global_asset_job_def()
        with open_instance() as instance:
            for first, last in _stretches(self.to_make):
                self._run_ids.append(str(uuid4()))
                made, reasons = run_here(job, instance, self._run_ids[-1], range_tags(first, last), say, self.assets)
                self.made += made
                self.failures += reasons or []

    def show(self) -> None:
        """The plan for people: for each campaign and provider what is to be bought."""
        said = f"{self.asset}: {len(self.partitions)} partitions, {self.there} of them are there."
        console.print(said, markup=False)
        columns = ["campaign", "provider", "calls", "archive hits", "credits", "lines"]
        rows = [
            [campaign, provider, _range(lines, "calls"), str(sum(line.archive_hits for line in lines)),
             _credits(lines), _verdicts(lines)]
            for (campaign, provider), lines in self._by_campaign()
        ]  # fmt: skip
        if rows:
            show_table("Plan", columns, rows, numbers=columns[2:5])
            console.print(summary(self.lines), soft_wrap=True)

    def as_json(self) -> dict[str, Any]:
        """Plan and result for scripts."""
        return {
            "asset": self.asset,
            "assets": list(self.assets),
            "partitions": len(self.partitions),
            "to_make": [str(one.key) for one in self.to_make],
            "never_observed": self.never_observed,
            "plan": [
                {
                    "campaign": campaign,
                    "provider": provider,
                    "calls": _range(lines, "calls"),
                    "archive_hits": sum(line.archive_hits for line in lines),
                    "credits": _credits(lines),
                    "verdicts": _verdicts(lines),
                }
                for (campaign, provider), lines in self._by_campaign()
            ],
            "made": [{"asset": one.asset, "partition": one.partition, "rows": one.rows} for one in self.made],
            "failed": self.failures,
            "credits_spent": {name: format_credits(amount) for name, amount in self._spent_here().items()},
        }

    def _selected(self, asset: str, *, with_upstream: bool) -> list[str]:
        specs = self._specs
        partitioned = sorted(name for name, spec in specs.items() if spec.partitions_def is not None)
        if asset not in partitioned:
            raise SetupError(f"There is no asset {asset} with partitions. There are {', '.join(partitioned)}.")
        own = specs[asset].partitions_def
        names = {asset}
        if with_upstream:
            graph = self._definitions.resolve_asset_graph()
            keys = dg.AssetSelection.assets(asset).upstream().resolve(graph)
            names |= {key.to_user_string() for key in keys if specs[key.to_user_string()].partitions_def == own}
        return sorted(names)

    def _by_campaign(self) -> Iterator[tuple[tuple[str, str], list[PlanLine]]]:
        ordered = sorted(self.lines, key=lambda line: (line.campaign, line.provider))
        for key, lines in groupby(ordered, key=lambda line: (line.campaign, line.provider)):
            yield key, list(lines)

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
    """The first and the last of partitions of a campaign that follow each other, one pair for each run."""
    begun = before = None
    for one in partitions:
        if begun is None or before is None or one.campaign != before.campaign or one.start != before.end:
            if begun is not None and before is not None:
                yield begun, before
            begun = one
        before = one
    if begun is not None and before is not None:
        yield begun, before


def _range(lines: Sequence[PlanLine], name: str) -> str:
    least, most = (sum(getattr(line, f"{name}_{end}") for line in lines) for end in ("min", "max"))
    return str(most) if least == most else f"{least} to {most}"


def _credits(lines: Sequence[PlanLine]) -> str:
    if not all(line.is_price_known for line in lines):
        return "unknown"
    least, most = (sum(getattr(line, f"{end}_microcredits") for line in lines) for end in ("min", "max"))
    return format_credits(most) if least == most else f"{format_credits(least)} to {format_credits(most)}"


def _verdicts(lines: Sequence[PlanLine]) -> str:
    return ", ".join(f"{count} {said}" for said, count in Counter(line.said for line in lines).items())
