"""A process that opens an old ledger, and dies at the statement that it is given.

One number per line on standard input, the statement at which to die; one line back: whether it died. The parent imports
everything once and forks a process for each line, as ``payer.py`` does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.storage.opening import open_database
from tests.ledger.crash.payer import Points


def main() -> None:
    """Serve until standard input ends."""
    target = sys.argv[1]
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            open_and_die(target, int(line))
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{'died' if os.WIFSIGNALED(status) else status}\n")
        sys.stdout.flush()


def open_and_die(target: str, kill_at: int) -> None:
    """Open the ledger; pass a point before and after every statement."""
    points = Points(kill_at)
    kind: Any = type(open_database(target))
    run = kind._run

    def watched(
        self: Any, connection: object, sql: str, params: Sequence[object] = (), row: type | None = None
    ) -> object:
        points()
        rows = run(self, connection, sql, params, row)
        points()
        return rows

    kind._run = watched
    try:
        Ledger.open(target, realm="test").close()
    except BaseException as error:  # noqa: BLE001 - a child must never return into its parent's code
        sys.stderr.write(f"migrator failed: {error!r}\n")
        os._exit(3)
    os._exit(0)


if __name__ == "__main__":
    main()
