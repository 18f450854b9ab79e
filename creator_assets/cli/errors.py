"""Errors of the command line, and which errors of the rooms below a command prints as a sentence."""

from __future__ import annotations

import os


class SetupError(Exception):
    """The checkout or the environment is not what a command needs. The message says what to do."""


def expected_errors() -> tuple[type[BaseException], ...]:
    """The errors that a user can cause."""
    from creator_assets.campaigns import UnknownCampaignError  # noqa: PLC0415
    from creator_assets.ledger.errors import LedgerError  # noqa: PLC0415
    from creator_assets.providers.capabilities import NoCapabilityError  # noqa: PLC0415
    from creator_assets.replay.case import CaseError  # noqa: PLC0415
    from creator_assets.sandbox.server import SandboxStartError  # noqa: PLC0415
    from creator_assets.settings import WrongSettingError  # noqa: PLC0415
    from creator_assets.spending.failures import PaidCallError  # noqa: PLC0415
    from creator_assets.spending.planning.approved_plan import UnreadablePlanError  # noqa: PLC0415
    from creator_assets.spending.planning.price_list import PriceListError  # noqa: PLC0415

    return (
        SetupError,
        CaseError,
        SandboxStartError,
        NoCapabilityError,
        UnknownCampaignError,
        UnreadablePlanError,
        PaidCallError,
        PriceListError,
        LedgerError,
        WrongSettingError,
    )


def machine_errors() -> tuple[type[Exception], ...]:
    """The errors of the machine: of its files and connections, and of Dagster's storage."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - Dagster's storage

    return (OSError, OperationalError)


def machine_error(error: Exception) -> str:
    """What the machine did not allow, in words: a full disk, a folder that is read-only, a locked file."""
    if isinstance(error, OSError):
        happened = f"{error.filename or 'A file or connection'}: {error.strerror or type(error).__name__}"
    else:  # of the database in which Dagster keeps its runs; its own text holds whole statements
        happened = f"Dagster's storage in {os.environ.get('DAGSTER_HOME', '.')}: {getattr(error, 'orig', 'it failed')}"
    return f"{happened}. Check that the disk has room and that you may write there, then run the same command again."
