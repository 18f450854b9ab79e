"""Which posts of a creator are bought: the section `filters` of `content`.

What belongs here: conditions that a provider applies before it charges. How a provider is told them belongs to the
providers.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from creator_assets.checked_yaml import Section, WrongValueError, YamlNode
from creator_assets.checked_yaml.scalars import Day, Scalar, Text, WholeNumber, choice
from creator_assets.checked_yaml.scalars import text as one_line
from creator_assets.checked_yaml.section import Entries

POST_TYPES = {
    "post": frozenset({"instagram"}),
    "reel": frozenset({"instagram"}),
    "story": frozenset({"instagram"}),
    "video": frozenset({"tiktok", "youtube"}),
    "short": frozenset({"youtube"}),
}
"""The types of posts, each with the platforms that have it (``001_c3c54407187bd99d.txt``)."""
UPLOADED = "uploaded"
SORTINGS = (UPLOADED, "reach", "viral")
MAX_WORDS = 50


def _word(node: YamlNode) -> str:
    """A word or a phrase; providers take lists with commas, so that none may hold one.

    Raises:
        WrongValueError: It holds a comma.
    """
    found = one_line(node)
    if "," in found:
        raise WrongValueError("a comma would make two words of this", "Write each word or phrase as its own entry")
    return found


def _tag(node: YamlNode) -> str:
    """A hashtag without its sign.

    Raises:
        WrongValueError: It holds a comma, or nothing but signs.
    """
    found = _word(node).lstrip("#").strip()
    if not found:
        raise WrongValueError("this hashtag has no letters", "Write the tag, with or without the # before it")
    return found


def _each_once(words: tuple[str, ...]) -> tuple[str, ...]:
    """In one order, so that the same words are the same request."""
    return tuple(sorted(set(words)))


_SCHEMA = {"type": "string", "minLength": 1, "pattern": "^[^,]*$"}
Word = Annotated[str, Scalar("text", "One line without a comma.", _word, _SCHEMA)]
Tag = Annotated[str, Scalar("text", "One line without a comma; a # before it does not count.", _tag, _SCHEMA)]
PostType = Annotated[str, choice(tuple(POST_TYPES), "types of posts")]
_VIEWS: dict[str, Any] = {"unit": "views"}


class PostFilters(Section):
    """Conditions on the posts of `content`. Only posts that meet all of them are bought and charged.

    Other filters are another request: what they find may be bought again although it is known.
    """

    keywords: Annotated[Entries[Word], AfterValidator(_each_once)] = Field(
        default=(),
        max_length=MAX_WORDS,
        examples=[["summer sale", "fitness"]],
        description="Words or phrases, one of which is in the caption, the hashtags or the mentions.",
    )
    tags: Annotated[Entries[Tag], AfterValidator(_each_once)] = Field(
        default=(),
        max_length=MAX_WORDS,
        examples=[["fitness"]],
        description="Hashtags, one of which the post has.",
    )
    types: Annotated[Entries[PostType], AfterValidator(_each_once)] = Field(
        default=(),
        examples=[["reel", "video"]],
        description="Types of posts. Instagram has `post`, `reel` and `story`, TikTok `video`, YouTube `video` and "
        "`short`. Creators on a platform with none of them are not asked for.",
    )
    min_views: WholeNumber | None = Field(
        default=None, ge=1, examples=[1000], json_schema_extra=_VIEWS, description="Posts with fewer are left out."
    )
    max_views: WholeNumber | None = Field(
        default=None, ge=1, examples=[1000000], json_schema_extra=_VIEWS, description="Posts with more are left out."
    )
    country: Text = Field(
        default="",
        examples=["Germany"],
        description="The full English name of a country. Posts of creators from elsewhere are left out. A run refuses "
        "a name that the provider does not know, before it pays.",
    )
    sorting: Annotated[str, choice(SORTINGS, "sortings")] = Field(
        default=UPLOADED,
        examples=["reach"],
        description="Which posts come first, up to `max_items`: the newest, those with most `reach`, or the most "
        "`viral`. Beside the newest, the next week goes on after the newest post that was bought.",
    )
    until: Day | None = Field(
        default=None, examples=["2026-12-13"], json_schema_extra={"unit": "UTC"}, description="The last day of posts."
    )

    @field_validator("max_views")
    @classmethod
    def _check_views(cls, most: int | None, info: ValidationInfo) -> int | None:
        least = info.data.get("min_views")
        if most is not None and least is not None and most < least:
            raise WrongValueError(f"the most views, {most}, are below the least, {least}", "Exchange the two")
        return most

    @property
    def asks_for_anything(self) -> bool:
        """Whether any condition is given; a section without one is none."""
        return self != PostFilters()

    def types_on(self, platform: str) -> tuple[str, ...] | None:
        """The asked types that a platform has; None where it has none of them, so that there is nothing to ask for."""
        found = tuple(one for one in self.types if platform in POST_TYPES[one])
        return found if found or not self.types else None
