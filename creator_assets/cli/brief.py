"""``creator-assets brief``: the JSON schema and the reference page of a campaign brief."""

from __future__ import annotations

import typer

HELP = "Print the JSON schema and the reference page of a campaign brief."

app = typer.Typer(no_args_is_help=True, help=HELP)


@app.command()
def schema() -> None:
    """Print the JSON schema of a campaign brief, for editors. docs/brief.schema.json holds it."""
    from creator_assets.campaigns.json_schema import as_text, brief_schema  # noqa: PLC0415 - keeps `--help` quick
    from creator_assets.providers.capabilities import catalog  # noqa: PLC0415

    typer.echo(as_text(brief_schema(catalog())), nl=False)


@app.command()
def reference() -> None:
    """Print the reference page of a campaign brief: every section and field. docs/briefs.md holds it."""
    from creator_assets.campaigns.reference import brief_reference  # noqa: PLC0415 - keeps `--help` quick
    from creator_assets.providers.capabilities import catalog  # noqa: PLC0415

    typer.echo(brief_reference(catalog()), nl=False)
