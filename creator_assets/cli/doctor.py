"""``creator-assets doctor``: whether everything that a run needs is in order, one line for each thing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import typer

from creator_assets.cli.checkout import MIXED, enter_checkout, is_live, providers_reachable, unread_settings
from creator_assets.cli.exit_codes import FAILURE
from creator_assets.cli.options import JsonList, Universe
from creator_assets.cli.screen import console, show_json

HELP = "Check the checkout, settings, keys, briefs, ledger and Dagster definitions. Exits with 1 if something is wrong."
SHOWN_OF_A_KEY = 4
LONG_KEY = 16
"""The least length of a key. A shorter one was truncated, and its end would be most of it."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was checked."""

    subject: str
    is_well: bool
    message: str


def run(
    universe: Universe = None,
    json: JsonList = False,
) -> None:
    """Check everything and print what is found."""
    data = enter_checkout()
    findings = [*_checkout(data), *_settings(), *_keys()]
    with providers_reachable(data, universe):
        findings += [*_briefs(), *_addresses(), *_identity(), *_prices(), *_ledger(), *_demand(), *_definitions()]
    if json:
        show_json(findings)
    else:
        for finding in findings:
            mark = "[green]ok   [/]" if finding.is_well else "[red]wrong[/]"
            console.print(f"{mark} {finding.subject}: ", end="")
            console.print(finding.message, markup=False, soft_wrap=True)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(FAILURE)


def _checkout(data: Path) -> Iterator[Finding]:
    yield Finding("checkout", True, str(Path.cwd()))
    writable = os.access(data, os.W_OK)
    yield Finding("data folder", writable, f"{data}/ {'is' if writable else 'is not'} writable")
    if is_live() and (data / "sandbox").is_dir():
        yield Finding("tables", False, f"{data}/ holds creators of the sandbox. {MIXED}")


def _settings() -> Iterator[Finding]:
    for name, meant in unread_settings(Path(".env")):
        hint = f" Did you mean {meant}?" if meant else ""
        yield Finding("settings", False, f".env sets {name}, which is not read.{hint} .env.example lists all settings.")


def _keys() -> Iterator[Finding]:
    if not is_live():
        yield Finding("keys", True, "none is set, so the sandbox replaces the providers")
        return
    from creator_assets.providers.registry import PROVIDERS  # noqa: PLC0415 - polars takes a moment to import
    from creator_assets.spending.accounts import is_usable_key  # noqa: PLC0415

    for provider, definition in PROVIDERS.items():
        variable = definition.variable("API_KEY")
        key = os.environ.get(variable, "").strip()
        if not key:
            message = f"{variable} is not set: assets that buy from {definition.display_name} will fail"
            yield Finding(f"key of {provider}", False, message)
        elif not is_usable_key(key):
            message = f"{variable} holds a character that no key can have. Set it to the key alone."
            yield Finding(f"key of {provider}", False, message)
        elif len(key) < LONG_KEY:
            message = f"{variable} has only {len(key)} characters. Set it to the whole key."
            yield Finding(f"key of {provider}", False, message)
        else:
            yield Finding(f"key of {provider}", True, f"{variable} ends in {key[-SHOWN_OF_A_KEY:]}")


def _briefs() -> Iterator[Finding]:
    from creator_assets.cli.planning import no_campaigns  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415 - Dagster takes a moment to import

    briefs = from_environment(os.environ).campaigns
    campaigns = briefs.load()
    for slug in campaigns.slugs:
        yield Finding(f"campaign {slug}", True, "its brief is valid")
    for warning in campaigns.warnings:
        yield Finding("brief", True, f"check this: {warning}")
    for fault in campaigns.faults:
        yield Finding("brief", False, str(fault))
    if not campaigns.slugs and not campaigns.faults:
        yield Finding("brief", False, no_campaigns(briefs.folder))


def _addresses() -> Iterator[Finding]:
    from creator_assets.campaigns.address_file import AddressFileError, read_addresses  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415

    for slug, campaign in from_environment(os.environ).campaigns.load().by_slug.items():
        demand = campaign.email_matches
        if demand is None:
            continue
        try:
            found = read_addresses(Path(demand.addresses), at_most=demand.max_addresses)
        except AddressFileError as error:
            yield Finding(f"addresses of {slug}", False, str(error))
        else:
            yield Finding(f"addresses of {slug}", True, f"{len(found):,}, on the lawful basis of {demand.lawful_basis}")


def _identity() -> Iterator[Finding]:
    from creator_assets.identity.decisions import DecisionsError  # noqa: PLC0415
    from creator_assets.identity.secret import InstallationSecret, InstallationSecretError  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415

    identity = from_environment(os.environ).identity
    try:
        identity.decided()
    except DecisionsError as error:
        yield from (Finding("decisions", False, str(fault)) for fault in error.faults)
    folder = Path(identity.folder)
    if not InstallationSecret.has_been_created(folder):
        yield Finding("account ids", True, f"there are none yet; the first run creates their secret in {folder}/")
        return
    try:
        secret = InstallationSecret.open_with_fingerprint(folder)
    except InstallationSecretError as error:
        yield Finding("account ids", False, str(error))
    else:
        yield Finding("account ids", True, f"they derive from the secret {secret.fingerprint} in {folder}/; back it up")


def _prices() -> Iterator[Finding]:
    from creator_assets.ledger.errors import LedgerError  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415
    from creator_assets.spending.planning.price_list import PriceListError  # noqa: PLC0415

    paid_client = from_environment(os.environ).paid_client
    if not paid_client.prices:
        return
    try:
        prices = paid_client.price_list()
    except PriceListError as error:
        yield from (Finding("price list", False, str(fault)) for fault in error.faults)
        return
    except LedgerError:
        return  # the sandbox's clock does not answer; reported with the ledger
    count = sum(map(len, prices.prices.values()))
    yield Finding(
        "price list", True, f"{prices.version} of {prices.effective} states {count} prices ({paid_client.prices})"
    )


def _ledger() -> Iterator[Finding]:
    from creator_assets.ledger.errors import LedgerError  # noqa: PLC0415
    from creator_assets.ledger.storage.migrations import SCHEMA_VERSION  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415
    from creator_assets.spending.planning.price_list import PriceListError  # noqa: PLC0415

    paid_client = from_environment(os.environ).paid_client
    try:
        found = _ledger_version(paid_client.ledger)
        if found is not None and found != SCHEMA_VERSION:
            yield _other_version(found, SCHEMA_VERSION)
            return
        violations = paid_client.open().ledger.check()
    except PriceListError:
        return  # reported above, line by line; without prices the ledger is not opened
    except LedgerError as error:
        yield Finding("ledger", False, str(error))
        return
    yield Finding("ledger version", True, f"schema version {SCHEMA_VERSION}, as this release works with")
    yield Finding(
        "ledger", not violations, "; ".join(violations) or f"its books are in order (realm {paid_client.realm})"
    )


def _ledger_version(target: str) -> int | None:
    """The schema version of the ledger, or None where there is none yet. Opening a ledger would migrate it."""
    from creator_assets.ledger.storage.realm import inspect_realm  # noqa: PLC0415

    realm = inspect_realm(target)
    return None if realm is None else realm.schema_version


def _other_version(found: int, release: int) -> Finding:
    versions = f"schema version {found}, and this release works with version {release}"
    if found > release:
        return Finding("ledger version", False, f"{versions}. Install the newer release, or use another ledger.")
    return Finding(
        "ledger version",
        True,
        f"{versions}. The next run or command migrates it; its books are checked after that. Back the ledger up, and "
        "end all runs of the older release first.",
    )


def _demand() -> Iterator[Finding]:
    """A brief may request what no provider offers at the prices in force; the brief alone does not show that."""
    from creator_assets.assets.graph import asset_graph  # noqa: PLC0415
    from creator_assets.demand.plan_context import demands_of, plan_context  # noqa: PLC0415
    from creator_assets.ledger.errors import LedgerError  # noqa: PLC0415
    from creator_assets.ledger.storage.migrations import SCHEMA_VERSION  # noqa: PLC0415
    from creator_assets.partitions import Partition, current_day  # noqa: PLC0415
    from creator_assets.providers.capabilities import NoCapabilityError  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415
    from creator_assets.spending.planning.price_list import PriceListError  # noqa: PLC0415

    paid_client = from_environment(os.environ).paid_client
    try:
        if _ledger_version(paid_client.ledger) not in {None, SCHEMA_VERSION}:
            return  # said above; opening the ledger would migrate it
    except LedgerError:
        return  # said above
    for slug, campaign in paid_client.briefs().by_slug.items():
        try:
            ledger = paid_client.open().ledger
            week = Partition.week_of(slug, current_day(ledger.now()))
            at = plan_context(campaign, week, ledger, paid_client.settings())
            for _ in demands_of(asset_graph().stages.values(), at):
                pass  # the plan prices the requests; here they only have to exist
        except NoCapabilityError as error:
            yield Finding("demand", False, str(error))
        except (LedgerError, PriceListError):
            return  # reported above


def _definitions() -> Iterator[Finding]:
    import dagster as dg  # noqa: PLC0415

    from creator_assets.cli.running import open_instance  # noqa: PLC0415
    from creator_assets.definitions import build_definitions  # noqa: PLC0415

    definitions = build_definitions()
    dg.Definitions.validate_loadable(definitions)
    count = len(list(definitions.resolve_all_asset_specs()))
    with open_instance() as instance:
        yield Finding("Dagster", True, f"{count} assets load; runs are stored in {instance.root_directory}")
