"""citygrid report: files to hand on that open with no network."""

from __future__ import annotations

import click


@click.group()
def report() -> None:
    """Reports in one self-contained file."""
