"""Records become rows: what is bad is set aside alone, with its reason and without its value, and costs add up."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.providers.contract.operations import Answer, Request
from creator_assets.providers.infludata.operations import DISCOVERY
from creator_assets.providers.parsing.provenance import RawRecord
from creator_assets.providers.parsing.records import cut, decode
from creator_assets.providers.parsing.table_rows import conform, ids_of, whole
from creator_assets.tables import columns
from creator_assets.tables.schemas import DiscoveryResults

from .bench import NOW, answered, response

SHAPE = pl.Struct(
    {
        "id": pl.String,
        "followers": pl.Float64,
        "verified": pl.Boolean,
        "tags": pl.List(pl.String),
        "profile": pl.Struct({"username": pl.String, "score": pl.Float64}),
    }
)
REQUIRED = {"id": pl.col("id"), "profile.username": pl.col("profile").struct.field("username")}
GOOD = {"id": "1", "followers": 7, "verified": True, "tags": ["a"], "profile": {"username": "x", "score": 0.5}}


def answers(*charges: int) -> list[Answer]:
    call = Request(operation=DISCOVERY)
    made = []
    for number, charge in enumerate(charges):
        outcome = DISCOVERY.read(call, response({"users": [{}]}))
        one = answered(call, response(f"body {number}"), outcome, observed_at=NOW, number=number)
        made.append(Answer(**{n: getattr(one, n) for n in one.__struct_fields__} | {"charge_microcredits": charge}))
    return made


def records(*texts: Any, answer: int = 0) -> list[RawRecord]:
    return [
        RawRecord(answer, place, text if isinstance(text, str) else json.dumps(text))
        for place, text in enumerate(texts)
    ]


def test_a_good_record_keeps_every_field() -> None:
    row = decode(answers(5), records(GOOD), SHAPE, REQUIRED).rows.row(0, named=True)
    assert {name: row[name] for name in GOOD} == GOOD
    assert (row["provider"], row["operation"], row["cost_microcredits"]) == ("infludata", "discovery", 5)


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        ({}, "id", "missing"),
        ({**GOOD, "id": None}, "id", "missing"),
        ({**GOOD, "id": {"secret-value": 1}}, "id", "not text"),
        ({**GOOD, "profile": {}}, "profile.username", "missing"),
        ({**GOOD, "profile": ["secret-value"]}, "profile.username", "not an object"),
        ({**GOOD, "profile": {"username": ["secret-value", "b"]}}, "profile.username", "not text"),
        ({**GOOD, "profile": {"username": " "}}, "profile.username", "missing"),
        ({**GOOD, "profile": {"username": "None"}}, "profile.username", "a word for no value"),
        ({**GOOD, "profile": {"username": True}}, "profile.username", "not text"),
        ("[1]", "id", "not an object"),
        ("null", "id", "missing"),
        ('{"id": "secret-value"', "id", "not JSON"),
        ("", "id", "not JSON"),
    ],
)
def test_a_bad_record_is_rejected_with_field_and_reason_and_the_others_pass(bad: Any, field: str, reason: str) -> None:
    parsed = decode(answers(3), records(GOOD, bad, GOOD), SHAPE, REQUIRED)
    assert parsed.rows["position"].to_list() == [0, 2]
    assert parsed.rejected.select("position", "field", "reason").rows() == [(1, field, reason)]
    assert "secret-value" not in str(parsed.rejected.to_dict(as_series=False))


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("followers", "125000", 125_000.0),
        ("followers", "1.5e3", 1_500.0),
        ("followers", None, None),
        ("followers", "12.4K", 12_400.0),
        ("followers", "1,234,567", 1_234_567.0),
        ("followers", "4.5 %", 4.5),
        ("followers", ["7"], 7.0),
        ("followers", True, None),
        ("followers", False, None),
        ("followers", "hidden", None),
        ("followers", "", None),
        ("followers", [1, 2], None),
        ("followers", "many", None),
        ("followers", "1e99999", None),
        ("followers", {"count": 3}, None),
        ("verified", "true", True),
        ("verified", 0, False),
        ("verified", "maybe", None),
        ("id", "", None),
        ("id", " \t", None),
        ("id", "N/A", None),
        ("id", False, None),
        ("tags", {"a": 1}, None),
        ("id", 9_007_199_254_740_993, "9007199254740993"),
        ("id", 100_034_034_780_479_488, "100034034780479488"),
        ("id", "7489443966908189959", "7489443966908189959"),
        ("id", "\u200b\u05e9\u05dc\u05dd 👩\u200d👧 e\u0301", "\u200b\u05e9\u05dc\u05dd 👩\u200d👧 e\u0301"),
    ],
)
def test_a_field_of_another_type_is_read_where_it_can_be_and_null_where_not(
    field: str, value: Any, expected: Any
) -> None:
    parsed = decode(answers(1), records({**GOOD, field: value}), SHAPE, {})
    assert parsed.rows[field].to_list() == [expected]


def test_undeclared_fields_are_ignored() -> None:
    assert decode(answers(1), records({**GOOD, "new": {"deep": [1, {"er": 2}]}}), SHAPE, REQUIRED).rows.height == 1


def test_bytes_that_are_no_text_do_not_lose_the_record() -> None:
    text = b'{"id": "caf\xe9", "profile": {"username": "x"}}'
    parsed = decode(answers(1), list(cut(0, [text])), SHAPE, REQUIRED)  # type: ignore[list-item]
    assert parsed.rows["id"].to_list() == ["caf\ufffd"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([*GOOD, "username"]), inner, max_size=4),
    max_leaves=6,
)  # fmt: skip


@given(bad=json_values, place=st.integers(0, 6))
@settings(max_examples=150)
def test_a_record_is_decoded_independently_of_its_neighbours(bad: Any, place: int) -> None:
    good = [{**GOOD, "id": str(number), "followers": number} for number in range(6)]
    alone = decode(answers(0), records(*good), SHAPE, REQUIRED).rows
    beside = decode(answers(0), records(*good[:place], bad, *good[place:]), SHAPE, REQUIRED)
    kept = beside.rows.filter(pl.col("position") != place)
    assert kept.drop("position").equals(alone.drop("position"))
    assert beside.rows.height + beside.rejected.height == 7


@given(
    batches=st.lists(
        st.tuples(
            st.integers(0, 10**12),
            st.lists(st.tuples(st.sampled_from([GOOD, {}]), st.booleans()), min_size=1, max_size=7),
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=80)
def test_the_shares_of_an_answers_records_add_up_to_its_charge(
    batches: list[tuple[int, list[tuple[Any, bool]]]],
) -> None:
    raws = [
        msgspec.structs.replace(record, pays=pays)
        for index, (_, texts) in enumerate(batches)
        for record, (_, pays) in zip(records(*(text for text, _ in texts), answer=index), texts, strict=True)
    ]
    parsed = decode(answers(*(charge for charge, _ in batches)), raws, SHAPE, REQUIRED)
    columns = ["request_id", "position", "cost_microcredits"]
    both = pl.concat([one.select(columns) for one in (parsed.rows, parsed.rejected)])
    shares = dict(both.group_by("request_id").agg(pl.col("cost_microcredits").sum()).iter_rows())
    assert shares == {f"request-{index}": charge for index, (charge, _) in enumerate(batches)}
    # What was not charged for costs nothing, unless the answer was charged for none of its records.
    paying = {(f"request-{raw.answer}", raw.position) for raw in raws if raw.pays}
    for request_id, position, cost in both.iter_rows():
        if (request_id, position) not in paying and any(request_id == one for one, _ in paying):
            assert cost == 0


def found(*usernames: Any, **odd: Any) -> Any:
    """Return rows as they go into `discovery_results`, from records with these usernames."""
    texts = [{"id": str(place), "profile": {"username": name}, **odd} for place, name in enumerate(usernames)]
    parsed = decode(answers(100), records(*texts), SHAPE, {})
    rows = parsed.rows.with_columns(
        origin=pl.lit("search"),
        origin_name=pl.lit("one"),
        platform=pl.lit("tiktok"),
        username=pl.col("profile").struct.field("username"),
        followers=whole(pl.col("followers")),
        rank=pl.int_range(1, pl.len() + 1),
    )
    return conform(DiscoveryResults, parsed.with_rows(rows))


def test_of_records_with_the_same_key_the_first_is_kept_and_costs_add_up() -> None:
    parsed = found("a", "b", "a", "a")
    assert parsed.rows.select("username", "rank").rows() == [("a", 1), ("b", 2)]
    assert parsed.rejected.select("position", "reason").rows() == [
        (2, "repeats an earlier record"),
        (3, "repeats an earlier record"),
    ]
    assert parsed.rows["cost_microcredits"].sum() + parsed.rejected["cost_microcredits"].sum() == 100


def test_a_row_that_breaks_a_rule_of_its_table_is_rejected_by_name() -> None:
    rows = found("a").rows.with_columns(position=pl.lit(0), rank=pl.lit(0))
    parsed = conform(DiscoveryResults, found("a").with_rows(rows))
    assert parsed.rows.is_empty()
    assert parsed.rejected.select("field", "reason").rows() == [("rank", "breaks the rule `min` of the table")]


@pytest.mark.parametrize("followers", [-1, -2, 1e300, 2**63, 10**19, 9.3e18])
def test_an_impossible_value_costs_its_field_and_is_noted(followers: float) -> None:
    parsed = found("a", "b", followers=followers)
    assert parsed.rows["followers"].to_list() == [None, None]
    assert parsed.rejected.is_empty()
    # Of a negative count the rule of the column says so; beyond every type it is no number of a provider at all.
    problem = "impossible" if followers < 0 else "wrong_type"
    assert parsed.notes.select("position", "field", "problem").rows() == [
        (place, "followers", problem) for place in range(2)
    ]


@pytest.mark.parametrize(("share", "kept"), [(1.0000000000000002, 1.0), (-1e-17, 0.0), (1.01, None), (-0.5, None)])
def test_a_share_beyond_its_bounds_by_a_rounding_error_is_the_bound(share: float, kept: float | None) -> None:
    rows = found("a").rows.with_columns(pl.lit(None).alias("score"), position=pl.lit(0))
    table = type("Shares", (DiscoveryResults,), {"share": columns.number("Share.", "fraction", min=0, max=1)})
    parsed = conform(table, found("a").with_rows(rows.with_columns(share=pl.lit(share))))
    assert parsed.rows["share"].to_list() == [kept]
    assert parsed.notes["field"].to_list() == ([] if kept is not None else ["share"])


@pytest.mark.parametrize(
    ("value", "problem"),
    [("hidden", "placeholder"), (True, "wrong_type"), ([1, 2], "wrong_type"), ("12.4K", "approximate"), ("7", None)],
)
def test_what_a_field_lost_is_noted_with_its_path_and_without_its_value(value: Any, problem: str | None) -> None:
    parsed = decode(answers(2), records({**GOOD, "followers": value}, GOOD), SHAPE, REQUIRED)
    assert parsed.notes.select("position", "field", "problem").rows() == (
        [(0, "followers", problem)] if problem else []
    )
    assert "12.4" not in str(parsed.notes.to_dict(as_series=False))


def test_a_key_that_is_missing_rejects_each_record_for_itself() -> None:
    parsed = found("a", None, None)
    assert parsed.rows["username"].to_list() == ["a"]
    assert sorted(parsed.rejected["position"]) == [1, 2]
    assert parsed.rows["cost_microcredits"].sum() + parsed.rejected["cost_microcredits"].sum() == 100


def test_no_records_make_an_empty_table_of_the_right_types() -> None:
    parsed = found()
    assert parsed.rows.height == parsed.rejected.height == 0
    assert parsed.rows.schema == {name: column.dtype for name, column in DiscoveryResults.columns().items()}


def test_whole_numbers_are_rounded_and_other_values_become_null() -> None:
    frame = pl.DataFrame({"n": [7.0, 7.5, 1e300, None]})
    assert frame.select(whole(pl.col("n")))["n"].to_list() == [7, 8, None, None]


def test_a_thousand_records_with_one_bad_one_lose_only_that_one() -> None:
    texts = [{**GOOD, "id": str(number)} for number in range(1_000)]
    texts[617] = {**GOOD, "id": ["x", "y"]}
    parsed = decode(answers(1_000), records(*texts), SHAPE, REQUIRED)
    assert (parsed.rows.height, parsed.rejected["position"].to_list()) == (999, [617])


def test_an_account_has_one_native_id_and_its_providers_own_id() -> None:
    given = pl.DataFrame(
        {
            "theirs": ["6800000000000000001", "MS4wLjABAAAAtDyDV", "MS4wLjABAAAAtDyDV", None],
            "own": ["507f1f77", "507f191e", None, "507f1f99"],
        }
    )
    found = given.select(**ids_of(pl.col("theirs"), pl.col("own")))
    assert found["native_id"].to_list() == ["6800000000000000001", None, None, None]
    assert found["provider_id"].to_list() == ["507f1f77", "507f191e", "MS4wLjABAAAAtDyDV", "507f1f99"]
    alone = given.select(**ids_of(pl.col("theirs")))
    assert alone["provider_id"].to_list() == [None, "MS4wLjABAAAAtDyDV", "MS4wLjABAAAAtDyDV", None]
