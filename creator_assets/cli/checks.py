"""What the doctor checks, one function for each kind of thing. Nothing here costs, and nothing changes a ledger.

How findings are printed belongs to ``doctor``. Each check is given what it looks at, so that settings are read once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import msgspec
from dotenv import dotenv_values

from creator_assets.assets.graph import asset_graph
from creator_assets.campaigns import Campaigns
from creator_assets.campaigns.address_file import AddressFileError, read_addresses
from creator_assets.cli.checkout import unread_settings
from creator_assets.cli.planning import no_campaigns
from creator_assets.cli.running import open_instance
from creator_assets.definitions import build_definitions
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.identity.decisions import DecisionsError
from creator_assets.identity.secret import InstallationSecret, InstallationSecretError
from creator_assets.ledger.errors import LedgerError
from creator_assets.ledger.storage.migrations import SCHEMA_VERSION
from creator_assets.ledger.storage.realm import inspect_realm
from creator_assets.microcredits import to_microcredits
from creator_assets.partitions import Partition, current_day
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.definition import ProviderDefinition
from creator_assets.providers.registry import PROVIDERS
from creator_assets.resources import Identity, PaidClientResource, ProviderAccount
from creator_assets.settings import Resources, WrongSettingError, from_environment
from creator_assets.spending.accounts import is_on_this_machine, is_usable_key
from creator_assets.spending.limits import disagreements_in_words
from creator_assets.spending.planning.price_list import PriceListError

SHOWN_OF_A_KEY = 4
LONG_KEY = 16
"""The least length of a key. A shorter one was truncated, and its end would be most of it."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was checked."""

    subject: str
    is_well: bool
    message: str


def unknown_settings() -> Iterator[Finding]:
    """Variables of ``.env`` and of the environment that look like ours and are not read."""
    found = {name: (".env", meant) for name, meant in unread_settings(Path(".env"))}
    for name, meant in unread_settings(os.environ):
        found.setdefault(name, ("The environment", meant))
    for name, (where, meant) in found.items():
        hint = f" Did you mean {meant}?" if meant else ""
        yield Finding("settings", False, f"{where} sets {name}, which is not read.{hint} .env.example lists all.")


def private_settings() -> Iterator[Finding]:
    """An ``.env`` with keys that other users of the machine can read."""
    settings = dotenv_values(".env")
    if any(settings.get(provider.variable("API_KEY")) for provider in PROVIDERS.values()):
        yield from _private(Path(".env"))


def _private(path: Path) -> Iterator[Finding]:
    if path.is_file() and path.stat().st_mode & 0o077:
        yield Finding("private files", False, f"{path} can be read by other users. Run: chmod 600 {path}")


def wrong_settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every setting that holds something that it cannot mean."""
    left = dict(environ)
    while True:
        try:
            from_environment(left)
        except WrongSettingError as error:
            yield Finding("settings", False, str(error))
            if left.pop(error.variable, None) is None:
                return
        else:
            return


def keys(campaigns: Campaigns, accounts: Mapping[str, ProviderAccount]) -> Iterator[Finding]:
    """Key, address and limit of each provider, where the real providers are used."""
    for name, provider in PROVIDERS.items():
        key = os.environ.get(provider.variable("API_KEY"), "").strip()
        payers = [slug for slug, campaign in campaigns.by_slug.items() if name in campaign.funded]
        yield _key(f"key of {name}", provider, key, payers)
        if not key:
            continue
        yield from _address(f"address of {name}", provider)
        if not to_microcredits(accounts[name].credit_limit):
            limit = provider.variable("CREDIT_LIMIT")
            message = f"{limit} is not set or 0, so nothing may be spent. Set it to the credits that you bought."
            yield Finding(f"limit of {name}", not payers, message)


def _key(subject: str, provider: ProviderDefinition, key: str, payers: list[str]) -> Finding:
    variable = provider.variable("API_KEY")
    if not key and payers:
        message = f"{variable} is not set, and the budget of {', '.join(payers)} counts on {provider.display_name}."
        return Finding(subject, False, f"{message} Set it, or take the provider out of the brief.")
    if not key:
        return Finding(subject, True, f"{variable} is not set. No brief has a budget for {provider.display_name}.")
    if not is_usable_key(key):
        return Finding(subject, False, f"{variable} holds a character that no key can have. Set it to the key alone.")
    if len(key) < LONG_KEY:
        return Finding(subject, False, f"{variable} has only {len(key)} characters. Set it to the whole key.")
    return Finding(subject, True, f"{variable} ends in {key[-SHOWN_OF_A_KEY:]}")


def _address(subject: str, provider: ProviderDefinition) -> Iterator[Finding]:
    variable = provider.variable("BASE_URL")
    url = os.environ.get(variable, "").strip()
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:
        scheme, host = "", None
    # The messages do not show the address: it may hold a key.
    if url and not host:
        yield Finding(subject, False, f"{variable} is no address. Correct it, such as https://api.example.com.")
    elif url and scheme != "https" and not is_on_this_machine(url):
        message = f"{variable} does not start with https://, so the key would travel unencrypted. Correct it."
        yield Finding(subject, False, message)
    elif url:
        yield Finding(subject, True, f"{variable} replaces the provider's own address")


def briefs(campaigns: Campaigns, folder: str) -> Iterator[Finding]:
    """Each brief, and each fault and warning once."""
    for slug in campaigns.slugs:
        yield Finding(f"campaign {slug}", True, "its brief is valid")
    for warning in campaigns.warnings:
        yield Finding("brief", True, f"check this: {warning}")
    for fault in campaigns.faults:
        yield Finding("brief", False, str(fault))
    if not campaigns.slugs and not campaigns.faults:
        yield Finding("brief", False, no_campaigns(folder))


def addresses(campaigns: Campaigns) -> Iterator[Finding]:
    """The files of e-mail addresses that briefs name."""
    for slug, campaign in campaigns.by_slug.items():
        demand = campaign.email_matches
        if demand is None:
            continue
        try:
            found = read_addresses(Path(demand.addresses), at_most=demand.max_addresses)
        except AddressFileError as error:
            yield Finding(f"addresses of {slug}", False, str(error))
        else:
            yield Finding(f"addresses of {slug}", True, f"{len(found):,}, on the lawful basis of {demand.lawful_basis}")


def identities(identity: Identity) -> Iterator[Finding]:
    """The team's decisions, and the secret from which the ids of accounts derive."""
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


def books(resources: Resources, campaigns: Campaigns) -> Iterator[Finding]:
    """Prices, ledger and demand. A ledger of another release is neither opened nor migrated."""
    paid_client = resources.paid_client
    try:
        if paid_client.prices:
            prices = paid_client.price_list()
            count = sum(map(len, prices.prices.values()))
            stated = f"{prices.version} of {prices.effective} states {count} prices ({paid_client.prices})"
            yield Finding("price list", True, stated)
        found = _ledger_version(paid_client.ledger)
        if found is not None and found != SCHEMA_VERSION:
            yield _other_version(found)
            return
        if found is not None and "://" not in paid_client.ledger:
            yield from _private(Path(paid_client.ledger))
        violations = paid_client.open().ledger.check()
        yield Finding("ledger version", True, f"schema version {SCHEMA_VERSION}, as this release works with")
        in_order = f"its books are in order (realm {paid_client.realm})"
        yield Finding("ledger", not violations, "; ".join(violations) or in_order)
        differing = disagreements_in_words(paid_client.open().ledger.disagreements())
        yield from (Finding(f"limit of {scope}", False, words) for scope, words in differing.items())
        yield from _demand(paid_client, campaigns)
    except PriceListError as error:
        yield from (Finding("price list", False, str(fault)) for fault in error.faults)
    except LedgerError as error:
        yield Finding("ledger", False, str(error))


def _ledger_version(target: str) -> int | None:
    """The schema version of the ledger, or None where there is none yet. Opening a ledger would migrate it."""
    realm = inspect_realm(target)
    return None if realm is None else realm.schema_version


def _other_version(found: int) -> Finding:
    versions = f"schema version {found}, and this release works with version {SCHEMA_VERSION}"
    if found > SCHEMA_VERSION:
        return Finding(
            "ledger version",
            False,
            f"{versions}. Install the newer release, or set CREATOR_ASSETS_LEDGER to another ledger.",
        )
    return Finding(
        "ledger version",
        True,
        f"{versions}. The next run or command migrates it; its books are checked after that. Back the ledger up, and "
        "end all runs of the older release first.",
    )


def _demand(paid_client: PaidClientResource, campaigns: Campaigns) -> Iterator[Finding]:
    """A brief may request what no provider offers at the prices in force; the brief alone does not show that."""
    ledger = paid_client.open().ledger
    for slug, campaign in campaigns.by_slug.items():
        week = Partition.week_of(slug, current_day(ledger.now()))
        try:
            at = plan_context(campaign, week, ledger, paid_client.settings())
            for _ in demands_of(asset_graph().stages.values(), at):
                pass  # the plan prices the requests; here they only have to exist
        except NoCapabilityError as error:
            yield Finding("demand", False, str(error))


def definitions() -> Iterator[Finding]:
    """Whether Dagster loads the project, and where it keeps its runs."""
    loaded = build_definitions()
    dg.Definitions.validate_loadable(loaded)
    count = len(list(loaded.resolve_all_asset_specs()))
    with open_instance() as instance:
        yield Finding("Dagster", True, f"{count} assets load; runs are stored in {instance.root_directory}")
