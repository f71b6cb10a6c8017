"""One pure decision: what a level of access may see, and which role reads for it."""

from __future__ import annotations

from layers import Catalogue, Column, Layer, Level

COMPUTE_ROLE = "citygrid_compute"
JOBS_ROLE = "citygrid_jobs"


def role_of(level: Level) -> str:
    """Database role that reads for a level."""
    return f"citygrid_{level.label}"


def schema_of(level: Level) -> str:
    """Schema that holds the views of a level."""
    return f"v_{level.label}"


def visible_layers(catalogue: Catalogue, level: Level) -> dict[str, Layer]:
    """Layers that exist for a level."""
    return catalogue.visible_at(level)


def visible_columns(layer: Layer, level: Level) -> dict[str, Column]:
    """Columns that exist for a level; empty where the layer does not."""
    return layer.columns_at(level)
