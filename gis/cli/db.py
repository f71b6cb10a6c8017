"""citygrid db: the private PostgreSQL server and its tables."""

from __future__ import annotations

import subprocess
import sys

import click

from gis.cli._place import find_place, running
from gis.db.binaries import find_binaries
from gis.db.cluster import Cluster
from gis.db.migrate import FOLDER, stage
from gis.errors import ClusterError
from layers import CONFIG


@click.group()
def db() -> None:
    """The database: start, stop, status, psql, migrate, stage, reset."""


def _own_cluster() -> Cluster:
    """The private server; refuses where an external one is named."""
    cluster = find_place().cluster
    if cluster is None:
        raise ClusterError(
            "CITYGRID_DSN names an external server: start, stop and reset it there"
        )
    return cluster


@db.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Loopback port.")
def start(port: int | None) -> None:
    """Start the private server, making it first where there is none."""
    own = _own_cluster()
    cluster = Cluster(own.home, port=port)
    started = cluster.start()
    status = cluster.status()
    what = "started" if started else "runs already"
    click.echo(f"PostgreSQL {what}: pid {status.pid}, port {status.port}", err=True)


@db.command()
def stop() -> None:
    """Stop the private server."""
    stopped = _own_cluster().stop()
    click.echo("stopped" if stopped else "was not running", err=True)


@db.command()
def status() -> None:
    """Say whether the server runs; exit code 1 when it does not."""
    place = find_place()
    if place.cluster is None:
        with place.database().owner() as connection:
            version = connection.info.server_version
        click.echo(f"state: running\nexternal: PostgreSQL {version // 10000}")
        return
    found = place.cluster.status()
    click.echo(
        f"state: {found.state}\npid: {found.pid or '-'}\nport: {found.port or '-'}\n"
        f"data: {place.cluster.data}\ndsn: {place.cluster.dsn}"
    )
    sys.exit(0 if found.state == "running" else 1)


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql on the database; arguments are passed on."""
    place = find_place()
    with running(place, migrated=False) as database:
        program = find_binaries().path("psql")
        code = subprocess.run([program, database.dsn, *arguments], check=False)
    sys.exit(code.returncode)


@db.command()
def migrate() -> None:
    """Run the migrations that have not run, rebuild the views."""
    place = find_place()
    with running(place, migrated=False) as database:
        ran = place.migrate(database)
    names = ", ".join(m.path.name for m in ran) or "nothing to do"
    click.echo(f"migrated: {names}", err=True)


@db.command("stage")
def stage_() -> None:
    """Write the migration that the layer files still need, for you to read."""
    place = find_place()
    migrations = place.migrations()
    folder = FOLDER if place.settings.config == CONFIG else place.own_migrations
    with running(place, migrated=False) as database, database.owner() as connection:
        number = migrations[-1].number + 1
        path = stage(connection, place.catalogue, place.city, folder, number)
    if path is None:
        click.echo("the tables are what the layer files declare", err=True)
        return
    click.echo(f"{path}: read it, remove .staged, run citygrid db migrate", err=True)


@db.command()
@click.confirmation_option(prompt="Remove the database and all its data?")
def reset() -> None:
    """Remove the private server and all its data."""
    cluster = _own_cluster()
    cluster.reset()
    click.echo(f"removed {cluster.home / 'pg'}", err=True)
