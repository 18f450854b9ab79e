"""What a brief says, once it is read: frozen values, every one of them checked.

What belongs here: the shape of a campaign and facts that follow from it alone. Values that name a person (handles,
links to their videos) are left out of every repr, for reprs end up in logs. Budgets are integers of a millionth of a
credit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from creator_assets.campaigns.filters import FilterValue

MONTH = timedelta(days=30)
QUARTER = timedelta(days=90)


class _Discreet(msgspec.Struct, frozen=True, kw_only=True):
    """A value some of whose fields name people; they are counted in its repr and never shown."""

    personal_fields: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, self._shown(name)) for name in self.__struct_fields__]

    def _shown(self, name: str) -> object:
        value = getattr(self, name)
        if name not in self.personal_fields:
            return value
        return "hidden" if isinstance(value, str) else f"{len(value)} hidden"


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """One search: at most ``max_creators`` of those whom `provider` finds on `platform` with ``filters``."""

    name: str
    provider: str
    platform: str
    max_creators: int
    filters: Mapping[str, FilterValue] = {}


class Lookalike(_Discreet, frozen=True, kw_only=True):
    """Creators who resemble the account `like`, at most ``max_creators`` of them."""

    personal_fields = frozenset({"like"})

    provider: str
    platform: str
    like: str
    max_creators: int
    filters: Mapping[str, FilterValue] = {}


class RosterAccount(_Discreet, frozen=True, kw_only=True):
    """An account that the team already knows."""

    personal_fields = frozenset({"handle"})

    platform: str
    handle: str


class Shortlist(_Discreet, frozen=True, kw_only=True):
    """The best `top` of those who engage at ``min_engagement_rate`` (a fraction) or more, but for `exclude`."""

    personal_fields = frozenset({"exclude"})

    top: int
    min_engagement_rate: float = 0.0
    exclude: tuple[str, ...] = ()


class Profiles(msgspec.Struct, frozen=True, kw_only=True):
    """How the shortlist is enriched: how deep (``raw`` or ``full``), how old an answer may be, and by whom.

    Without a provider it is the cheapest that can, and the next where that one has nothing; all who are asked for one
    creator may cost ``max_cost_each`` together, in the currency of the stated prices (credits where none is stated).
    """

    depth: str = "full"
    max_age: timedelta = MONTH
    provider: str | None = None
    max_cost_each: Decimal | None = None


class Audiences(msgspec.Struct, frozen=True, kw_only=True):
    """For how many of the best an audience report is bought, how old it may be, and from whom: as for ``Profiles``.

    What a report infers about people's ethnicity is kept only where ``keep_sensitive_because`` says why.
    """

    top: int
    max_age: timedelta = MONTH
    provider: str | None = None
    max_cost_each: Decimal | None = None
    keep_sensitive_because: str = ""


class DetailsWish(msgspec.Struct, frozen=True, kw_only=True):
    """Of how many of a week's posts, those that engaged most, which ``kinds`` of details are bought, and from whom.

    Kinds are ``data``, ``comments``, ``transcript`` and ``audio``, each where the platform has it. Comments come in
    pages, at most ``max_comment_pages`` of each post. With ``only_sponsored`` other posts are left out. A detail that
    is younger than ``max_age`` is not bought again.
    """

    kinds: tuple[str, ...]
    top: int
    max_comment_pages: int = 1
    only_sponsored: bool = False
    max_age: timedelta = MONTH
    provider: str | None = None


class ContentWish(msgspec.Struct, frozen=True, kw_only=True):
    """For how many of the best new posts are bought each week, at most ``max_items`` of each creator, and from whom."""

    top: int
    max_items: int
    provider: str | None = None
    details: DetailsWish | None = None


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """For how many of the best audiences are compared, by how many calls at most on each platform, and by whom."""

    top: int
    max_calls: int = 1
    provider: str | None = None


class LinkedAccountsWish(msgspec.Struct, frozen=True, kw_only=True):
    """For how many of the best a person's other accounts are asked for, how old an answer may be, and of whom."""

    top: int
    max_age: timedelta = QUARTER
    provider: str | None = None


class EmailMatching(_Discreet, frozen=True, kw_only=True):
    """Which accounts are behind the addresses of a file: why that may be asked, how deep, how many, of whom.

    ``lawful_basis`` is one of Article 6(1) of the GDPR. ``addresses`` is the absolute path of the file; the addresses
    themselves never stand in a brief.
    """

    personal_fields = frozenset({"addresses"})

    addresses: str
    lawful_basis: str
    purpose: str
    max_addresses: int
    depth: str = "basic"
    max_age: timedelta = QUARTER
    provider: str | None = None


class Tracking(_Discreet, frozen=True, kw_only=True):
    """Videos to follow, by their link, and what was paid for each in the campaign's currency.

    They are followed by ``provider``, without one by the cheapest that can; whom somebody follows already stays there.
    With ``max_sponsored``, paid posts of ``content`` as well, so many new ones a week at most. With ``retry_errors``, a
    video that could not be tracked is asked for once more in each later week, at the price of a video if that is
    charged; so is one that its answer left out, once a look at the series has shown that it is not tracked. A day's
    count that the series lacks is bought from ``fill_from`` on that day, where a provider is named. With
    ``creator_averages`` each day shows what a video's creator usually gets, asked again at that age.
    """

    personal_fields = frozenset({"videos", "fees"})

    videos: tuple[str, ...] = ()
    fees: Mapping[str, Decimal] = {}
    max_sponsored: int = 0
    retry_errors: bool = False
    provider: str | None = None
    fill_from: str | None = None
    creator_averages: timedelta | None = None

    @property
    def buys_on_days(self) -> bool:
        """Whether a day may cost something while it runs."""
        return self.fill_from is not None or self.creator_averages is not None


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of each of the campaign's budgets from which something happens, with the words of Snowflake's monitors.

    From ``notify`` on a notice is recorded, from ``suspend`` on running runs may finish and no others start, from
    ``suspend_immediate`` on nothing more is sent. None is never.
    """

    notify: float | None = None
    suspend: float | None = None
    suspend_immediate: float | None = None


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign, by its slug.

    ``start`` and ``end`` are its first and last day; ``fees`` is what the creators are paid in all, in ``currency``
    (ISO 4217). ``budget_microcredits`` bounds, per provider, what the campaign may spend; a provider that is not in it
    may get nothing.
    """

    slug: str
    market: str
    start: date
    end: date
    currency: str
    budget_microcredits: Mapping[str, int]
    thresholds: Thresholds = Thresholds()
    fees: Decimal | None = None
    discovery: tuple[Search, ...] = ()
    lookalikes: tuple[Lookalike, ...] = ()
    roster: tuple[RosterAccount, ...] = ()
    shortlist: Shortlist | None = None
    profiles: Profiles | None = None
    audiences: Audiences | None = None
    content: ContentWish | None = None
    overlap: Overlap | None = None
    linked_accounts: LinkedAccountsWish | None = None
    email_matches: EmailMatching | None = None
    tracking: Tracking | None = None

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
