"""citygrid docs: what is generated into committed text."""

from __future__ import annotations

from pathlib import Path

import click

from gis.errors import GisError
from gis.publish.readme import refresh
from layers import load_catalogue
from processes import registry

README = Path(__file__).resolve().parent.parent.parent / "README.md"


@click.group()
def docs() -> None:
    """The generated parts of the documentation."""


@docs.command()
@click.option("--check", is_flag=True, help="Only say whether it is fresh.")
def readme(check: bool) -> None:
    """Write the generated tables of README.md anew."""
    text = README.read_text("utf-8")
    fresh = refresh(text, load_catalogue(), registry)
    if fresh == text:
        click.echo("README.md is fresh", err=True)
        return
    if check:
        raise GisError("README.md: its tables are stale, run citygrid docs readme")
    README.write_text(fresh, encoding="utf-8")
    click.echo("README.md: tables written", err=True)
