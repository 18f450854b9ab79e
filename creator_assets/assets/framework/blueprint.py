"""What an asset declares of itself, and how Dagster's asset is built from it once the partitions are known.

An asset's file holds one function and one decorator. The function bears the name of its table; the contract of that
table is what the UI shows before anything is written. How the partitions of a run are worked through belongs to
``partition_loop``; what an asset may use while it runs, to ``step``.
"""

# No `from __future__ import annotations`: Dagster reads the annotation of an asset's context as it stands.

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg
import msgspec

from creator_assets.assets.framework.graph import AssetGraph
from creator_assets.assets.framework.metadata import KINDS, OWNERS, definition_metadata
from creator_assets.assets.framework.paid_step import PaidStep
from creator_assets.assets.framework.partition_loop import materialize_partitions, materialize_whole
from creator_assets.assets.framework.step import Step, StepContext
from creator_assets.code_versions import code_version, modules_behind
from creator_assets.demand.stage import Stage
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.parsing.versions import parser_modules
from creator_assets.providers.registry import OPERATIONS
from creator_assets.tables.schemas import ALL_TABLES

Metadata = dict[str, Any]
Partitions = Mapping[PartitionKind, dg.PartitionsDefinition[Any]]
SEVERAL_PROVIDERS = "several_providers"
"""Pool of the assets that may ask more than one provider: Dagster gives an asset one pool."""
EVERY_RESOURCE = ("campaigns", "paid_client", "tables", "identity")
ROW_MAKING = tuple(f"creator_assets.{room}" for room in ("demand", "identity", "metrics", "tables"))
"""The packages whose code makes rows; the rest of the project brings the answers and writes what comes out."""


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream asset, and which of its partitions are read where they are not the same ones."""

    asset: str
    mapping: Callable[[], dg.PartitionMapping] | None = None


class AssetBlueprint(msgspec.Struct, frozen=True, kw_only=True):
    """One asset before its partitions are known.

    ``kind`` is None for a table that is written as a whole. ``stage`` is what it may spend credits on; None for an
    asset that costs nothing. ``module`` is the file that declares it.
    """

    name: str
    group: str
    description: str
    kind: PartitionKind | None
    dependencies: tuple[Dependency, ...]
    resources: tuple[str, ...]
    stage: Stage | None
    module: str
    make: Callable[[StepContext, Partition | None], Metadata]

    @property
    def code_version(self) -> str:
        """Changes with the code that makes the asset's rows, and with nothing else.

        Dagster shows by it what is stale; nothing runs because of it.
        """
        parsers = (parser_modules(provider) for provider in providers_of(self.name))
        return code_version(modules_behind(self.module, ROW_MAKING).union(*parsers))

    @property
    def upstream(self) -> frozenset[str]:
        """The names of the assets whose tables it reads."""
        return frozenset(one.asset for one in self.dependencies)

    def build(self, partitions: Partitions, graph: "AssetGraph[AssetBlueprint]") -> dg.AssetsDefinition:
        """Dagster's asset.

        Args:
            partitions: The weeks and days of all campaigns.
            graph: All assets; it says what else a run may still have to buy.

        Raises:
            KeyError: No table has the asset's name.
        """

        def function(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
            step = StepContext(context, graph)
            if self.kind is None:
                return materialize_whole(lambda: self.make(step, None))
            return materialize_partitions(context, self.kind, lambda partition: self.make(step, partition))

        return dg.asset(
            name=self.name,
            description=self.description,
            partitions_def=None if self.kind is None else partitions[self.kind],
            deps=[
                dg.AssetDep(one.asset, partition_mapping=one.mapping()) if one.mapping else one.asset
                for one in self.dependencies
            ],
            required_resource_keys=set(self.resources),
            group_name=self.group,
            owners=OWNERS,
            kinds=KINDS,
            code_version=self.code_version,
            # Rebuilding 52 weeks x 5 campaigns of profiles out of the archive took 183 ms a partition in one run,
            # 182 ms in a run per campaign and 415 ms in a run each, in-process on two quiet cores
            # (benchmarks/backfill.py); starting a worker for each run comes on top. Each partition is recorded as
            # it lands, so one run loses nothing by failing midway.
            backfill_policy=None if self.kind is None else dg.BackfillPolicy.single_run(),
            metadata=definition_metadata(ALL_TABLES[self.name], self.name),
            tags={"spends_credits": "true"} if self.stage else None,
            pool=pool_of(self.name) if self.stage else None,
        )(function)


def paid_asset(
    stage: Stage, *, group: str, deps: Sequence[str | Dependency] = ()
) -> Callable[[Callable[[PaidStep], Metadata]], AssetBlueprint]:
    """Make an asset that spends credits of the function that buys and writes one partition of it.

    Args:
        stage: What it asks for. Its partitions are of the stage's kind.
        group: Where it stands in the UI.
        deps: Assets whose tables it reads.
    """

    def decorate(function: Callable[[PaidStep], Metadata]) -> AssetBlueprint:
        def make(step: StepContext, partition: Partition | None) -> Metadata:
            if partition is None:
                raise TypeError(f"{function.__name__} has partitions")
            return function(PaidStep(step, stage, partition))

        return _blueprint(function, group, stage.kind, deps, EVERY_RESOURCE, make, stage=stage)

    return decorate


def free_asset(
    *,
    group: str,
    kind: PartitionKind | None = None,
    deps: Sequence[str | Dependency] = (),
    resources: Sequence[str] = ("tables",),
) -> Callable[[Callable[[Step], Metadata]], AssetBlueprint]:
    """Make an asset that costs nothing of the function that writes one partition of it, or all of it.

    Args:
        group: Where it stands in the UI.
        kind: Weeks or days by campaign; None for a table that is written as a whole.
        deps: Assets whose tables it reads.
        resources: What it may use.
    """

    def decorate(function: Callable[[Step], Metadata]) -> AssetBlueprint:
        def make(step: StepContext, partition: Partition | None) -> Metadata:
            return function(Step(step, function.__name__, partition))

        return _blueprint(function, group, kind, deps, resources, make)

    return decorate


def _blueprint(
    function: Callable[..., Metadata],
    group: str,
    kind: PartitionKind | None,
    deps: Sequence[str | Dependency],
    resources: Sequence[str],
    make: Callable[[StepContext, Partition | None], Metadata],
    *,
    stage: Stage | None = None,
) -> AssetBlueprint:
    return AssetBlueprint(
        name=function.__name__,
        group=group,
        description=inspect.cleandoc(function.__doc__ or ""),
        kind=kind,
        dependencies=tuple(one if isinstance(one, Dependency) else Dependency(asset=one) for one in deps),
        resources=tuple(resources),
        stage=stage,
        module=function.__module__,
        make=make,
    )


def pool_of(table: str) -> str:
    """The pool of a paid asset, by the operations that it is declared to use: its provider's, or that of several.

    How many runs of a pool are under way at once is limited in ``dagster.yaml``.
    """
    providers = providers_of(table)
    return providers.pop() if len(providers) == 1 else SEVERAL_PROVIDERS


def providers_of(table: str) -> set[str]:
    """The providers whose operations are declared to be used by an asset."""
    return {operation.provider for operation in OPERATIONS if table in operation.used_by.split(", ")}
