"""citygrid layers: what the catalogue declares."""

from __future__ import annotations

import click

from gis.cli._place import find_place
from gis.errors import GisError


@click.group()
def layers() -> None:
    """The layer files: list, check, show."""


@layers.command("list")
def list_() -> None:
    """One line a layer: theme, id, access, geometry, titles."""
    for layer in find_place().catalogue.values():
        click.echo(
            f"{layer.theme:<13}{layer.id:<24}{layer.access.label:<11}"
            f"{layer.geometry:<16}{layer.title.zh} {layer.title.en}"
        )


@layers.command()
def check() -> None:
    """Read every file and check what the files say of each other."""
    catalogue = find_place().catalogue
    columns = sum(len(layer.columns) for layer in catalogue.values())
    click.echo(f"{len(catalogue)} layers, {columns} columns: no fault found")


@layers.command()
@click.argument("layer")
def show(layer: str) -> None:
    """What one layer declares, and which level sees which column."""
    catalogue = find_place().catalogue
    if layer not in catalogue:
        raise GisError(f"LAYER: {layer!r} given, must be one of {', '.join(catalogue)}")
    found = catalogue[layer]
    click.echo(f"{found.id}: {found.title.zh} / {found.title.en} ({found.geometry})")
    for name, column in found.all_columns.items():
        kind = f"{column.type}({column.codes})" if column.codes else column.type
        unit = column.unit or ""
        required = "required" if column.required else ""
        level = found.column_access(name).label
        click.echo(
            f"  {name:<24}{kind:<28}{unit:<10}{level:<11}{required:<9}"
            f"{column.title.zh} {column.title.en}"
        )
    if found.coverage:
        declared = found.coverage.model_dump(exclude_none=True)
        shown = ", ".join(f"{key}={value}" for key, value in declared.items())
        click.echo(f"  coverage: {shown}")
