"""Pre-registration: long lists go at once, and for free, to providers that gather what they do not have yet.

A single request queues its creator as well, but only when its turn comes. New creators are there a day or two later.
Until then single requests answer that they are being prepared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from creator_assets.demand.batches.choice import BATCH_FROM
from creator_assets.demand.provider_choice import Account
from creator_assets.demand.stage import Buyer, StageContext
from creator_assets.providers.capabilities import capability_or_none
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, CreatorListPages
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.contract.parsed import Parsed


class PreRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """The creators of one platform that one provider is to prepare, in as many requests as that takes."""

    capability: Capability[CreatorListPages, AnswerRows]
    pages: tuple[PagedRequest, ...]


def pre_registrations(at: StageContext, wanted: Mapping[Account, PagedRequest]) -> list[PreRegistration]:
    """Every long list of a provider that takes lists in advance.

    It follows from the shortlist alone, whatever is known of its creators: a week's requests stay the same.

    Args:
        at: Its settings say how many a request may name.
        wanted: What the first candidate is asked for each account, in the order of places.
    """
    lists: dict[tuple[str, str], list[str]] = {}
    for (platform, username), pages in wanted.items():
        lists.setdefault((pages.first.operation.provider, platform), []).append(username)
    found = []
    for (provider, platform), creators in lists.items():
        can = capability_or_none(CapabilityKind.QUEUE, provider=provider, platform=platform)
        if can is not None and len(creators) >= BATCH_FROM:
            pages_of_list = tuple(can.pages(at.settings[provider], platform, creators))
            found.append(PreRegistration(capability=can, pages=pages_of_list))
    return found


def pre_registration_rows(at: StageContext, buyer: Buyer, registrations: Sequence[PreRegistration]) -> list[Parsed]:
    """Hand the lists in, unless that was done; their rows of `enrichment_batches`. Once the week is over, only rows."""
    made = []
    for one in registrations:
        if at.is_over:
            found: Sequence[Sequence[Answer]] = [covered.answers for covered in at.coverage(one.pages, at.window())]
        else:
            found = buyer.fetch(one.pages, at.window()).answers
        answers = [answer for of_one in found for answer in of_one]
        if answers:
            made.append(one.capability.rows(answers))
    return made
