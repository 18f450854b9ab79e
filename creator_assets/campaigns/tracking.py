"""Which videos are tracked day by day, and what was paid for them: the section `tracking`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from creator_assets.campaigns.values import (
    MAX_ACCOUNTS,
    ProviderName,
    VideoLink,
    is_link,
    reading_of,
    refuse_repeated,
)
from creator_assets.checked_yaml import Section, WrongValueError, YamlNode
from creator_assets.checked_yaml.scalars import Amount, Duration, Flag, WholeNumber
from creator_assets.checked_yaml.section import PERSONAL, Entries, Named, entries_of, items_of

MAX_SPONSORED = 1_000
"""Paid posts of ``content`` that a campaign tracks at most."""
LEAST_AGE = timedelta(days=1)
"""The provider's averages are the same for so long (``000_243d6688ae00c433.txt``: statistics of videos are cached)."""


class Tracking(Section):
    """Videos whose counters are read every day for 30 days.

    Each video has one tracker for its 30 days. It needs `videos`, `max_sponsored` or both.
    """

    videos: Entries[VideoLink] = Field(
        default=(),
        max_length=MAX_ACCOUNTS,
        examples=[["https://…"]],
        description="Links of the videos, in any form that the platform has.",
    )
    fees: Annotated[Named[Amount], PERSONAL] = Field(
        default={},
        examples=[{"https://…": 500}],
        json_schema_extra={"unit": "currency of the brief"},
        description="What was paid for a video, by the same link as in `videos`.",
    )
    max_sponsored: WholeNumber = Field(
        default=0,
        ge=1,
        le=MAX_SPONSORED,
        examples=[5],
        json_schema_extra={"unit": "videos"},
        description="New paid posts to track each week at most, of those that `content` finds. Needs `content`.",
    )
    retry_errors: Flag = Field(
        default=False,
        examples=[True],
        description="Ask again each week for a video that could not be tracked, at the price of a video if charged.",
    )
    provider: ProviderName | None = Field(
        default=None,
        description="The provider that tracks. Left out, it is the one that costs least for the 30 days. "
        "A video that is tracked already stays with its tracker.",
    )
    fill_from: ProviderName | None = Field(
        default=None,
        description="The provider to buy a day's counters from, on that day, where the tracker has none.",
    )
    creator_averages: Duration | None = Field(
        default=None,
        examples=["7d"],
        description="Show beside each video what its creator's videos usually get. Bought again at this age, "
        "which is at least 1d.",
    )
    refresh_averages: Flag = Field(
        default=False,
        examples=[True],
        description="Have the provider look for new videos of each creator before it averages them. It does so only "
        "where their statistics are 5 days old or older, and charges that like one more creator. Needs "
        "`creator_averages`.",
    )

    @property
    def buys_on_days(self) -> bool:
        """Whether a day may cost something while it runs."""
        return self.fill_from is not None or self.creator_averages is not None

    @field_validator("refresh_averages")
    @classmethod
    def _check_refresh(cls, refresh: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic passes the value
        if refresh and info.data.get("creator_averages", LEAST_AGE) is None:
            raise WrongValueError("no averages are asked for", "Add `creator_averages: 7d`, or remove this field")
        return refresh

    @field_validator("videos", mode="before")
    @classmethod
    def _refuse_repeated(cls, value: Any, info: ValidationInfo) -> Any:
        reading = reading_of(info)
        if not isinstance(value, YamlNode) or reading is None:
            return value
        video = reading.catalog.video
        items = items_of(value)
        videos = [(item, video(item.text)) for item in items if item.text is not None and is_link(item.text)]
        remedy = "Remove one of the two: each would be tracked and paid for"
        refuse_repeated(((item, known.key) for item, known in videos if known is not None), "video", remedy)
        return items

    @field_validator("fees", mode="before")
    @classmethod
    def _refuse_untracked(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, YamlNode):
            return value
        fees = entries_of(value)
        videos = frozenset(info.data.get("videos", fees))  # wrong videos are reported already
        for link, fee in fees.items():
            if link not in videos:
                fee.refuse("a fee for a video that is not tracked", "Use exactly one of the links in tracking.videos")
        return fees

    @field_validator("creator_averages")
    @classmethod
    def _check_age(cls, age: timedelta | None) -> timedelta | None:
        if age is not None and age < LEAST_AGE:
            raise WrongValueError("averages change once a day at most", "Write 1d or more, such as 7d")
        return age
