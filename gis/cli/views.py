"""citygrid views: the stored views of cameras, drawn from cameras and buildings."""

from __future__ import annotations

import time

import click

from gis.cli._place import find_place, running
from gis.db.camera_views import refresh, view_status


@click.group()
def views() -> None:
    """The layer camera_view: bring it up to date, see how far behind it is."""


@views.command("refresh")
@click.option("--all", "whole", is_flag=True, help="Draw every view, not only changed.")
def refresh_(whole: bool) -> None:
    """Draw the views of cameras that changed, or that a changed building touches.

    Loads do so by themselves; this is for changes made by other means, and for days on
    which something begins or ends by its dates.
    """
    place = find_place()
    with running(place) as database:
        begun = time.monotonic()
        done = refresh(database, place.catalogue, whole=whole)
    how = "全部重绘 all drawn" if done.whole else "按变更 where changed"
    click.echo(
        f"可视域 camera_view: {how}, {done.cameras:,} 台 cameras, "
        f"{done.rows:,} 行 rows, {time.monotonic() - begun:.1f} s",
        err=True,
    )


@views.command()
def status() -> None:
    """Say how many views there are and what waits to be taken in."""
    with running(find_place()) as database:
        found = view_status(database)
    waiting = "all" if found.everything else f"{found.waiting:,}"
    click.echo(
        f"rows: {found.rows}\nday: {found.day or '-'}\n"
        f"refreshed_at: {found.refreshed_at or '-'}\nwaiting: {waiting}"
    )
