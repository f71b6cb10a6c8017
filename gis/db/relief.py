"""Cells of raster layers: squares in, windows out, nothing more than is asked for."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import rasterio
from psycopg import sql
from psycopg.rows import dict_row
from rasterio.transform import Affine, from_origin
from rasterio.warp import Resampling, reproject, transform_bounds

from gis.db.compose import valid_at
from gis.db.pool import Connection
from gis.db.statements import statement
from gis.load.raster import BLOCK, RasterFile
from layers import RASTER_COLUMNS, Layer
from processes import InvalidInput, Relief
from processes.kernels.arrays import FloatArray
from processes.kernels.visibility.relief import Ground

#: Cells of one window: 64 MB as they are worked with.
MOST_CELLS = 16_000_000
_HAIR_M = 1e-3  # a box of no width meets nothing
_SPARE = 3  # cells around what is asked for, for the interpolation


@dataclass(frozen=True)
class Sheet:
    """One raster of a layer, as its row tells it.

    Parameters
    ----------
    told : the columns of the row besides the code
    """

    code: str
    told: dict[str, Any]

    @property
    def cell_m(self) -> float:
        """Side of a cell on the ground."""
        return float(self.told["cell_m"])

    @property
    def crs(self) -> str:
        """Coordinate system of the grid."""
        return f"EPSG:{self.told['epsg']}"

    def grid(self, column: int, row: int) -> Affine:
        """Column and row of a window, counted from its corner -> coordinates."""
        told = self.told
        step_x, step_y = told["step_x"], told["step_y"]
        west, north = told["west"] + column * step_x, told["north"] - row * step_y
        return from_origin(west, north, step_x, step_y)

    def window(
        self, bounds: tuple[float, float, float, float], spare: int = 0
    ) -> tuple[int, int, int, int]:
        """First column and row, number of columns and rows within bounds of the grid.

        Parameters
        ----------
        bounds : west, south, east, north in the grid's own coordinates
        """
        told = self.told
        west = (bounds[0] - told["west"]) / told["step_x"]
        east = (bounds[2] - told["west"]) / told["step_x"]
        north = (told["north"] - bounds[3]) / told["step_y"]
        south = (told["north"] - bounds[1]) / told["step_y"]
        column = max(0, math.floor(west + 1e-9) - spare)
        row = max(0, math.floor(north + 1e-9) - spare)
        columns = (
            min(int(told["grid_columns"]), math.ceil(east - 1e-9) + spare) - column
        )
        rows = min(int(told["grid_rows"]), math.ceil(south - 1e-9) + spare) - row
        return column, row, max(0, columns), max(0, rows)


def store_cells(connection: Connection, raster: RasterFile) -> int:
    """Keep the squares of a file; those that are there already are the same."""
    known = connection.execute(
        statement("raster_known"), {"sha256": raster.sha256}
    ).fetchone()
    if known and known[0]:
        return 0
    count = 0
    with connection.cursor().copy(statement("raster_copy")) as copy:
        for row, column, cells in raster.blocks():
            copy.write_row((raster.sha256, row, column, cells))
            count += 1
    return count


def sheets_in(
    connection: Connection,
    layer: Layer,
    bounds: tuple[float, float, float, float],
    srid: int,
    day: date | None,
) -> list[Sheet]:
    """Sheets valid at a date that meet bounds of a CRS, the finest first."""
    valid = valid_at(day or datetime.now(UTC).date())
    column = "geom" if srid == layer.srid else "geom_m"
    query = sql.SQL(
        "SELECT code, {} FROM {} WHERE ST_Intersects({}, "
        "ST_MakeEnvelope(%s, %s, %s, %s, {})) AND {} ORDER BY cell_m, code"
    ).format(
        sql.SQL(", ").join(sql.Identifier(name) for name in RASTER_COLUMNS),
        sql.Identifier("city", layer.id), sql.Identifier(column), sql.Literal(srid),
        valid.text,
    )  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, [*bounds, *valid.values]).fetchall()
    return [Sheet(str(row.pop("code")), row) for row in rows]


def read_window(
    connection: Connection, sheet: Sheet, window: tuple[int, int, int, int]
) -> Any:  # noqa: ANN401  # array of the sheet's own type
    """(rows, columns) cells of a window of a sheet, as its file has them."""
    first, top, columns, rows = window
    told = sheet.told
    kind = np.dtype(told["number_type"]).newbyteorder("<")
    found = np.zeros((rows, columns), kind)
    blocks = connection.execute(
        statement("raster_blocks"),
        {
            "sha256": told["sha256"],
            "top": top // BLOCK, "bottom": (top + rows - 1) // BLOCK,
            "left": first // BLOCK, "right": (first + columns - 1) // BLOCK,
        },
        binary=True,
    )  # fmt: skip
    for block_row, block_column, data in blocks:
        y, x = block_row * BLOCK, block_column * BLOCK
        high = min(BLOCK, int(told["grid_rows"]) - y)
        wide = min(BLOCK, int(told["grid_columns"]) - x)
        cells = np.frombuffer(zlib.decompress(data), kind).reshape(high, wide)
        y0, x0 = max(y, top), max(x, first)
        y1, x1 = min(y + high, top + rows), min(x + wide, first + columns)
        found[y0 - top : y1 - top, x0 - first : x1 - first] = cells[
            y0 - y : y1 - y, x0 - x : x1 - x
        ]
    return found


def heights_of(sheet: Sheet, cells: Any) -> FloatArray:  # noqa: ANN401  # any numbers
    """Cells as heights [m], nan where nothing is known."""
    heights: FloatArray = cells.astype(np.float64)
    if sheet.told["unknown_value"] is not None:
        heights[cells == sheet.told["unknown_value"]] = np.nan
    heights[~np.isfinite(heights)] = np.nan
    return heights


def ground_around(
    connection: Connection,
    layer: Layer,
    x: float,
    y: float,
    reach_m: float,
    *,
    srid: int,
    day: date | None,
    version: int,
) -> Relief | None:
    """Heights around a point of the working CRS, None where no sheet knows its ground.

    The finest sheet that holds the point gives the size of the cells and the kind;
    others of the same kind fill what it lacks, bilinear.

    Raises
    ------
    InvalidInput : the window would have too many cells
    """
    around = (x - reach_m, y - reach_m, x + reach_m, y + reach_m)
    point = (x - _HAIR_M, y - _HAIR_M, x + _HAIR_M, y + _HAIR_M)
    here = [s.code for s in sheets_in(connection, layer, point, srid, day)]
    sheets = sheets_in(connection, layer, around, srid, day)
    finest = next((sheet for sheet in sheets if sheet.code in here), None)
    if finest is None:
        return None
    cell = finest.cell_m
    half = math.ceil(reach_m / cell) + _SPARE
    if (2 * half) ** 2 > MOST_CELLS:
        most = math.floor((math.sqrt(MOST_CELLS) / 2 - _SPARE - 1) * cell)
        allowed = f"relief has cells of {cell:g} m here: must be at most {most}"
        raise InvalidInput("reach_m", reach_m, allowed)
    west = math.floor(x / cell) * cell - half * cell
    north = math.floor(y / cell) * cell + half * cell
    if finest.told["epsg"] == srid and finest.told["step_x"] == finest.told["step_y"]:
        # on the cells of the sheet itself, which are then taken as they are
        west = (
            finest.told["west"] + math.floor((west - finest.told["west"]) / cell) * cell
        )
        north = (
            finest.told["north"]
            - math.floor((finest.told["north"] - north) / cell) * cell
        )
    grid = from_origin(west, north, cell, cell)
    heights = np.full((2 * half, 2 * half), np.nan)
    used = []
    for sheet in sheets:
        if sheet.told["kind"] != finest.told["kind"]:
            continue
        lacking = np.isnan(heights)
        if not lacking.any():
            break
        mine = _on_grid(connection, sheet, heights.shape, grid, srid)
        if mine is not None:
            heights[lacking] = mine[lacking]
            used.append(sheet)
    ground = Ground(heights, west, north, cell)
    if not math.isfinite(ground.at(x, y)):
        return None
    facts = ("kind", "edition", "vertical_datum", "cell_m", "sha256")
    return Relief(
        ground,
        version,
        tuple({"code": s.code} | {k: s.told[k] for k in facts} for s in used),
    )


def _on_grid(
    connection: Connection,
    sheet: Sheet,
    shape: tuple[int, int],
    grid: Affine,
    srid: int,
) -> FloatArray | None:
    """Heights of a sheet on another grid, None where they do not meet."""
    west, north = grid.c, grid.f
    east, south = west + shape[1] * grid.a, north + shape[0] * grid.e
    working = f"EPSG:{srid}"
    bounds = (west, south, east, north)
    if sheet.crs != working:
        bounds = transform_bounds(working, sheet.crs, *bounds, densify_pts=21)
    window = sheet.window(bounds, _SPARE)
    column, row, columns, rows = window
    if not (columns and rows):
        return None
    if columns * rows > 2 * MOST_CELLS:
        return None  # a far finer neighbour: the sheets beside it fill the gap
    source = heights_of(sheet, read_window(connection, sheet, window))
    found = np.full(shape, np.nan)
    with rasterio.Env():
        reproject(
            source, found,
            src_transform=sheet.grid(column, row),
            src_crs=sheet.crs, src_nodata=np.nan, dst_transform=grid, dst_crs=working,
            dst_nodata=np.nan, resampling=Resampling.bilinear,
        )  # fmt: skip
    return found
