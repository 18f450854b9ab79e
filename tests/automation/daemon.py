"""Dagster's own daemon on a home of its own, living by the clock of a sandbox; no test here.

The code is the checkout's, the instance is the checked-in ``dagster.yaml``. Only how often the queue is looked at
differs, for a test does not wait five seconds for each run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
from dagster._core.instance.ref import InstanceRef

from creator_assets.ledger.ledger import Ledger
from creator_assets.sandbox import RunningSandbox
from creator_assets.spending.sandbox_clock import SandboxTime
from creator_assets.tables.store import Tables

CHECKOUT = Path(__file__).parents[2]
LONGEST_SECONDS = 120
CLUB = "influencers_club"
LIMITS = {"influencers_club": "1000", "infludata": "5000", "influtics": "100000"}
REALM = "sandbox-test"
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


class DaemonHome:
    """A temporary ``DAGSTER_HOME`` with briefs and an environment that leads to a sandbox; what can be seen of both."""

    def __init__(self, home: Path, sandbox: RunningSandbox) -> None:
        self.home, self.sandbox = home, sandbox
        self.control = httpx.Client(base_url=sandbox.url("_sandbox"), timeout=30, trust_env=False)
        (home / "campaigns").mkdir()
        text = (CHECKOUT / "dagster.yaml").read_text(encoding="utf-8")
        quick = text.replace("max_concurrent_runs: 4", "max_concurrent_runs: 4\n    dequeue_interval_seconds: 1")
        assert quick != text
        # Its paths are relative to where Dagster starts, and this process does not start there.
        (home / "dagster.yaml").write_text(quick.replace("data/dagster", f"{home}/data/dagster"), encoding="utf-8")
        clock_url = sandbox.url("_sandbox/clock")
        self.env = os.environ | {
            "DAGSTER_HOME": str(home),
            "PYTHONPATH": str(CHECKOUT),
            "CREATOR_ASSETS_DATA": str(home / "data"),
            "CREATOR_ASSETS_CAMPAIGNS": str(home / "campaigns"),
            "CREATOR_ASSETS_REALM": REALM,
            "CREATOR_ASSETS_CLOCK": clock_url,
            "INFLUDATA_CLIENT_ID": "sandbox-client",
            # A busy machine answers late. Dagster would call the run failed whose start it did not see in a minute.
            "DAGSTER_GRPC_TIMEOUT_SECONDS": "300",
        }
        for name, limit in LIMITS.items():
            self.env[f"{name.upper()}_BASE_URL"] = sandbox.url(name)
            self.env[f"{name.upper()}_API_KEY"] = key_of(name)
            self.env[f"{name.upper()}_CREDIT_LIMIT"] = limit
        self.now = SandboxTime(clock_url)

    def close(self) -> None:
        self.control.close()
        self.now.close()

    def brief(self, slug: str, text: str) -> None:
        (self.home / "campaigns" / f"{slug}.yaml").write_text(text, encoding="utf-8")

    def dagster(self, *arguments: str) -> None:
        """One of Dagster's own commands."""
        command = [sys.executable, "-m", "dagster", *arguments, "-m", "creator_assets.definitions"]
        done = subprocess.run(
            command, cwd=self.home, env=self.env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @contextmanager
    def daemon(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """The daemon, with a code server of its own unless `arguments` name another, until the block is left."""
        with self._running("dagster._daemon", "run", *(arguments or ("-m", "creator_assets.definitions"))) as process:
            yield process

    @contextmanager
    def code_server(self, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """The code in a server by itself, as deployments have it, until the block is left."""
        served = ("-p", str(port), "-m", "creator_assets.definitions")
        with self._running("dagster", "api", "grpc", *served, "--location-name", "creator_assets") as process:
            yield process

    @contextmanager
    def _running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        with (self.home / "daemon.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=self.home,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)

    def instance(self) -> dg.DagsterInstance:
        """The daemon's instance, as another process sees it."""
        ref = InstanceRef.from_dir(str(self.home))
        return dg.DagsterInstance.from_ref(ref)

    def ledger(self) -> Ledger:
        return Ledger.open(self.home / "data" / f"ledger-{REALM}.sqlite", realm=REALM, clock=self.now)

    def tables(self) -> Tables:
        return Tables(self.home / "data" / "tables")

    def is_idle(self, instance: dg.DagsterInstance) -> bool:
        """Whether no run is queued or under way; none may have failed."""
        failed = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        assert not failed, [(run.job_name, reasons(instance, run)) for run in failed]
        return not instance.get_runs_count(dg.RunsFilter(statuses=UNDER_WAY))

    # -- the sandbox

    def account(self, provider: str, **changes: Any) -> None:
        self.control.post("/accounts", json={"key": key_of(provider), **changes}).raise_for_status()

    def fault(self, kind: str, operation: str, **rule: Any) -> None:
        self.control.post("/faults", json={"kind": kind, "operation": operation, **rule}).raise_for_status()

    def arrived(self, operation: str) -> int:
        """How many requests for an operation have reached the sandbox."""
        arrivals = self.control.get("/requests").json()
        return sum(request["operation"] == operation for log in arrivals.values() for request in log)

    def meter(self) -> Any:
        return self.control.get("/meter").json()

    def turn(self, *, to: datetime | None = None, **by: float) -> None:
        """Let time go by at the sandbox, and thereby for everybody."""
        order = {"set": to.isoformat()} if to else {"advance_seconds": timedelta(**by).total_seconds()}
        self.control.post("/clock", json=order).raise_for_status()

    # -- waiting

    def until(self, met: Callable[[], bool], what: str, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait for real, doing something each second."""
        ends_at = time.monotonic() + LONGEST_SECONDS
        while not met():
            assert time.monotonic() < ends_at, f"{what} did not come about; {self.home}/daemon.log may say why"
            meanwhile()
            time.sleep(0.5)


def reasons(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    """Why the steps of a run failed; of a run that never began, what Dagster says of it."""
    steps = [
        str(event.dagster_event.step_failure_data.error_display_string)
        for event in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        if event.dagster_event
    ]
    return steps or [event.user_message or event.message for event in instance.all_logs(run.run_id)]


def key_of(provider: str) -> str:
    return f"sandbox-{provider.replace('_', '-')}"
