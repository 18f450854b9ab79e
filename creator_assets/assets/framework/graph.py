"""The asset graph: which assets there are, which read which, and which of them spend credits.

The only order that code may rely on comes from here: an asset runs after those that it reads. Files of assets are
found by ``assets.graph``; Dagster's own graph is the same, which a test holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from graphlib import TopologicalSorter
from typing import Generic, Protocol, TypeVar

import dagster as dg

from creator_assets.demand.stage import Stage


class GraphNode(Protocol):
    """An asset as far as the graph goes: its name, what it reads, and what it may spend credits on."""

    @property
    def name(self) -> str:
        """Name of asset and table."""
        ...

    @property
    def upstream(self) -> frozenset[str]:
        """The assets that it reads."""
        ...

    @property
    def stage(self) -> Stage | None:
        """What it asks for; None where it costs nothing."""
        ...


Node_co = TypeVar("Node_co", bound=GraphNode, covariant=True)


class AssetGraph(Generic[Node_co]):
    """All assets, upstream first. Assets of one level stand in the order of their names, as in Dagster's graph."""

    def __init__(self, nodes: Iterable[Node_co]) -> None:
        """Sort the assets.

        Raises:
            graphlib.CycleError: An asset reads itself, by way of others.
        """
        by_name = {node.name: node for node in nodes}
        self._upstream = {name: node.upstream for name, node in by_name.items()}
        sorter = TopologicalSorter(self._upstream)
        sorter.prepare()
        ordered: list[Node_co] = []
        while sorter.is_active():
            level = sorted(sorter.get_ready())
            ordered += [by_name[name] for name in level]
            sorter.done(*level)
        self.nodes: tuple[Node_co, ...] = tuple(ordered)
        self.stages: Mapping[str, Stage] = {node.name: node.stage for node in ordered if node.stage}

    def upstream_of(self, name: str) -> frozenset[str]:
        """Every asset that must have ended before this one runs."""
        direct = self._upstream[name]
        return direct.union(*(self.upstream_of(one) for one in direct))

    def stages_in(self, names: Collection[str]) -> list[Stage]:
        """The stages of these assets, upstream first; assets that cost nothing have none."""
        return [stage for name, stage in self.stages.items() if name in names]

    def assets_of(self, run: dg.DagsterRun, instance: dg.DagsterInstance) -> frozenset[str]:
        """The assets that a run makes, by its plan of steps: a selection may be empty although assets are made."""
        if run.execution_plan_snapshot_id is not None:
            plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
            return frozenset(self._upstream.keys() & set(plan.step_keys_to_execute))
        return frozenset(key.to_user_string() for key in run.asset_selection or ())
