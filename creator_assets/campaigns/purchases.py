"""What is bought for the creators of the shortlist, and for e-mail addresses.

What belongs here: the sections `profiles`, `audiences`, `content`, `overlap`, `linked_accounts` and `email_matches`.
Videos that are tracked day by day are in ``tracking``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from creator_assets.campaigns.address_file import MAX_ADDRESSES
from creator_assets.campaigns.creators import CREATORS
from creator_assets.campaigns.options import ONLY_WITH_EMAIL, REFRESH, SCORES
from creator_assets.campaigns.post_filters import PostFilters
from creator_assets.campaigns.values import (
    MAX_ACCOUNTS,
    Ability,
    DetailKind,
    OutsidePath,
    PlatformName,
    ProviderName,
    Reason,
    reading_of,
)
from creator_assets.checked_yaml import Section, WrongValueError
from creator_assets.checked_yaml.scalars import Amount, Duration, Flag, Text, WholeNumber, choice
from creator_assets.checked_yaml.section import Entries

MONTH = timedelta(days=30)
QUARTER = timedelta(days=90)
MAX_ITEMS = 1_000
MAX_PAGES = 100
MAX_CALLS = 1_000
DEPTHS = ("full", "raw")
EMAIL_DEPTHS = ("basic", "advanced")
LAWFUL_BASES = (
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests",
)  # fmt: skip
"""Those of Article 6(1) of the GDPR, (a) to (f)."""


def _each_once(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


Top = Annotated[WholeNumber, Field(ge=1, le=MAX_ACCOUNTS, examples=[20], json_schema_extra=CREATORS)]
"""How many of the best creators of the shortlist."""
MaxAge = Annotated[
    Duration,
    Field(
        examples=["30d"],
        description="A younger answer in the archive is used and not bought again.",
    ),
]
MaxCostEach = Annotated[
    Amount | None,
    Field(
        examples=[2.5],
        json_schema_extra={"unit": "currency of the price list; credits without one"},
        description="All providers together may cost this much for one creator. Left out, there is no such limit.",
    ),
]
PROFILE_OPTIONS = (ONLY_WITH_EMAIL, REFRESH, SCORES)
"""Fields of `profiles` that change its requests. Each is an option that some provider offers; one at a time."""
_SINGLY = "Each creator is then a request of its own, and an answer without this option is not used."
_PROVIDER = "The provider to ask. Left out, it is the cheapest one that can do it and has a budget"


class CreatorPurchase(Section):
    """Something that a provider is paid for, for each of some creators."""

    ability: ClassVar[Ability]

    provider: ProviderName | None = Field(default=None, description=f"{_PROVIDER}.")


class Profiles(CreatorPurchase):
    """Profiles of all creators of the shortlist."""

    ability = Ability("enrich creators", lambda can: can.enrich)

    provider: ProviderName | None = Field(
        default=None, description=f"{_PROVIDER}, and the next one where that one has no data."
    )
    depth: Annotated[str, choice(DEPTHS, "depths")] = Field(
        default="full",
        examples=["full"],
        description="`full` buys everything that the provider knows, `raw` only the public profile, for less.",
    )
    max_age: MaxAge = MONTH
    max_cost_each: MaxCostEach = None
    only_with_email: Flag = Field(
        default=False,
        examples=[True],
        description="Buy only profiles with an e-mail address. A creator without one is `not_found` and costs nothing. "
        f"Audience reports that are the same request follow. {_SINGLY}",
    )
    refresh: Flag = Field(
        default=False,
        examples=[True],
        description="Have the provider look for new videos of each creator first. It does so only where their "
        "statistics are 5 days old or older, and charges that like one more fresh profile. Otherwise it costs what a "
        f"profile costs. The profile is `pending` for some minutes. {_SINGLY}",
    )
    scores: Flag = Field(
        default=False,
        examples=[True],
        description="Ask for the provider's scores and data logs, on platforms that have them; the score is a column, "
        f"the logs are in the archive. It costs nothing more. {_SINGLY}",
    )
    refresh_weekly: Flag = Field(
        default=False,
        examples=[True],
        description="Have the provider read the creators that it knows anew each week. It is free, and goes on after "
        "the campaign. A trial key cannot: the creators are only gathered once.",
    )

    @property
    def option(self) -> str:
        """The option of each request; empty where the brief asks for none. No two can be asked for together."""
        return next((name for name in PROFILE_OPTIONS if getattr(self, name)), "")


class Audiences(CreatorPurchase):
    """Audience reports of the best creators of the shortlist."""

    ability = Ability("report on audiences", lambda can: can.audiences)

    provider: ProviderName | None = Field(
        default=None, description=f"{_PROVIDER}, and the next one where that one has no report."
    )
    top: Top = Field(description="The number of creators to buy reports for.")
    max_age: MaxAge = MONTH
    max_cost_each: MaxCostEach = None
    keep_sensitive_because: Reason = Field(
        default="",
        examples=["a study of the market"],
        description="Why the campaign needs what a report infers about ethnicity. Left out, it is not kept.",
    )


class DetailsWish(Section):
    """Details of those posts of a week that engaged most, each where its platform has them."""

    kinds: Annotated[Entries[DetailKind], AfterValidator(_each_once)] = Field(
        examples=[["data", "comments"]],
        description="What to buy of a post: `data` (its counters), `comments`, `transcript`, `audio`.",
    )
    top: WholeNumber = Field(
        ge=1,
        le=MAX_ACCOUNTS,
        examples=[10],
        json_schema_extra={"unit": "posts"},
        description="The number of posts to buy details of, each week.",
    )
    max_comment_pages: WholeNumber = Field(
        default=1,
        ge=1,
        le=MAX_PAGES,
        examples=[2],
        json_schema_extra={"unit": "pages"},
        description="Pages of comments to buy of each post at most. Needs `comments` in `kinds`.",
    )
    only_sponsored: Flag = Field(default=False, examples=[True], description="Leave out posts that are not paid posts.")
    max_age: MaxAge = MONTH
    provider: ProviderName | None = Field(default=None, description=f"{_PROVIDER}.")

    @field_validator("kinds")
    @classmethod
    def _check_kinds(cls, kinds: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        reading = reading_of(info)
        if reading is not None and not kinds:
            known = ", ".join(reading.words["kinds"])
            raise WrongValueError("names no kind of detail", f"Write some of: {known}")
        return kinds

    @field_validator("max_comment_pages")
    @classmethod
    def _check_pages(cls, pages: int, info: ValidationInfo) -> int:
        if "comments" not in info.data.get("kinds", ("comments",)):
            raise WrongValueError("no comments are asked for", "Add comments to kinds, or remove this field")
        return pages


class ContentWish(CreatorPurchase):
    """New posts of the best creators of the shortlist, each week. A post that is known is not bought again."""

    ability = Ability("list content", lambda can: can.content)

    top: Top = Field(description="The number of creators to buy posts of.")
    max_items: WholeNumber = Field(
        ge=1,
        le=MAX_ITEMS,
        examples=[20],
        json_schema_extra={"unit": "posts"},
        description="Posts to buy of each creator at most, each week.",
    )
    filters: PostFilters | None = Field(
        default=None, examples=[{"types": ["reel"], "min_views": 1000}], description="Which posts to buy."
    )
    details: DetailsWish | None = Field(
        default=None, examples=[{"kinds": ["data"], "top": 10}], description="What to buy of the posts."
    )

    @property
    def chosen(self) -> PostFilters | None:
        """The filters, where any condition is given."""
        return self.filters if self.filters is not None and self.filters.asks_for_anything else None


class Overlap(CreatorPurchase):
    """Comparisons of the audiences of the best creators of the shortlist: how many people follow several of them."""

    ability = Ability("compare audiences", lambda can: can.overlap)

    top: WholeNumber = Field(
        ge=2,
        le=MAX_ACCOUNTS,
        examples=[10],
        json_schema_extra=CREATORS,
        description="The number of creators to compare.",
    )
    max_calls: WholeNumber = Field(
        default=1,
        ge=1,
        le=MAX_CALLS,
        examples=[1],
        json_schema_extra={"unit": "comparisons"},
        description="Comparisons to buy on each platform at most, each week.",
    )


class LinkedAccountsWish(CreatorPurchase):
    """Other accounts of the people behind the best creators of the shortlist."""

    ability = Ability("link accounts", lambda can: can.linked_accounts)

    top: Top = Field(description="The number of creators to ask about.")
    max_age: MaxAge = Field(default=QUARTER, examples=["90d"])


class EmailMatching(Section):
    """Accounts behind the e-mail addresses of a file. It is bought only with a lawful basis and a purpose.

    The addresses stay in the file, outside of any repository; tables and logs hold keyed hashes.
    """

    addresses: OutsidePath = Field(
        examples=["/a/folder/outside/addresses.txt"],
        description="The absolute path of the file: one address per line.",
    )
    lawful_basis: Annotated[str, choice(LAWFUL_BASES, "lawful bases")] = Field(
        examples=["consent"], description="The basis in Article 6(1) of the GDPR on which the addresses are processed."
    )
    purpose: Text = Field(
        examples=["why the accounts behind the addresses are needed"],
        description="What the accounts are needed for, in words. It names nobody.",
    )
    max_addresses: WholeNumber = Field(
        ge=1,
        le=MAX_ADDRESSES,
        examples=[100],
        json_schema_extra={"unit": "addresses"},
        description="The number of different addresses that the file may hold.",
    )
    depth: Annotated[str, choice(EMAIL_DEPTHS, "depths")] = Field(
        default="basic", examples=["advanced"], description="How much the provider searches; `advanced` costs more."
    )
    min_followers: WholeNumber | None = Field(
        default=None,
        ge=1,
        examples=[1000],
        json_schema_extra={"unit": "followers"},
        description="Smaller accounts are left out. An address with no larger account costs nothing. Needs "
        "`depth: advanced`.",
    )
    exclude_platforms: Annotated[Entries[PlatformName], AfterValidator(_each_once)] = Field(
        default=(),
        examples=[["twitch"]],
        description="Platforms whose accounts are left out. An address with accounts there alone costs nothing. Needs "
        "`depth: advanced`.",
    )
    max_age: MaxAge = Field(default=QUARTER, examples=["90d"])
    provider: ProviderName | None = Field(default=None, description=f"{_PROVIDER}.")

    @property
    def filters_in_use(self) -> tuple[str, ...]:
        """The names of the fields that leave accounts out, as far as the brief has them."""
        return tuple(name for name in ("min_followers", "exclude_platforms") if getattr(self, name))

    @field_validator("purpose")
    @classmethod
    def _check_purpose(cls, purpose: str) -> str:
        if "@" in purpose:
            raise WrongValueError("a purpose names nobody", "Say in words what the accounts are needed for")
        return purpose
