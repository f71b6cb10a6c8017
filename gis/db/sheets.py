"""Sheets of raster layers as GeoTIFF: the cells as their files had them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rasterio
from rasterio.io import MemoryFile
from rasterio.windows import Window

from gis.db.pool import Connection
from gis.db.relief import Sheet, read_window
from gis.load.raster import BLOCK


def as_tiff(sheet: Sheet, cells: Any, window: tuple[int, int, int, int]) -> bytes:  # noqa: ANN401  # numbers
    """A GeoTIFF of a window of a sheet."""
    with MemoryFile() as memory:
        with memory.open(**_profile(sheet, window)) as out:
            _tell(out, sheet)
            out.write(cells, 1)
        return bytes(memory.read())


def write_sheet(connection: Connection, sheet: Sheet, path: Path) -> int:
    """Write a whole sheet, a row of its squares at a time; how many cells."""
    columns, rows = int(sheet.told["grid_columns"]), int(sheet.told["grid_rows"])
    with rasterio.open(path, "w", **_profile(sheet, (0, 0, columns, rows))) as out:
        _tell(out, sheet)
        for top in range(0, rows, BLOCK):
            high = min(BLOCK, rows - top)
            cells = read_window(connection, sheet, (0, top, columns, high))
            out.write(cells, 1, window=Window(0, top, columns, high))
    return columns * rows


def _profile(sheet: Sheet, window: tuple[int, int, int, int]) -> dict[str, Any]:
    told, (column, row, columns, rows) = sheet.told, window
    return {
        "driver": "GTiff", "width": columns, "height": rows, "count": 1,
        "dtype": told["number_type"], "crs": sheet.crs,
        "transform": sheet.grid(column, row), "nodata": told["unknown_value"],
        "compress": "deflate", "bigtiff": "if_safer",
    }  # fmt: skip


def _tell(out: Any, sheet: Sheet) -> None:  # noqa: ANN401  # rasterio has no types
    told = sheet.told
    out.units = ("m",)
    out.update_tags(
        sheet=sheet.code, kind=told["kind"], edition=told["edition"] or "",
        vertical_datum=told["vertical_datum"] or "", sha256_of_source=told["sha256"],
    )  # fmt: skip
