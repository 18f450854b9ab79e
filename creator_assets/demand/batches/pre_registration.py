"""Long lists for providers that gather what they lack: handed in at once and for nothing, before anybody is wanted.

A single call queues its creator as well, but only when its turn comes. What the provider knows already costs nothing
here either; who is new is there a day or two later, and the single calls say so until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from creator_assets.demand.batches.steps import BATCH_FROM
from creator_assets.demand.provider_choice import Account
from creator_assets.providers.capabilities import capability_or_none
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.archive_coverage import coverage_of
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient


class PreRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """The creators of one platform whom one provider is told of, in calls of as many as it takes."""

    capability: Capability[object, AnswerRows]
    pages: tuple[PagedRequest, ...]


def queues(wanted: Mapping[Account, PagedRequest], settings: Mapping[str, ProviderSettings]) -> list[PreRegistration]:
    """Who is handed in: every long list of a provider that takes them.

    By the shortlist alone, whatever is known of its creators: a week's calls stay the same however often it is made.

    Args:
        wanted: What the first choice is asked for each account, in the order of places.
        settings: Of every provider; a trial key hands in fewer at a time.
    """
    lists: dict[tuple[str, str], list[str]] = {}
    for (platform, username), pages in wanted.items():
        lists.setdefault((pages.first.operation.provider, platform), []).append(username)
    found = []
    for (provider, platform), creators in lists.items():
        can = capability_or_none(CapabilityKind.QUEUE, provider=provider, platform=platform)
        if can is not None and len(creators) >= BATCH_FROM:
            found.append(
                PreRegistration(capability=can, pages=tuple(can.pages(settings[provider], platform, creators)))
            )
    return found


def queue_rows(paid_client: PaidClient, wanted: Sequence[PreRegistration], purpose: FetchContext) -> list[Parsed]:
    """Hand the lists in, unless that was done; their rows of `enrichment_batches`. Nobody is asked once it is over."""
    made = []
    for one in wanted:
        if paid_client.ledger.now() < purpose.window.end:
            found: Sequence[Sequence[Answer]] = paid_client.fetch(one.pages, purpose).answers
        else:
            found = [way.answers for way in coverage_of(paid_client.ledger, one.pages, purpose.window)]
        answers = [answer for of_one in found for answer in of_one]
        if answers:
            made.append(one.capability.rows(answers))
    return made
