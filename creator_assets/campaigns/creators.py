"""How creators are found, and how many of them are kept.

What belongs here: the sections `discovery`, `lookalikes`, `roster` and `shortlist`. What is bought for the creators is
in ``purchases``.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from creator_assets.campaigns.filters import Filters
from creator_assets.campaigns.values import (
    MAX_ACCOUNTS,
    Ability,
    Handle,
    NativeId,
    PlatformName,
    ProviderName,
    Slug,
    of_platform,
    on_platform,
)
from creator_assets.checked_yaml import Section, WrongValueError
from creator_assets.checked_yaml.scalars import Flag, Fraction, WholeNumber
from creator_assets.checked_yaml.section import Entries
from creator_assets.handles import is_channel_id, is_native_id

MAX_CREATORS = 10_000
"""Results of one search at most: influencers.club returns no more for a query (seed ``003_4cf6d03a58a0fd76.txt``)."""

MAX_SEARCHES = 100
CREATORS: dict[str, Any] = {"unit": "creators"}
"""The unit of a number of creators."""


class CreatorSource(Section):
    """A way to find creators: a request to one provider, on one platform."""

    ability: ClassVar[Ability]

    provider: ProviderName = Field(description="The provider to ask. It needs a `budget`.")
    platform: PlatformName = Field(description="The platform of the creators.")
    max_creators: WholeNumber = Field(
        ge=1,
        le=MAX_CREATORS,
        examples=[100],
        json_schema_extra={**CREATORS, "why": "a search returns no more"},
        description="The number of creators to buy at most. Each of them is charged.",
    )
    allow_unknown: Flag = Field(
        default=False,
        description="Whether `filters` may hold filters that are not listed below. Each of them is a warning: the "
        "provider may ignore it and bill the unfiltered answer.",
    )
    filters: Filters = Field(
        default={},
        description="Conditions that the provider knows on this platform. A name that it does not know is refused: "
        "the provider would ignore it and bill the unfiltered answer. `allow_unknown` passes it on.",
    )

    @field_validator("platform")
    @classmethod
    def _check_platform(cls, platform: str, info: ValidationInfo) -> str:
        return cls.ability.refuse_unable(platform, info)


class Search(CreatorSource):
    """A search: the creators that `provider` finds on `platform` with `filters`."""

    ability = Ability("search", lambda can: can.search)

    name: Slug = Field(
        examples=["main"],
        description="The name of the search, once in a brief: lower-case letters, digits and hyphens. "
        "It says in the tables which search found a creator.",
    )


def _id_of_platform(native_id: str, info: ValidationInfo) -> str:
    """The same id, where it has the form of the ids of the platform that stands beside it.

    Raises:
        WrongValueError: It has not.
    """
    platform = info.data.get("platform")  # a wrong platform is reported already
    if native_id and platform is not None and not is_native_id(native_id, platform):
        raise WrongValueError(
            f"this is no id of an account on {platform}",
            "Write the number on Instagram and Twitch, the secUid on TikTok, UC… on YouTube, or leave it out",
        )
    return native_id


class Lookalike(CreatorSource):
    """Creators who resemble an account."""

    ability = Ability("find look-alikes", lambda can: can.lookalikes)

    like: Handle = Field(examples=["some_handle"], description="The handle of the account, without the @.")
    native_id: NativeId = Field(
        default="",
        examples=["UCinventedinventedinvent"],
        description="The platform's own id of the account, where the team knows it: a number on Instagram and Twitch, "
        "the id of the channel (`UC…`) on YouTube. The provider is asked by it, also after a rename. TikTok has two "
        "ids and nothing says which one is meant, so it is asked by the handle.",
    )

    _place = field_validator("like", mode="before")(on_platform)
    _spell = field_validator("like")(of_platform)

    @field_validator("filters")
    @classmethod
    def _check_filters(cls, filters: Filters) -> Filters:
        if "sort" in filters:
            raise WrongValueError("look-alikes come in the provider's own order", "Leave `sort` out")
        return filters

    @field_validator("native_id")
    @classmethod
    def _check_id(cls, native_id: str, info: ValidationInfo) -> str:
        like = info.data.get("like", "")
        if native_id and info.data.get("platform") == "tiktok":
            raise WrongValueError("look-alikes on tiktok are asked for by the handle", "Leave `native_id` out")
        if native_id and is_channel_id(like) and like != native_id:
            raise WrongValueError("`like` is the id of another channel", "Leave `native_id` out, or write a handle")
        return _id_of_platform(native_id, info)


class RosterAccount(Section):
    """An account that the team already knows. It is not searched for and costs nothing here."""

    platform: PlatformName = Field(examples=["tiktok"], description="The platform of the account.")
    handle: Handle = Field(examples=["some_handle"], description="The handle of the account, without the @.")

    native_id: NativeId = Field(
        default="",
        examples=["MS4wLjABAAAAinventedinvented"],
        description="The platform's own id of the account, where the team knows it: a number on Instagram and Twitch, "
        "the `secUid` on TikTok, the id of the channel (`UC…`) on YouTube. A provider that takes ids is asked by it, "
        "so that profile and report are found although the account has a new handle. Everything else is asked by the "
        "handle.",
    )

    _id = field_validator("native_id")(_id_of_platform)
    _place = field_validator("handle", mode="before")(on_platform)
    _spell = field_validator("handle")(of_platform)


class Shortlist(Section):
    """Which of the creators go on to everything that is bought for them: the best `top`."""

    top: WholeNumber = Field(
        ge=1,
        le=MAX_ACCOUNTS,
        examples=[20],
        json_schema_extra=CREATORS,
        description="The number of creators to keep.",
    )
    min_engagement_rate: Fraction = Field(
        default=0.0,
        examples=[0.02],
        json_schema_extra={"unit": "fraction (0.02 is 2 %)"},
        description="Creators with a lower engagement rate are left out. Providers define the rate differently, also "
        "by platform: some divide by followers, some by views. One minimum holds for all of them. A brief that "
        "searches at several providers or platforms gets a warning.",
    )
    exclude: Annotated[Entries[Handle], AfterValidator(lambda handles: tuple(dict.fromkeys(handles)))] = Field(
        default=(),
        max_length=MAX_ACCOUNTS,
        examples=[["a_competitor"]],
        description="Handles of accounts that are never kept, such as those of competitors.",
    )
