"""Cells behind a run as Parquet: packed once, sent as they are or read back."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from processes import GridCells
from processes.kernels.arrays import FloatArray


def pack_cells(cells: GridCells) -> bytes:
    """Parquet with the lower left corner of each cell, its width and what is covered.

    Returns
    -------
    Columns x_m, y_m (working CRS), cell_m and covered_m2, ordered by row and column.
    """
    width = cells.cell_m
    table = pa.table(
        {
            "x_m": pa.array(cells.column * width, pa.int32()),
            "y_m": pa.array(cells.row * width, pa.int32()),
            "cell_m": pa.array(np.full(len(cells.column), width), pa.int32()),
            "covered_m2": pa.array(cells.covered_m2, pa.float64()),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def read_cells(body: bytes) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """x_m, y_m, cell_m and covered_m2 of packed cells."""
    table = pq.read_table(io.BytesIO(body))
    x, y, width, covered = (
        table.column(name).to_numpy().astype(np.float64)
        for name in ("x_m", "y_m", "cell_m", "covered_m2")
    )
    return x, y, width, covered
