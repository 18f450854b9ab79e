"""Real Dagster runs over real HTTP: what is recorded, what a failure says, and what a second run costs."""

from __future__ import annotations

import errno
import shutil
from contextlib import closing
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest

from creator_assets.tables import atomic
from tests.assets.house import INSTAGRAM, LAST_WEEK, TIKTOK, Project, failure_of, key, week
from tests.market import CLUB, CREDIT, DATA
from tests.object_store import ObjectStoreServer

TABLES = ("discovery_results", "shortlist", "enriched_profiles")
WEEK_COST = {CLUB: 3_100_000, DATA: 4 * CREDIT}


@pytest.fixture
def two_campaigns(house: Project) -> Project:
    house.brief("alpha", INSTAGRAM)
    house.brief("beta", TIKTOK)
    return house


def test_a_ranged_run_records_each_partition(two_campaigns: Project) -> None:
    house = two_campaigns
    assert house.run("alpha", "beta").success
    for asset in TABLES:
        assert house.recorded(asset) == {key("alpha"), key("beta")}
    assert house.spent() == WEEK_COST
    found = house.table("discovery_results")
    assert found.group_by("campaign").len().sort("campaign").rows() == [("alpha", 10), ("beta", 20)]
    assert found["cost_microcredits"].sum() == CREDIT // 10 + CREDIT
    shortlist = house.table("shortlist", campaign="beta")
    assert shortlist.filter("selected").height == 3
    assert set(shortlist["reason"]) == {"among the best", "beyond the best"}
    profiles = house.table("enriched_profiles")
    assert profiles.height == 6
    chosen = house.table("shortlist").filter("selected").select("platform", "username")
    assert profiles.join(chosen, on=["platform", "username"], how="anti").is_empty()


def test_a_second_run_costs_nothing_and_asks_nobody(two_campaigns: Project) -> None:
    house = two_campaigns
    house.run("alpha", "beta")
    digests = {
        (asset, slug): house.latest(asset, slug)["content_digest"] for asset in TABLES for slug in ("alpha", "beta")
    }
    asked = len(house.market.requests())
    house.run("alpha", "beta")
    assert len(house.market.requests()) == asked
    assert house.spent() == WEEK_COST
    for (asset, slug), digest in digests.items():
        assert house.latest(asset, slug)["content_digest"] == digest


def test_a_materialization_says_what_it_holds_and_what_it_cost(house: Project) -> None:
    house.brief("alpha", INSTAGRAM)
    house.run("alpha")
    said = house.latest("enriched_profiles", "alpha")
    assert said["dagster/partition_row_count"] == 3
    assert (said["requests_made"], said["archive_hits"], said["rejected_records"]) == (3, 0, 0)
    assert (said["credits_spent"], said["credits_spent/influencers_club"]) == (3.0, 3.0)
    assert said["credits_left/influencers_club"] == 996.9
    assert said["credits_left/campaign:alpha/influencers_club"] == 6.9
    assert {column.name for column in said["dagster/column_schema"].columns} == set(
        house.table("enriched_profiles", campaign="alpha", week=week()).columns
    ) - {"campaign", "week"}
    house.run("alpha")
    again = house.latest("enriched_profiles", "alpha")
    assert (again["requests_made"], again["archive_hits"], again["credits_spent"]) == (0, 3, 0.0)


# -- partial success


def test_one_refused_campaign_does_not_keep_the_other_from_being_recorded(house: Project) -> None:
    house.brief("alpha", INSTAGRAM.replace("influencers_club: 10", "influencers_club: 0.05"))
    house.brief("beta", TIKTOK)
    result = house.run("alpha", "beta", raise_on_error=False)
    assert not result.success
    assert house.recorded("discovery_results") == {key("beta")}
    said = failure_of(result, "discovery_results")
    assert said.startswith("1 of 2 partitions were made, 1 failed:")
    assert (
        f"- {key('alpha')}: discovery_results for {key('alpha')}: budget `campaign:alpha/influencers_club` has 0.05 "
        in said
    )
    assert "up to 0.1 are needed. Raise budget.influencers_club in campaigns/alpha.yaml by 0.05" in said
    assert house.spent() == {CLUB: 0, DATA: CREDIT}
    # With the budget raised, only the gap is bought.
    house.brief("alpha", INSTAGRAM)
    asked = len(house.market.requests(DATA))
    house.run("alpha", "beta", assets=["discovery_results"])
    assert len(house.market.requests(DATA)) == asked
    assert house.recorded("discovery_results") == {key("alpha"), key("beta")}
    assert house.spent() == {CLUB: CREDIT // 10, DATA: CREDIT}


def test_a_failure_that_waiting_cannot_heal_forbids_retries(house: Project) -> None:
    house.brief("alpha", INSTAGRAM.replace("influencers_club: 10", "influencers_club: 0.05"))
    with pytest.raises(dg.Failure) as failed:
        house.run("alpha")
    assert failed.value.allow_retries is False
    assert failed.value.metadata["failed_partitions"].value == [key("alpha")]


def test_one_provider_without_a_key_does_not_stop_the_other(
    two_campaigns: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INFLUENCERS_CLUB_API_KEY")
    result = two_campaigns.run("alpha", "beta", raise_on_error=False)
    assert "Set INFLUENCERS_CLUB_API_KEY" in failure_of(result, "discovery_results")
    assert two_campaigns.recorded("discovery_results") == {key("beta")}


def test_an_unreadable_answer_costs_nobody_else_a_row_and_is_not_bought_again(house: Project) -> None:
    house.brief("alpha", INSTAGRAM)
    house.run("alpha", assets=["discovery_results", "shortlist"])
    house.market.fault("malformed_json", "IC-14")
    for _ in range(2):
        assert house.run("alpha", assets=["enriched_profiles"]).success
        assert house.table("enriched_profiles").height == 2
        unread = house.table("rejected", asset="enriched_profiles")
        assert unread.select("platform", "problem", "reason").rows() == [
            ("instagram", "unreadable", "the answer cannot be read")
        ]
        assert unread["account_id"].null_count() == 0
        assert house.latest("enriched_profiles", "alpha")["answers_unreadable"] == 1
        assert house.spent()[CLUB] == 3_100_000
    client = house.paid_client()
    client.ledger.allow_again([one.request_id for one in client.ledger.unreadable_answers()])
    client.close()
    house.run("alpha", assets=["enriched_profiles"])
    assert house.table("enriched_profiles").height == 3
    assert house.table("rejected", asset="enriched_profiles").is_empty()
    assert house.spent()[CLUB] == 4_100_000


# -- places where a partition cannot be made


def test_a_full_disk_leaves_the_old_partition_and_the_paid_answer(
    house: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.brief("alpha", INSTAGRAM)
    house.run("alpha", assets=["discovery_results"])
    before = house.table("discovery_results", campaign="alpha")
    house.brief("alpha", INSTAGRAM.replace("max_creators: 10", "max_creators: 20"))

    def full(_descriptor: int, _content: memoryview) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(atomic, "_write_all", full)
        result = house.run("alpha", assets=["discovery_results"], raise_on_error=False)
    said = failure_of(result, "discovery_results")
    assert "No space left on device" in said
    assert "The old files are intact" in said
    assert house.table("discovery_results", campaign="alpha").equals(before)
    assert house.spent()[CLUB] == 300_000
    asked = len(house.market.requests())
    house.run("alpha", assets=["discovery_results"])
    assert house.table("discovery_results", campaign="alpha").height == 20
    assert len(house.market.requests()) == asked
    assert not list((house.folder / "data").rglob(".*.tmp"))


def test_a_past_week_that_was_never_observed_fails_and_buys_nothing(house: Project) -> None:
    house.brief("alpha", INSTAGRAM)
    result = house.run("alpha", day=LAST_WEEK, raise_on_error=False)
    said = failure_of(result, "discovery_results")
    assert "were never observed and the partition ended on" in said
    assert "Nothing was bought" in said
    assert house.market.requests() == []
    assert house.recorded("discovery_results") == set()


def test_a_missing_upstream_partition_is_named(house: Project) -> None:
    house.brief("alpha", INSTAGRAM)
    result = house.run("alpha", assets=["shortlist"], raise_on_error=False)
    assert f"discovery_results has no {key('alpha')} yet. Materialize it first." in failure_of(result, "shortlist")


def test_a_brief_that_breaks_takes_no_other_campaign_down(two_campaigns: Project) -> None:
    house = two_campaigns
    house.brief("alpha", INSTAGRAM.replace("max_creators: 10", "max_creators: 1000000"))
    weeks = house.definitions().resolve_assets_def("discovery_results").partitions_def
    assert weeks is not None
    assert weeks.has_partition_key(key("beta"))
    assert not weeks.has_partition_key(key("alpha"))
    assert house.run("beta").success


def test_a_brief_that_is_added_is_a_campaign_after_a_reload(house: Project) -> None:
    house.brief("alpha", INSTAGRAM)
    house.run("alpha")
    house.brief("gamma", INSTAGRAM)
    asked = len(house.market.requests())
    assert house.run("gamma").success
    # The same wishes in the same week: the archive answers the new campaign as well.
    assert len(house.market.requests()) == asked
    assert house.recorded("shortlist") == {key("alpha"), key("gamma")}


def test_a_brief_that_breaks_between_load_and_run_fails_its_own_partition(two_campaigns: Project) -> None:
    house = two_campaigns
    job = house.definitions().resolve_job_def("creators")
    house.brief("alpha", "brief: {}")
    result = job.execute_in_process(
        instance=house.instance,
        tags={"dagster/asset_partition_range_start": key("alpha"), "dagster/asset_partition_range_end": key("beta")},
        asset_selection=[dg.AssetKey("discovery_results")],
        raise_on_error=False,
    )
    said = failure_of(result, "discovery_results")
    assert "no campaign 'alpha', or its brief is wrong: `creator-assets doctor` says why" in said
    assert house.recorded("discovery_results") == {key("beta")}


# -- rebuild


def test_every_table_rebuilds_from_the_archive_with_the_network_off(two_campaigns: Project) -> None:
    house = two_campaigns
    house.run(job="filters")
    house.run("alpha", "beta")
    digests = {
        (asset, slug): house.latest(asset, slug)["content_digest"] for asset in TABLES for slug in ("alpha", "beta")
    }
    files = {path: path.read_bytes() for path in (house.folder / "data" / "tables").rglob("*.parquet")}
    asked, spent = len(house.market.requests()), house.spent()
    shutil.rmtree(house.folder / "data" / "tables")
    house.gone()
    assert house.run(job="filters").success
    assert house.run("alpha", "beta").success
    for (asset, slug), digest in digests.items():
        assert house.latest(asset, slug)["content_digest"] == digest
        assert house.latest(asset, slug).get("credits_spent", 0.0) == 0.0
    assert {path: path.read_bytes() for path in (house.folder / "data" / "tables").rglob("*.parquet")} == files
    assert (len(house.market.requests()), house.spent()) == (asked, spent)


def test_every_table_rebuilds_from_an_object_store_that_holds_all_answers(
    two_campaigns: Project, object_store: ObjectStoreServer
) -> None:
    house = two_campaigns
    house.environ["CREATOR_ASSETS_ARCHIVE"] = object_store.url("rebuild")
    house.run("alpha", "beta")
    spent = house.spent()
    digests = {asset: house.latest(asset, "alpha")["content_digest"] for asset in TABLES}
    with closing(house.paid_client()) as paid_client:
        assert paid_client.ledger.compact_archive(older_than=timedelta(seconds=-1)).bodies > 0
        assert paid_client.ledger.archive_stats().stored_bytes == 0
    assert object_store.objects("rebuild")
    shutil.rmtree(house.folder / "data" / "tables")
    house.gone()
    house.run("alpha", "beta")
    assert {asset: house.latest(asset, "alpha")["content_digest"] for asset in TABLES} == digests
    assert house.spent() == spent


# -- payloads that are not as documented


def test_fields_that_nobody_knows_change_nothing(house: Project) -> None:
    house.brief("alpha", INSTAGRAM)
    house.brief("beta", TIKTOK)
    house.market.fault("unknown_fields", count=None)
    house.run("alpha", "beta")
    assert house.table("discovery_results").height == 30
    assert house.table("enriched_profiles").height == 6
    assert house.table("rejected").is_empty()
    bodies = [
        attempt
        for attempt in house.paid_client().ledger.attempts()
        if attempt.kind == "final" and attempt.operation == "discovery"
    ]
    assert len(bodies) == 2


@pytest.mark.parametrize("kind", ["missing_field", "null_field"])
def test_a_record_without_its_required_field_is_set_aside_and_the_others_pass(house: Project, kind: str) -> None:
    house.brief("alpha", INSTAGRAM)
    house.market.fault(kind, "IC-1", field="accounts.3.profile.username")
    house.run("alpha", assets=["discovery_results"])
    assert house.table("discovery_results").height == 9
    rejected = house.table("rejected")
    assert rejected.select("position", "field", "reason").rows() == [(3, "profile.username", "missing")]
    # Every record bears its share of what the answer cost, the rejected one as well.
    shares = pl.concat([house.table("discovery_results")["cost_microcredits"], rejected["cost_microcredits"]])
    assert shares.sum() == CREDIT // 10
    assert house.latest("discovery_results", "alpha")["rejected_records"] == 1


def test_rejected_records_of_all_assets_are_one_table(house: Project) -> None:
    house.brief("alpha", INSTAGRAM)
    house.market.fault("missing_field", "IC-1", field="accounts.3.profile.username")
    house.run(job="filters")
    house.run("alpha", assets=["discovery_results"])
    rejected = house.table("rejected")
    assert {"asset", "campaign", "start"} <= set(rejected.columns)
    assert rejected.select("asset", "campaign").rows() == [("discovery_results", "alpha")]
    # Any reader of hive folders takes all of them as one table: assets with weeks, and one without partitions.
    root = house.resources().tables.open().root / "rejected"
    assert {len(path.relative_to(root).parts) for path in root.rglob("*.parquet")} == {4}
    assert pl.scan_parquet(root, hive_partitioning=True).collect().height == rejected.height


def test_what_an_older_release_rejected_lies_in_no_second_folder(house: Project) -> None:
    house.brief("alpha", INSTAGRAM)
    old = house.resources().tables.open().root / "rejected/asset=discovery_results/campaign=alpha" / f"week={week()}"
    old.mkdir(parents=True)
    (old / "part-0.parquet").write_bytes(b"of an older release")
    house.run("alpha", assets=["discovery_results"])
    assert not old.exists()
    assert house.table("rejected").is_empty()


def test_a_week_in_which_nobody_is_found_is_an_empty_typed_table(house: Project) -> None:
    house.brief(
        "alpha",
        INSTAGRAM.replace("max_creators: 10", "max_creators: 10, filters: {number_of_followers: {min: 999999999999}}"),
    )
    assert house.run("alpha").success
    for asset in TABLES:
        table = house.table(asset, campaign="alpha")
        assert table.is_empty()
        assert "platform" in table.columns
    assert house.spent() == {CLUB: 0, DATA: 0}


def test_the_books_tell_what_every_request_cost_and_what_is_left(two_campaigns: Project) -> None:
    house = two_campaigns
    house.run("alpha", "beta")
    assert house.run(job="books").success
    ledger = house.table("credit_ledger")
    assert ledger.group_by("provider").agg(pl.col("charge_microcredits").sum()).sort("provider").rows()[:2] == [
        (DATA, WEEK_COST[DATA]),
        (CLUB, WEEK_COST[CLUB]),
    ]
    assert set(ledger.filter(pl.col("charge_microcredits") > 0)["partition"]) == {key("alpha"), key("beta")}
    balances = house.table("provider_balances")
    club = balances.filter(pl.col("scope") == CLUB).row(0, named=True)
    assert club["spent_microcredits"] == WEEK_COST[CLUB] == club["reported_used_microcredits"]


def test_the_books_are_kept_where_a_provider_does_not_answer(two_campaigns: Project) -> None:
    two_campaigns.run("alpha", "beta")
    two_campaigns.market.fault("status", "IC-24", status=422, count=None)
    assert two_campaigns.run(job="books").success
    balances = two_campaigns.table("provider_balances").filter(pl.col("scope").is_in([CLUB, DATA])).sort("scope")
    assert balances["reported_left_microcredits"].is_null().to_list() == [False, True]


def test_the_hourly_look_at_the_balance_lifts_a_freeze_where_it_finds_credits(two_campaigns: Project) -> None:
    house = two_campaigns
    with closing(house.paid_client()) as paid_client:
        paid_client.ledger.suspend_provider([CLUB, DATA, f"{CLUB}/discovery"], until=None, reason="no credits left")
    house.market.set_account(DATA, used="1000000")
    assert house.run(job="books").success
    with closing(house.paid_client()) as paid_client:
        assert {state.scope for state in paid_client.ledger.balances() if state.provider_suspended_reason} == {DATA}
