"""From the bytes of a brief to a campaign, or to everything that is wrong with it."""

from __future__ import annotations

from creator_assets.campaigns import rules
from creator_assets.campaigns.catalog import ProviderCatalog
from creator_assets.campaigns.model import Brief, Campaign, CampaignTerms, Sections
from creator_assets.campaigns.values import BriefReading
from creator_assets.checked_yaml import FaultList, YamlFault, YamlNode, compose, read_section


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
    faults = FaultList(file or f"{slug}.yaml")
    node = compose(raw, faults, example="docs/briefs.md")
    if node is None:
        return faults.in_order()
    root, reading = YamlNode(node, "", faults), BriefReading(catalog=catalog)
    brief = read_section(Brief, root, reading)
    rules.check(root, reading)
    return faults.in_order() if faults or brief is None else _campaign(slug, brief)


def _campaign(slug: str, brief: Brief) -> Campaign:
    sections = {name: getattr(brief, name) for name in Sections.model_fields}
    terms = {name: getattr(brief.brief, name) for name in CampaignTerms.model_fields}
    return Campaign(slug=slug, budget_microcredits=brief.budget, **terms, **sections)
