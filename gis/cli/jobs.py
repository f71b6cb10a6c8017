"""citygrid jobs: what is computed in the background, for whoever runs the server."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import click
import orjson

from gis.cli._place import find_place, running
from gis.db.job import STATUSES, Job, JobFilter
from gis.db.jobs import JobStore
from gis.errors import NoSuchJob
from gis.jobs.status import build_status
from layers import Level


@click.group()
def jobs() -> None:
    """Background jobs: list, show, dismiss."""


@jobs.command("list")
@click.option("--status", multiple=True, type=click.Choice(STATUSES))
@click.option("--process", multiple=True, help="Only jobs of this process.")
@click.option("--level", type=click.Choice([level.label for level in Level]))
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_(
    status: tuple[str, ...], process: tuple[str, ...], level: str | None, limit: int
) -> None:
    """List jobs of every level, the newest first."""
    wanted = JobFilter(
        level=Level.parse(level) if level else None,
        statuses=status or None,
        processes=process or None,
        limit=limit,
    )
    place = find_place()
    with running(place) as database:
        store = JobStore(database, place.settings.jobs)
        for job in store.listed(wanted):
            click.echo(_line(job))
        unfinished = sum(
            number
            for (_, name), number in store.counts().items()
            if name in ("accepted", "running")
        )
        click.echo(
            f"任务 jobs unfinished: {unfinished}, workers: {store.workers()}", err=True
        )


@jobs.command()
@click.argument("job_id", type=click.UUID)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
def show(job_id: UUID, lang: str) -> None:
    """Show one job with its inputs, as JSON."""
    place = find_place()
    with running(place) as database:
        job = _found(JobStore(database, place.settings.jobs), job_id)
    told = build_status(job, place.settings.base_url, lang)
    told |= {
        "level": job.level.label,
        "caller": job.caller,
        "attempt": job.attempt,
        "inputs": job.inputs,
        "failure": job.failure,
    }
    click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())


@jobs.command()
@click.argument("job_ids", nargs=-1, required=True, type=click.UUID)
def dismiss(job_ids: tuple[UUID, ...]) -> None:
    """Give jobs up: what is computed is ended, an answer is removed."""
    place = find_place()
    with running(place) as database:
        store = JobStore(database, place.settings.jobs)
        for job_id in job_ids:
            store.dismiss(_found(store, job_id))
            click.echo(f"{job_id}: 已取消 dismissed", err=True)


def _found(store: JobStore, job_id: UUID) -> Job:
    job = store.read(job_id)
    if job is None:
        raise NoSuchJob(f"job {job_id}: there is none (citygrid jobs list)")
    return job


def _line(job: Job) -> str:
    until = job.finished_at or datetime.now(UTC)
    seconds = (until - job.started_at).total_seconds() if job.started_at else 0.0
    return (
        f"{job.job_id}  {job.created_at:%Y-%m-%d %H:%M:%S}  {job.level.label:<10}  "
        f"{job.status:<10}  {job.progress:>3} %  {seconds:>7.1f} s  {job.process}  "
        f"{job.message.zh}"
    )
