"""Finds every asset: each file of this folder that defines one. A new file is found without being listed."""

from __future__ import annotations

import pkgutil
import warnings
from functools import cache
from importlib import import_module
from typing import Any

import dagster as dg

import creator_assets.assets as folder
from creator_assets.assets.framework.blueprint import AssetBlueprint
from creator_assets.assets.framework.graph import AssetGraph
from creator_assets.partitions import PartitionKind


@cache
def asset_graph() -> AssetGraph[AssetBlueprint]:
    """All assets of this folder, upstream first."""
    names = [module.name for module in pkgutil.iter_modules(folder.__path__) if not module.ispkg]
    modules = [import_module(f"{folder.__name__}.{name}") for name in names]
    return AssetGraph(
        value for module in modules for value in vars(module).values() if isinstance(value, AssetBlueprint)
    )


def build_assets(weeks: dg.PartitionsDefinition[Any], days: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """Dagster's assets for these partitions, upstream first."""
    graph, partitions = asset_graph(), {PartitionKind.WEEK: weeks, PartitionKind.DAY: days}
    with warnings.catch_warnings():
        # Dagster marks `backfill_policy` as beta. The release is pinned and the behaviour tested.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return [node.build(partitions, graph) for node in graph.nodes]


def assets_in_job(kind: PartitionKind) -> list[str]:
    """The assets that a week, or a day, of a campaign consists of: all of them but the plan of what they cost."""
    return [node.name for node in asset_graph().nodes if node.kind is kind and node.group != "credits"]


def reports_of(kind: PartitionKind) -> list[str]:
    """The reports by weeks, or by days: they cost nothing and follow whatever they read."""
    return [node.name for node in asset_graph().nodes if node.kind is kind and node.group == "reports"]
