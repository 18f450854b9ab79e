"""The folder of briefs: every ``<slug>.yaml`` in it is a campaign, and a wrong one takes no other down.

What belongs here: which files are briefs, and reading them within bounds. Hidden files and other kinds of files are
left alone, except ``.yml``, which somebody surely meant as a brief.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from creator_assets.campaigns.brief import ReadBrief, examine_brief
from creator_assets.campaigns.catalog import ProviderCatalog
from creator_assets.campaigns.model import Campaign
from creator_assets.campaigns.slug import SLUG_RULE, is_slug
from creator_assets.checked_yaml import MAX_BYTES, FaultList, YamlFault, YamlNode, compose, what_would_be_right
from creator_assets.named_files import UnfitFileError, read_start


class UnknownCampaignError(LookupError):
    """A campaign was asked for that no readable brief describes."""


class WrongBriefError(Exception):
    """A brief turned out wrong when it was used; the message is its faults, one in a line."""


class Campaigns(msgspec.Struct, frozen=True, kw_only=True):
    """All campaigns of a folder that could be read, and what is wrong with the others.

    ``by_slug`` is in the order of the slugs, ``faults`` in that of the files and their lines. ``warnings`` are no
    faults, but may be mistakes.
    """

    by_slug: Mapping[str, Campaign]
    faults: tuple[YamlFault, ...] = ()
    warnings: tuple[YamlFault, ...] = ()

    def __getitem__(self, slug: str) -> Campaign:
        """Return the campaign of that slug.

        Raises:
            UnknownCampaignError: There is none, or its brief is wrong.
        """
        try:
            return self.by_slug[slug]
        except KeyError:
            known = what_would_be_right(slug, self.by_slug, "The campaigns are")
            raise UnknownCampaignError(
                f"no campaign {slug!r}, or its brief is wrong: `creator-assets doctor` says why. {known}"
            ) from None

    @property
    def slugs(self) -> tuple[str, ...]:
        """The names of the campaigns, sorted."""
        return tuple(self.by_slug)


def load_campaigns(folder: Path | str, catalog: ProviderCatalog) -> Campaigns:
    """Read every brief of a folder. Never raises for what is in it: what is wrong is in the result.

    Args:
        folder: Holds one ``<slug>.yaml`` per campaign; folders inside it are not entered.
        catalog: What the providers can do.
    """
    folder = Path(folder)
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        problem = f"the folder of briefs cannot be read ({error.strerror or 'unknown reason'})"
        return Campaigns(by_slug={}, faults=(_of_file(folder, problem, "Create it, or name another one"),))
    by_slug: dict[str, Campaign] = {}
    faults: list[YamlFault] = []
    warnings: list[YamlFault] = []
    for path in paths:
        if path.suffix.lower() not in {".yaml", ".yml"}:
            continue
        found = _load(path, catalog)
        faults.extend(found.faults)
        warnings.extend(found.warnings)
        if found.campaign is not None:
            by_slug[found.campaign.slug] = found.campaign
    return Campaigns(by_slug=by_slug, faults=tuple(faults), warnings=tuple(warnings))


def fault_in(folder: Path | str, slug: str, steps: Sequence[str | int], problem: str, remedy: str) -> YamlFault:
    """A fault of a brief that could be read, found out later, with the line at which it stands by now.

    Args:
        folder: Of the briefs.
        slug: The campaign.
        steps: The way to the field: names of mappings and places in lists.
        problem: What is wrong.
        remedy: What would be right.
    """
    path = Path(folder) / f"{slug}.yaml"
    faults = FaultList(str(path))
    try:
        node = compose(read_start(path, MAX_BYTES + 1), faults)
    except OSError:
        node = None
    if node is None:
        return _of_file(path, problem, remedy)
    YamlNode(node, "", faults).find(steps).refuse(problem, remedy)
    return faults.in_order()[0]


def _load(path: Path, catalog: ProviderCatalog) -> ReadBrief:
    if path.suffix != ".yaml":
        return _unread(path, "a brief ends in .yaml", f"Rename it to {path.stem}.yaml")
    if not is_slug(path.stem):
        return _unread(path, "the name of the file is no campaign name", f"Name it with {SLUG_RULE}, and .yaml")
    try:
        raw = read_start(path, MAX_BYTES + 1)
    except UnfitFileError:
        return _unread(path, "this is no regular file", "Put the brief itself there")
    except OSError as error:
        reason = error.strerror or "unknown reason"
        return _unread(path, f"the file cannot be read ({reason})", "Check that it exists and may be read")
    return examine_brief(path.stem, raw, catalog, file=str(path))


def _unread(path: Path, problem: str, remedy: str) -> ReadBrief:
    return ReadBrief(campaign=None, faults=(_of_file(path, problem, remedy),))


def _of_file(path: Path, problem: str, remedy: str) -> YamlFault:
    return YamlFault(file=str(path), line=1, column=1, field="", problem=problem, remedy=remedy)
