"""citygrid runs: the ledger of what was measured, for whoever runs the server."""

from __future__ import annotations

import sys

import click
import orjson

from gis.cli._place import find_place, running
from gis.db.runs import RunFilter, RunRecord, RunStore, publish_runs
from gis.operation import read_retention
from gis.serve.runs import build_run
from layers import Level


@click.group()
def runs() -> None:
    """The ledger of runs: list, show, pin, publish."""


@runs.command("list")
@click.option("--process", help="Only runs of this process.")
@click.option("--service", help="Only runs of this service layer.")
@click.option("--zones", help="Only runs over this zone layer.")
@click.option("--parts", is_flag=True, help="Also parts of joined answers.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_(
    process: str | None,
    service: str | None,
    zones: str | None,
    parts: bool,
    limit: int,
) -> None:
    """List runs of every level, the newest first."""
    place = find_place()
    wanted = RunFilter(
        Level.RESTRICTED,
        process=process,
        service=service,
        zones=zones,
        parts=parts,
        limit=limit,
    )
    with running(place) as database:
        for run in RunStore(database).listed(wanted):
            click.echo(_line(run))


@runs.command()
@click.argument("run_id")
@click.option("--rows", is_flag=True, help="The whole answer instead.")
def show(run_id: str, rows: bool) -> None:
    """Show what a run was asked and depended on, as JSON."""
    place = find_place()
    with running(place) as database:
        store = RunStore(database)
        run = store.read(run_id, Level.RESTRICTED)
        if rows:
            click.echo(store.document(run))
            return
        told = build_run(run, place.settings.base_url, place.catalogue)
        sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


@runs.command()
@click.argument("run_id")
@click.option("--why", default="pinned by the operator", show_default=True)
@click.option("--off", is_flag=True, help="Let it go again.")
def pin(run_id: str, why: str, off: bool) -> None:
    """Make a run stay, whatever its age."""
    place = find_place()
    with running(place) as database:
        RunStore(database).pin(run_id, None if off else why)
    click.echo(f"{run_id}: {'let go' if off else why}", err=True)


@runs.command()
def publish() -> None:
    """Put new runs into their collections now, and end what is too old.

    A running worker does this by itself.
    """
    place = find_place()
    retention = read_retention(place.settings.config)
    with running(place) as database:
        published, ended = publish_runs(database, place.catalogue, retention)
    click.echo(f"published {published}, ended {ended}", err=True)


def _line(run: RunRecord) -> str:
    """One run in one line."""
    return "\t".join(
        [
            run.run_id,
            run.ran_at.isoformat(timespec="seconds"),
            run.audience.label,
            run.process,
            run.service or "-",
            run.zone_layer or "-",
            f"{run.row_count}",
            f"{run.seconds:.2f} s",
            run.pinned or "",
        ]
    )
