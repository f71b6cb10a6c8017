"""Machine code of the whole package, made at set-up and not when somebody asks."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.visibility.heights import views_over_roofs
from processes.kernels.visibility.index import build_index
from processes.kernels.visibility.placed import expansion, placed, stencil
from processes.kernels.visibility.rays import high_point_views, seen_cells
from processes.kernels.visibility.relief import Ground, high_point_over_relief
from processes.kernels.visibility.views import Cameras, camera_views
from processes.kernels.written import written_out


def compile_ahead() -> None:
    """Compile every kernel now (about 40 s) and keep it for later processes."""
    house, high = np.array([shapely.box(-9, 20, 9, 30)]), np.array([8.0])
    index = build_index(house, np.array([3.0]))
    build_index(written_out(shapely.to_wkb(house)))
    camera = Cameras(*(np.array([v]) for v in (0.0, 0.0, 0.0, 90.0)))
    far, near = np.array([50.0]), np.zeros(1)
    views = camera_views(index, camera, far[:, None], near)
    term = expansion(np.asarray(stencil(views.x, views.y, 300.0))[0], 300.0)
    first, size = views.start[0], views.size[0]
    placed(views.buffers[0], first, size, np.zeros(1, np.int64), views.x, views.y, term,
           term, 4490)  # fmt: skip
    views_over_roofs(index, camera, high, far[:, None], near)
    (view,) = high_point_views(index, camera, high, far, near)
    seen_cells(view, 0.0, 0.0, 10.0)
    ground = Ground(np.zeros((16, 16)), -80.0, 80.0, 10.0)
    high_point_over_relief(index, camera, 8.0, 50.0, 0.0, ground)
