"""How an asset works through the partitions of its run: each recorded as it lands, one failure at the end for the rest.

Dagster takes a run that ends well to have made all of its partitions, and one that fails to have made none but those
that were recorded. So each partition of a ranged run is recorded as soon as it is safely on disk, and the run fails
if any is missing: a backfill then asks only for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg

from creator_assets.campaigns import UnknownCampaignError, WrongBriefError
from creator_assets.campaigns.address_file import AddressFileError
from creator_assets.identity.secret import InstallationSecretError
from creator_assets.ledger.errors import LedgerError
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.planning.approved_plan import UnreadablePlanError
from creator_assets.tables.store import TableContractError


class UpstreamMissingError(Exception):
    """The upstream partition of a partition was never written."""


_EXPECTED = (
    NoCapabilityError,
    PaidCallError,
    LedgerError,
    TableContractError,
    UnknownCampaignError,
    UnreadablePlanError,
    WrongBriefError,
    UpstreamMissingError,
    InstallationSecretError,
    AddressFileError,
    OSError,
)

Make = Callable[[Partition], dict[str, Any]]


def materialize_partitions(
    context: dg.AssetExecutionContext, kind: PartitionKind, make: Make
) -> dg.MaterializeResult[None]:
    """Make every partition of the run.

    Args:
        context: The asset's context.
        kind: Whether its partitions are weeks or days.
        make: Writes one partition and returns the metadata of its materialization.

    Raises:
        dagster.Failure: Partitions are missing; names each with the reason. The others are recorded.
    """
    keys = list(context.partition_keys)
    failures: dict[str, BaseException] = {}
    for key in keys:
        try:
            metadata = make(Partition.parse(key, kind))
        except _EXPECTED as error:
            # The next partition may be of a provider that answers. What this one has refused to the run altogether,
            # the paid client does not ask again.
            failures[key] = error
            continue
        context.add_asset_metadata(metadata, partition_key=key)
        if len(keys) > 1:
            # A single partition is recorded when the step ends; of several, the last may never come.
            context.log_event(dg.AssetMaterialization(context.asset_key, partition=key, metadata=metadata))
    if failures:
        raise _failure(len(keys), failures)
    return dg.MaterializeResult()


def materialize_whole(make: Callable[[], dict[str, Any]]) -> dg.MaterializeResult[None]:
    """Make a table that has no partitions.

    Raises:
        dagster.Failure: It cannot be made, with the reason.
    """
    try:
        return dg.MaterializeResult(metadata=make())
    except _EXPECTED as error:
        allowed = isinstance(error, PaidCallError) and error.allow_retries
        raise dg.Failure(description=f"The table was not made: {error}", allow_retries=allowed) from None


def _failure(count: int, failures: dict[str, BaseException]) -> dg.Failure:
    reasons = "\n".join(f"- {key}: {error}" for key, error in failures.items())
    made = count - len(failures)
    return dg.Failure(
        description=f"{made} of {count} partitions were made, {len(failures)} failed:\n{reasons}",
        metadata={"failed_partitions": list(failures)},
        # A request that was refused for good must not be sent, and perhaps billed, again.
        allow_retries=all(isinstance(error, PaidCallError) and error.allow_retries for error in failures.values()),
    )
