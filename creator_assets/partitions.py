"""Partitions: weeks and days of a campaign, and the only constructor of their keys.

A partition is the period of the requests; the rows hold the data of that period. Weeks start on Monday. Days and weeks
are UTC. The current week and day are partitions from their first instant. A key is a campaign slug and a date. Other
texts may be personal, so the module refuses them without repeating them. Rooms below this module do not know Dagster.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Self

import msgspec

from creator_assets.campaigns.slug import SLUG_RULE, is_slug

CAMPAIGN = "campaign"
"""Name of the business dimension. It sorts before `DATE`, so keys are ``campaign|date``."""

DATE = "date"
"""Name of the time dimension, for weeks and days, so that a mapping between both is possible."""

FIRST_MONDAY = date(2026, 11, 2)
"""Default start of the partitions. Providers report only the present, so earlier weeks cannot be filled. The date may
move back, but never forward: partitions with data would disappear."""


_DELIMITER = "|"
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAST_DATE = date(9999, 12, 26)  # the last Sunday whose week ends within the range of `date`


class PartitionKeyError(ValueError):
    """An invalid partition key. The message never repeats the key: it may be personal."""


class PartitionKind(StrEnum):
    """Length of a partition. The value is the name of its partition column."""

    WEEK = "week"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        """Length of one partition of this kind."""
        return timedelta(days=7 if self is PartitionKind.WEEK else 1)


class Partition(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One campaign in one week or on one day.

    ``first_day`` is the Monday of the week, or the day itself.

    Raises:
        PartitionKeyError: The campaign is not a slug, or the first day of a week is not a Monday.
    """

    campaign: str
    first_day: date
    kind: PartitionKind

    def __post_init__(self) -> None:
        """Refuse values that `parse` could not read from the key."""
        if not is_slug(self.campaign):
            raise PartitionKeyError(f"the campaign of a partition key must be {SLUG_RULE}")
        if isinstance(self.first_day, datetime) or self.first_day > _LAST_DATE:
            raise PartitionKeyError(f"the date of a partition key must be a plain date, at most {_LAST_DATE}")
        if self.kind is PartitionKind.WEEK and self.first_day.weekday() != 0:
            monday = monday_of(self.first_day)
            raise PartitionKeyError(f"weeks start on Monday: {self.first_day} is in the week of {monday}")

    @classmethod
    def week_of(cls, campaign: str, day: date) -> Self:
        """Return the week of `campaign` that contains `day`."""
        return cls(campaign=campaign, first_day=monday_of(day), kind=PartitionKind.WEEK)

    @classmethod
    def day_of(cls, campaign: str, day: date) -> Self:
        """Return the day `day` of `campaign`."""
        return cls(campaign=campaign, first_day=day, kind=PartitionKind.DAY)

    @classmethod
    def parse(cls, key: str, kind: PartitionKind) -> Self:
        """Parse a key such as ``berlin-fitness|2026-11-16``. The key does not contain the kind.

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
        """The first instant after the partition, in UTC."""
        return self.start + self.kind.length

    @property
    def path_parts(self) -> tuple[str, str]:
        """The hive folders, outermost first: ``("campaign=berlin-fitness", "week=2026-11-16")``."""
        return (f"{CAMPAIGN}={self.campaign}", f"{self.kind.value}={self.first_day.isoformat()}")

    def follows(self, before: Partition) -> bool:
        """Whether this is the next partition of the same campaign."""
        return self.campaign == before.campaign and self.start == before.end

    def week(self) -> Partition:
        """Return the week of the same campaign that contains this partition; for a week, the partition itself."""
        return Partition.week_of(self.campaign, self.first_day)

    def days(self) -> tuple[Partition, ...]:
        """Return the days of this partition in order: seven days for a week, the partition itself for a day."""
        count = self.kind.length.days
        return tuple(Partition.day_of(self.campaign, self.first_day + timedelta(days=n)) for n in range(count))


def monday_of(day: date) -> date:
    """Return the Monday of the ISO week that contains `day`."""
    return day - timedelta(days=day.weekday())


def current_day(now: datetime) -> date:
    """Return the UTC date at `now`.

    Raises:
        ValueError: `now` has no time zone.
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
        raise ValueError("an instant without a time zone has no UTC day: pass an aware datetime")
    return instant
