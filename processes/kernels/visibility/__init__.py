"""What cameras see: exact visible areas and polygons behind buildings."""

from __future__ import annotations

from processes.kernels.visibility.index import BuildingIndex, build_index
from processes.kernels.visibility.states import Mount, ViewState
from processes.kernels.visibility.views import (
    Cameras,
    ViewAreas,
    Views,
    camera_views,
    visible_areas,
)

__all__ = [
    "BuildingIndex",
    "Cameras",
    "Mount",
    "ViewAreas",
    "ViewState",
    "Views",
    "build_index",
    "camera_views",
    "visible_areas",
]
