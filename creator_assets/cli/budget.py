"""``creator-assets budget``: what is spent, held, in doubt and left; setting limits, resuming what was suspended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from creator_assets.cli.checkout import enter_checkout, providers_reachable
from creator_assets.cli.options import JsonObject, Universe
from creator_assets.cli.screen import show_json, show_note, show_table, show_text
from creator_assets.microcredits import format_credits

if TYPE_CHECKING:
    from creator_assets.ledger.book_records import BudgetState
    from creator_assets.ledger.reconciliation.records import Drift

HELP = (
    "Show every budget: its limit, what is spent, held for requests under way, in doubt and left, the drift from the "
    "provider's own count, and whether paid requests are suspended."
)
SET_HELP = (
    "Change a provider's limit of each billing period in the ledger, for every host. Leaves a notice with both limits."
)
app = typer.Typer(invoke_without_command=True, help=HELP)


@app.callback()
def run(
    context: typer.Context,
    universe: Universe = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="PROVIDER", help="Resume paid requests to this provider first."),
    ] = None,
    repeat: Annotated[
        str | None,
        typer.Option(
            metavar="PROVIDER",
            help="Allow this provider's requests in doubt to be sent again first, at the risk of paying twice.",
        ),
    ] = None,
    json: JsonObject = False,
    unfreeze: Annotated[str | None, typer.Option(metavar="PROVIDER", hidden=True)] = None,
) -> None:
    """Show the budgets of the ledger, after resuming a provider or allowing its requests in doubt."""
    if context.invoked_subcommand is not None:
        return
    from creator_assets.providers.registry import PROVIDERS  # noqa: PLC0415 - polars takes a moment to import

    data = enter_checkout()
    for option, provider in (("--resume", resume), ("--unfreeze", unfreeze), ("--repeat", repeat)):
        if provider is not None and provider not in PROVIDERS:
            raise typer.BadParameter(f"{provider!r} is none of {', '.join(PROVIDERS)}", param_hint=option)
    if unfreeze is not None:
        show_note("--unfreeze is now called --resume. The old name still works, and will be removed.")
    with providers_reachable(data, universe):
        for suspended in dict.fromkeys(filter(None, (resume, unfreeze))):
            _resume(suspended)
        if repeat is not None:
            _repeat(repeat)
        _show(json=json)


@app.command(name="set", help=SET_HELP)
def set_limit(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Name of the provider.", show_default=False)],
    limit: Annotated[str, typer.Argument(metavar="LIMIT", help="Credits of a billing period.", show_default=False)],
    universe: Universe = None,
) -> None:
    """Change the limit of a provider, and those of its parts."""
    from creator_assets.providers.registry import PROVIDERS  # noqa: PLC0415 - polars takes a moment to import
    from creator_assets.settings import from_environment, limits_of, read_limit  # noqa: PLC0415

    data = enter_checkout()
    if provider not in PROVIDERS:
        raise typer.BadParameter(f"{provider!r} is none of {', '.join(PROVIDERS)}", param_hint="PROVIDER")
    try:
        limits = limits_of(provider, read_limit(limit))
    except ValueError as error:
        raise typer.BadParameter(f"{error}", param_hint="LIMIT") from None
    with providers_reachable(data, universe):
        paid_client = from_environment(os.environ).paid_client
        paid_client.open().ledger.set_limits(limits)
        show_note(
            f"{provider} may spend {format_credits(limits[provider])} credits in a billing period. Set "
            f"{PROVIDERS[provider].variable('CREDIT_LIMIT')} to the same wherever runs start: with another limit, "
            "nothing is sent."
        )
        _show(json=False)


def _resume(provider: str) -> None:
    from creator_assets.ledger.booking.suspension import is_of  # noqa: PLC0415
    from creator_assets.settings import from_environment  # noqa: PLC0415 - Dagster takes a moment to import

    paid_client = from_environment(os.environ).paid_client
    scopes = [state.scope for state in paid_client.balances() if is_of(provider, state.scope)]
    resumed = paid_client.open().ledger.resume_provider(scopes, "resumed by hand")
    show_note(f"Resumed: {', '.join(resumed)}." if resumed else f"Nothing of {provider} is suspended.")


def _repeat(provider: str) -> None:
    from creator_assets.settings import from_environment  # noqa: PLC0415 - Dagster takes a moment to import

    ledger = from_environment(os.environ).paid_client.open().ledger
    doubtful = [one for one in ledger.attempts() if one.provider == provider and one.state == "in_doubt"]
    for one in doubtful:
        ledger.allow_repeat(one.attempt_id, "allowed by hand")
    amount = format_credits(sum(one.upper_microcredits for one in doubtful))
    show_note(
        f"{len(doubtful)} requests to {provider} may be sent again. The {amount} credits that they may have cost stay "
        "counted until the provider reports its balance."
        if doubtful
        else f"No request to {provider} is in doubt."
    )


def _show(*, json: bool) -> None:
    from creator_assets.settings import from_environment  # noqa: PLC0415 - Dagster takes a moment to import
    from creator_assets.spending.failures import suspension_in_words  # noqa: PLC0415
    from creator_assets.spending.limits import disagreements_in_words  # noqa: PLC0415

    paid_client = from_environment(os.environ).paid_client
    states = paid_client.balances()
    ledger = paid_client.open().ledger
    now = ledger.now()
    for words in disagreements_in_words(ledger.disagreements()).values():
        show_note(words)
    drifts = {drift.scope: drift for drift in ledger.drift()}
    if json:
        budgets: list[dict[str, str | None]] = [
            {
                "scope": state.scope,
                "period": state.period,
                **{name: format_credits(amount) for name, amount in _amounts(state).items()},
                "drift": format_credits(drifts[state.scope].drift_microcredits) if state.scope in drifts else None,
                "suspended": suspension_in_words(state) if state.is_provider_suspended(now) else None,
            }
            for state in states
        ]
        show_json({"realm": paid_client.realm, "budgets": budgets})
        return
    rows = [
        [state.scope, state.period, *map(format_credits, _amounts(state).values()), _drift(drifts.get(state.scope))]
        for state in states
        # A campaign that may spend nothing with a provider has nothing to show for it.
        if any(_amounts(state).values()) or ":" not in state.scope
    ]
    numbers = ["limit", "spent", "held", "in doubt", "left", "drift"]
    title = f"Budgets in realm {paid_client.realm}, in credits of each provider"
    show_table(title, ["budget", "period", *numbers], rows, numbers=numbers)
    for state in states:
        if state.is_provider_suspended(now):
            show_text(f"SUSPENDED {suspension_in_words(state)}")
    for notice in ledger.notices():
        show_text(f"{notice.at:%Y-%m-%d %H:%M} {notice.scope}: {notice.message}")


def _amounts(state: BudgetState) -> dict[str, int]:
    return {
        "limit": state.limit_microcredits,
        "spent": state.spent_microcredits,
        "held": state.held_microcredits,
        "in_doubt": state.in_doubt_microcredits,
        "left": state.left_microcredits,
    }


def _drift(drift: Drift | None) -> str:
    if drift is None:
        return ""
    return f"{format_credits(drift.drift_microcredits)} since {drift.since:%Y-%m-%d %H:%M}"
