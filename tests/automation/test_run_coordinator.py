"""A run that would not fit is refused when it is submitted; one that fits is queued; nothing is sent either way."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.run_coordinator import SubmitRunContext

from creator_assets.assets.framework.step import PLAN_TAG
from creator_assets.assets.graph import asset_graph
from creator_assets.automation.run_coordinator import AdmittingRunCoordinator, plan_of
from creator_assets.definitions import build_definitions
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.settings import from_environment
from creator_assets.spending.planning.approved_plan import write_plan
from tests.market import MONDAY, NOON, Market

CHECKOUT = Path(__file__).parents[2]
REALM = "sandbox-test"
WEEK = MONDAY.date().isoformat()
BRIEF = """
brief: {{market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}}
budget: {{influencers_club: {budget}}}
discovery:
  - {{name: one, provider: influencers_club, platform: instagram, max_creators: 100, filters: {{location: [Germany]}}}}
shortlist: {{top: 10}}
profiles: {{depth: full, provider: influencers_club}}
"""


@pytest.fixture
def instance(market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The checked-in instance configuration on a home of its own, with two campaigns: one rich, one poor."""
    shutil.copy(CHECKOUT / "dagster.yaml", tmp_path)
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "rich.yaml").write_text(BRIEF.format(budget=100))
    (tmp_path / "campaigns" / "poor.yaml").write_text(BRIEF.format(budget=5))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("CREATOR_ASSETS_REALM", REALM)
    monkeypatch.setenv("CREATOR_ASSETS_CLOCK", market.clock_url)
    # Nobody listens there: a coordinator that sent anything would fail.
    monkeypatch.setenv("INFLUENCERS_CLUB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("INFLUENCERS_CLUB_API_KEY", "a-key")
    monkeypatch.setenv("INFLUENCERS_CLUB_CREDIT_LIMIT", "1000")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def submit(instance: dg.DagsterInstance, job_name: str = "creators", **tags: str) -> dg.DagsterRun:
    job = build_definitions().resolve_job_def(job_name)
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("creator_assets"), "__repository__")
    origin = RemoteJobOrigin(repository, job_name)
    code = RepositoryPythonOrigin(
        executable_path=sys.executable,
        code_pointer=ModuleCodePointer("creator_assets.definitions", "defs"),
        container_image=None,
        entry_point=None,
        container_context=None,
    )
    run = instance.create_run_for_job(
        job, tags=tags, remote_job_origin=origin, job_code_origin=JobPythonOrigin(job_name, code)
    )
    return instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))  # type: ignore[arg-type]


def test_the_checked_in_configuration_names_the_coordinator(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_coordinator, AdmittingRunCoordinator)
    assert instance.run_coordinator.get_run_queue_config().max_concurrent_runs == 4


def test_a_run_that_fits_is_queued(instance: dg.DagsterInstance) -> None:
    run = submit(instance, **{"dagster/partition": f"rich|{WEEK}"})
    reloaded = instance.get_run_by_id(run.run_id)
    assert reloaded is not None
    assert reloaded.status is dg.DagsterRunStatus.QUEUED


def test_a_run_that_does_not_fit_fails_before_it_starts_and_says_why(instance: dg.DagsterInstance) -> None:
    run = submit(instance, **{"dagster/partition": f"poor|{WEEK}"})
    assert run.status is dg.DagsterRunStatus.FAILURE
    assert run.tags["dagster/max_retries"] == "0"  # or Dagster would take it for a crash and run it again
    said = [event.message for event in instance.all_logs(run.run_id) if event.is_dagster_event]
    assert any(
        f"enriched_profiles for poor|{WEEK} needs up to 10 credits of influencers_club" in message
        and "budget `campaign:poor/influencers_club` has 4 left. Raise it by 6" in message
        for message in said
    )


def test_a_backfill_over_several_campaigns_is_refused_with_each_reason(instance: dg.DagsterInstance) -> None:
    run = submit(
        instance,
        **{
            "dagster/asset_partition_range_start": f"poor|{WEEK}",
            "dagster/asset_partition_range_end": f"rich|{WEEK}",
        },
    )
    assert run.status is dg.DagsterRunStatus.FAILURE
    said = " ".join(event.message for event in instance.all_logs(run.run_id) if event.is_dagster_event)
    assert f"poor|{WEEK}" in said
    assert f"rich|{WEEK}" not in said


def test_a_free_job_is_never_refused(instance: dg.DagsterInstance) -> None:
    submitted = submit(instance, "books")
    assert submitted.status is dg.DagsterRunStatus.QUEUED


def test_a_run_tied_to_a_plan_may_not_go_beyond_it(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", REALM, datetime(2026, 11, 18, tzinfo=UTC), [])
    run = submit(instance, **{"dagster/partition": f"rich|{WEEK}", PLAN_TAG: "plan.json"})
    assert run.status is dg.DagsterRunStatus.FAILURE
    said = " ".join(event.message for event in instance.all_logs(run.run_id) if event.is_dagster_event)
    assert "tied to the plan of 2026-11-18 00:00 UTC" in said
    assert "influencers_club/enrich_full is not in the plan and may cost 10 credits" in said


def test_a_run_tied_to_a_file_that_is_no_plan_is_refused(instance: dg.DagsterInstance) -> None:
    run = submit(instance, **{"dagster/partition": f"rich|{WEEK}", PLAN_TAG: "missing.json"})
    assert run.status is dg.DagsterRunStatus.FAILURE


def test_a_run_within_its_plan_is_queued(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_client = from_environment(os.environ).paid_client
    lines = plan_of(
        [Partition.parse(f"rich|{WEEK}", PartitionKind.WEEK)],
        asset_graph().stages_in({"discovery_results", "enriched_profiles"}),
        paid_client,
        paid_client.campaigns.load(),
    )
    write_plan(tmp_path / "plan.json", REALM, datetime(2026, 11, 18, tzinfo=UTC), lines)
    paid_client.close()
    run = submit(instance, **{"dagster/partition": f"rich|{WEEK}", PLAN_TAG: "plan.json"})
    assert run.status is dg.DagsterRunStatus.QUEUED


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("complete: true\n", "nobody knows what it would cost.\n- discovery_results for rich|"),
        ("operations: {influencers_club: {discovry: 1}}\n", "prices.yaml:4:33: operations.influencers_club.discovry"),
    ],
)
def test_a_run_at_prices_that_nobody_knows_is_refused(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, rest: str, said: str
) -> None:
    Path("prices.yaml").write_text(f"version: x\neffective: 2026-01-01\nsource: y\n{rest}")
    monkeypatch.setenv("CREATOR_ASSETS_PRICES", "prices.yaml")
    run = submit(instance, **{"dagster/partition": f"rich|{WEEK}"})
    assert run.status is dg.DagsterRunStatus.FAILURE
    (record,) = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    assert said in (record.event_log_entry.message)


def test_a_run_that_wants_what_nobody_can_give_is_refused_with_the_campaign_and_a_way_out(
    instance: dg.DagsterInstance,
) -> None:
    brief = BRIEF.format(budget=100).replace("provider: influencers_club}\n", "max_cost_each: 0.5}\n")
    (Path("campaigns") / "dear.yaml").write_text(brief)
    run = submit(instance, **{"dagster/partition": f"dear|{WEEK}"})
    assert run.status is dg.DagsterRunStatus.FAILURE
    (record,) = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    assert "nothing was sent. campaign dear: `profile` on instagram costs at least 1" in record.event_log_entry.message


def test_a_run_of_a_partition_that_cannot_be_is_refused_in_a_sentence(instance: dg.DagsterInstance) -> None:
    run = submit(instance, **{"dagster/partition": "next week"})
    assert run.status is dg.DagsterRunStatus.FAILURE
    (record,) = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    assert "nothing was sent. a partition key reads campaign|YYYY-MM-DD, such as" in record.event_log_entry.message


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (
            None,
            "(the key was refused (HTTP 401)). Fix the cause, then run `creator-assets budget --resume",
        ),
        (datetime(2036, 1, 1, tzinfo=UTC), "(the key was refused (HTTP 401)) until 2036-01-01 00:00 UTC."),
    ],
)
def test_a_run_that_would_ask_a_suspended_provider_is_refused(
    instance: dg.DagsterInstance, until: datetime | None, said: str
) -> None:
    paid_client = from_environment(os.environ).paid_client
    paid_client.open().ledger.suspend_provider(
        ["influencers_club"], until=until, reason="the key was refused (HTTP 401)"
    )
    paid_client.close()
    run = submit(instance, **{"dagster/partition": f"rich|{WEEK}"})
    assert run.status is dg.DagsterRunStatus.FAILURE
    (record,) = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    assert "the provider itself refuses.\n- influencers_club: paid requests are suspended since" in (
        record.event_log_entry.message
    )
    assert said in record.event_log_entry.message


FALLING = """
brief: {{market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}}
budget: {{influencers_club: {budget}, infludata: 1}}
discovery:
  - {{name: one, provider: influencers_club, platform: instagram, max_creators: 100}}
shortlist: {{top: 10}}
profiles: {{depth: full}}
"""


@pytest.mark.parametrize("is_suspended", [False, True])
def test_what_misses_may_lead_to_need_not_fit(instance: dg.DagsterInstance, is_suspended: bool) -> None:
    (Path("campaigns") / "falling.yaml").write_text(FALLING.format(budget=11))
    if is_suspended:
        with closing(from_environment(os.environ).paid_client) as paid_client:
            paid_client.open().ledger.suspend_provider(
                ["infludata"], until=None, reason="the key was refused (HTTP 401)"
            )
    run = submit(instance, **{"dagster/partition": f"falling|{WEEK}"})
    assert run.status is dg.DagsterRunStatus.QUEUED


def test_what_is_certain_has_to_fit_whatever_misses_may_lead_to(instance: dg.DagsterInstance) -> None:
    (Path("campaigns") / "falling.yaml").write_text(FALLING.format(budget=10))
    run = submit(instance, **{"dagster/partition": f"falling|{WEEK}"})
    assert run.status is dg.DagsterRunStatus.FAILURE
    (record,) = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    said = record.event_log_entry.message
    assert f"enriched_profiles for falling|{WEEK} needs up to 10 credits of influencers_club" in said
    assert "infludata" not in said


def test_a_day_that_may_be_filled_is_admitted_like_any_other_spending(instance: dg.DagsterInstance) -> None:
    brief = "\n".join(line for line in BRIEF.format(budget="0.02").splitlines() if line.startswith(("brief", "budget")))
    tracking = "tracking: {fill_from: influencers_club, videos: [https://www.tiktok.com/@a/video/1]}"
    (Path("campaigns") / "filling.yaml").write_text(f"{brief}\n{tracking}\n")
    today = NOON.date()
    refused = submit(instance, "video_days", **{"dagster/partition": f"filling|{today}"})
    assert refused.status is dg.DagsterRunStatus.FAILURE
    said = " ".join(event.message for event in instance.all_logs(refused.run_id) if event.is_dagster_event)
    assert f"video_stats for filling|{today} needs up to 0.03 credits of influencers_club" in said
    queued = submit(instance, "video_days", **{"dagster/partition": f"rich|{today}"})
    assert queued.status is dg.DagsterRunStatus.QUEUED
