"""When and for whom: `week x campaign` and `day x campaign`, and the one constructor of their keys.

A partition says when something was asked; the rows say what was known. Weeks start on Monday, days and weeks are UTC,
and the running week and day are partitions from their first moment. Nothing personal belongs here: a key is a campaign
slug and a date, and a text that is neither is refused without being repeated. Above this module only assets and
automation know Dagster; below it, nothing does.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Self

import msgspec

from creator_assets.campaigns.slug import SLUG_RULE, is_slug

CAMPAIGN = "campaign"
"""Name of the business dimension; sorts before `DATE`, which is why keys read ``campaign|date``."""

DATE = "date"
"""Name of the time dimension, of weeks and of days alike, so that one mapping leads from one to the other."""

FIRST_MONDAY = date(2026, 11, 2)
"""Where partitions begin unless a caller says otherwise. Providers report only the present, so an earlier week could
never be filled; the date may move back, never forward, or partitions that hold data would vanish from view."""


_DELIMITER = "|"
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAST_DATE = date(9999, 12, 26)  # a Sunday, the last whose week still has an end that `date` can hold


class PartitionKeyError(ValueError):
    """A text or a pair of values that cannot be a partition key. The message never repeats it: it may be personal."""


class PartitionKind(StrEnum):
    """How long a partition lasts; the value names its hive column."""

    WEEK = "week"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        """How long one partition of this kind lasts."""
        return timedelta(days=7 if self is PartitionKind.WEEK else 1)


class Partition(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One campaign in one week or on one day.

    ``first_day`` is the Monday of the week, or the day itself.

    Raises:
        PartitionKeyError: The campaign is no slug, or the first day of a week is no Monday.
    """

    campaign: str
    first_day: date
    kind: PartitionKind

    def __post_init__(self) -> None:
        """Refuse what could not be read back from its key."""
        if not is_slug(self.campaign):
            raise PartitionKeyError(f"the campaign of a partition key must be {SLUG_RULE}")
        if isinstance(self.first_day, datetime) or self.first_day > _LAST_DATE:
            raise PartitionKeyError(f"the date of a partition key must be a plain date, at most {_LAST_DATE}")
        if self.kind is PartitionKind.WEEK and self.first_day.weekday() != 0:
            monday = monday_of(self.first_day)
            raise PartitionKeyError(f"weeks start on Monday: {self.first_day} lies in the week of {monday}")

    @classmethod
    def week_of(cls, campaign: str, day: date) -> Self:
        """The week of `campaign` in which `day` lies."""
        return cls(campaign=campaign, first_day=monday_of(day), kind=PartitionKind.WEEK)

    @classmethod
    def day_of(cls, campaign: str, day: date) -> Self:
        """The one day `day` of `campaign`."""
        return cls(campaign=campaign, first_day=day, kind=PartitionKind.DAY)

    @classmethod
    def parse(cls, key: str, kind: PartitionKind) -> Self:
        """Read a key such as ``berlin-fitness|2026-11-16``; the kind is not in the key and has to be known.

        Raises:
            PartitionKeyError: The key is not exactly a slug, a ``|`` and an ISO date (a Monday for a week).
        """
        campaign, delimiter, first_day = key.partition(_DELIMITER)
        if not delimiter:
            raise PartitionKeyError("a partition key reads campaign|YYYY-MM-DD, such as berlin-fitness|2026-11-16")
        return cls(campaign=campaign, first_day=_parsed(first_day), kind=kind)

    @property
    def key(self) -> str:
        """The key under which Dagster knows this partition. No other place in the project puts one together.

        Dagster sorts the dimensions by name, so that `CAMPAIGN` stands before `DATE`.
        """
        return f"{self.campaign}{_DELIMITER}{self.first_day.isoformat()}"

    @property
    def start(self) -> datetime:
        """The first instant, in UTC."""
        return datetime.combine(self.first_day, time.min, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first instant that lies no longer within, in UTC."""
        return self.start + self.kind.length

    @property
    def path_parts(self) -> tuple[str, str]:
        """The hive folders, outermost first: ``("campaign=berlin-fitness", "week=2026-11-16")``."""
        return (f"{CAMPAIGN}={self.campaign}", f"{self.kind.value}={self.first_day.isoformat()}")

    def week(self) -> Partition:
        """The week of the same campaign in which this partition lies; a week is its own."""
        return Partition.week_of(self.campaign, self.first_day)

    def days(self) -> tuple[Partition, ...]:
        """The days of the same campaign that this partition spans, in order: seven for a week, itself for a day."""
        count = self.kind.length.days
        return tuple(Partition.day_of(self.campaign, self.first_day + timedelta(days=n)) for n in range(count))


def monday_of(day: date) -> date:
    """The Monday of the ISO week in which `day` lies."""
    return day - timedelta(days=day.weekday())


def current_day(now: datetime) -> date:
    """The UTC date at `now`.

    Raises:
        ValueError: `now` has no time zone, so nobody can say which day it means.
    """
    return _aware(now).astimezone(UTC).date()


def _parsed(text: str) -> date:
    if not _ISO_DATE.fullmatch(text):
        raise PartitionKeyError("the date of a partition key reads YYYY-MM-DD, such as 2026-11-16")
    try:
        parsed = date.fromisoformat(text)
    except ValueError:
        raise PartitionKeyError("the date of a partition key is not in the calendar") from None
    if parsed > _LAST_DATE:
        raise PartitionKeyError(f"the date of a partition key is at most {_LAST_DATE}")
    return parsed


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("an instant without a time zone belongs to no week: pass an aware datetime")
    return instant
