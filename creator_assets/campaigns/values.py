"""Values that only a brief has: providers, platforms, handles, links, paths of files.

What belongs here: the form of one value. What a field with such a value means is said where the field is. Values that
may name a person are marked ``PERSONAL``: no fault and no repr repeats them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo

from creator_assets.campaigns.catalog import ProviderAbilities, ProviderCatalog
from creator_assets.campaigns.slug import SLUG_PATTERN, SLUG_RULE, is_slug
from creator_assets.checked_yaml import Reading, WrongValueError, YamlNode
from creator_assets.checked_yaml.scalars import TEXT_SCHEMA, Scalar, one_of, text, written
from creator_assets.checked_yaml.section import PERSONAL
from creator_assets.handles import canonical_handle, mixes_scripts, platform_of_address

MAX_ACCOUNTS = 10_000
"""Accounts, or videos, that a list of a brief names at most; a shortlist cannot be longer either."""

_HANDLE_LENGTH = 100
_LINK_LENGTH = 2048
_PATH_LENGTH = 1000
_HANDLE = re.compile(r"[^\s@/\\,;|?#<>\"'\x00-\x1f\x7f]+")
_NO_REASONS = ("true", "false", "yes", "no", "on", "off", "y", "n", "null", "~")


def known_words(catalog: ProviderCatalog) -> dict[str, list[str]]:
    """The words that the catalog brings into a brief, by what they are."""
    return {
        "providers": sorted(catalog.providers),
        "platforms": sorted(catalog.platforms),
        "kinds": sorted({kind for can in catalog.providers.values() for kind in can.details}),
    }


@dataclass
class BriefReading(Reading):
    """The validation context of a brief: what the providers can do, and the words that follow from it."""

    catalog: ProviderCatalog = field(kw_only=True)
    words: dict[str, list[str]] = field(init=False)
    older_spellings: dict[str, str] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Collect the words once; a brief has thousands of them."""
        self.words = known_words(self.catalog)


def reading_of(info: ValidationInfo) -> BriefReading | None:
    """The context; None where a model is made without one, and nothing is held against the catalog."""
    return info.context if isinstance(info.context, BriefReading) else None


@dataclass(frozen=True, eq=False)
class CatalogScalar:
    """The form of a single value that depends on the catalog; like ``Scalar``."""

    words: str
    form: str
    parse: Callable[[YamlNode, BriefReading], Any]
    json_schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Parse nodes before pydantic sees the value."""
        return BeforeValidator(self._value).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The form in the file; ``known`` stands for the words that the catalog has."""
        del schema, handler
        return dict(self.json_schema)

    def _value(self, value: Any, info: ValidationInfo) -> Any:
        reading = reading_of(info)
        return self.parse(value, reading) if isinstance(value, YamlNode) and reading is not None else value


class _HandleScalar(CatalogScalar):
    """The form of a handle, which needs no catalog; a brief's reading keeps how it was written."""

    def _value(self, value: Any, info: ValidationInfo) -> Any:
        return handle(value, reading_of(info)) if isinstance(value, YamlNode) else value


class Ability(NamedTuple):
    """What a section has a provider do, in words, and on which platforms a provider can do it."""

    words: str
    platforms: Callable[[ProviderAbilities], frozenset[str]]

    def refuse_unable(self, platform: str, info: ValidationInfo) -> str:
        """The platform, if the provider of the same section can do it there.

        Raises:
            WrongValueError: It cannot.
        """
        reading, provider = reading_of(info), info.data.get("provider")
        if reading is None or provider is None:  # a wrong provider is reported already
            return platform
        providers = reading.catalog.providers
        able = self.platforms(providers[provider])
        if platform in able:
            return platform
        elsewhere = ", ".join(sorted(able)) or "no platform"
        others = sorted(name for name, can in providers.items() if platform in self.platforms(can))
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


def handle(node: YamlNode, reading: BriefReading | None = None) -> str:
    """The name of an account in its one spelling; the address of a profile counts as its handle."""
    as_written = written(node, "a handle")
    name = canonical_handle(as_written)
    if len(name) > _HANDLE_LENGTH or not _HANDLE.fullmatch(name) or not name.isprintable():
        raise WrongValueError(
            "a handle has no blank, no further @ and no slash",
            f"Write the bare name of the account, at most {_HANDLE_LENGTH} characters, no link, no e-mail",
        )
    if mixes_scripts(name):
        node.warn(
            "the letters of this handle are of several scripts that look alike",
            "Copy the handle from the platform, or leave it if the account has such a name",
        )
    older = as_written.strip().removeprefix("@")  # what releases before the one spelling asked for
    if reading is not None and older != name and "/" not in older:
        reading.older_spellings |= {name: older, canonical_handle(older, ""): older}
    return name


def of_platform(name: str, info: ValidationInfo) -> str:
    """The same handle, spelled as the platform of its section has it."""
    platform = info.data.get("platform")  # a wrong platform is reported already
    return name if platform is None else canonical_handle(name, platform)


def native_id(node: YamlNode) -> str:
    """An id as a platform writes it, digits with or without quotes."""
    return written(node, "an id").strip()


def on_platform(value: Any, info: ValidationInfo) -> Any:
    """The same value, unless it is the address of a profile on another platform than that of its section.

    Raises:
        WrongValueError: It is. Handle and platform together would name somebody else's account, and it would be bought.
    """
    platform = info.data.get("platform")  # a wrong platform is reported already
    found = platform_of_address(value.text or "") if isinstance(value, YamlNode) else None
    if platform is None or found in {None, platform}:
        return value
    raise WrongValueError(
        f"this is an address on {found}, and the platform of the entry is {platform}",
        f"Write `platform: {found}`, or the handle of the account on {platform}",
    )


def is_link(as_written: str) -> bool:
    """Whether this is a plain ``https`` link: a host, no user or password, no blanks, at most 2,048 characters."""
    if len(as_written) > _LINK_LENGTH or not as_written.isprintable() or " " in as_written:
        return False
    try:
        parts = urlsplit(as_written)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "") and "@" not in parts.netloc


def video_link(node: YamlNode, reading: BriefReading) -> str:
    """An ``https`` link of a single video."""
    link = written(node, "a link")
    if not is_link(link):
        raise WrongValueError("expected the full link of a video", "Copy it from the browser, beginning with https://")
    if reading.catalog.video(link) is None:
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


def _known(words: str, noun: str) -> CatalogScalar:
    def parse(node: YamlNode, reading: BriefReading) -> str:
        return one_of(node, reading.words[noun], noun)

    return CatalogScalar(words, "", parse, {"type": "string", "known": noun})


ProviderName = Annotated[str, _known("provider", "providers")]
PlatformName = Annotated[str, _known("platform", "platforms")]
DetailKind = Annotated[str, _known("kind of detail", "kinds")]
Handle = Annotated[
    str,
    _HandleScalar(
        "handle",
        f"The bare name of an account, at most {_HANDLE_LENGTH} characters: no link, no e-mail address. "
        "It is never repeated in a log or an error.",
        handle,
        # An editor takes a handle of digits for a number.
        {"type": ["string", "number", "boolean"], "pattern": r"^\s*@?[^\s@/\\,;|?#<>\"']+\s*$"},
    ),
    PERSONAL,
]
NativeId = Annotated[
    str,
    Scalar(
        "id",
        "An id as the platform writes it. It is never repeated in a log or an error.",
        native_id,
        {
            "type": ["string", "number"],
        },
    ),
    PERSONAL,
]
VideoLink = Annotated[
    str,
    CatalogScalar(
        "link of a video",
        "The `https` address of a single video, as the browser or the app shows it.",
        video_link,
        {"type": "string", "pattern": "^https://", "maxLength": _LINK_LENGTH},
    ),
    PERSONAL,
]
OutsidePath = Annotated[
    str,
    Scalar("path", "An absolute path, or one that begins with `~/`.", outside_path, {
        "type": "string", "pattern": "^(/|~/)[^@]*$",
    }),
    PERSONAL,
]  # fmt: skip
Reason = Annotated[str, Scalar("text", "", reason, TEXT_SCHEMA)]
Slug = Annotated[str, Scalar("name", f"{SLUG_RULE}.", _slug, {"type": "string", "pattern": f"^{SLUG_PATTERN}$"})]
