"""What Dagster loads: the graph as reviewed, in an interpreter that knows nothing, on the checked-in instance."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.op_concurrency_limits_counter import GlobalOpConcurrencyLimitsCounter as Counter

from creator_assets.assets.framework.blueprint import SEVERAL_PROVIDERS
from creator_assets.automation.run_coordinator import AdmittingRunCoordinator
from creator_assets.definitions import build_definitions
from creator_assets.providers.registry import PROVIDERS
from creator_assets.tables.schemas import ALL_TABLES, Personal
from tests.assets.specs import SNAPSHOT, rendered

DEFINITIONS = build_definitions()

CHECKOUT = Path(__file__).parents[2]


# -- the graph


def test_the_graph_is_the_one_that_was_reviewed() -> None:
    """A difference is either a mistake or a decision; `python -m tests.assets.specs` writes the text of a decision."""
    assert rendered().splitlines() == SNAPSHOT.read_text().splitlines()


def test_every_asset_says_what_its_table_holds() -> None:
    for spec in DEFINITIONS.resolve_all_asset_specs():
        schema = ALL_TABLES[spec.key.to_user_string()]
        columns = spec.metadata["dagster/column_schema"].columns
        assert sorted(column.name for column in columns) == sorted(schema.column_names())
        assert all(column.description for column in columns)
        assert spec.description
        assert spec.owners
        personal = {column.name: column.tags.get("personal", "none") for column in columns}
        assert personal == {
            name: str((column.metadata or {}).get("personal", Personal.NONE))
            for name, column in schema.columns().items()
        }


def test_every_asset_is_checked() -> None:
    checked = {key.asset_key for one in DEFINITIONS.asset_checks or () for key in one.check_keys}
    assert {spec.key for spec in DEFINITIONS.resolve_all_asset_specs()} == checked


LOADING = """
import sys, time
begun = time.perf_counter()
import dagster
imported = time.perf_counter()
from creator_assets.definitions import defs

definitions = defs()
loaded = time.perf_counter()
dagster.Definitions.validate_loadable(definitions)
names = sorted(spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs())
print(f"import dagster {imported - begun:.2f} s, creator_assets.definitions {loaded - imported:.2f} s more")
print(*names)
"""


def test_the_definitions_load_in_a_fresh_interpreter_without_any_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", LOADING],
        env={"PYTHONPATH": str(CHECKOUT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    timing, names = run.stdout.splitlines()
    with capsys.disabled():
        sys.stdout.write(f"\n{timing}\n")
    assert {"discovery_results", "shortlist", "enriched_profiles", "credit_ledger"} <= set(names.split())
    # Loading looks at the folder of briefs and writes nothing, neither here nor into the log but what is wrong with it.
    assert list(tmp_path.iterdir()) == []
    assert run.stderr.count("\n") <= 1


# -- the instance


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    shutil.copy(CHECKOUT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.get() as instance:
        yield instance


def test_all_state_lies_in_one_folder(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    assert {path.name for path in tmp_path.iterdir()} <= {"dagster.yaml", "data"}
    assert (tmp_path / "data" / "dagster" / "history").is_dir()
    assert os.path.realpath(instance.root_directory) == os.path.realpath(tmp_path / "data" / "dagster")


def test_limits_retries_and_monitoring_are_what_the_comments_say(instance: dg.DagsterInstance) -> None:
    concurrency = instance.get_concurrency_config()
    assert concurrency.pool_config.pool_granularity is not None
    assert concurrency.pool_config.pool_granularity.value == "run"
    assert concurrency.pool_config.default_pool_limit == 2
    queue = concurrency.run_queue_config
    assert queue is not None
    assert queue.max_concurrent_runs == 4
    assert queue.should_block_op_concurrency_limited_runs
    assert queue.op_concurrency_slot_buffer == 0  # it would be added to the limit of two
    # Only crashed workers are run again: a failure that must not be repeated would otherwise be billed again.
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 2
    assert instance.run_retries_retry_on_asset_or_op_failure is False
    # A killed run gives its slot back, and none lasts for ever.
    assert instance.run_monitoring_enabled
    monitoring = instance.get_settings("run_monitoring")
    assert monitoring["free_slots_after_run_end_seconds"] == 60
    assert monitoring["max_runtime_seconds"] == 21_600
    for name in ("sensors", "schedules"):
        assert instance.get_settings(name) == {"use_threads": True, "num_workers": 4}
    assert isinstance(instance.run_coordinator, AdmittingRunCoordinator)
    kept = instance.get_settings("retention")
    assert kept["sensor"]["purge_after_days"] == {"skipped": 2, "failure": 30, "success": 30}
    assert kept["schedule"]["purge_after_days"] == {"skipped": 7, "failure": 90, "success": 90}


def test_a_paid_asset_is_in_the_pool_of_its_provider_or_of_several() -> None:
    pools = {one.op.name: one.op.pool for one in DEFINITIONS.assets or () if isinstance(one, dg.AssetsDefinition)}
    paid = {
        spec.key.to_user_string() for spec in DEFINITIONS.resolve_all_asset_specs() if "spends_credits" in spec.tags
    }
    assert {name for name, pool in pools.items() if pool} == paid
    assert (pools["tracked_videos"], pools["audience_overlap"]) == ("several_providers", "influencers_club")
    assert pools["enriched_profiles"] == SEVERAL_PROVIDERS
    assert {pools[name] for name in paid} <= {*PROVIDERS, SEVERAL_PROVIDERS}


def test_two_runs_of_a_pool_are_under_way_at_once_and_free_ones_beside_them(instance: dg.DagsterInstance) -> None:
    creators, books = (DEFINITIONS.resolve_job_def(name) for name in ("creators", "books"))
    running, waiting = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED
    paid, free = (instance.create_run_for_job(job, status=waiting) for job in (creators, books))
    is_blocked = []
    for _ in range(3):
        concurrency = instance.get_concurrency_config()
        assert concurrency.run_queue_config is not None
        storage = instance.event_log_storage
        # As the daemon asks before it starts a run; it knows a pool from the time that it first saw one of its runs.
        arguments: dict[str, Any] = {
            "pool_limits": storage.get_pool_limits(),
            "slot_count_offset": concurrency.run_queue_config.op_concurrency_slot_buffer,
            "pool_granularity": concurrency.pool_config.pool_granularity,
        }
        under_way = instance.get_run_records(dg.RunsFilter(statuses=[running]))
        Counter(instance, [paid, free], under_way, storage.get_concurrency_keys(), **arguments)
        counter = Counter(instance, [paid, free], under_way, storage.get_concurrency_keys(), **arguments)
        is_blocked.append(counter.is_blocked(paid))
        assert not counter.is_blocked(free)
        instance.create_run_for_job(creators, status=running)
    assert is_blocked == [False, False, True]


def test_nobody_is_phoned_home_to(instance: dg.DagsterInstance) -> None:
    assert instance.telemetry_enabled is False
    assert instance.nux_enabled is False
