"""A right brief: the campaign that it becomes, value by value as it was written."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.campaigns.model import MAX_BUDGET_CREDITS
from tests.campaigns.briefs import BRIEF, changed, right


def test_a_right_brief_becomes_a_campaign() -> None:
    campaign = right(BRIEF)
    assert (campaign.slug, campaign.market, campaign.currency, campaign.fees) == (
        "berlin-fitness",
        "Germany",
        "EUR",
        Decimal(60000),
    )
    assert campaign.budget_microcredits == {"north": 120_500_000, "south": 1}
    instagram, tiktok = campaign.discovery
    assert (instagram.name, instagram.provider, instagram.platform, instagram.max_creators) == (
        "instagram",
        "north",
        "instagram",
        500,
    )
    assert instagram.filters == {
        "location": ("Germany", "Austria"),
        "number_of_followers": {"min": 10000},
        "has_link": True,
    }
    assert tiktok.max_creators == 10_000
    assert tiktok.filters == {
        "country": "Norway",
        "categories": ("fitness",),
        "followerMin": 10000,
        "engagementRate": 2.5,
    }
    assert campaign.lookalikes[0].like == "some_handle"
    assert campaign.lookalikes[0].filters == {"growth": {"percentage": -3}}
    assert campaign.roster[0].handle == "bar.films"
    assert campaign.shortlist is not None
    assert (campaign.shortlist.top, campaign.shortlist.min_engagement_rate) == (60, 0.02)
    assert campaign.shortlist.exclude == ("a_competitor",)
    assert campaign.profiles is not None
    assert (campaign.profiles.max_age, campaign.profiles.provider) == (timedelta(hours=36), None)
    assert campaign.audiences is not None
    assert campaign.audiences.max_age == timedelta(days=30)
    assert campaign.audiences.max_cost_each == Decimal("21.5")
    assert campaign.audiences.keep_sensitive_because == ""
    assert campaign.content is not None
    assert (campaign.content.top, campaign.content.max_items, campaign.content.provider) == (10, 25, None)
    details = campaign.content.details
    assert details is not None
    assert (details.kinds, details.top, details.max_comment_pages) == (("data", "comments"), 5, 2)
    assert (details.max_age.days, details.only_sponsored, details.provider) == (14, False, None)
    assert campaign.linked_accounts is not None
    assert (campaign.linked_accounts.top, campaign.linked_accounts.max_age.days) == (15, 60)
    assert campaign.email_matches is not None
    assert (campaign.email_matches.lawful_basis, campaign.email_matches.depth) == ("consent", "basic")
    assert (campaign.email_matches.max_addresses, campaign.email_matches.max_age.days) == (300, 90)
    assert "invited" not in repr(campaign)
    assert campaign.tracking is not None
    assert list(campaign.tracking.fees.values()) == [Decimal("199.99")]


def test_filters_come_out_as_the_json_that_a_request_needs() -> None:
    encoded = msgspec.json.encode(right(BRIEF).discovery[1].filters)
    assert encoded == b'{"country":"Norway","categories":["fitness"],"followerMin":10000,"engagementRate":2.5}'


def test_what_is_named_twice_in_a_list_of_words_counts_once() -> None:
    content = right(changed("[data, comments]", "[comments, data, comments]")).content
    assert content is not None
    assert content.details is not None
    assert content.details.kinds == ("comments", "data")


def test_sections_that_are_left_out_stay_out() -> None:
    campaign = right(
        "brief: {market: X, start: 2026-11-02, end: 2026-11-02, currency: GBP}\n"
        "budget: {south: 1}\n"
        "tracking: {videos: ['https://example.com/v/1']}\n"
    )
    assert campaign.shortlist is None
    assert (campaign.discovery, campaign.lookalikes, campaign.roster) == ((), (), ())
    assert campaign.fees is None


@pytest.mark.parametrize("market", ["NO", "on", "Österreich", "日本", '"1984"'])
def test_text_is_taken_as_written(market: str) -> None:
    assert right(changed("market: Germany", f"market: {market}")).market == market.strip('"')


@pytest.mark.parametrize("handle", ["12345", "1_000", "no", "007", "1e3", "2026-11-02", '" @spaced "'])
def test_a_handle_is_taken_as_written_without_its_at_sign(handle: str) -> None:
    assert right(changed("handle: bar.films", f"handle: {handle}")).roster[0].handle == handle.strip('" @')


@pytest.mark.parametrize(
    "written", ["Bar.Films", '"@BAR.films"', "https://www.tiktok.com/@bar.films", '"bar.films\u200b"']
)
def test_a_handle_has_one_spelling(written: str) -> None:
    assert right(changed("handle: bar.films", f"handle: {written}")).roster[0].handle == "bar.films"


def test_a_campaign_knows_its_days_and_weeks() -> None:
    campaign = right(changed("end: 2026-12-13", "end: 2026-11-16").replace("start: 2026-11-02", "start: 2026-11-08"))
    assert campaign.weeks() == (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16))
    days = [date(2026, 11, 7) + timedelta(days=n) for n in range(11)]
    assert [day for day in days if campaign.runs_on(day)] == days[1:-1]


@given(st.integers(min_value=0, max_value=MAX_BUDGET_CREDITS * 10**6))
def test_every_budget_that_the_ledger_can_hold_is_read_exactly(microcredits: int) -> None:
    whole, part = divmod(microcredits, 10**6)
    campaign = right(changed("north: 120.5", f"north: {whole}.{part:06d}"))
    assert campaign.budget_microcredits["north"] == microcredits
