"""A price list of one's own: what it says is believed, and what is wrong with it is named with line and field."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from creator_assets.providers.registry import OPERATIONS
from creator_assets.settings import from_environment
from creator_assets.spending.planning.price_list import PriceList, PriceListError, load_prices
from creator_assets.spending.sandbox_clock import sandbox_time
from tests.market import Market

TODAY = date(2026, 11, 20)
HEAD = "version: contract-7\neffective: 2026-11-01\nsource: order form\n"
BY_NAME = {(operation.provider, operation.name): operation for operation in OPERATIONS}


def read(folder: Path, text: str) -> PriceList:
    path = folder / "prices.yaml"
    path.write_text(text)
    return load_prices(path, OPERATIONS, TODAY)


def test_a_list_says_what_operations_and_credits_cost_and_where_that_is_written(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        HEAD
        + "currency: EUR\nprice_per_credit: {infludata: 0.05, influencers_club: 0.1}\n"
        + "operations:\n  influencers_club: {enrich_full: 0.9}\n",
    )
    price = found.prices_of("influencers_club")["enrich_full"]
    documented = BY_NAME["influencers_club", "enrich_full"].price
    assert price.microcredits == 900_000
    assert (price.unit, price.source) == (documented.unit, "order form")
    assert price.stated == "0.9 per successful request (contract-7, since 2026-11-01)"
    assert found.credit_prices == {"infludata": Decimal("0.05"), "influencers_club": Decimal("0.1")}
    assert found.currency == "EUR"
    assert found.prices_of("keyapi") == {}


def test_forms_of_a_call_that_cost_otherwise_are_priced_each(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + "operations: {infludata: {user_data: {credits: 1, with_audience_report: 18}}}\n")
    price = found.prices_of("infludata")["user_data"]
    assert (price.microcredits, price.variant_microcredits("with_audience_report")) == (1_000_000, 18_000_000)
    assert price.stated == "1 per request; 18 with audience report (contract-7, since 2026-11-01)"


def test_what_a_complete_list_leaves_out_has_no_known_price_unless_it_is_free(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + "complete: true\noperations: {keyapi: {analytics: 2}}\n")
    assert found.prices_of("keyapi")["analytics"].is_known
    for (provider, name), operation in BY_NAME.items():
        if operation.is_free:
            assert name not in found.prices_of(provider)
        elif provider != "keyapi":
            assert not found.prices_of(provider)[name].is_known
            assert found.prices_of(provider)[name].stated == "unknown (contract-7, since 2026-11-01)"


@pytest.mark.parametrize(
    ("text", "line", "field", "said"),
    [
        (HEAD + "operations:\n  influencers_club:\n    enrich_ful: 1\n", 6, "operations.influencers_club.enrich_ful",
         "unknown operation. Did you mean enrich_full?"),
        (HEAD + "operations: {infludta: {content: 1}}\n", 4, "operations.infludta", "Did you mean infludata?"),
        (HEAD + "operations: {infludata: {client_info: 1}}\n", 4, "operations.infludata.client_info", "is free"),
        (HEAD + "operations: {infludata: {content: 0}}\n", 4, "operations.infludata.content", "the price is zero"),
        (HEAD + "operations: {infludata: {content: 0.0000001}}\n", 4, "operations.infludata.content", "six decimals"),
        (HEAD + "operations: {infludata: {content: -1}}\n", 4, "operations.infludata.content", "out of range"),
        (HEAD + "operations: {infludata: {content: '1'}}\n", 4, "operations.infludata.content", "expected a number"),
        (HEAD + "operations: {infludata: {content: 1, content: 2}}\n", 4, "operations.infludata.content",
         "a second time"),
        (HEAD + "operations: {infludata: {user_data: 1}}\n", 4, "operations.infludata.user_data", "a mapping"),
        (HEAD + "operations: {infludata: {user_data: {credits: 1}}}\n", 4,
         "operations.infludata.user_data.with_audience_report", "is missing"),
        (HEAD + "operation: {}\n", 4, "operation", "Did you mean operations?"),
        (HEAD + "price_per_credit: {keyapi: 0.1}\n", 4, "price_per_credit", "no currency"),
        (HEAD + "currency: EUR\nprice_per_credit: {keyapi: 0}\n", 5, "price_per_credit.keyapi", "of a credit is zero"),
        (HEAD.replace("2026-11-01", "2026-11-21"), 2, "effective", "these prices take effect on 2026-11-21"),
        ("version: x\n", 1, "effective", "is missing"),
        ("", 1, "", "the file is empty"),
        ("a: [1\n", 2, "", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_wrong_list_is_refused_with_line_field_and_what_would_be_right(
    tmp_path: Path, text: str, line: int, field: str, said: str
) -> None:
    with pytest.raises(PriceListError) as raised:
        read(tmp_path, text)
    fault = raised.value.faults[0]
    assert (fault.file, fault.line, fault.field) == (str(tmp_path / "prices.yaml"), line, field)
    assert said in str(raised.value)


@pytest.mark.parametrize(("amount", "is_right"), [("100000", True), ("100000.000001", False)])
def test_prices_have_an_upper_bound(tmp_path: Path, amount: str, is_right: bool) -> None:
    text = (
        HEAD
        + f"currency: EUR\nprice_per_credit: {{keyapi: {amount}}}\noperations: {{infludata: {{content: {amount}}}}}\n"
    )
    if is_right:
        found = read(tmp_path, text)
        assert (found.credit_prices["keyapi"], found.prices_of("infludata")["content"].credits) == (
            Decimal(100_000),
            Decimal(100_000),
        )
        return
    with pytest.raises(PriceListError) as raised:
        read(tmp_path, text)
    assert [fault.field for fault in raised.value.faults] == ["price_per_credit.keyapi", "operations.infludata.content"]


def test_a_list_takes_effect_on_its_day(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD.replace("2026-11-01", str(TODAY))).effective == TODAY


def test_a_list_that_is_not_there_is_a_fault_and_not_the_documented_prices(tmp_path: Path) -> None:
    with pytest.raises(PriceListError, match=r"nowhere\.yaml:1:1: the price list cannot be read"):
        load_prices(tmp_path / "nowhere.yaml", OPERATIONS, TODAY)


def test_the_resources_tell_what_a_credit_costs_where_somebody_stated_it(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(HEAD + "currency: EUR\nprice_per_credit: {keyapi: 0.25}\n")
    assert {one.credit_price for one in from_environment({}).paid_client.settings().values()} == {None}
    paid_client = from_environment({"CREATOR_ASSETS_PRICES": str(path)}).paid_client
    assert {name: one.credit_price for name, one in paid_client.settings().items() if one.credit_price} == {
        "keyapi": Decimal("0.25")
    }


def test_a_list_takes_effect_by_the_clock_of_the_sandbox(tmp_path: Path, market: Market) -> None:
    path = tmp_path / "prices.yaml"
    later = sandbox_time(market.clock_url)().date() + timedelta(days=1)
    path.write_text(HEAD.replace("2026-11-01", str(later)))
    environ = {
        "CREATOR_ASSETS_PRICES": str(path),
        "CREATOR_ASSETS_REALM": "sandbox-1",
        "CREATOR_ASSETS_CLOCK": market.clock_url,
    }
    with pytest.raises(PriceListError, match=f"take effect on {later}, and it is {later - timedelta(days=1)}"):
        from_environment(environ).paid_client.price_list()
    market.control.post("/clock", json={"advance_seconds": 24 * 3600}).raise_for_status()
    assert from_environment(environ).paid_client.price_list().effective == later


def test_the_documented_example_can_be_used(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "budgets-and-plans.md").read_text()
    section = page[page.index("## Your own price list\n") :]
    example = section[section.index("```yaml\n") + 8 : section.index("```\n\n")]
    found = read(tmp_path, example)
    assert found.prices_of("influencers_club")["enrich_full"].microcredits == 900_000
    assert found.credit_prices["influencers_club"] == Decimal("0.10")
