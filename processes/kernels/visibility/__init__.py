"""What cameras see: exact visible areas and polygons behind buildings."""

from __future__ import annotations

from processes.kernels.visibility.ahead import compile_ahead
from processes.kernels.visibility.dependency import dependency_views
from processes.kernels.visibility.heights import views_over_roofs
from processes.kernels.visibility.index import BuildingIndex, build_index
from processes.kernels.visibility.states import Mount, ViewState
from processes.kernels.visibility.views import (
    Cameras,
    DrawnViews,
    ViewAreas,
    Views,
    camera_views,
    visible_areas,
)

__all__ = [
    "BuildingIndex",
    "Cameras",
    "DrawnViews",
    "Mount",
    "ViewAreas",
    "ViewState",
    "Views",
    "build_index",
    "camera_views",
    "compile_ahead",
    "dependency_views",
    "views_over_roofs",
    "visible_areas",
]
