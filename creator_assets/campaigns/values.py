"""Values that only a brief has: providers, platforms, handles, links, paths of files.

What belongs here: the form of one value. What a field with such a value means is said where the field is. Values that
may name a person are marked ``PERSONAL``: no fault and no repr repeats them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from creator_assets.campaigns.catalog import ProviderAbilities, ProviderCatalog
from creator_assets.campaigns.slug import SLUG_RULE, is_slug
from creator_assets.checked_yaml import Reading, WrongValueError, YamlNode
from creator_assets.checked_yaml.scalars import Scalar, one_of, text, written
from creator_assets.checked_yaml.section import PERSONAL

MAX_ACCOUNTS = 10_000
"""Accounts, or videos, that a list of a brief names at most; a shortlist cannot be longer either."""

_HANDLE_LENGTH = 100
_LINK_LENGTH = 2048
_PATH_LENGTH = 1000
_HANDLE = re.compile(r"[^\s@/\\,;|?#<>\"'\x00-\x1f\x7f]+")
_NO_REASONS = ("true", "false", "yes", "no", "on", "off", "y", "n", "null", "~")


@dataclass
class BriefReading(Reading):
    """The validation context of a brief: what the providers can do."""

    catalog: ProviderCatalog = field(kw_only=True)


def catalog_of(info: ValidationInfo) -> ProviderCatalog | None:
    """The catalog of the context; None where a model is made without one, and nothing is held against it."""
    return info.context.catalog if isinstance(info.context, BriefReading) else None


@dataclass(frozen=True, eq=False)
class CatalogScalar:
    """The form of a single value that depends on the catalog; like ``Scalar``."""

    words: str
    parse: Callable[[YamlNode, ProviderCatalog], Any]
    json_schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse nodes before pydantic sees the value."""
        return core_schema.with_info_before_validator_function(self._value, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The form in the file; ``known`` stands for the words that the catalog has."""
        del schema, handler
        return dict(self.json_schema)

    def _value(self, value: Any, info: ValidationInfo) -> Any:
        catalog = catalog_of(info)
        return self.parse(value, catalog) if isinstance(value, YamlNode) and catalog is not None else value


class Deed(NamedTuple):
    """What a section has a provider do, in words, and on which platforms a provider can do it."""

    words: str
    platforms: Callable[[ProviderAbilities], frozenset[str]]

    def refuse_unable(self, platform: str, info: ValidationInfo) -> str:
        """The platform, if the provider of the same section can do it there.

        Raises:
            WrongValueError: It cannot.
        """
        catalog, provider = catalog_of(info), info.data.get("provider")
        if catalog is None or provider is None:  # a wrong provider is reported already
            return platform
        able = self.platforms(catalog.providers[provider])
        if platform in able:
            return platform
        elsewhere = ", ".join(sorted(able)) or "no platform"
        others = sorted(name for name, can in catalog.providers.items() if platform in self.platforms(can))
        raise WrongValueError(
            f"{provider} cannot {self.words} on {platform}",
            f"It can on: {elsewhere}. On {platform} can: {', '.join(others) or 'none'}",
        )


def refuse_repeated(placed: Iterable[tuple[YamlNode, Hashable]], noun: str, remedy: str) -> None:
    """Report every node with the identity of an earlier one, without repeating what it is."""
    first: dict[Hashable, str] = {}
    for node, identity in placed:
        earlier = first.setdefault(identity, node.path)
        if earlier != node.path:
            node.refuse(f"the same {noun} as {earlier}", remedy)


def handle(node: YamlNode) -> str:
    """The name of an account, without the @ that may lead it."""
    name = written(node, "a handle").strip().removeprefix("@")
    if len(name) > _HANDLE_LENGTH or not _HANDLE.fullmatch(name) or not name.isprintable():
        raise WrongValueError(
            "a handle has no blank, no further @ and no slash",
            f"Write the bare name of the account, at most {_HANDLE_LENGTH} characters, no link, no e-mail",
        )
    return name


def is_link(as_written: str) -> bool:
    """Whether this is a plain ``https`` link: a host, no user or password, no blanks, at most 2,048 characters."""
    if len(as_written) > _LINK_LENGTH or not as_written.isprintable() or " " in as_written:
        return False
    try:
        parts = urlsplit(as_written)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "") and "@" not in parts.netloc


def video_link(node: YamlNode, catalog: ProviderCatalog) -> str:
    """An ``https`` link of a single video."""
    link = written(node, "a link")
    if not is_link(link):
        raise WrongValueError("expected the full link of a video", "Copy it from the browser, beginning with https://")
    if catalog.video(link) is None:
        raise WrongValueError(
            "this is no address of a single video", "Copy the address of the video itself, not of its account"
        )
    return link


def outside_path(node: YamlNode) -> str:
    """The absolute path of a file."""
    path = written(node, "the path of a file").strip()
    if "@" in path or not path.startswith(("/", "~/")) or not path.isprintable() or len(path) > _PATH_LENGTH:
        raise WrongValueError(
            "expected the absolute path of a file, and no address",
            "Write addresses into a file outside of the repository, one per line, and its absolute path here",
        )
    return path


def reason(node: YamlNode) -> str:
    """Why something is done that is not done without a reason; a mere yes is none."""
    because = text(node)
    if because.lower() in _NO_REASONS:
        raise WrongValueError(
            "this is no reason", "Write in a sentence why the campaign needs it, or leave the field out"
        )
    return because


def _slug(node: YamlNode) -> str:
    name = text(node)
    if not is_slug(name):
        raise WrongValueError("a search cannot have this name", f"Write {SLUG_RULE}")
    return name


def _known(words: str, noun: str, known: Callable[[ProviderCatalog], Collection[str]]) -> CatalogScalar:
    return CatalogScalar(
        words, lambda node, catalog: one_of(node, known(catalog), noun), {"type": "string", "known": noun}
    )


def kinds_of_details(catalog: ProviderCatalog) -> list[str]:
    """Every kind of a post's details that some provider sells, sorted."""
    return sorted({kind for can in catalog.providers.values() for kind in can.details})


ProviderName = Annotated[str, _known("a provider", "providers", lambda catalog: catalog.providers)]
PlatformName = Annotated[str, _known("a platform", "platforms", lambda catalog: catalog.platforms)]
DetailKind = Annotated[str, _known("a kind of detail", "kinds", kinds_of_details)]
Handle = Annotated[
    str,
    # A plain name of digits is a number to an editor.
    Scalar("a handle", handle, {"type": ["string", "number", "boolean"], "pattern": r"^\s*@?[^\s@/\\,;|?#<>\"']+\s*$"}),
    PERSONAL,
]
VideoLink = Annotated[
    str,
    CatalogScalar("a link", video_link, {"type": "string", "pattern": "^https://", "maxLength": _LINK_LENGTH}),
    PERSONAL,
]
OutsidePath = Annotated[str, Scalar("a path", outside_path, {"type": "string", "pattern": "^(/|~/)[^@]*$"}), PERSONAL]
Reason = Annotated[str, Scalar("a text", reason, {"type": "string", "minLength": 1})]
Slug = Annotated[str, Scalar("a name", _slug, {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"})]
