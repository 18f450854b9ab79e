"""Profiles and audience reports from whoever has them: the first choice is asked, the next for what it has nothing of.

Pure functions over answers; the asset hands in how to fetch and how to read, the plan how far the archive leads. Whom
to ask and in which order is said in ``choosing``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec
import polars as pl

from creator_assets.assets.choosing import Account, Option, Ranked
from creator_assets.assets.purchase import rows_of
from creator_assets.providers.contract import Answer, Call, Pages
from creator_assets.providers.records import Parsed
from creator_assets.spending.gateway import Fetched, Tally
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Window
from creator_assets.spending.walks import walk

ANSWERS_AT_A_TIME = 500
# The provider has nothing of this creator: another one may. What is being made, or cannot be read, is no miss.
_MISSES = ("not_found", "unknown", "unavailable")


Reader = Callable[[Sequence[Option], Sequence[Sequence[Answer]]], list[Parsed]]
"""Makes rows of what some options have answered; their ``state`` tells who has nothing."""


def profile_rows(options: Sequence[Option], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """The rows of profiles."""
    return rows_of(options, answers, at_a_time=ANSWERS_AT_A_TIME)


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


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered of an account, and by whom."""

    account: Account
    option: Option
    answers: Sequence[Answer]

    def __repr__(self) -> str:
        """Name the provider, never the account."""
        return f"Told({self.option.capability.provider})"


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """The rows, one for each creator at most, what was last told of each, and what they came to."""

    parsed: list[Parsed]
    told: list[Told]
    tally: Tally


def buy(ranked: Sequence[Ranked], fetch: Callable[[list[Pages]], Fetched], read: Reader) -> Bought:
    """Ask until it is there or nobody is left to ask; of the misses of a creator the last has the row."""
    parsed: list[Parsed] = []
    told: dict[Account, Told] = {}
    tally = Tally()
    asking = list(ranked)
    while asking:
        options = [one.options[0] for one in asking]
        answers = _ask(options, fetch, tally)
        for one, option, of_one in zip(asking, options, answers, strict=True):
            told[one.account] = Told(account=one.account, option=option, answers=of_one)
        rows = read(options, answers)
        reasoned = with_reasons(rows, asking)
        asking = next_round(asking, missed(rows))
        parsed += without(reasoned, {one.account for one in asking})
    return Bought(parsed=parsed, told=list(told.values()), tally=tally)


def _ask(options: Sequence[Option], fetch: Callable[[list[Pages]], Fetched], tally: Tally) -> list[tuple[Answer, ...]]:
    """The answers that tell most of each: to its own call where it is worth asking, to the free question where not."""
    asked = fetch([option.question.pages for option in options if option.question])
    replies = iter(asked.answers)
    said = [next(replies) if option.question else () for option in options]
    there = [option.is_there(of_one) for option, of_one in zip(options, said, strict=True)]
    bought = fetch([option.pages for option, is_there in zip(options, there, strict=True) if is_there])
    tally.add(asked.tally)
    tally.add(bought.tally)
    answers = iter(bought.answers)
    return [next(answers) if is_there else of_one for is_there, of_one in zip(there, said, strict=True)]


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
    """What will be asked: what is certain, and the calls that may follow, with how many there can be."""

    known: list[Pages]
    possible: list[tuple[Call, int]]


def expected(
    ranked: Sequence[Ranked], ledger: Ledger, window: Window, read: Reader, elsewhere: Collection[Account] = ()
) -> Expected:
    """Follow what would be bought as far as the archive tells what is there and who misses.

    Args:
        ranked: Everybody of whom it is wanted.
        ledger: Whose archive is read.
        window: The partition's.
        read: As for `buy`.
        elsewhere: Those whose first choice is asked in a batch: only what a miss there leads to is told.
    """
    known: list[Pages] = []
    possible = [call for one in ranked if one.account in elsewhere for call in _calls_of(one.options[1:])]
    asking = [one for one in ranked if one.account not in elsewhere]
    while asking:
        told: list[tuple[Ranked, list[Answer]]] = []
        there = [one for one in asking if one.options[0].question is None]
        questions = [(one, one.options[0].question.pages) for one in asking if one.options[0].question]
        known += [pages for _, pages in questions]
        for (one, _), way in zip(questions, walk(ledger, [pages for _, pages in questions], window), strict=True):
            if way.next_call is not None:
                possible += _calls_of(one.options)
            elif one.options[0].is_there(way.answers):
                there.append(one)
            else:
                told.append((one, way.answers))
        pages = [one.options[0].pages for one in there]
        known += pages
        for one, way in zip(there, walk(ledger, pages, window), strict=True):
            if way.next_call is not None:
                possible += _calls_of(one.options[1:])
            else:
                told.append((one, way.answers))
        # Who has nobody else to be asked for need not be read.
        told = [(one, answers) for one, answers in told if len(one.options) > 1]
        rows = read([one.options[0] for one, _ in told], [answers for _, answers in told])
        asking = next_round([one for one, _ in told], missed(rows))
    return Expected(known=known, possible=counted(possible))


def _calls_of(options: Sequence[Option]) -> list[Call]:
    """All calls of some options, an example for each."""
    return [option.pages.first for option in options for _ in range(option.pages.max_calls)]


def counted(calls: Iterable[Call]) -> list[tuple[Call, int]]:
    """Calls of one operation as one example, the dearest, and their number."""
    examples: dict[str, tuple[Call, int]] = {}
    for call in calls:
        held, count = examples.get(call.operation.id, (call, 0))
        dearer = call if call.worst_case_microcredits > held.worst_case_microcredits else held
        examples[call.operation.id] = (dearer, count + 1)
    return list(examples.values())
