"""Processes that pay, and die at the point that they are given.

One command per line on standard input, one answer per line back. The parent imports everything once and forks a fresh
process per command, so a kill costs milliseconds. A child opens its own ledger and makes paid calls against a real HTTP
provider, as the paid client does. It may kill itself before or after every database statement, and around the send.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa  # noqa: F401 - loaded before forking, as all that follows

from creator_assets.ledger.errors import LedgerGoneError
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Granted
from creator_assets.ledger.storage import postgres, sqlite  # noqa: F401 - a ledger loads its own when it is opened
from tests.ledger.scenery import CREDIT, LedgerDriver, reading, response, week


def main() -> None:
    """Serve commands until standard input ends: ``pay`` and ``drain`` wait for their child, ``loop`` does not."""
    target, port = sys.argv[1], int(sys.argv[2])
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "reap":
            os.waitpid(command["pid"], 0)
            report({})
            continue
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read_end)
            run_child(target, port, command, write_end)
        os.close(write_end)
        if command["do"] in {"loop", "drain"}:
            os.close(read_end)
            report({"pid": pid})
            continue
        with os.fdopen(read_end, "rb") as reported:
            outcome = reported.read().decode()
        _, status = os.waitpid(pid, 0)
        report({"killed": os.WIFSIGNALED(status), "status": status, "outcome": outcome})


def report(answer: dict[str, Any]) -> None:
    """One line to the test."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def run_child(target: str, port: int, command: dict[str, Any], write_end: int) -> None:
    """Do one command and leave without any clean-up that a dying process would not have."""
    try:
        desk = open_desk(target)
        if command["do"] == "pay":
            points = Points(command["kill_at"], from_send=command["from_send"])
            watch(desk.ledger, points)
            points()
            outcome = pay(desk, port, command["key"], command["fate"], points, held_first=command["held_first"])
            os.write(write_end, outcome.encode())
        elif command["do"] == "drain":
            for key in command["keys"]:
                pay(desk, port, key, "answer", Points())
        else:
            loop(desk, port, command)
    except BaseException as error:  # noqa: BLE001 - a child must never return into its parent's code
        sys.stderr.write(f"payer failed: {error!r}\n")
        os._exit(3)
    os._exit(0)


def open_desk(target: str) -> LedgerDriver:
    desk = LedgerDriver(Ledger.open(target, realm="test"))
    desk.window = week(start=desk.ledger.now() - timedelta(days=1))
    return desk


class Points:
    """Places where a process may die: the `kill_at`-th that is passed kills it, 0 never does.

    With `from_send` only places from the send on count. How many come before it differs: a process that wakes up late
    waits again.
    """

    def __init__(self, kill_at: int = 0, *, from_send: bool = False) -> None:
        self._kill_at = kill_at
        self._counts = not from_send
        self._passed = 0

    def send(self) -> None:
        """The request leaves now."""
        self._counts = True

    def __call__(self) -> None:
        self._passed += self._counts
        if self._counts and self._passed == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(ledger: Ledger, points: Points) -> None:
    """Pass a point before and after every statement of the ledger's database."""
    database: Any = ledger._database
    run = database._run

    def watched(connection: object, sql: str, params: Sequence[object] = (), row: type | None = None) -> object:
        points()
        rows = run(connection, sql, params, row)
        points()
        return rows

    database._run = watched


def pay(
    desk: LedgerDriver,
    port: int,
    key: str,
    fate: str,
    points: Points,
    *,
    held_first: bool = False,
    rule: str = "after_reconcile",
) -> str:
    """One paid call, from look-up to settlement; returns how it ended."""
    if desk.ledger.look_up(key, desk.window) is not None:
        return "Hit"
    want = desk.want(key, 3 * CREDIT, repeat_in_doubt=rule)
    (permit,) = desk.begin(want, dispatch=not held_first)
    if isinstance(permit, Granted) and held_first:
        (dispatched,) = desk.ledger.dispatch([permit.attempt_id])
        assert isinstance(dispatched, Granted), dispatched
        permit = dispatched
    if not isinstance(permit, Granted):
        return type(permit).__name__
    while not desk.ledger.await_permit(permit):  # a machine under load wakes up late
        postponed = desk.ledger.postpone(permit.attempt_id)
        assert isinstance(postponed, Granted), postponed
        permit = postponed
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    points.send()
    try:
        points()
        connection.request("GET", f"/{key}?attempt={permit.attempt_id}&charge={CREDIT}&fate={fate}")
        points()
        body = connection.getresponse().read()
        points()
    except (OSError, http.client.HTTPException):
        desk.ledger.doubt(permit.attempt_id, "no answer")
        return "doubt"
    finally:
        connection.close()
    desk.ledger.settle(permit.attempt_id, reading(CREDIT), response(body), desk.ledger.now())
    points()
    return "settled"


def loop(desk: LedgerDriver, port: int, command: dict[str, Any]) -> None:
    """Pay for random requests until killed; a lost database is waited for."""
    noise = random.Random(command["seed"])  # noqa: S311 - repeatable
    while True:
        key = f"key-{noise.randrange(command['keys'])}"
        fate = noise.choices(["answer", "lost_before", "lost_after"], [90, 5, 5])[0]
        rule = noise.choice(["always", "after_reconcile"])
        try:
            pay(desk, port, key, fate, Points(), held_first=noise.random() < 0.3, rule=rule)
            if noise.random() < 0.05:
                desk.ledger.recover()
        except LedgerGoneError:
            continue


if __name__ == "__main__":
    main()
