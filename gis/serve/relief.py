"""Grids of a raster layer by extent: the cells as they were loaded, or a hillshade.

GET /collections/{layer}/coverage?bbox=…&f=tif|png. The form of OGC API - Coverages is
kept (the path, `bbox`, the GeoTIFF), no conformance to that draft is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
from anyio import to_thread
from rasterio.io import MemoryFile
from rasterio.transform import Affine
from rasterio.warp import transform_bounds
from starlette.requests import Request
from starlette.responses import Response

from gis.db.pool import Database
from gis.db.relief import MOST_CELLS, Sheet, heights_of, read_window, sheets_in
from gis.db.sheets import as_tiff
from gis.errors import NotFound, QueryError
from gis.serve import parameters as read
from gis.serve.answer import cache_headers, is_unchanged, not_modified, only, weak_etag
from gis.serve.context import Context
from gis.serve.negotiate import format_of
from layers import Layer
from processes.kernels.arrays import FloatArray

TIFF, PNG = "image/tiff", "image/png"
FORMATS = {
    "tif": (TIFF, "application/*", "*/*"),
    "png": (PNG, "image/*"),
}
#: Cells of a download, and pixels on the longer side of a picture.
MOST_PIXELS = 1024
_SUN = (np.radians(315.0), np.radians(45.0))
_KEPT_S = 60


@dataclass(frozen=True)
class _Asked:
    """What is wanted: a sheet and its window."""

    sheet: Sheet
    window: tuple[int, int, int, int]

    @property
    def grid(self) -> Affine:
        """Column and row of the window -> coordinates."""
        return self.sheet.grid(*self.window[:2])


class Relief:
    """Handler of /collections/{layer}/coverage."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._database = Database(context.database.dsn, context.settings.timeouts)

    async def coverage(self, request: Request) -> Response:
        """Cells of the finest sheet within the box, or of the one that is named.

        Raises
        ------
        NotFound : no such layer for this level, none of rasters, or no sheet there
        QueryError : a parameter that cannot be used, or too many cells
        """
        only(request, ("bbox", "bbox-crs", "sheet"))
        context = self._context
        layer = context.layer_of(request)
        if layer.raster is None:
            raise NotFound(f"collection {layer.id!r}: has no coverage")
        values = dict(request.query_params)
        box = self._box(values)
        form = format_of(request, FORMATS)
        asked = await to_thread.run_sync(
            self._asked, layer, box, values.get("sheet"), form, limiter=context.workers
        )
        etag = weak_etag(asked.sheet.told["sha256"], asked.window, form)
        headers = cache_headers(context.level_of(request), _KEPT_S, etag)
        if is_unchanged(request, etag):
            return not_modified(headers)
        body = await to_thread.run_sync(
            self._body, asked, form, limiter=context.workers
        )
        name = f"{layer.id}-{asked.sheet.code}.{form}".encode("ascii", "replace")
        headers["Content-Disposition"] = f'inline; filename="{name.decode()}"'
        return Response(body, media_type=FORMATS[form][0], headers=headers)

    def _box(self, values: dict[str, str]) -> tuple[float, float, float, float] | None:
        """West, south, east, north in stored degrees."""
        city = self._context.city
        crs = read.read_crs(values, "bbox-crs", city)
        box = read.read_bbox(values, crs)
        if box is None:
            return None
        if box[0] >= box[2] or box[1] >= box[3]:
            raise QueryError("bbox", "must have a width and a height, west before east")
        if crs.srid not in (4326, 4490):
            box = transform_bounds(
                f"EPSG:{crs.srid}", f"EPSG:{city.stored_srid}", *box, densify_pts=21
            )
        return box

    def _asked(
        self,
        layer: Layer,
        box: tuple[float, float, float, float] | None,
        code: str | None,
        form: str,
    ) -> _Asked:
        city = self._context.city
        around = box or (-180.0, -90.0, 180.0, 90.0)
        with self._database.reader() as connection:
            sheets = sheets_in(connection, layer, around, city.stored_srid, None)
        if code is not None:
            sheets = [sheet for sheet in sheets if sheet.code == code]
        if not sheets:
            named = "" if code is None else f" {code!r}"
            raise NotFound(f"collection {layer.id!r}: no sheet{named} within the box")
        sheet = sheets[0]
        window = (0, 0, sheet.told["grid_columns"], sheet.told["grid_rows"])
        if box is not None:
            bounds = transform_bounds(
                f"EPSG:{city.stored_srid}", sheet.crs, *box, densify_pts=21
            )
            window = sheet.window(bounds)
        cells = window[2] * window[3]
        if cells > MOST_CELLS:
            raise QueryError(
                "bbox",
                f"{cells:,} cells of {sheet.cell_m:g} m, at most {MOST_CELLS:,} are "
                "given at once; ask for a smaller box",
            )
        if not cells:
            raise NotFound(f"collection {layer.id!r}: no cell within the box")
        return _Asked(sheet, window)

    def _body(self, asked: _Asked, form: str) -> bytes:
        with self._database.reader() as connection:
            cells = read_window(connection, asked.sheet, asked.window)
        if form == "tif":
            return as_tiff(asked.sheet, cells, asked.window)
        every = -(-max(cells.shape) // MOST_PIXELS)
        heights = heights_of(asked.sheet, cells[::every, ::every])
        return as_png(hillshade(heights, asked.sheet.cell_m * every), asked.grid)


def hillshade(heights: FloatArray, cell_m: float) -> Any:  # noqa: ANN401  # uint8 cells
    """(rows, columns) brightness 1 to 255 under a sun in the north-west, 0 unknown.

    Notes
    -----
    Horn's hillshade with gradients by central differences, sun at 45 degrees.
    """
    if min(heights.shape) < 2:
        return np.where(np.isnan(heights), 0, 181).astype(np.uint8)
    south, east = np.gradient(heights, cell_m)
    azimuth, altitude = _SUN
    slope = np.arctan(np.hypot(east, south))
    aspect = np.arctan2(-east, south)  # from north, clockwise, of the fall
    lit = np.sin(altitude) * np.cos(slope)
    lit += np.cos(altitude) * np.sin(slope) * np.cos(azimuth - aspect)
    shade = 1 + 254 * np.clip(np.nan_to_num(lit), 0.0, 1.0)
    return np.where(np.isnan(lit), 0, shade).astype(np.uint8)


def as_png(shade: Any, grid: Affine) -> bytes:  # noqa: ANN401  # uint8 cells
    """A grey picture, clear where nothing is known."""
    with MemoryFile() as memory:
        with (
            rasterio.Env(GDAL_PAM_ENABLED="NO"),
            memory.open(
                driver="PNG", height=shade.shape[0], width=shade.shape[1], count=2,
                dtype="uint8", transform=grid,
            ) as out,
        ):  # fmt: skip
            out.write(shade, 1)
            out.write(np.where(shade == 0, 0, 255).astype(np.uint8), 2)
        return bytes(memory.read())
