"""Pre-registration: long lists go at once, and for free, to providers that gather what they do not have yet.

A list of any length goes to whoever is to read its creators anew each week, where the brief asks for that.

A single request queues its creator as well, but only when its turn comes. New creators are there a day or two later.
Until then single requests answer that they are being prepared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from creator_assets.campaigns.options import WEEKLY
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
    """Every long list of a provider that takes lists in advance, and every list to be read anew each week.

    It follows from the shortlist alone, whatever is known of its creators: a week's requests stay the same.

    Args:
        at: Its settings say how many a request may name.
        wanted: What the first candidate is asked for each account, in the order of places.
    """
    lists: dict[tuple[str, str], list[str]] = {}
    of_platform: dict[str, list[str]] = {}
    for (platform, username), pages in wanted.items():
        lists.setdefault((pages.first.operation.provider, platform), []).append(username)
        of_platform.setdefault(platform, []).append(username)
    weekly = {
        (provider, platform): can
        for platform in of_platform
        for provider in _weekly_providers(at)
        if (can := capability_or_none(CapabilityKind.QUEUE, provider=provider, platform=platform, option=WEEKLY))
    }
    found = [_registration(at, can, on, of_platform[on]) for (_provider, on), can in weekly.items()]
    for (provider, platform), creators in lists.items():
        queue = capability_or_none(CapabilityKind.QUEUE, provider=provider, platform=platform)
        if queue is not None and len(creators) >= BATCH_FROM and (provider, platform) not in weekly:
            found.append(_registration(at, queue, platform, creators))
    return found


def _registration(
    at: StageContext, can: Capability[CreatorListPages, AnswerRows], platform: str, creators: Sequence[str]
) -> PreRegistration:
    return PreRegistration(capability=can, pages=tuple(can.pages(at.settings[can.provider], platform, creators)))


def _weekly_providers(at: StageContext) -> tuple[str, ...]:
    """Who may be asked to read creators anew each week: the named provider, else all with a budget; free for each."""
    wish = at.campaign.profiles
    if wish is None or not wish.refresh_weekly:
        return ()
    return at.campaign.funded if wish.provider is None else (wish.provider,)


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
