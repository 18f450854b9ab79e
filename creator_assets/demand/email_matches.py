"""E-mail matches: what is asked for each address, and what a row records of the lawful basis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl

from creator_assets.campaigns import Campaign, EmailMatching
from creator_assets.campaigns.address_file import AddressFileError, read_addresses
from creator_assets.demand.cost_bounds import demand_for
from creator_assets.demand.provider_choice import cheapest_capability
from creator_assets.demand.requests import ProviderRequest, window_of
from creator_assets.identity.secret import InstallationSecret, InstallationSecretError
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, EmailPages
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.planning.plan import AssetDemand

HASHED_AS = "email"
"""The purpose of the keyed hash: an address has another hash wherever it serves something else."""


def match_requests(
    campaign: Campaign, settings: Mapping[str, ProviderSettings], secret: Callable[[], InstallationSecret]
) -> list[ProviderRequest[AnswerRows]]:
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
        ProviderRequest(capability=can, pages=can.pages(own, address, email_hash=email_hash, depth=wish.depth))
        for email_hash, address in sorted(hashed.items())
    ]


def example_match(campaign: Campaign, wish: EmailMatching, settings: Mapping[str, ProviderSettings]) -> Request:
    """A call such as each address takes, without one."""
    can = _matcher(wish, campaign, settings)
    return can.pages(settings[can.provider], "", email_hash="", depth=wish.depth).first


def _addresses(wish: EmailMatching) -> list[str]:
    return read_addresses(Path(wish.addresses), at_most=wish.max_addresses)


def _matcher(
    wish: EmailMatching, campaign: Campaign, settings: Mapping[str, ProviderSettings]
) -> Capability[EmailPages, AnswerRows]:
    return cheapest_capability(
        CapabilityKind.EMAIL_MATCH, campaign, settings, platform="", provider=wish.provider, depth=wish.depth
    )


def recorded(parsed: Parsed, wish: EmailMatching) -> Parsed:
    """The rows with why they may exist."""
    rows = parsed.rows.with_columns(lawful_basis=pl.lit(wish.lawful_basis), purpose=pl.lit(wish.purpose))
    return Parsed(rows=rows, rejected=parsed.rejected)


def wanted_matches(
    partition: Partition,
    campaign: Campaign,
    settings: Mapping[str, ProviderSettings],
    secret: Callable[[], InstallationSecret],
) -> Iterator[AssetDemand]:
    """What a week asks for, or bounds of it where the shortlist is not known yet."""
    wish = campaign.email_matches
    if wish is None:
        return
    known: tuple[PagedRequest, ...] = ()
    possible: tuple[tuple[Request, int], ...] = ()
    try:
        known = tuple(one.pages for one in match_requests(campaign, settings, secret))
    except (AddressFileError, InstallationSecretError):
        # The run says what is wrong with the file; what it can cost once that is mended is bounded by the brief.
        possible = ((example_match(campaign, wish, settings), wish.max_addresses),)
    yield demand_for("email_matches", partition, known, at_most=possible, window=window_of(partition, wish.max_age))
