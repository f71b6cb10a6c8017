"""Buildings read from their bytes: the same walls as from geometry objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from processes.kernels.visibility import build_index
from processes.kernels.written import written_out

_SQUARE = shapely.box(0, 0, 9, 9)
_SHAPES = [
    _SQUARE,
    shapely.box(0, 0, 9, 9, ccw=False),
    shapely.Polygon(shapely.box(0, 0, 50, 40).exterior, [[(5, 5), (9, 5), (7, 9)]]),
    shapely.MultiPolygon([_SQUARE, shapely.box(70, 0, 80, 7)]),
    shapely.Polygon([(0, 0), (4, 0), (4, 0), (4, 70)]),
    shapely.Polygon(),
    shapely.MultiPolygon(),
    None,
]


def written(shapes: Any) -> Any:
    cells = shapely.to_wkb(shapes, include_srid=True)
    return written_out([b"" if one is None else one for one in cells])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(0, len(_SHAPES) - 1), st.integers(-90, 90), st.booleans())
    ),
    st.booleans(),
)
def test_bytes_give_the_same_walls(
    drawn: list[tuple[int, int, bool]], with_srid: bool
) -> None:
    shapes = np.array([_SHAPES[i] for i, _, _ in drawn], dtype=object)
    off = np.array([0.1 * d for _, d, _ in drawn])
    for k, shape in enumerate(shapes):
        shapes[k] = shape and shapely.transform(shape, lambda p, k=k: p + off[k])
    opaque = np.array([flag for _, _, flag in drawn], bool)
    read = written(shapely.set_srid(shapes, 4549) if with_srid else shapes)
    objects, bytes_ = (build_index(g, opaque=opaque).walls for g in (shapes, read))
    for name in objects._fields:
        assert np.array_equal(getattr(objects, name), getattr(bytes_, name)), name


@pytest.mark.parametrize(
    "shape", [shapely.Point(3, 4), shapely.LineString([(0, 0), (1, 1)])]
)
def test_what_is_no_polygon_is_named(shape: shapely.Geometry) -> None:
    shapes = np.array([_SQUARE, shape], dtype=object)
    with pytest.raises(ValueError, match=rf"buildings\[1\]: {shape.geom_type}"):
        build_index(written(shapes))


def test_other_forms_of_bytes_are_read_as_objects() -> None:
    shapes = np.array([_SQUARE, shapely.force_3d(_SQUARE)], dtype=object)
    told = build_index(shapes).walls.edge
    for cells in (
        shapely.to_wkb(shapes),
        shapely.to_wkb(shapes[:1].repeat(2), byte_order=0),
    ):
        assert np.array_equal(build_index(written_out(cells)).walls.edge, told)


def test_outlines_are_still_there_as_objects() -> None:
    shapes = np.array(_SHAPES[:4], dtype=object)
    index = build_index(written(shapes))
    assert len(index) == 4
    assert shapely.equals_exact(index.outline, shapes).all()
