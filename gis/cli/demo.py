"""citygrid demo: the seeded demo city."""

from __future__ import annotations

import sys
import time
from typing import Literal, cast

import click
from tqdm import tqdm

from gis.cli._place import Place, find_place, running
from gis.db.pool import Database
from gis.db.statements import statement
from gis.demo.load import ACTOR, LAST_LAYER, load_demo
from gis.errors import LoadError


@click.group()
def demo() -> None:
    """The demo city: real borders and names, everything else generated."""


@demo.command()
@click.option(
    "--size", type=click.Choice(["small", "city"]), help="By default the setting."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help="By default the setting."
)
def build(size: str | None, seed: int | None) -> None:
    """Generate the demo city and load it through the ordinary loader."""
    place = find_place()
    with running(place) as database:
        if has_city(database, place):
            raise LoadError(
                "the database holds a city already; to begin anew: citygrid db reset"
            )
        build_demo(
            place,
            database,
            cast(Literal["small", "city"], size or place.settings.size),
            place.settings.seed if seed is None else seed,
        )


def has_city(database: Database, place: Place) -> bool:
    """Whether a whole city is there: a demo that was cut off is built on."""
    with database.owner() as connection:
        versions = dict(connection.execute(statement("read_versions")).fetchall())
        loads = connection.execute(statement("count_loads_by"), {"actor": ACTOR})
        begun = loads.fetchone()
    wanted = LAST_LAYER if begun and begun[0] else place.city.outline
    return bool(versions.get(wanted))


def build_demo(
    place: Place, database: Database, size: Literal["small", "city"], seed: int
) -> None:
    """Generate and load, with a progress bar on stderr."""
    begun = time.monotonic()
    with tqdm(
        total=100,
        file=sys.stderr,
        mininterval=0.5 if sys.stderr.isatty() else 10,
        bar_format="{l_bar}{bar}| {elapsed}<{remaining} {desc}",
    ) as bar:

        def tell(step: str, share: float) -> None:
            bar.set_description_str(step, refresh=False)
            bar.update(max(0.0, round(share * 100, 1) - bar.n))

        reports = load_demo(
            database,
            place.catalogue,
            place.city,
            size=size,
            seed=seed,
            on_progress=tell,
        )
    rows = sum(report.loaded for report in reports)
    seconds = time.monotonic() - begun
    click.echo(
        f"演示城市（合成） demo city {size}, seed {seed}: {len(reports)} layers, "
        f"{rows:,} rows in {seconds:.0f} s",
        err=True,
    )
