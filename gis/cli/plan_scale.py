"""citygrid plan-scale: what a city's coverage costs here, and what many would need."""

from __future__ import annotations

import math
import os
import resource
import statistics
import time
from dataclasses import dataclass

import click

from gis.cli._place import find_place, running
from gis.compute import execute
from gis.db.reader import DatabaseReader
from layers import Level
from processes import NoData, Reader

_FEWEST = 200


@dataclass(frozen=True)
class Cost:
    """What one answer cost, the median of a few.

    Parameters
    ----------
    cameras : that were measured
    wall_s : from the question to the answer, tables read, nothing kept from before
    cpu_s : of all threads
    """

    cameras: int
    wall_s: float
    cpu_s: float


@click.command("plan-scale")
@click.option(
    "--city-size",
    type=click.IntRange(1, 10_000_000),
    default=100_000,
    show_default=True,
    help="Cameras of each city that is planned.",
)
@click.option("--cities", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Time in which all of them are to be answered.",
)
@click.option("--samples", type=click.IntRange(1, 50), default=3, show_default=True)
def plan_scale(city_size: int, cities: int, hours: float, samples: int) -> None:
    """Measure the cost per camera here, and say what a province would need.

    Answers the coverage of the finest zones by all cameras of this database and by
    half of them, several times. What is planned follows from the two: cost grows with
    the measured power of the number of cameras, never slower than with the number.
    """
    place = find_place()
    with running(place) as database:
        reader = DatabaseReader(database, place.catalogue, place.city, Level.RESTRICTED)
        codes = reader.features("camera", geometry=False).code
        if len(codes) < _FEWEST:
            raise NoData(
                f"camera: {len(codes)} kept, at least {_FEWEST} are needed to measure "
                "(citygrid demo build, or load a register)"
            )
        middle = str(codes[len(codes) // 2]).replace("'", "''")
        half = _measured(reader, f"code < '{middle}'", len(codes) // 2, samples)
        whole = _measured(reader, None, len(codes), samples)
    for line in report(half, whole, city_size, cities, hours, _peak_mb()):
        click.echo(line)


def report(
    half: Cost, whole: Cost, city_size: int, cities: int, hours: float, peak_mb: float
) -> list[str]:
    """What was measured and what follows, a line each.

    Examples
    --------
    >>> lines = report(Cost(500, 1.0, 2.0), Cost(1000, 2.0, 4.0), 2000, 50, 0.05, 300)
    >>> print(lines[-1])
    needed     2 machines like this one to answer all within 0.05 h
    """
    power = max(1.0, math.log2(whole.wall_s / half.wall_s))
    grows = (city_size / whole.cameras) ** power
    wall_s, cpu_s = whole.wall_s * grows, whole.cpu_s * grows
    all_h = cities * wall_s / 3600
    per_camera = 1e6 / whole.cameras
    return [
        f"machine    {os.cpu_count()} CPUs",
        f"measured   {half.cameras:,} cameras: {half.wall_s:.2f} s, "
        f"{half.cpu_s:.2f} s of CPU",
        f"measured   {whole.cameras:,} cameras: {whole.wall_s:.2f} s, "
        f"{whole.cpu_s:.2f} s of CPU, {peak_mb:,.0f} MB at most",
        f"cost       {whole.wall_s * per_camera:.1f} µs and "
        f"{whole.cpu_s * per_camera:.1f} µs of CPU per camera, growing with the "
        f"power {power:.2f} of their number",
        f"planned    {city_size:,} cameras: {wall_s:.1f} s, {cpu_s:.1f} s of CPU "
        "a city",
        f"planned    {cities} cities: {all_h:.2f} h one after the other, "
        f"{cities * cpu_s / 3600:.2f} h of CPU",
        f"needed     {math.ceil(all_h / hours)} machines like this one to answer all "
        f"within {hours:g} h",
    ]


def _measured(reader: Reader, where: str | None, cameras: int, samples: int) -> Cost:
    """Cost of the cameras that fulfil a condition."""
    inputs = {
        "service": "camera",
        "zones": reader.city.zones[0],
        "where": where,
    }
    wall, cpu = [], []
    for i in range(samples + 1):
        begun, used = time.perf_counter(), time.process_time()
        execute("coverage", inputs, reader=reader, level=Level.RESTRICTED)
        if i:  # the first one finds nothing in memory yet
            wall.append(time.perf_counter() - begun)
            cpu.append(time.process_time() - used)
    return Cost(cameras, statistics.median(wall), statistics.median(cpu))


def _peak_mb() -> float:
    """Memory that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
