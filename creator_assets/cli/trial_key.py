"""``creator-assets trial-key``: a free influData key in two steps, put where the user says, never on the screen."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creator_assets.campaigns.address_file import is_address
from creator_assets.cli.checkout import enter_checkout
from creator_assets.cli.errors import SetupError
from creator_assets.cli.screen import console

if TYPE_CHECKING:
    from creator_assets.providers.contract.operations import Answer, PagedRequest
    from creator_assets.providers.infludata.payloads import TrialKey

HELP = "Get a free influData trial key: first the address, then again with the code that was sent to it."
# What each documented status means for a person (001_c3c54407187bd99d.txt).
REFUSALS = {
    "HTTP 400": "The address is not accepted (disposable addresses are not), or the code is malformed.",
    "HTTP 401": "The code is not right.",
    "HTTP 404": "Nothing is pending for this address: ask for a code first.",
    "HTTP 409": "A trial key was already issued for this address.",
    "HTTP 410": "The code has expired: ask for a new one.",
    "HTTP 429": "Too many attempts for now; try again later.",
    "HTTP 503": "No trial keys are given out at the moment; try again later.",
}


def run(
    email: Annotated[str, typer.Argument(help="Your work address; it goes to influData and nowhere else.")],
    code: Annotated[str | None, typer.Option(help="The six digits that were sent to the address.")] = None,
    company: Annotated[str, typer.Option(help="Your company, at most 120 characters.")] = "",
    save: Annotated[Path, typer.Option(help="File that gets the key, as variables.")] = Path(".env"),
) -> None:
    """Walk through the two steps of the sign-up."""
    enter_checkout()
    if not is_address(email):
        raise typer.BadParameter("this is no e-mail address; nothing was sent", param_hint="EMAIL")
    from creator_assets.providers.infludata import payloads, requests  # noqa: PLC0415 - polars takes a moment

    # Never the same twice: no answer of a sign-up may serve another one, and the address is not kept.
    redacted_input = secrets.token_hex(16)
    if code is None:
        _ask(requests.trial_key(email, email_hash=redacted_input, company=company))
        console.print("A code was sent to the address; it is good for 15 minutes. Run this again with --code.")
        return
    answer = _ask(requests.trial_code(email, code, email_hash=redacted_input))
    key = payloads.issued_key(answer.body)
    if key is None:
        raise SetupError("The provider answered without the documented key. Look into the mail that it sent.")
    keep(key, save)
    console.print(
        f"{save} holds the key now: {key.requests_included} requests until {key.expires_at:%Y-%m-%d}.", markup=False
    )


def keep(key: TrialKey, path: Path) -> None:
    """Put the key and what belongs to it into a file that only its owner may read, replacing older values there.

    Raises:
        SetupError: The file cannot be written.
    """
    values = {
        "INFLUDATA_API_KEY": key.api_key,
        "INFLUDATA_CLIENT_ID": key.client_id,
        "INFLUDATA_CREDIT_LIMIT": str(key.requests_included),
        "INFLUDATA_IS_TRIAL": "true",
    }
    if any("\n" in value or "\r" in value for value in values.values()):
        raise SetupError("The provider's answer holds line breaks where a key should be; nothing was written.")
    beside = path.with_name(f".{path.name}.new")
    try:
        old = path.read_text().splitlines() if path.exists() else []
        kept = [line for line in old if line.partition("=")[0].strip() not in values]
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write("\n".join([*kept, *(f"{name}={value}" for name, value in values.items())]) + "\n")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise SetupError(
            f"{path} cannot be written ({error.strerror}). The key is in the mail that the provider sent."
        ) from None


def _ask(pages: PagedRequest) -> Answer:
    from creator_assets.ledger.records import Attribution, Window  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415 - Dagster takes a moment to import
    from creator_assets.spending.accounts import NO_CAMPAIGN  # noqa: PLC0415
    from creator_assets.spending.failures import RequestRefusedError  # noqa: PLC0415
    from creator_assets.spending.fetch import FetchContext  # noqa: PLC0415

    paid_client = from_environment(os.environ).paid_client
    try:
        now = paid_client.open().ledger.now()
        spender = Attribution(
            asset="trial-key",
            partition="-",
            campaign=NO_CAMPAIGN,
            run_id="command line",
            step="trial-key",
            code_version="1",
        )
        window = Window(start=now, end=now + timedelta(minutes=10), reuse_since=now)
        return paid_client.fetch([pages], FetchContext(spender=spender, window=window)).answers[0][0]
    except RequestRefusedError as error:
        told = next((said for status, said in REFUSALS.items() if status in error.happened), error.happened)
        left = f" ({error.happened.rpartition(', ')[2].rstrip(')')})" if "attempts left" in error.happened else ""
        raise SetupError(f"influData refused: {told}{left}") from None
    finally:
        paid_client.close()
