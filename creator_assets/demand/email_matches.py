"""E-mail matches: which accounts are behind addresses that the team may lawfully ask about.

A brief asks only with a lawful basis and a purpose. The addresses stand in a file outside any repository, and in the
requests; everywhere else each is its keyed hash. How the file is read belongs to ``campaigns``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from creator_assets.campaigns import EmailMatching
from creator_assets.campaigns.address_file import AddressFileError, read_addresses
from creator_assets.campaigns.options import FILTERED
from creator_assets.demand.provider_choice import cheapest_capability
from creator_assets.demand.requests import ProviderRequest
from creator_assets.demand.single_round import AnswerRowsStage, Answers
from creator_assets.demand.stage import RequestBound, StageContext
from creator_assets.identity.secret import InstallationSecretError
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.planning.plan import AssetDemand

HASHED_AS = "email"
"""The purpose of the keyed hash: an address has another hash wherever it serves something else."""


class EmailMatches(AnswerRowsStage[ProviderRequest[AnswerRows]]):
    """One request for each address of the file, in the order of their hashes."""

    asset = "email_matches"
    has_account_ids = True

    def is_asked(self, at: StageContext) -> bool:
        """Whether the brief has a section `email_matches`."""
        return at.campaign.email_matches is not None

    def max_age(self, at: StageContext) -> timedelta:
        """As the brief says."""
        wish = at.campaign.email_matches
        return wish.max_age if wish else timedelta(0)

    def requests(self, at: StageContext) -> list[ProviderRequest[AnswerRows]]:
        """One for each address.

        Raises:
            AddressFileError: The file cannot be used.
            InstallationSecretError: The addresses cannot be hashed.
        """
        wish = at.campaign.email_matches
        if wish is None:
            return []
        secret = at.secret()
        addresses = read_addresses(Path(wish.addresses), at_most=wish.max_addresses)
        hashed = {secret.keyed_hash(HASHED_AS, one): one for one in addresses}
        return [_request(at, wish, address, email_hash) for email_hash, address in sorted(hashed.items())]

    def bounds(self, at: StageContext) -> list[RequestBound]:
        """As many requests as the brief allows."""
        wish = at.campaign.email_matches
        return [(_request(at, wish, "", "").pages.first, wish.max_addresses)] if wish else []

    def rows(self, at: StageContext, requests: Sequence[ProviderRequest[AnswerRows]], answers: Answers) -> list[Parsed]:
        """Rows that say why they may exist."""
        wish = at.campaign.email_matches
        parsed = super().rows(at, requests, answers)
        return [_with_lawful_basis(one, wish) for one in parsed] if wish else parsed

    def metadata(
        self,
        at: StageContext,
        requests: Sequence[ProviderRequest[AnswerRows]],
        answers: Answers,
        parsed: Sequence[Parsed],
    ) -> Mapping[str, Any]:
        """How many addresses were asked for, and why that may be."""
        wish = at.campaign.email_matches
        return {
            "addresses_asked": len(requests),
            "lawful_basis": wish.lawful_basis if wish else "",
            "purpose": wish.purpose if wish else "",
        }

    def demands(self, at: StageContext) -> Iterator[AssetDemand]:
        """The requests; bounds while the file cannot be read, since the run says what is wrong with it."""
        try:
            yield from super().demands(at)
        except (AddressFileError, InstallationSecretError):
            yield at.demand(self.asset, [], at_most=self.bounds(at), window=at.window(self.max_age(at)))


def _request(at: StageContext, wish: EmailMatching, address: str, email_hash: str) -> ProviderRequest[AnswerRows]:
    can = cheapest_capability(
        CapabilityKind.EMAIL_MATCH,
        at,
        platform="",
        provider=wish.provider,
        depth=wish.depth,
        option=FILTERED if wish.filters_in_use else "",
    )
    pages = can.pages(
        at.settings[can.provider],
        address,
        email_hash=email_hash,
        depth=wish.depth,
        min_followers=wish.min_followers,
        exclude_platforms=wish.exclude_platforms,
    )
    return ProviderRequest(capability=can, pages=pages)


def _with_lawful_basis(parsed: Parsed, wish: EmailMatching) -> Parsed:
    rows = parsed.rows.with_columns(lawful_basis=pl.lit(wish.lawful_basis), purpose=pl.lit(wish.purpose))
    return parsed.with_rows(rows)
