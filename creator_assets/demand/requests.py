"""One request of a stage and the capability that serves it; how answers reach the parser that reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Generic, Protocol

import msgspec

from creator_assets.ledger.records import Window
from creator_assets.partitions import Partition
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability, RowsT, RowsT_co
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.fetch import FetchResult


class ProviderRequest(msgspec.Struct, Generic[RowsT_co], frozen=True, kw_only=True):
    """One thing to ask for, and the capability that serves it."""

    capability: Capability[object, RowsT_co]
    pages: PagedRequest


class Asked(Protocol[RowsT_co]):
    """Something that was asked for, of whatever type its stage has for it."""

    @property
    def capability(self) -> Capability[object, RowsT_co]:
        """What serves it."""
        ...


def rows_of(
    wanted: Sequence[Asked[AnswerRows]], answers: Sequence[Sequence[Answer]], *, at_a_time: int | None = None
) -> list[Parsed]:
    """The rows of all answers, one parser at a time.

    Args:
        wanted: What was asked for.
        answers: To each of it.
        at_a_time: How many answers are decoded at once, which takes the memory of their bodies again; None is all.
    """
    return [rows(some) for rows, some in by_reader(wanted, answers, at_a_time=at_a_time)]


def by_reader(
    wanted: Sequence[Asked[RowsT]], answers: Sequence[Sequence[Answer]], *, at_a_time: int | None = None
) -> Iterator[tuple[RowsT, list[Answer]]]:
    """Each parser with some of the answers that it reads, until all answers have been handed out."""
    answers_of: dict[RowsT, list[Answer]] = {}
    for one, of_one in zip(wanted, answers, strict=True):
        answers_of.setdefault(one.capability.rows, []).extend(of_one)
    size = at_a_time or max(1, sum(map(len, answers)))
    for rows, of_reader in answers_of.items():
        for start in range(0, max(1, len(of_reader)), size):
            yield rows, of_reader[start : start + size]


def states_of(parsed: Iterable[Parsed]) -> dict[str, int]:
    """How many rows are in which state."""
    return dict(sorted(Counter(state for one in parsed for state in one.rows["state"]).items()))


def window_of(partition: Partition, max_age: timedelta = timedelta(0)) -> Window:
    """Answers of the partition's own time, or up to `max_age` older than its start."""
    return Window(start=partition.start, end=partition.end, reuse_since=partition.start - max_age)


def portions(pages: PagedRequest, size: int, fetch: Callable[[PagedRequest], FetchResult]) -> Iterator[FetchResult]:
    """Fetch many pages some at a time, so that no more than `size` answers are held at once.

    For what is free: each portion is admitted by itself.
    """
    request: Request | None = pages.first
    requests_made = 0
    while request is not None and requests_made < pages.max_requests:
        so_many = min(size, pages.max_requests - requests_made)
        fetched = fetch(PagedRequest(first=request, follow=_from(pages, requests_made), max_requests=so_many))
        (answers,) = fetched.answers
        requests_made += len(answers)
        request = pages.follow(answers[-1], requests_made)
        yield fetched


def _from(pages: PagedRequest, before: int) -> Callable[[Answer, int], Request | None]:
    """How `pages` go on, counted from so many requests on."""
    return lambda answer, requests_made: pages.follow(answer, before + requests_made)


Settings = Mapping[str, ProviderSettings]
