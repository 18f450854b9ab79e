"""Where a command runs: the checkout, its ``.env``, and whether the sandbox replaces the providers.

Live and sandbox differ in environment variables only: base URLs, keys, limits, and the realm that separates their
books. How commands share one sandbox belongs to ``shared_sandbox``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dotenv import dotenv_values, load_dotenv

from creator_assets.cli.errors import SetupError
from creator_assets.cli.screen import show_error

if TYPE_CHECKING:
    from creator_assets.ledger.ledger import Ledger

OWN_VARIABLES = tuple(
    f"CREATOR_ASSETS_{name}"
    for name in ("ARCHIVE", "CAMPAIGNS", "CLOCK", "DATA", "DECISIONS", "LEDGER", "PRICES", "REALM")
)
# Settings that every provider has; a definition names those that it has besides.
PROVIDER_SETTINGS = (
    "API_KEY",
    "BASE_URL",
    "BILLING_DAY",
    "CREDIT_LIMIT",
    "NOTIFY_AT",
    "SUSPEND_AT",
    "SUSPEND_IMMEDIATE_AT",
)
# What a client needs to know of a sandbox's account, by the setting of the provider that takes it.
ACCOUNT_FIELDS = {"API_KEY": "key", "CREDIT_LIMIT": "limit", "CLIENT_ID": "client_id"}
MIXED = "Remove them with `make clean`, or set CREATOR_ASSETS_DATA to another folder."


def enter_checkout() -> Path:
    """Make the checkout the working directory and Dagster's home, and load its ``.env``.

    Returns:
        The data folder, which holds all state.

    Raises:
        SetupError: There is no checkout here, or its ``.env`` or its data folder cannot be used.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or Path.cwd())
    if not (home / "dagster.yaml").is_file() or not (home / "workspace.yaml").is_file():
        raise SetupError(
            f"{home} is no checkout: it has no dagster.yaml and workspace.yaml. Change to the checkout, or set "
            "DAGSTER_HOME."
        )
    os.chdir(home)
    os.environ["DAGSTER_HOME"] = str(home)
    # `dagster.yaml` turns telemetry off, but its thread would still create folders at the top of the checkout.
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    _load_settings(home / ".env")
    data = Path(os.environ.get("CREATOR_ASSETS_DATA") or "data")
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"The data folder {data} cannot be created ({error.strerror}). Set CREATOR_ASSETS_DATA to a folder on a "
            "local disk that you may write to."
        ) from None
    return data


def _load_settings(path: Path) -> None:
    try:
        load_dotenv(path)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SetupError(
            f"{path} cannot be read ({why}), so it is unknown whether keys are set. Make it readable, or move it away "
            "to use the sandbox."
        ) from None


def known_variables() -> set[str]:
    """Every variable that a file of settings may hold."""
    from creator_assets.providers.registry import PROVIDERS  # noqa: PLC0415 - polars takes a moment to import

    names = (
        provider.variable(setting)
        for provider in PROVIDERS.values()
        for setting in (*PROVIDER_SETTINGS, *provider.account_settings)
    )
    return {*OWN_VARIABLES, *names}


def unread_settings(source: Path | Iterable[str]) -> list[tuple[str, str | None]]:
    """The variables of an ``.env`` file that look like ours but are not read, each with the name that it resembles.

    A mistyped name would otherwise be a setting that silently has no effect.

    Args:
        source: The file, or names of variables of the environment. That one holds variables of others as well: a name
            that only ends like a key is none of ours.
    """
    from creator_assets.providers.registry import PROVIDERS  # noqa: PLC0415 - polars takes a moment to import

    unread, known = [], known_variables()
    prefixes = ("CREATOR_ASSETS_", *(provider.variable("") for provider in PROVIDERS.values()))
    endings = ("_API_KEY",) if isinstance(source, Path) else ()
    for name in dotenv_values(source) if isinstance(source, Path) else source:
        alike = get_close_matches(name, known, n=1, cutoff=0.85)
        if name not in known and (alike or name.startswith(prefixes) or name.endswith(endings)):
            unread.append((name, alike[0] if alike else None))
    return unread


def is_live() -> bool:
    """Whether the environment sets the key of any provider."""
    from creator_assets.providers.registry import PROVIDERS  # noqa: PLC0415 - polars takes a moment to import

    return any(os.environ.get(provider.variable("API_KEY"), "").strip() for provider in PROVIDERS.values())


@contextmanager
def providers_reachable(data: Path, universe: Path | None = None) -> Iterator[str | None]:
    """Use the real providers if a key is set, else the sandbox; set the environment accordingly.

    Yields:
        The sandbox's address; None with real providers.

    Raises:
        SetupError: A universe is given although keys are set.
    """
    if not is_live():
        with sandbox_running(data, universe) as base_url:
            yield base_url
        return
    if universe is not None:
        raise SetupError(
            "--universe is for the sandbox, and a provider's key is set. Leave the option out, or unset the key."
        )
    if (data / "sandbox").is_dir():
        show_error(f"{data}/ still holds creators of the sandbox, which would mix with real ones. {MIXED}")
    yield None


@contextmanager
def sandbox_running(
    data: Path, universe: Path | None, voice: Literal["plain", "real", "hostile"] = "plain"
) -> Iterator[str]:
    """Run the sandbox in its own process, and point the environment at it. Its meter continues from the last time.

    Commands that run at the same time share one sandbox.

    Yields:
        Its address.

    Raises:
        SetupError: The universe is no readable file.
    """
    # The sandbox imports its web server, which a command on real accounts does not need.
    from creator_assets.cli.shared_sandbox import served  # noqa: PLC0415
    from creator_assets.sandbox import SandboxSettings  # noqa: PLC0415

    if universe is not None and not universe.is_file():
        raise SetupError(f"There is no file {universe} of creators. Check --universe.")
    name = "synthetic" if universe is None else universe.stem
    state = data / "sandbox" / f"{name}.sqlite"
    state.parent.mkdir(parents=True, exist_ok=True)
    settings = SandboxSettings(
        universe_path=None if universe is None else str(universe.resolve()),
        state_path=str(state.resolve()),
        voice=voice,
    )
    with served(settings, state) as base_url:
        point_at(base_url)
        yield base_url


def point_at(base_url: str) -> None:
    """Set the environment so that the sandbox at `base_url` is every provider, in the realm of its universe."""
    os.environ["CREATOR_ASSETS_REALM"] = f"sandbox-{_control(base_url, 'health')['universe_id']}"
    for account in _control(base_url, "default_accounts"):
        provider = account["provider"]
        os.environ[f"{provider.upper()}_BASE_URL"] = f"{base_url}/{provider}"
        for setting, field in ACCOUNT_FIELDS.items():
            if field in account:
                os.environ[f"{provider.upper()}_{setting}"] = account[field]


def charged_by_meter(base_url: str) -> dict[str, int]:
    """What each provider of the sandbox has charged in total, in microcredits, by the sandbox's meter."""
    return {provider: one["charged_microcredits"] for provider, one in _control(base_url, "meter").items()}


def _control(base_url: str, path: str) -> Any:
    """What the sandbox answers to a control path."""
    import httpx  # noqa: PLC0415 - takes a moment to import

    return httpx.get(f"{base_url}/_sandbox/{path}", timeout=10, trust_env=False).json()


@contextmanager
def ledger_of_checkout() -> Iterator[Ledger]:
    """Open the ledger of the checkout in the working directory, for the length of the block.

    Raises:
        SetupError: There is no checkout here.
    """
    data = enter_checkout()
    with providers_reachable(data):
        from creator_assets.settings import from_environment  # noqa: PLC0415 - Dagster takes a moment to import

        paid_client = from_environment(os.environ).paid_client
        try:
            yield paid_client.open().ledger
        finally:
            paid_client.close()
