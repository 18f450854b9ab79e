"""The campaign brief: a YAML file of `campaigns/` read into a typed, checked, frozen ``Campaign``.

What belongs here: the sections of a brief as pydantic models, and the rules between them. What does not: how YAML is
read (``checked_yaml``), payloads, prices. What the providers can do is handed in as a ``ProviderCatalog``, so that a
filter which a provider would silently ignore, and bill, is refused before anything is sent.
"""

from __future__ import annotations

from creator_assets.campaigns.brief import read_brief
from creator_assets.campaigns.catalog import Filter, FilterKind, ProviderAbilities, ProviderCatalog
from creator_assets.campaigns.filters import FilterValue
from creator_assets.campaigns.folder import Campaigns, UnknownCampaignError, WrongBriefError, fault_in, load_campaigns
from creator_assets.campaigns.model import (
    Audiences,
    Campaign,
    ContentWish,
    EmailMatching,
    LinkedAccountsWish,
    Lookalike,
    Overlap,
    Profiles,
    RosterAccount,
    Search,
    Shortlist,
    Thresholds,
    Tracking,
)
from creator_assets.campaigns.slug import SLUG_RULE, is_slug
from creator_assets.checked_yaml import YamlFault

__all__ = [
    "SLUG_RULE",
    "Audiences",
    "BriefFault",
    "Campaign",
    "Campaigns",
    "ContentWish",
    "EmailMatching",
    "Filter",
    "FilterKind",
    "FilterValue",
    "LinkedAccountsWish",
    "Lookalike",
    "Overlap",
    "Profiles",
    "ProviderAbilities",
    "ProviderCatalog",
    "RosterAccount",
    "Search",
    "Shortlist",
    "Thresholds",
    "Tracking",
    "UnknownCampaignError",
    "WrongBriefError",
    "fault_in",
    "is_slug",
    "load_campaigns",
    "read_brief",
]

BriefFault = YamlFault
"""A fault of a brief."""
