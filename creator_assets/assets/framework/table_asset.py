"""The decorator of every asset: what all of them share is said here, what is its own stands at the asset.

An asset bears the name of its table; the contract of that table is what the UI shows before anything is written. How
tables show belongs to ``presentation``, what an asset does to its stage's file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from creator_assets.assets.framework.metadata import KINDS, OWNERS, definition_metadata
from creator_assets.assets.framework.paid_step import CODE_VERSION
from creator_assets.providers.registry import OPERATIONS
from creator_assets.tables.schemas import ALL_TABLES

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]
SEVERAL_PROVIDERS = "several_providers"
"""Pool of the assets that may ask more than one provider: Dagster gives an asset one pool."""


def pool_of(table: str) -> str:
    """The pool of a paid asset, by the operations that it is declared to use: its provider's, or that of several.

    How many runs of a pool are under way at once is limited in ``dagster.yaml``.
    """
    providers = {operation.provider for operation in OPERATIONS if table in operation.used_by.split(", ")}
    return providers.pop() if len(providers) == 1 else SEVERAL_PROVIDERS


def table_asset(
    group: str,
    *,
    partitions: dg.PartitionsDefinition[Any] | None = None,
    deps: Sequence[str | dg.AssetDep] = (),
    spends_credits: bool = False,
    code_version: str = CODE_VERSION,
) -> Decorator:
    """Make an asset of the function that writes the table of its name.

    Args:
        group: Stage to which it belongs.
        partitions: Weeks or days x campaign; None for a table that is written as a whole.
        deps: Assets whose tables it reads.
        spends_credits: Whether it may pay; admission and the UI know it by the tag.
        code_version: Of what makes its rows.

    Raises:
        KeyError: No table has the function's name.
    """

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        table = function.__name__
        return dg.asset(
            partitions_def=partitions,
            deps=deps,
            group_name=group,
            owners=OWNERS,
            kinds=KINDS,
            code_version=code_version,
            # Rebuilding 52 weeks x 5 campaigns of profiles out of the archive took 183 ms a partition in one run,
            # 182 ms in a run per campaign and 415 ms in a run each, in-process on two quiet cores
            # (benchmarks/backfill.py); starting a worker for each run comes on top. Each partition is recorded as
            # it lands, so one run loses nothing by failing midway.
            backfill_policy=None if partitions is None else dg.BackfillPolicy.single_run(),
            metadata=definition_metadata(ALL_TABLES[table], table),
            tags={"spends_credits": "true"} if spends_credits else None,
            pool=pool_of(table) if spends_credits else None,
        )(function)

    return decorate
