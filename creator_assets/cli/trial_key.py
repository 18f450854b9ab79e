"""``creator-assets trial-key``: a free influData key in two steps. A file gets the key; it is never printed."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creator_assets.cli.checkout import enter_checkout
from creator_assets.cli.errors import SetupError
from creator_assets.cli.screen import console

if TYPE_CHECKING:
    from creator_assets.providers.contract.operations import Answer, PagedRequest
    from creator_assets.providers.infludata.payloads import TrialKey

HELP = (
    "Get a free influData trial key in two steps: run it with your e-mail address, then again with the code that was "
    "sent to that address."
)
# What each documented status means for the user (001_c3c54407187bd99d.txt).
REFUSALS = {
    "HTTP 400": "The address is not accepted, as disposable addresses are not, or the code is malformed.",
    "HTTP 401": "The code is wrong.",
    "HTTP 404": "No code was sent to this address. Run the command without --code first.",
    "HTTP 409": "A trial key was already issued for this address.",
    "HTTP 410": "The code has expired. Run the command without --code to get a new one.",
    "HTTP 429": "There were too many attempts. Try again later.",
    "HTTP 503": "No trial keys are available at the moment. Try again later.",
}


def run(
    email: Annotated[
        str, typer.Argument(metavar="EMAIL", help="Your work e-mail address. It is sent to influData only.")
    ],
    code: Annotated[
        str | None, typer.Option(metavar="DIGITS", help="Exchange the six digits from the e-mail for the key.")
    ] = None,
    company: Annotated[str, typer.Option(metavar="NAME", help="Name your company, in at most 120 characters.")] = "",
    save: Annotated[
        Path, typer.Option(metavar="FILE", help="Write the key to this file, as environment variables.")
    ] = Path(".env"),
) -> None:
    """Do one of the two steps of the sign-up."""
    from creator_assets.campaigns.address_file import is_address  # noqa: PLC0415 - pydantic takes a moment

    enter_checkout()
    if not is_address(email):
        raise typer.BadParameter("this is no e-mail address, and nothing was sent", param_hint="EMAIL")
    from creator_assets.providers.infludata import payloads, requests  # noqa: PLC0415 - polars takes a moment

    # Another value each time: no answer of a sign-up may serve another one, and the archive keeps no address.
    redacted_input = secrets.token_hex(16)
    if code is None:
        _ask(requests.trial_key(email, email_hash=redacted_input, company=company))
        console.print("A code was sent to the address. It is valid for 15 minutes. Run this again with --code.")
        return
    answer = _ask(requests.trial_code(email, code, email_hash=redacted_input))
    key = payloads.issued_key(answer.body)
    if key is None:
        raise SetupError("influData answered without the documented key. Read the e-mail that it sent.")
    keep(key, save)
    console.print(
        f"{save} now holds the key: {key.requests_included} requests until {key.expires_at:%Y-%m-%d}.", markup=False
    )


def keep(key: TrialKey, path: Path) -> None:
    """Write the key and its settings to a file that only its owner may read, in place of older values there.

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
        raise SetupError(
            "influData answered with a line break inside the key. Nothing was written. Read the e-mail that it sent."
        )
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
            f"{path} cannot be written ({error.strerror}). The key is in the e-mail that influData sent."
        ) from None


def _ask(pages: PagedRequest) -> Answer:
    from creator_assets.ledger.records import Attribution, Window  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415 - Dagster takes a moment to import
    from creator_assets.spending.accounts import NO_CAMPAIGN, NO_PARTITION  # noqa: PLC0415
    from creator_assets.spending.failures import RequestRefusedError  # noqa: PLC0415
    from creator_assets.spending.fetch import FetchContext  # noqa: PLC0415

    paid_client = from_environment(os.environ).paid_client
    try:
        now = paid_client.open().ledger.now()
        spender = Attribution(
            asset="trial-key",
            partition=NO_PARTITION,
            campaign=NO_CAMPAIGN,
            run_id="command line",
            step="trial-key",
            code_version="1",
        )
        window = Window(start=now, end=now + timedelta(minutes=10), reuse_since=now)
        return paid_client.fetch([pages], FetchContext(spender=spender, window=window)).answers[0][0]
    except RequestRefusedError as error:
        reason = next((text for status, text in REFUSALS.items() if status in error.happened), error.happened)
        left = f" ({error.happened.rpartition(', ')[2].rstrip(')')})" if "attempts left" in error.happened else ""
        raise SetupError(f"influData rejected the request. {reason}{left}") from None
    finally:
        paid_client.close()
