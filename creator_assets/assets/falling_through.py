"""Profiles from whoever has them: the first choice is asked for everybody, the next for those it knows nothing of.

Pure functions over answers; the asset hands in how to fetch, the plan how far the archive leads. Whom to ask and in
which order is said in ``choosing``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec
import polars as pl

from creator_assets.assets.choosing import Account, ranked_for
from creator_assets.assets.purchase import WantedCall, rows_of
from creator_assets.campaigns import Campaign, Profiles
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Kind
from creator_assets.providers.contract import Answer, Call, Pages
from creator_assets.providers.records import Parsed
from creator_assets.spending.gateway import Fetched, Tally
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Window
from creator_assets.spending.walks import walk

ANSWERS_AT_A_TIME = 500
# The provider has nothing of this creator: another one may. What is being made, or cannot be read, is no miss.
_MISSES = ("not_found", "unknown")


class Option(WantedCall, frozen=True, kw_only=True):
    """One provider's way to the profile of one creator, and why it is asked."""

    reason: str


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """A creator whose profile is wanted, and who is asked for it, in order."""

    account: Account
    options: tuple[Option, ...]

    def __repr__(self) -> str:
        """Name the providers, never the creator."""
        return f"Ranked({', '.join(option.capability.provider for option in self.options)})"

    @property
    def after_a_miss(self) -> Ranked:
        """The same creator without its first option."""
        return Ranked(account=self.account, options=self.options[1:])


def ranked_profiles(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[Ranked]:
    """The creators chosen, in the order of places, and who is asked for each.

    Args:
        campaign: The brief.
        shortlist: Rows of ``schemas.Shortlist``.
        settings: Of every provider.

    Raises:
        NoCapabilityError: Nobody with a budget can be asked for the profiles of a platform.
    """
    profiles = campaign.profiles
    if profiles is None:
        return []
    chosen = shortlist.filter("selected").sort("place").select("platform", "username", "provider")
    return [
        Ranked(
            account=(platform, username), options=options_for(campaign, profiles, platform, username, settings, finder)
        )
        for platform, username, finder in chosen.iter_rows()
    ]


def options_for(
    campaign: Campaign,
    profiles: Profiles,
    platform: str,
    username: str,
    settings: Mapping[str, ProviderSettings],
    finder: str,
) -> tuple[Option, ...]:
    """Who is asked for one profile, in order."""
    ranked = ranked_for(
        Kind.PROFILE,
        campaign,
        settings,
        platform=platform,
        provider=profiles.provider,
        depth=profiles.depth,
        finder=finder,
        max_cost=profiles.max_cost_each,
    )
    before: list[str] = []
    options = []
    for choice in ranked:
        can = choice.capability
        had_nothing = f"{' and '.join(before)} had nothing; " if before else ""
        pages = can.pages(settings[can.provider], platform, username)
        options.append(Option(capability=can, pages=pages, reason=had_nothing + choice.reason))
        before.append(can.provider)
    return tuple(options)


def first_calls(ranked: Iterable[Ranked]) -> dict[Account, Pages]:
    """What the first choice is asked, by account."""
    return {one.account: one.options[0].pages for one in ranked}


def _rows(asked: Sequence[Ranked], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """What the first option of each has answered."""
    return rows_of([one.options[0] for one in asked], answers, at_a_time=ANSWERS_AT_A_TIME)


def missed(parsed: Iterable[Parsed]) -> set[Account]:
    """The accounts of which an answer says that there is nothing."""
    return {
        account
        for one in parsed
        for account in one.rows.filter(pl.col("state").is_in(_MISSES)).select("platform", "username").iter_rows()
    }


def next_round(asked: Iterable[Ranked], misses: Collection[Account]) -> list[Ranked]:
    """Those who missed and for whom somebody else is left to ask."""
    return [one.after_a_miss for one in asked if one.account in misses and len(one.options) > 1]


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of profiles, one for each creator at most, and what they came to."""

    parsed: list[Parsed]
    tally: Tally


def buy(ranked: Sequence[Ranked], fetch: Callable[[list[Pages]], Fetched]) -> Bought:
    """Ask for profiles until there is one or nobody is left to ask; of the misses of a creator the last has the row."""
    parsed: list[Parsed] = []
    tally = Tally()
    asking = list(ranked)
    while asking:
        fetched = fetch([one.options[0].pages for one in asking])
        tally.add(fetched.tally)
        rows = _rows(asking, fetched.answers)
        reasoned = with_reasons(rows, asking)
        asking = next_round(asking, missed(rows))
        parsed += without(reasoned, {one.account for one in asking})
    return Bought(parsed=parsed, tally=tally)


def with_reasons(parsed: Iterable[Parsed], ranked: Iterable[Ranked]) -> list[Parsed]:
    """The same rows, each saying why its provider was asked: the first option of its creator."""
    reasons = pl.DataFrame(
        [(*one.account, one.options[0].reason) for one in ranked],
        schema=dict.fromkeys(("platform", "username", "chosen_because"), pl.String),
        orient="row",
    )
    return [
        Parsed(
            rows=one.rows.drop("chosen_because").join(
                reasons, on=["platform", "username"], how="left", maintain_order="left"
            ),
            rejected=one.rejected,
        )
        for one in parsed
    ]


def without(parsed: Iterable[Parsed], accounts: Collection[Account]) -> list[Parsed]:
    """The same rows but for those of some accounts."""
    return [
        Parsed(
            rows=one.rows.filter(
                [account not in accounts for account in one.rows.select("platform", "username").iter_rows()]
            ),
            rejected=one.rejected,
        )
        for one in parsed
    ]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What profiles will ask: what is certain, and the calls that misses would lead to, with how many there can be."""

    known: list[Pages]
    possible: list[tuple[Call, int]]


def expected(ranked: Sequence[Ranked], elsewhere: Collection[Account], ledger: Ledger, window: Window) -> Expected:
    """Follow what would be bought as far as the archive tells who misses.

    Args:
        ranked: Everybody whose profile is wanted.
        elsewhere: Those whose first choice is asked in a batch: only what a miss there leads to is told.
        ledger: Whose archive is read.
        window: The partition's.
    """
    known: list[Pages] = []
    undecided = [one for one in ranked if one.account in elsewhere]
    asking = [one for one in ranked if one.account not in elsewhere]
    while asking:
        pages = [one.options[0].pages for one in asking]
        known += pages
        ways = walk(ledger, pages, window)
        undecided += [one for one, way in zip(asking, ways, strict=True) if way.next_call is not None]
        told = [(one, way) for one, way in zip(asking, ways, strict=True) if way.next_call is None]
        rows = _rows([one for one, _ in told], [way.answers for _, way in told])
        asking = next_round([one for one, _ in told], missed(rows))
    return Expected(known=known, possible=counted(call for one in undecided for call in further_calls(one.options)))


def further_calls(options: Sequence[Option]) -> list[Call]:
    """What misses of the first option would lead to."""
    return [option.pages.first for option in options[1:] for _ in range(option.pages.max_calls)]


def counted(calls: Iterable[Call]) -> list[tuple[Call, int]]:
    """Calls of one operation as one example, the dearest, and their number."""
    examples: dict[str, tuple[Call, int]] = {}
    for call in calls:
        held, count = examples.get(call.operation.id, (call, 0))
        dearer = call if call.worst_case_microcredits > held.worst_case_microcredits else held
        examples[call.operation.id] = (dearer, count + 1)
    return list(examples.values())
