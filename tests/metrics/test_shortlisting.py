"""The shortlist rule: scores from ranks, limits, exclusions, and one row per account."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from creator_assets.metrics.shortlisting import engagement_rates, shortlist
from creator_assets.tables.schemas import DiscoveryResults, Shortlist
from creator_assets.tables.validation import conformed
from tests.metrics.frames import frame


def found(username: str, rank: int, **changes: Any) -> dict[str, Any]:
    return {"username": username, "rank": rank, "origin": "search", "origin_name": "one"} | changes


def choose(*rows: dict[str, Any], top: int = 10, minimum: float = 0.0, exclude: tuple[str, ...] = ()) -> pl.DataFrame:
    chosen = shortlist(frame(DiscoveryResults, *rows), top=top, min_engagement_rate=minimum, exclude=exclude)
    return conformed(Shortlist, "shortlist", chosen).sort("place", "username", nulls_last=True)


def reasons(chosen: pl.DataFrame) -> dict[str, str]:
    return dict(chosen.select("username", "reason").iter_rows())


def test_the_score_is_the_weighted_sum_of_the_ranks_on_the_platform() -> None:
    chosen = choose(
        found("a", 1, engagement_rate=0.01, followers=30),
        found("b", 2, engagement_rate=0.03, followers=20),
        found("c", 4, engagement_rate=0.02, followers=10),
    )
    parts = ("score_engagement", "score_reach", "score_position")
    assert chosen.select("username", "place", *parts, pl.col("score").round(9)).rows() == [
        ("b", 1, 1.0, 0.5, 0.5, 0.5 * 1.0 + 0.3 * 0.5 + 0.2 * 0.5),
        ("a", 2, 0.0, 1.0, 1.0, 0.5),
        ("c", 3, 0.5, 0.0, 0.25, 0.3),
    ]


def test_ranks_compare_creators_of_one_platform_only() -> None:
    others = [found(name, 1, platform="tiktok", engagement_rate=0.9, followers=10**6) for name in ("x", "y")]
    chosen = choose(found("a", 1, engagement_rate=0.01, followers=5), *others)
    (alone,) = chosen.filter(platform="instagram").select("score_engagement", "score_reach").rows()
    assert alone == (1.0, 1.0)
    assert set(chosen.filter(platform="tiktok")["score_reach"]) == {0.5}


def test_an_unknown_value_has_the_lowest_rank() -> None:
    chosen = choose(found("a", 1), found("b", 1, followers=1, engagement_rate=0.1))
    assert chosen.select("username", "score_engagement", "score_reach").rows() == [("b", 1.0, 1.0), ("a", 0.0, 0.0)]


@pytest.mark.parametrize(("top", "selected"), [(0, []), (1, ["a"]), (2, ["a", "b"]), (3, ["a", "b", "c"])])
def test_the_best_are_selected_up_to_the_limit(top: int, selected: list[str]) -> None:
    rows = [found(name, 1, engagement_rate=rate) for name, rate in (("a", 0.3), ("b", 0.2), ("c", 0.1))]
    chosen = choose(*rows, top=top)
    assert chosen.filter("selected")["username"].to_list() == selected
    assert chosen.filter("selected")["place"].to_list() == list(range(1, top + 1))
    assert reasons(chosen.filter(~pl.col("selected"))) == {
        name: "beyond the best" for name in ("a", "b", "c") if name not in selected
    }


def test_the_minimum_engagement_is_inclusive_and_excludes_unknown_engagement_only_above_0() -> None:
    rows = [found("low", 1, engagement_rate=0.019), found("equal", 1, engagement_rate=0.02), found("unknown", 1)]
    assert reasons(choose(*rows, minimum=0.02)) == {
        "equal": "among the best",
        "low": "engagement below the minimum",
        "unknown": "engagement unknown",
    }
    assert set(reasons(choose(*rows)).values()) == {"among the best"}


def test_the_roster_comes_first_and_does_not_count_towards_the_limit() -> None:
    rows = [
        found("best", 1, engagement_rate=0.9),
        found("next", 2, engagement_rate=0.5),
        found("own", 1, origin="roster", origin_name=""),
    ]
    chosen = choose(*rows, top=1, minimum=0.1)
    assert chosen.select("username", "place", "reason").rows() == [
        ("own", 1, "on the roster"),
        ("best", 2, "among the best"),
        ("next", None, "beyond the best"),
    ]
    # The order of the roster in the brief is not a rank of a provider.
    assert chosen.filter(username="own")["score_position"].to_list() == [0.0]


def test_an_excluded_handle_is_never_selected_in_any_case() -> None:
    rows = [found("Loud", 1, engagement_rate=0.9), found("own", 1, origin="roster", origin_name="")]
    assert reasons(choose(*rows, exclude=("lOUD", "OWN"))) == dict.fromkeys(("loud", "own"), "excluded by the brief")


def test_an_account_found_in_several_ways_is_one_row_with_its_best_rank_and_all_origins() -> None:
    rows = [
        found("a", 9, origin="roster", origin_name="", followers=1, provider="infludata"),
        found("a", 4, origin="lookalike", origin_name="two", followers=2),
        found("a", 5, followers=3),
        found("a", 1, origin="roster", origin_name="", followers=4, provider="infludata"),
    ]
    (row,) = choose(*rows).select("origins", "followers", "provider", "score_position", "reason").rows()
    assert row == ("search:one, lookalike:two, roster", 3, "influencers_club", 0.25, "on the roster")


def test_rates_of_two_providers_are_never_compared() -> None:
    rows = [
        found("a", 1, provider="infludata", engagement_rate=0.9),
        found("b", 2, provider="infludata", engagement_rate=0.5),
        found("c", 3, provider="influencers_club", engagement_rate=0.02),
        found("d", 4, provider="influencers_club", engagement_rate=0.01),
    ]
    scores = dict(choose(*rows).select("username", "score_engagement").iter_rows())
    assert scores == {"a": 1.0, "b": 0.0, "c": 1.0, "d": 0.0}


def test_an_account_that_is_found_by_handle_and_by_id_is_one_row() -> None:
    channel = "UCinventedinventedinvent"
    rows = [
        found(channel, 1, origin="roster", origin_name="", platform="youtube"),
        found("yara", 2, platform="youtube", native_id=channel),
        found("yara.new", 3, platform="youtube", native_id=channel, origin_name="other"),
        found("yara", 4, platform="tiktok", native_id="7"),
    ]
    chosen = choose(*rows)
    assert sorted(chosen.select("platform", "username").rows()) == [("tiktok", "yara"), ("youtube", "yara")]
    assert reasons(chosen.filter(platform="youtube")) == {"yara": "on the roster"}


def test_an_exclusion_names_a_channel_by_its_id_or_handle_in_any_spelling() -> None:
    channel = "UCinventedinventedinvent"
    rows = [found("yara", 1, platform="youtube", native_id=channel), found("mila", 2, platform="youtube")]
    assert reasons(choose(*rows, exclude=(channel, "@MILA"))) == dict.fromkeys(
        ("yara", "mila"), "excluded by the brief"
    )


def test_an_exclusion_holds_for_every_name_of_an_account() -> None:
    rows = [found("mila", 1, native_id="7"), found("mila.old", 2, native_id="7", origin_name="other")]
    for name in ("mila", "Mila.OLD", "https://www.instagram.com/Mila.Old/"):
        assert reasons(choose(*rows, exclude=(name,))) == {"mila": "excluded by the brief"}
    # A number is a handle here; only the id of a channel stands for its account.
    assert reasons(choose(*rows, exclude=("7",))) == {"mila": "among the best"}


def test_a_handle_that_looks_like_the_id_of_a_channel_is_a_handle_on_other_platforms() -> None:
    handle = "UCLAWomensBasketballTeam"
    rows = [found(handle, 1), found(handle.lower(), 1, origin="roster", origin_name="")]
    assert reasons(choose(*rows)) == {handle.lower(): "on the roster"}
    assert reasons(choose(*rows, exclude=(f"@{handle}",))) == {handle.lower(): "excluded by the brief"}


def test_ids_of_platform_and_provider_join_what_handles_do_not() -> None:
    rows = [
        found("mila", 1, provider="infludata", provider_id="a"),
        found("mila.new", 1, provider="infludata", provider_id="a", native_id="7", origin_name="two"),
        found("mila.newest", 1, native_id="7", origin="lookalike", origin_name="two"),
        found("other", 2, provider="influencers_club", provider_id="a"),
    ]
    chosen = choose(*rows)
    assert sorted(chosen["username"]) == ["mila", "other"]
    assert chosen.filter(username="mila").select("native_id", "origins").rows() == [
        ("7", "search:one, search:two, lookalike:two")
    ]


def test_rows_of_older_tables_are_read_in_the_one_spelling_and_nobody_is_never_selected() -> None:
    chosen = choose(found("Mila", 1), found("@mila", 2), found(" @ ", 3), found("\u200b", 4))
    assert reasons(chosen) == {"mila": "among the best"}


def test_rates_are_shown_for_each_definition() -> None:
    chosen = choose(
        found("a", 1, engagement_rate=0.0, provider="north"),
        found("b", 2, engagement_rate=0.0625, provider="north"),
        found("c", 1, engagement_rate=0.5, provider="north", platform="tiktok"),
        found("d", 1, provider="south"),
        minimum=0.02,
    )
    assert engagement_rates(chosen) == {
        "north on instagram": {"creators": 2, "below_minimum": 1, "median": 0.03125},
        "north on tiktok": {"creators": 1, "below_minimum": 0, "median": 0.5},
    }


def test_a_handle_is_kept_as_it_was_written_by_whatever_search_has_it() -> None:
    chosen = choose(
        found("some.name", 1, origin_name="one"),
        found("some.name", 5, origin_name="two", written_handle="Some.Name"),
        found("other", 2),
    )
    assert dict(chosen.select("username", "written_handle").iter_rows()) == {"some.name": "Some.Name", "other": None}
