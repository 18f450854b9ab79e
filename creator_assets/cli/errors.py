"""Which errors a command shows as a sentence."""

from __future__ import annotations

import os


class SetupError(Exception):
    """The place or the environment is not what a command needs; says what to do."""


def expected_errors() -> tuple[type[BaseException], ...]:
    """What a user can cause: shown as a sentence."""
    from creator_assets.campaigns import UnknownCampaignError  # noqa: PLC0415
    from creator_assets.ledger.errors import LedgerError  # noqa: PLC0415
    from creator_assets.providers.capabilities import NoCapabilityError  # noqa: PLC0415
    from creator_assets.sandbox.server import SandboxStartError  # noqa: PLC0415
    from creator_assets.settings import WrongSettingError  # noqa: PLC0415
    from creator_assets.spending.failures import PaidCallError  # noqa: PLC0415
    from creator_assets.spending.planning.approved_plan import UnreadablePlanError  # noqa: PLC0415
    from creator_assets.spending.planning.price_list import PriceListError  # noqa: PLC0415

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
