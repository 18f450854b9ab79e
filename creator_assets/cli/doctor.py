"""``creator-assets doctor``: whether everything that a run needs is in order, one line for each thing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from creator_assets.cli.checkout import MIXED, enter_checkout, is_live, providers_reachable
from creator_assets.cli.exit_codes import FAILURE
from creator_assets.cli.options import JsonList, Universe
from creator_assets.cli.screen import show_finding, show_json

if TYPE_CHECKING:
    from creator_assets.cli.checks import Finding

HELP = "Check the checkout, settings, keys, briefs, ledger and Dagster definitions. Exits with 1 if something is wrong."


def run(
    universe: Universe = None,
    json: JsonList = False,
) -> None:
    """Check everything and print what is found."""
    data = enter_checkout()
    findings = list(_findings(data, universe))
    if json:
        show_json(findings)
    else:
        for finding in findings:
            show_finding(finding.subject, finding.message, is_well=finding.is_well)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(FAILURE)


def _findings(data: Path, universe: Path | None) -> Iterator[Finding]:
    from creator_assets.cli import checks  # noqa: PLC0415 - Dagster takes a moment to import
    from creator_assets.settings import from_environment  # noqa: PLC0415

    writable = os.access(data, os.W_OK)
    yield checks.Finding("checkout", True, str(Path.cwd()))
    yield checks.Finding("data folder", writable, f"{data}/ {'is' if writable else 'is not'} writable")
    yield from checks.unknown_settings()
    live = is_live()  # the sandbox, too, sets keys
    with providers_reachable(data, universe):
        if wrong := list(checks.wrong_settings(os.environ)):
            yield from (
                *wrong,
                checks.Finding("settings", False, "Correct these first. What follows from them was not checked."),
            )
            return
        resources = from_environment(os.environ)
        campaigns = resources.campaigns.load()
        if live:
            yield from checks.keys(campaigns, resources.accounts)
            if (data / "sandbox").is_dir():
                yield checks.Finding("tables", False, f"{data}/ holds creators of the sandbox. {MIXED}")
        else:
            yield checks.Finding("keys", True, "none is set, so the sandbox replaces the providers")
        yield from checks.private_settings()
        yield from checks.briefs(campaigns, resources.campaigns.folder)
        yield from checks.addresses(campaigns)
        yield from checks.identities(resources.identity)
        yield from checks.books(resources, campaigns)
        yield from checks.definitions()
