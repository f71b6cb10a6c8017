"""Step 1, all layers together: a city packed once, measured whole or in parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.exact.build import (
    Built,
    Layer,
    build_scene,
    frame_of,
    own_strip,
)
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.frame import Around
from processes.kernels.exact.pack import (
    MM,
    line_chains,
    ordered_lines,
    ordered_shapes,
    point_xy,
    polygon_chains,
)
from processes.kernels.exact.scene import LINE, OTHER, SERVICE, ZONE, Int64
from processes.kernels.exact.threads import Workers, workers
from processes.kernels.written import Written

MOST_DEPTHS = 4
MOST_CELL_M = 2000


@dataclass(frozen=True)
class City:
    """Everything that is measured together, as whole numbers.

    Parameters
    ----------
    services, others, lines, zones : the layers
    n_lines, n_zones : how many there are, with those that have no shape
    point : (p,) points that have a place [mm]
    point_row : (p,) their positions in the layer
    weights : of all points
    depths, cell_mm : what is asked
    frame : where it lies; None if there is nothing at all
    """

    services: Layer
    others: Layer
    lines: Layer
    zones: Layer
    n_lines: int
    n_zones: int
    point: Int64
    point_row: IntArray
    weights: FloatArray
    depths: int
    cell_mm: int
    frame: Around | None

    @property
    def layers(self) -> list[Layer]:
        """The layers in the order of their priorities."""
        return [self.services, self.others, self.lines, self.zones]


def packed_city(
    services: GeometryArray | Chains,
    others: GeometryArray,
    lines: GeometryArray,
    zones: GeometryArray,
    points: GeometryArray,
    weights: FloatArray | None,
    depths: int,
    cell_m: int,
    crew: Workers,
) -> City:
    """Geometries [m] as a city; arguments and errors of `exact_coverage`."""
    for name, value, most in (
        ("depths", depths, MOST_DEPTHS),
        ("cell_m", cell_m, MOST_CELL_M),
    ):
        if not 1 <= value <= most:
            raise ValueError(f"{name}: {value} given, must be 1 to {most}")
    service, (line, ((at, row), other, zone)) = crew.both(
        lambda: polygon_layer("services", SERVICE, services, depths, crew),
        lambda: crew.both(
            lambda: line_layer(lines, crew),
            lambda: (
                point_xy("points", points, crew),
                polygon_layer("others", OTHER, others, 1, crew),
                zone_layer(zones, crew),
            ),
        ),
    )
    layers = (service, other, line, zone)
    cell_mm = cell_m * int(MM)
    return City(
        *layers,
        len(lines),
        len(zones),
        at,
        row,
        np.ones(len(points)) if weights is None else weights,
        depths,
        cell_mm,
        frame_of(list(layers), len(zones), at, cell_mm),
    )


def packed_shapes(shapes: GeometryArray | Written, *, threads: int = 2) -> Chains:
    """Services in whole millimetres, to be measured several times.

    Parameters
    ----------
    shapes : (n,) valid (multi)polygons [m], as in `exact_coverage`, or their bytes
    """
    with workers(threads) as crew:
        return polygon_chains("services", shapes, crew)


def polygon_layer(
    name: str,
    kind: int,
    geometries: GeometryArray | Chains,
    copies: int,
    crew: Workers,
) -> Layer:
    """Services or others, of which at most `copies` of the same shape count."""
    chains = (
        geometries
        if isinstance(geometries, Chains)
        else polygon_chains(name, geometries, crew)
    )
    return Layer(kind, chains, *ordered_shapes(chains, copies, crew))


def line_layer(geometries: GeometryArray, crew: Workers) -> Layer:
    """Lines, every one of which counts."""
    chains = line_chains("lines", geometries, crew)
    return Layer(LINE, chains, *ordered_lines(chains, crew))


def zone_layer(geometries: GeometryArray, crew: Workers) -> Layer:
    """Zones in the order in which they are given."""
    chains = polygon_chains("zones", geometries, crew)
    shapes, box = ordered_shapes(chains, len(geometries), crew)
    return Layer(ZONE, chains, np.sort(shapes), box)


def built_city(
    city: City, crew: Workers, mine: tuple[int, int] | None = None
) -> Built | None:
    """The scene of a city; None if there is nothing in it.

    Parameters
    ----------
    mine : only edges count whose lower end lies at low <= y < high [mm]
    """
    if city.frame is None:
        return None
    built = build_scene(
        city.layers, city.n_zones, city.n_lines, city.point, city.cell_mm, city.frame,
        crew,
    )  # fmt: skip
    if built is None or mine is None:
        return built
    low, high = (y - built.origin[1] for y in mine)
    return replace(built, mine=own_strip(built.scene, low, high))
