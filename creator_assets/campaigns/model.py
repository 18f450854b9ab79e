"""What a brief says, once it is read: frozen values, every one of them checked.

What belongs here: the campaign as a whole. The sections are in ``creators``, ``purchases`` and ``tracking``; what one
section needs from another is in ``rules``. Budgets are integers of a millionth of a credit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from creator_assets.campaigns.creators import MAX_SEARCHES, Lookalike, RosterAccount, Search, Shortlist
from creator_assets.campaigns.currencies import CURRENCIES
from creator_assets.campaigns.purchases import (
    MONTH,
    QUARTER,
    Audiences,
    ContentWish,
    DetailsWish,
    EmailMatching,
    LinkedAccountsWish,
    Overlap,
    Profiles,
)
from creator_assets.campaigns.tracking import Tracking
from creator_assets.campaigns.values import MAX_ACCOUNTS, reading_of
from creator_assets.checked_yaml import Section, WrongValueError, YamlNode
from creator_assets.checked_yaml.scalars import Amount, Day, Fraction, Text, choice, credits_up_to
from creator_assets.checked_yaml.section import Entries, entries_of

__all__ = [
    "MAX_BUDGET_CREDITS", "MONTH", "QUARTER",
    "Audiences", "Brief", "Campaign", "CampaignTerms", "ContentWish", "DetailsWish", "EmailMatching",
    "LinkedAccountsWish", "Lookalike", "Overlap", "Profiles", "RosterAccount", "Search", "Sections", "Shortlist",
    "Thresholds", "Tracking",
]  # fmt: skip

MAX_BUDGET_CREDITS = 1_000_000_000
Share = Annotated[Fraction | None, Field(json_schema_extra={"unit": "fraction of the budget"})]


class CampaignTerms(Section):
    """Where and when the campaign runs, and what its creators are paid."""

    market: Text = Field(examples=["Germany"], description="The market, in your own words.")
    start: Day = Field(examples=["2026-11-02"], json_schema_extra={"unit": "UTC"}, description="The first day.")
    end: Day = Field(examples=["2026-12-13"], json_schema_extra={"unit": "UTC"}, description="The last day.")
    currency: Annotated[str, choice(CURRENCIES, "currency codes of ISO 4217")] = Field(
        examples=["EUR"], description="The currency of all fees (ISO 4217). Nothing is converted."
    )
    fees: Amount | None = Field(
        default=None,
        examples=[60000],
        json_schema_extra={"unit": "`currency`"},
        description="What all creators are paid together. Reports divide it by views and engagements.",
    )

    @field_validator("end")
    @classmethod
    def _check_end(cls, end: date, info: ValidationInfo) -> date:
        start = info.data.get("start")
        if start is not None and end < start:
            raise WrongValueError(f"the end, {end}, lies before the start, {start}", "Exchange the two or correct one")
        return end


class Thresholds(Section):
    """Shares of each budget of the campaign from which something happens. The words are those of Snowflake's monitors.

    A threshold that is left out does nothing.
    """

    notify: Share = Field(default=None, examples=[0.8], description="From this share on a notice is recorded.")
    suspend: Share = Field(
        default=None,
        examples=[0.95],
        description="From this share on no run starts; runs that have started finish.",
    )
    suspend_immediate: Share = Field(
        default=None, examples=[1.0], description="From this share on nothing more is sent."
    )


class Sections(Section):
    """The sections of a brief beside `brief` and `budget`."""

    thresholds: Thresholds = Field(default=Thresholds(), examples=[{"notify": 0.8}])
    discovery: Entries[Search] = Field(default=(), max_length=MAX_SEARCHES)
    lookalikes: Entries[Lookalike] = Field(default=(), max_length=MAX_SEARCHES)
    roster: Entries[RosterAccount] = Field(default=(), max_length=MAX_ACCOUNTS)
    shortlist: Shortlist | None = None
    profiles: Profiles | None = Field(default=None, examples=[{"depth": "full", "max_age": "30d"}])
    audiences: Audiences | None = None
    content: ContentWish | None = None
    overlap: Overlap | None = None
    linked_accounts: LinkedAccountsWish | None = None
    email_matches: EmailMatching | None = None
    tracking: Tracking | None = Field(default=None, examples=[{"videos": ["https://…"]}])


def _of_providers(value: Any, info: ValidationInfo) -> Any:
    reading = reading_of(info)
    if not isinstance(value, YamlNode) or reading is None:
        return value
    return entries_of(value, reading.words["providers"], "unknown provider", "The providers")


Budget = Annotated[Mapping[str, Annotated[int, credits_up_to(MAX_BUDGET_CREDITS)]], BeforeValidator(_of_providers)]


class Brief(Sections):
    """A campaign brief: one YAML file for each campaign."""

    brief: CampaignTerms
    budget: Budget = Field(
        examples=[{"…": 100}],
        json_schema_extra={"unit": "credits of each provider"},
        description="What the campaign may spend in all, for each provider by name. A provider that is not listed "
        "may spend nothing. At most six decimals.",
    )


class Campaign(CampaignTerms, Sections):
    """A campaign, by its slug.

    ``budget_microcredits`` bounds, per provider, what the campaign may spend; a provider that is not in it may spend
    nothing. ``older_spellings`` has, by the one spelling of a handle, how an older release spelled what the brief
    writes, where that differs.
    """

    slug: str
    budget_microcredits: Mapping[str, int]
    older_spellings: Mapping[str, str] = Field(default={}, repr=False)

    @property
    def funded(self) -> tuple[str, ...]:
        """The providers that may spend anything for it."""
        return tuple(name for name, amount in self.budget_microcredits.items() if amount)

    def runs_on(self, day: date) -> bool:
        """Whether `day` lies between the first and the last day, both included."""
        return self.start <= day <= self.end

    def weeks(self) -> tuple[date, ...]:
        """The Mondays of all weeks with a day of the campaign, in order."""
        monday = self.start - timedelta(days=self.start.weekday())
        count = (self.end - monday).days // 7 + 1
        return tuple(monday + timedelta(weeks=n) for n in range(count))
