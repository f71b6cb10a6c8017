"""Places, land and lines counted one by one, and what edits of a service change."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from processes._engine import covered_places
from processes.kernels.arrays import BoolArray, GeometryArray, IntArray
from processes.kernels.share import is_covered


@dataclass(frozen=True, eq=False)
class Counted:
    """Which of many features a service covers. Make it with `count_covered`.

    Parameters
    ----------
    places : (k,) points, lines or polygons, working CRS [m]
    share_min : least covered share from which one counts
    shape : (m,) what covers; None where nothing is left
    tree, among : boxes of `shape` as it was measured first, and of the places
    covered : (k,)
    """

    places: GeometryArray
    share_min: float
    shape: GeometryArray
    tree: shapely.STRtree
    among: shapely.STRtree
    covered: BoolArray

    def edited(self, gone: IntArray, added: GeometryArray) -> Counted:
        """Without some shapes, by position, and with others behind the last.

        Notes
        -----
        Only features whose box meets the box of what goes or comes are asked again, of
        all that is left near them: a share depends on nothing else.
        """
        shape = np.concatenate([self.shape, added])
        changed = np.concatenate([self.shape[gone], added])
        shape[gone] = None
        box = shapely.box(*shapely.bounds(changed[~shapely.is_missing(changed)]).T)
        asked = np.unique(self.among.query(box)[1])
        near = np.unique(self.tree.query(self.places[asked])[1])
        later = np.arange(self.tree.geometries.size, len(shape))
        covers = shape[np.concatenate([near, later])]
        covers = covers[~shapely.is_missing(covers)]
        covered = self.covered.copy()
        share = covered_places("exact", self.places[asked], covers, 1)[0]
        covered[asked] = is_covered(share, self.share_min)
        return replace(self, shape=shape, covered=covered)


def count_covered(
    places: GeometryArray, shape: GeometryArray, share_min: float
) -> Counted:
    """Which of many features are covered now.

    Parameters
    ----------
    places : (k,) points, lines or polygons, working CRS [m]
    shape : (m,) what covers; None covers nothing

    Raises
    ------
    NoData : a shape crosses itself
    """
    covers = shape[~shapely.is_missing(shape)]
    share = covered_places("exact", places, covers, 1)[0]
    return Counted(
        places,
        share_min,
        shape,
        shapely.STRtree(shape),
        shapely.STRtree(places),
        is_covered(share, share_min),
    )
