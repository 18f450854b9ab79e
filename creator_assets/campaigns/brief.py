"""From the bytes of a brief to a campaign, or to everything that is wrong with it."""

from __future__ import annotations

import msgspec

from creator_assets.campaigns import rules
from creator_assets.campaigns.catalog import ProviderCatalog
from creator_assets.campaigns.model import Brief, Campaign, CampaignTerms, Sections
from creator_assets.campaigns.values import BriefReading
from creator_assets.checked_yaml import FaultList, YamlFault, YamlNode, compose, read_section


class ReadBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What a brief says, or everything that is wrong with it; and what may be a mistake, in the order of its lines."""

    campaign: Campaign | None
    faults: tuple[YamlFault, ...] = ()
    warnings: tuple[YamlFault, ...] = ()


def read_brief(slug: str, raw: bytes, catalog: ProviderCatalog, file: str = "") -> Campaign | tuple[YamlFault, ...]:
    """Read a brief from its bytes.

    Args:
        slug: The campaign's name, from the name of the file.
        raw: The YAML.
        catalog: What the providers can do.
        file: How faults name the file; by default ``<slug>.yaml``.

    Returns:
        The campaign, or everything that is wrong with the brief, in the order of its lines.
    """
    found = examine_brief(slug, raw, catalog, file)
    return found.faults if found.campaign is None else found.campaign


def examine_brief(slug: str, raw: bytes, catalog: ProviderCatalog, file: str = "") -> ReadBrief:
    """The same with its warnings."""
    faults = FaultList(file or f"{slug}.yaml")
    node = compose(raw, faults, example="docs/briefs.md")
    if node is None:
        return ReadBrief(campaign=None, faults=faults.in_order())
    root, reading = YamlNode(node, "", faults), BriefReading(catalog=catalog)
    brief = read_section(Brief, root, reading)
    rules.check(root, reading)
    campaign = None if faults or brief is None else _campaign(slug, brief, reading)
    return ReadBrief(campaign=campaign, faults=faults.in_order(), warnings=faults.warnings)


def _campaign(slug: str, brief: Brief, reading: BriefReading) -> Campaign:
    sections = {name: getattr(brief, name) for name in Sections.model_fields}
    terms = {name: getattr(brief.brief, name) for name in CampaignTerms.model_fields}
    older = reading.older_spellings
    return Campaign(slug=slug, budget_microcredits=brief.budget, older_spellings=older, **terms, **sections)
