"""Keys, windows and mappings of partitions, checked against the Dagster that is installed."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets import partition_definitions
from creator_assets.partitions import FIRST_MONDAY, Partition, PartitionKeyError, PartitionKind, current_day, monday_of

NOW = datetime(2026, 11, 20, 21, 9, tzinfo=UTC)  # a Friday
SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
DATES = st.dates(min_value=date.min, max_value=date(9999, 12, 26))
KINDS = st.sampled_from(PartitionKind)


def made(campaign: str, day: date, kind: PartitionKind) -> Partition:
    return Partition.week_of(campaign, day) if kind is PartitionKind.WEEK else Partition.day_of(campaign, day)


@given(SLUGS, DATES, KINDS)
def test_every_partition_is_read_back_from_its_key(campaign: str, day: date, kind: PartitionKind) -> None:
    partition = made(campaign, day, kind)
    assert Partition.parse(partition.key, kind) == partition
    # Dagster puts the same key together from its two dimensions.
    assert partition.key == dg.MultiPartitionKey({"campaign": campaign, "date": partition.first_day.isoformat()})


@given(SLUGS, DATES, KINDS)
def test_partition_windows_hold_their_day_and_abut(campaign: str, day: date, kind: PartitionKind) -> None:
    partition = made(campaign, day, kind)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert partition.start <= noon < partition.end
    assert made(campaign, partition.end.date(), kind).start == partition.end
    assert partition.week().start <= noon < partition.week().end
    assert partition in (partition.week(), *partition.week().days())


@given(SLUGS, st.text() | st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]\n?", fullmatch=True), KINDS)
def test_whatever_parses_is_the_key_itself_to_the_last_character(campaign: str, tail: str, kind: PartitionKind) -> None:
    key = f"{campaign}|{tail}"
    with suppress(PartitionKeyError):
        assert Partition.parse(key, kind).key == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "berlin-fitness",
        "berlin-fitness|",
        "|2026-11-16",
        "jane@example.com|2026-11-16",
        "@bar.films|2026-11-16",
        "bar.films|2026-11-16",
        "some_handle|2026-11-16",
        "Berlin|2026-11-16",
        "-berlin|2026-11-16",
        "berlin\n|2026-11-16",
        "berlin/../x|2026-11-16",
        "berlin|2026-11-16|2026-11-16",
        "berlin|2026-11-16\n",
        " berlin|2026-11-16",
        "berlin|20261116",
        "berlin|2026-W47-1",
        "berlin|2026-11-31",
        "berlin|2026-11-16T00:00",
        "berlin|\uff12\uff10\uff12\uff16-11-16",
        "берлин|2026-11-16",
        "a" * 64 + "|2026-11-16",
        "2026-11-16|berlin",
    ],
)
def test_a_key_that_is_no_slug_and_date_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(PartitionKeyError) as caught:
        Partition.parse(key, PartitionKind.WEEK)
    assert not any(part in str(caught.value) for part in ("jane", "bar.films", "some_handle", "aaaa"))


def test_a_week_key_must_name_a_monday_and_says_which() -> None:
    with pytest.raises(PartitionKeyError, match="2026-11-18 is in the week of 2026-11-16"):
        Partition.parse("berlin-fitness|2026-11-18", PartitionKind.WEEK)
    assert Partition.parse("berlin-fitness|2026-11-18", PartitionKind.DAY).first_day == date(2026, 11, 18)


def test_a_partition_names_its_hive_folders() -> None:
    day = Partition.day_of("berlin-fitness", date(2026, 11, 18))
    assert day.path_parts == ("campaign=berlin-fitness", "day=2026-11-18")
    assert day.week().path_parts == ("campaign=berlin-fitness", "week=2026-11-16")
    assert day.week().key == "berlin-fitness|2026-11-16"


def test_a_datetime_is_no_first_day() -> None:
    with pytest.raises(PartitionKeyError, match="plain date"):
        Partition(campaign="a", first_day=NOW, kind=PartitionKind.DAY)


@pytest.mark.parametrize(
    ("now", "week", "day"),
    [
        (datetime(2026, 11, 15, 23, 59, 59, 999_999, tzinfo=UTC), date(2026, 11, 9), date(2026, 11, 15)),
        (datetime(2026, 11, 16, tzinfo=UTC), date(2026, 11, 16), date(2026, 11, 16)),
        # Monday morning in Auckland is still Sunday in UTC.
        (datetime(2026, 11, 16, 9, tzinfo=timezone(timedelta(hours=13))), date(2026, 11, 9), date(2026, 11, 15)),
        (datetime(2027, 1, 1, tzinfo=UTC), date(2026, 12, 28), date(2027, 1, 1)),
    ],
)
def test_the_current_week_and_day_are_those_of_utc(now: datetime, week: date, day: date) -> None:
    assert (monday_of(current_day(now)), current_day(now)) == (week, day)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        current_day(datetime(2026, 11, 16))  # noqa: DTZ001


def test_dagster_offers_exactly_the_keys_that_partitions_construct() -> None:
    weeks = partition_definitions.week_by_campaign(["uk-gaming-tiktok", "berlin-fitness"]).get_partition_keys(
        current_time=NOW
    )
    mondays = [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)]
    assert weeks == [Partition.week_of(s, d).key for s in ("berlin-fitness", "uk-gaming-tiktok") for d in mondays]

    days = partition_definitions.day_by_campaign(["berlin-fitness"]).get_partition_keys(current_time=NOW)
    first = FIRST_MONDAY
    assert days == [Partition.day_of("berlin-fitness", first + timedelta(days=n)).key for n in range(19)]
    assert partition_definitions.daily().get_partition_keys(current_time=NOW) == [key.split("|")[1] for key in days]


def test_the_running_week_and_day_appear_with_their_first_instant() -> None:
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    for definition in (partition_definitions.week_by_campaign(["a"]), partition_definitions.day_by_campaign(["a"])):
        assert "a|2026-11-16" in definition.get_partition_keys(current_time=monday)
        assert "a|2026-11-16" not in definition.get_partition_keys(current_time=monday - timedelta(microseconds=1))


def test_dagsters_window_is_the_partitions_own() -> None:
    key = "a|2026-11-16"
    for kind, definition in (
        (PartitionKind.WEEK, partition_definitions.week_by_campaign(["a"])),
        (PartitionKind.DAY, partition_definitions.day_by_campaign(["a"])),
    ):
        window = definition.time_window_for_partition_key(key)
        partition = Partition.parse(key, kind)
        assert (window.start, window.end) == (partition.start, partition.end)


def test_an_earlier_first_day_begins_on_its_monday_for_weeks_and_days() -> None:
    wednesday = date(2026, 10, 28)
    assert (
        partition_definitions.week_by_campaign(["a"], wednesday).get_partition_keys(current_time=NOW)[0]
        == "a|2026-10-26"
    )
    assert (
        partition_definitions.day_by_campaign(["a"], wednesday).get_partition_keys(current_time=NOW)[0]
        == "a|2026-10-26"
    )


def test_no_campaign_makes_no_partition_and_no_failure() -> None:
    assert partition_definitions.week_by_campaign([]).get_partition_keys(current_time=NOW) == []


def test_a_campaign_that_is_no_slug_cannot_define_partitions() -> None:
    with pytest.raises(PartitionKeyError) as caught:
        partition_definitions.day_by_campaign(["berlin-fitness", "jane@example.com"])
    assert "jane" not in str(caught.value)


def mapped(source: dg.MultiPartitionsDefinition, target: dg.MultiPartitionsDefinition, key: str) -> set[str]:
    """The upstream partitions in `target` on which `key` of `source` rests."""
    result = partition_definitions.between_days_and_weeks().get_upstream_mapped_partitions_result_for_partitions(
        source.subset_with_partition_keys([key]), source, target, current_time=NOW
    )
    assert not list(result.required_but_nonexistent_subset.get_partition_keys())
    return set(result.partitions_subset.get_partition_keys())


def test_a_day_rests_on_its_week_and_a_week_on_its_days_that_exist() -> None:
    weeks = partition_definitions.week_by_campaign(["a", "b"])
    days = partition_definitions.day_by_campaign(["a", "b"])
    for day in days.get_partition_keys(current_time=NOW):
        assert mapped(days, weeks, day) == {Partition.parse(day, PartitionKind.DAY).week().key}
    past = Partition.week_of("b", date(2026, 11, 9))
    assert mapped(weeks, days, past.key) == {day.key for day in past.days()}
    running = Partition.week_of("b", date(2026, 11, 16))
    assert mapped(weeks, days, running.key) == {day.key for day in running.days()[:5]}


def test_a_week_leads_down_to_the_days_of_its_own_campaign() -> None:
    weeks = partition_definitions.week_by_campaign(["a", "b"])
    days = partition_definitions.day_by_campaign(["a", "b"])
    past = Partition.week_of("a", date(2026, 11, 9))
    downstream = partition_definitions.between_days_and_weeks().get_downstream_partitions_for_partitions(
        weeks.subset_with_partition_keys([past.key]), weeks, days, current_time=NOW
    )
    assert set(downstream.get_partition_keys()) == {day.key for day in past.days()}
