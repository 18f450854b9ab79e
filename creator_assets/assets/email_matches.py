"""E-mail matches: which accounts are behind addresses that the team may lawfully ask about.

Off unless a brief records lawful basis and purpose. The addresses stand in a file of the team's, outside of any
repository, and in the requests; everywhere else each is its keyed hash. How the file is read belongs to ``campaigns``.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from creator_assets.assets.account_ids import with_ids
from creator_assets.assets.choosing import chosen_for
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import WantedCall, purpose_of, rows_of, save
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign, EmailMatching
from creator_assets.campaigns.address_file import read_addresses
from creator_assets.identity.secret import InstallationSecret
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Capability, Kind
from creator_assets.providers.contract import Call
from creator_assets.providers.records import Parsed
from creator_assets.resources import CampaignBriefs, Door, Identity, ParquetTables
from creator_assets.tables import schemas

GROUP = "profiles"
HASHED_AS = "email"
"""The purpose of the keyed hash: an address has another hash wherever it serves something else."""


def match_calls(
    campaign: Campaign, settings: Mapping[str, ProviderSettings], secret: Callable[[], InstallationSecret]
) -> list[WantedCall]:
    """The calls that a week of `email_matches` wants: one for each address of the file, in the order of their hashes.

    Raises:
        AddressFileError: The file cannot be used.
        InstallationSecretError: The addresses cannot be hashed.
    """
    wish = campaign.email_matches
    if wish is None:
        return []
    can, made = _matcher(wish, campaign, settings), secret()
    hashed = {made.keyed_hash(HASHED_AS, one): one for one in _addresses(wish)}
    own = settings[can.provider]
    return [
        WantedCall(capability=can, pages=can.pages(own, address, email_hash=email_hash, depth=wish.depth))
        for email_hash, address in sorted(hashed.items())
    ]


def example_match(campaign: Campaign, wish: EmailMatching, settings: Mapping[str, ProviderSettings]) -> Call:
    """A call such as each address takes, without one."""
    can = _matcher(wish, campaign, settings)
    call: Call = can.pages(settings[can.provider], "", email_hash="", depth=wish.depth).first
    return call


def build_email_matches(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, spends_credits=True)
    def email_matches(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        door: Door,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """One row per e-mail address and account behind it, the address as a keyed hash.

        Empty unless the brief records a lawful basis and a purpose, which stand on every row.
        """
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            wish = campaign.email_matches
            wanted = match_calls(campaign, door.settings(), identity.secret)
            purpose = purpose_of(context, partition, wish.max_age if wish else timedelta(0))
            fetched = door.fetch([one.pages for one in wanted], purpose)
            parsed = rows_of(wanted, fetched.answers)
            if wish is not None:
                parsed = [_recorded(one, wish) for one in with_ids(parsed, identity.secret())]
            metadata = save(tables, door, schemas.EmailMatches, "email_matches", partition, parsed, fetched.tally)
            return metadata | {
                "addresses_asked": len(wanted),
                "lawful_basis": wish.lawful_basis if wish else "",
                "purpose": wish.purpose if wish else "",
            }

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [email_matches]


def _addresses(wish: EmailMatching) -> list[str]:
    return read_addresses(Path(wish.addresses), at_most=wish.max_addresses)


def _matcher(wish: EmailMatching, campaign: Campaign, settings: Mapping[str, ProviderSettings]) -> Capability:
    return chosen_for(Kind.EMAIL_MATCH, campaign, settings, platform="", provider=wish.provider, depth=wish.depth)


def _recorded(parsed: Parsed, wish: EmailMatching) -> Parsed:
    """The rows with why they may exist."""
    rows = parsed.rows.with_columns(lawful_basis=pl.lit(wish.lawful_basis), purpose=pl.lit(wish.purpose))
    return Parsed(rows=rows, rejected=parsed.rejected)
