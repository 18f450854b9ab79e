"""The signatures of a capability's two functions, one protocol for each form.

``pages`` of a capability makes the requests (a ``...Pages`` protocol), ``rows`` reads the answers (a ``...Rows`` or
``...Reader`` protocol). Several kinds share a protocol where the arguments mean the same. Which kind has which two
protocols is declared in ``kinds``. The first arguments are positional: a provider may name them as it likes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from creator_assets.campaigns.post_filters import PostFilters
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.contract.parsed import AudienceRows, Parsed
from creator_assets.providers.contract.statements import DataReadiness, ReportedBalance

Filters = Mapping[str, object]
"""Filters of a search by name, as a brief states them."""


class SearchPages(Protocol):
    """Makes the requests of a search."""

    def __call__(
        self, settings: ProviderSettings, platform: str, filters: Filters, max_creators: int, /
    ) -> PagedRequest:
        """Ask for at most `max_creators` creators; full pages may bring a few more."""
        ...


class LookalikePages(Protocol):
    """Makes the requests of a search for creators like another."""

    def __call__(
        self,
        settings: ProviderSettings,
        platform: str,
        username: str,
        native_id: str,
        filters: Filters,
        max_creators: int,
        /,
    ) -> PagedRequest:
        """Ask for at most `max_creators` creators that are like `username`, by its `native_id` where there is one."""
        ...


class CreatorPages(Protocol):
    """Makes the requests about one creator."""

    def __call__(self, settings: ProviderSettings, platform: str, username: str, /) -> PagedRequest:
        """Ask about `username`."""
        ...


class CreatorListPages(Protocol):
    """Makes the requests that hand in many creators, split to the provider's limits."""

    def __call__(self, settings: ProviderSettings, platform: str, usernames: Sequence[str], /) -> list[PagedRequest]:
        """Hand in `usernames`."""
        ...


class OverlapPages(Protocol):
    """Makes the request that compares the audiences of several creators."""

    def __call__(self, settings: ProviderSettings, platform: str, usernames: Sequence[str], /) -> PagedRequest:
        """Compare the audiences of `usernames`.

        Raises:
            ValueError: The provider does not compare so many creators, or so few.
        """
        ...


class DictionaryPages(Protocol):
    """Makes the requests for the dictionaries behind search filters."""

    def __call__(self, settings: ProviderSettings, platform: str, filters: Filters, /) -> list[PagedRequest]:
        """Ask for the dictionaries that hold values of `filters`."""
        ...


class BalancePages(Protocol):
    """Makes the request for the account's balance."""

    def __call__(self, settings: ProviderSettings, /) -> PagedRequest:
        """Ask for what is left."""
        ...


class ContentPages(Protocol):
    """Makes the requests for the newest posts of a creator."""

    def __call__(
        self,
        settings: ProviderSettings,
        platform: str,
        username: str,
        max_items: int,
        since: datetime | None = None,
        filters: PostFilters | None = None,
        /,
    ) -> PagedRequest:
        """Ask for at most `max_items` posts, where `since` is given only for those after it.

        Only a capability with the option ``filtered`` is given `filters`.
        """
        ...


class PostDetailPages(Protocol):
    """Makes the requests for one detail of a post."""

    def __call__(
        self, settings: ProviderSettings, platform: str, post_id: str, /, *, max_pages: int = 1
    ) -> PagedRequest:
        """Ask for the detail, at most `max_pages` pages of it."""
        ...


class PostPages(Protocol):
    """Makes the request for the counters of a post."""

    def __call__(self, settings: ProviderSettings, platform: str, native_id: str, /) -> PagedRequest:
        """Ask for the counters of this moment."""
        ...


class EmailPages(Protocol):
    """Makes the request for the accounts behind an e-mail address."""

    def __call__(
        self,
        settings: ProviderSettings,
        address: str,
        /,
        *,
        email_hash: str,
        depth: str = "basic",
        min_followers: int | None = None,
        exclude_platforms: Sequence[str] = (),
    ) -> PagedRequest:
        """Ask with `address`; request and rows are stored under its keyed hash `email_hash`.

        Smaller accounts than `min_followers`, and those on some platforms, are left out by a capability that has the
        option ``filtered``.
        """
        ...


class TrackingPages(Protocol):
    """Makes the requests that have videos tracked for ``TRACKED_DAYS``, one for each video."""

    def __call__(self, settings: ProviderSettings, urls: Sequence[str], /) -> list[PagedRequest]:
        """Ask for `urls` to be tracked.

        Raises:
            UnknownVideoUrlError: One of the addresses is none of a single video.
        """
        ...


class SeriesPages(Protocol):
    """Makes the requests for the series of all tracked videos."""

    def __call__(self, settings: ProviderSettings, max_videos: int, /) -> PagedRequest:
        """Ask for the series of at most `max_videos` videos."""
        ...


class AnswerRows(Protocol):
    """Makes rows of answers."""

    def __call__(self, answers: Sequence[Answer], /) -> Parsed:
        """Make the rows of `answers`, which all answer this capability's requests."""
        ...


class FoundCreatorRows(Protocol):
    """Makes rows of the answers of one search."""

    def __call__(self, answers: Sequence[Answer], /, *, origin: str, origin_name: str, platform: str) -> Parsed:
        """Make rows of ``discovery_results``; each names the search by `origin` and `origin_name`."""
        ...


class ReportRows(Protocol):
    """Makes rows of audience reports."""

    def __call__(self, answers: Sequence[Answer], /, *, keep_sensitive: bool = False) -> AudienceRows:
        """Make the report rows, and segment rows on demand; `keep_sensitive` keeps inferred ethnicity."""
        ...


class SeriesRows(Protocol):
    """Makes rows of series."""

    def __call__(self, answers: Sequence[Answer], /, *, days: Collection[date] | None = None) -> Parsed:
        """Make rows of ``video_stats``, one per video and day; where `days` is given only of these UTC days."""
        ...


class BalanceReader(Protocol):
    """Reads a balance."""

    def __call__(self, answer: Answer, /) -> ReportedBalance:
        """Read what the account has left."""
        ...


class ReadinessReader(Protocol):
    """Reads whether data is there."""

    def __call__(self, answer: Answer, /) -> DataReadiness:
        """Read whether the creator and its audience report are there."""
        ...


class BatchPages(Protocol):
    """Makes the requests that submit a batch of creators, split to the provider's limits, without duplicates."""

    def __call__(
        self, settings: ProviderSettings, platform: str, usernames: Sequence[str], /, *, mode: str
    ) -> list[PagedRequest]:
        """Submit `usernames` to be enriched in `mode`."""
        ...


class SinglePages(Protocol):
    """Makes the single request that a row of a batch answers as well."""

    def __call__(self, settings: ProviderSettings, platform: str, username: str, /, *, mode: str) -> PagedRequest:
        """Ask for one creator what a batch of this mode asks for many."""
        ...


class SingleAnswers(Protocol):
    """Takes the results of a batch apart."""

    def __call__(self, settings: ProviderSettings, results: Answer, /) -> Sequence[Answer]:
        """The answers to single requests that the results hold, each with its share of the charge."""
        ...


class BatchJobPages(Protocol):
    """Makes a request about a batch that was submitted."""

    def __call__(self, settings: ProviderSettings, job_id: str, /, *, platform: str, mode: str) -> PagedRequest:
        """Ask about the job; `platform` and `mode` are those of its submission."""
        ...
