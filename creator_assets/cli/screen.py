"""How things are shown: one console for people, JSON on standard output for scripts, complaints on standard error.

What is shown is for the commands to say. Which errors become a sentence instead of a trace is listed here, for all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

_WIDTH = 120  # where nobody says how wide a line may be: a file, a pipe, a build log
console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
_errors = Console(stderr=True, highlight=False)


def complain(sentence: str) -> None:
    """Say on standard error what went wrong."""
    _errors.print(sentence, style="red", markup=False, soft_wrap=True)


def remark(sentence: str) -> None:
    """Say on standard error, beside the result, what is worth knowing."""
    _errors.print(sentence, markup=False, soft_wrap=True)


def show_json(value: Any) -> None:
    """Write one JSON value and a line break to standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def show_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = ()
) -> None:
    """A table for people; the columns named in `numbers` are set to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in numbers else "left",
            no_wrap=column in {"asset", "partition"},
            overflow="fold",
        )
    for row in rows:
        table.add_row(*row)
    console.print(table)


def expected_errors() -> tuple[type[BaseException], ...]:
    """What a user can cause: shown as a sentence."""
    from creator_assets.campaigns import UnknownCampaignError  # noqa: PLC0415
    from creator_assets.cli.environment import SetupError  # noqa: PLC0415 - keeps `--help` quick
    from creator_assets.environment import WrongSettingError  # noqa: PLC0415
    from creator_assets.providers.capabilities import NoCapabilityError  # noqa: PLC0415
    from creator_assets.sandbox.server import SandboxStartError  # noqa: PLC0415
    from creator_assets.spending.approval import UnreadablePlanError  # noqa: PLC0415
    from creator_assets.spending.failures import PaidCallError  # noqa: PLC0415
    from creator_assets.spending.ledger_errors import LedgerError  # noqa: PLC0415
    from creator_assets.spending.price_list import PriceListError  # noqa: PLC0415

    return (
        SetupError,
        SandboxStartError,
        NoCapabilityError,
        UnknownCampaignError,
        UnreadablePlanError,
        PaidCallError,
        PriceListError,
        LedgerError,
        WrongSettingError,
    )


def obstacle(error: Exception) -> str:
    """What the machine did not allow, as a sentence: a full disk, a folder that may not be written, a locked file."""
    if isinstance(error, OSError):
        what = f"{error.filename or 'A file or connection'}: {error.strerror or type(error).__name__}"
    else:  # of the database in which Dagster keeps its runs; its own text holds whole statements
        what = f"Dagster's storage in {os.environ.get('DAGSTER_HOME', '.')}: {getattr(error, 'orig', 'it failed')}"
    return f"{what}. Check that the disk has room and that you may write there, then run the same again."
