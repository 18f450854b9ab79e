"""Dagster runs that a command starts in its own process, on the checkout's instance, and what they materialized.

What is printed of a run belongs to the command. Such a run is executed, not submitted: the run coordinator does not
admit it as a whole, and the ledger admits each of its requests.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import dagster as dg
import msgspec
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from creator_assets.cli.errors import SetupError
from creator_assets.cli.planning import no_campaigns, plan_of_week
from creator_assets.definitions import build_definitions
from creator_assets.ledger.ledger import Ledger
from creator_assets.partition_definitions import range_tags
from creator_assets.partitions import Partition, current_day
from creator_assets.settings import from_environment
from creator_assets.spending.planning.plan import summary

_NO_COMPUTE_LOGS = {
    "compute_logs": {"module": NoOpComputeLogManager.__module__, "class": NoOpComputeLogManager.__name__}
}
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class MaterializedPartition(msgspec.Struct, frozen=True, kw_only=True):
    """One partition, from the metadata of its materialization.

    ``spent`` is in credits, as decimal text. It and the numbers of requests are None where the asset spends nothing.
    """

    asset: str
    partition: str | None
    rows: int
    requests: int | None
    archive_hits: int | None
    spent: str | None


class Demo:
    """All campaigns of the checkout, this week: filters, plan, creators, video days, people, books."""

    def __init__(self, show: Callable[[str], None]) -> None:
        """Use the environment as it is now; `show` prints a line of progress.

        Raises:
            SetupError: No brief can be read.
        """
        self._show = show
        self._paid_client = paid_client = from_environment(os.environ).paid_client
        campaigns = paid_client.briefs()
        for fault in campaigns.faults:
            show(f"Left out: {fault}")
        if not campaigns.slugs:
            raise SetupError(no_campaigns(paid_client.campaigns.folder))
        self._today = today = current_day(paid_client.open().ledger.now())
        self._first = Partition.week_of(campaigns.slugs[0], today)
        self._last = Partition.week_of(campaigns.slugs[-1], today)
        self._definitions = build_definitions()
        self._run_ids: list[str] = []
        self.made: list[MaterializedPartition] = []

    def planned(self) -> str:
        """What the paid assets will spend, in one sentence."""
        return summary(plan_of_week())

    def run_all(self) -> None:
        """One run for each job, in the order in which their assets need each other.

        Raises:
            SetupError: A run failed. The message says which one and why.
        """
        with open_instance() as instance:
            self._run(instance, "filters", {})
            weeks = range_tags(self._first, self._last)
            self._run(instance, "plan", weeks)
            self._run(instance, "creators", weeks)
            ends = (Partition.day_of(week.campaign, self._today) for week in (self._first, self._last))
            self._run(instance, "video_days", range_tags(*ends))
            self._run(instance, "people", {})
            self._run(instance, "books", {})

    def spent_by_ledger(self) -> dict[str, int]:
        """What the ledger counts as spent with each provider in all periods, in microcredits."""
        balances = self._paid_client.open().ledger.balances()
        return {
            name: sum(state.spent_microcredits for state in balances if state.scope == name)
            for name in self._paid_client.providers()
        }

    def spent_now(self) -> dict[str, int]:
        """What this demo has spent with each provider, in microcredits."""
        return spent_by_runs(self._paid_client.open().ledger, self._run_ids)

    def _run(self, instance: dg.DagsterInstance, job_name: str, tags: Mapping[str, str]) -> None:
        self._run_ids.append(str(uuid4()))
        job = self._definitions.resolve_job_def(job_name)
        made, reasons = run_in_process(job, instance, self._run_ids[-1], tags, self._show)
        self.made.extend(made)
        if reasons is not None:
            why = "".join(f"\n{reason}" for reason in reasons) or " The Dagster UI shows why."
            raise SetupError(f"The run `{job_name}` failed.{why}")


def open_instance() -> dg.DagsterInstance:
    """Dagster's instance, without copies of what steps print.

    Commands that start together on a fresh checkout create its databases one after the other. Without the lock each of
    them would create the databases, and all but one would fail.

    For the copies Dagster starts two processes for each step. Ctrl-C in a terminal interrupts these as well, and each
    prints a stack trace. Assets print nothing: what they say is in the event log.
    """
    home = os.environ["DAGSTER_HOME"]
    with (Path(home) / "dagster.yaml").open("rb") as configuration:
        fcntl.flock(configuration, fcntl.LOCK_EX)  # until it is closed
        return dg.DagsterInstance.from_ref(InstanceRef.from_dir(home, overrides=_NO_COMPUTE_LOGS))


def spent_by_runs(ledger: Ledger, run_ids: Iterable[str]) -> dict[str, int]:
    """What some runs have spent, in microcredits, by provider. A provider without a charge is left out."""
    spent: dict[str, int] = {}
    for run_id in run_ids:
        for attempt in ledger.attempts(run_id=run_id):
            if attempt.charge_microcredits:
                spent[attempt.provider] = spent.get(attempt.provider, 0) + attempt.charge_microcredits
    return spent


def run_in_process(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    run_id: str,
    tags: Mapping[str, str],
    show: Callable[[str], None],
    assets: Sequence[str] | None = None,
) -> tuple[list[MaterializedPartition], list[str] | None]:
    """Run a job in this process under a new `run_id`, or only its `assets` if they are given.

    Returns:
        The materialized partitions, and why steps failed. None instead of reasons where the run succeeded.

    Raises:
        KeyboardInterrupt: The run was interrupted. What it had materialized is recorded.
    """
    last: dict[tuple[str, str | None], MaterializedPartition] = {}

    def listen(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            return
        if event.event_type_value == "STEP_START":
            show(f"{event.step_key} ...")
        elif event.event_type_value == "ASSET_MATERIALIZATION":
            made = _materialized(event.step_materialization_data.materialization)
            # A run of a range records each partition when it is written, and again when the step ends.
            if (made.asset, made.partition) not in last:
                show(f"  {' '.join(filter(None, (made.asset, made.partition)))}: {made.rows} rows")
            last[made.asset, made.partition] = made

    instance.add_event_listener(run_id, listen)
    result = job.execute_in_process(
        instance=instance,
        tags=tags,
        run_id=run_id,
        run_config=_QUIET,
        raise_on_error=False,
        asset_selection=None if assets is None else [dg.AssetKey(name) for name in assets],
    )
    failures = [event for event in result.all_events if event.is_step_failure]
    if any(_is_interrupt(event) for event in failures):
        raise KeyboardInterrupt  # Dagster turns it into an ordinary failure
    reasons = [_reason(event) for event in failures]
    return list(last.values()), None if result.success else reasons


def _materialized(materialization: dg.AssetMaterialization) -> MaterializedPartition:
    values = {name: value.value for name, value in materialization.metadata.items()}
    spends = "credits_spent" in values
    return MaterializedPartition(
        asset=materialization.asset_key.to_user_string(),
        partition=None if materialization.partition is None else str(materialization.partition),
        rows=int(str(values["dagster/partition_row_count"])),
        requests=int(str(values["requests_made"])) if spends else None,
        archive_hits=int(str(values["archive_hits"])) if spends else None,
        spent=f"{values['credits_spent']:g}" if spends else None,
    )


def _is_interrupt(event: dg.DagsterEvent) -> bool:
    error = event.step_failure_data.error
    return error is not None and error.cls_name == DagsterExecutionInterruptedError.__name__


def _reason(event: dg.DagsterEvent) -> str:
    """The asset or check of the step, and why it failed."""
    return f"{event.step_key}: {_why(event)}"


def _why(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause  # Dagster wraps what an asset raises
    return error.message if error else ""
