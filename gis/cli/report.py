"""citygrid report: files to hand on that open with no network."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from gis.cli._place import find_place, running
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.errors import GisError
from gis.publish.theme import load_map_config
from gis.report import AssetsMissing, MapQuestion, build_map
from layers import Level


@click.group()
def report() -> None:
    """Reports in one self-contained file."""


@report.command("map")
@click.option("--service", help="Layer that covers, e.g. camera.")
@click.option("--target", help="A target of the plan, in place of a service.")
@click.option("--zones", default="district", show_default=True)
@click.option("--of", default="area", show_default=True, help="What is measured.")
@click.option("--demand", help="Line, place or population layer that is measured.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Default: today.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
@click.option(
    "--level",
    type=click.Choice([level.label for level in Level]),
    default="restricted",
    show_default=True,
    help="The map tells what this level may know.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def map_(
    service: str | None,
    target: str | None,
    zones: str,
    of: str,
    demand: str | None,
    as_of: datetime | None,
    lang: str,
    level: str,
    output: Path,
) -> None:
    """A map of coverage by zone, or of a target, in one HTML file."""
    place = find_place()
    question = MapQuestion(
        service, target, zones, of, demand, as_of.date() if as_of else None
    )
    rank = Level.parse(level)
    with running(place) as database:
        try:
            text = build_map(
                question,
                reader=DatabaseReader(database, place.catalogue, place.city, rank),
                level=rank,
                config=load_map_config(place.settings.config),
                results=DatabaseResults(database),
                lang=lang,
            )
        except AssetsMissing as error:
            raise GisError(str(error)) from error
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output}: {len(text.encode()):,} bytes", err=True)
