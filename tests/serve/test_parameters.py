"""Every parameter is read strictly, and named when it is wrong."""

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from gis.errors import QueryError
from gis.serve import parameters as p
from layers import CRS84, Column, Title, crs_uri, load_city

CITY = load_city()
TITLE = Title(zh="值", en="value")
numbers = st.floats(-1e6, 1e6, allow_nan=False)


def column(kind: str) -> Column:
    return Column(type=kind, title=TITLE, codes="x" if kind == "code" else None)


def wrong(name: str, call, *args):
    with pytest.raises(QueryError, match=f"^{name}: ") as caught:
        call(*args)
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("text", "limit"), [("1", 1), ("100", 100), ("10000", 10_000), ("9" * 30, 10_000)]
)
def test_limit_is_clamped(text, limit):
    assert p.read_limit({"limit": text}) == limit


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "abc", "1e3", "000", " 5"])
def test_wrong_limit(text):
    wrong("limit", p.read_limit, {"limit": text})


@pytest.mark.parametrize("text", ["-1", "99999999999999999999", "1.0", "", "x"])
def test_wrong_offset(text):
    wrong("offset", p.read_offset, {"offset": text})


@pytest.mark.parametrize(
    "text",
    [
        "nan,1,2,3",
        "1,2,3",
        "1,2,3,4,5",
        "a,b,c,d",
        "1,2,inf,4",
        "",
        "1,2,,4",
        "1,5,2,4",
    ],
)
def test_wrong_bbox(text):
    crs = p.read_crs({}, "bbox-crs", CITY)
    wrong("bbox", p.read_bbox, {"bbox": text}, crs)


def test_bbox_with_heights_leaves_them_out():
    crs = p.read_crs({}, "bbox-crs", CITY)
    assert p.read_bbox({"bbox": "1,2,0,3,4,9"}, crs) == (1, 2, 3, 4)
    wrong("bbox", p.read_bbox, {"bbox": "1,2,9,3,4,0"}, crs)


@given(numbers, numbers, numbers, numbers, st.sampled_from((0, *CITY.served_srids)))
def test_bbox_follows_the_axis_order_of_the_authority(x0, y0, dx, dy, srid):
    x1, y1 = x0 + abs(dx), y0 + abs(dy)
    uri = crs_uri(srid) if srid else CRS84
    crs = p.read_crs({"bbox-crs": uri}, "bbox-crs", CITY)
    north_first = srid and CRS.from_epsg(srid).axis_info[0].direction == "north"
    sent = (y0, x0, y1, x1) if north_first else (x0, y0, x1, y1)
    text = ",".join(repr(number) for number in sent)
    assert p.read_bbox({"bbox": text}, crs) == (x0, y0, x1, y1)


def test_bbox_over_the_antimeridian_only_in_degrees():
    degrees = p.read_crs({}, "bbox-crs", CITY)
    assert p.read_bbox({"bbox": "170,0,-170,10"}, degrees) == (170, 0, -170, 10)
    metres = p.read_crs({"bbox-crs": crs_uri(3857)}, "bbox-crs", CITY)
    wrong("bbox", p.read_bbox, {"bbox": "170,0,-170,10"}, metres)


@pytest.mark.parametrize(
    "text",
    [crs_uri(4549), "[EPSG:4549]", "https://www.opengis.net/def/crs/EPSG/0/4549"],
)
def test_crs_by_uri_and_curie(text):
    found = p.read_crs({"crs": text}, "crs", CITY)
    assert (found.srid, found.uri, found.northing_first) == (4549, crs_uri(4549), True)


@pytest.mark.parametrize("text", ["EPSG:2154", "4549", "", crs_uri(32650), "[EPSG:x]"])
def test_wrong_crs(text):
    wrong("crs", p.read_crs, {"crs": text}, "crs", CITY)


def test_period():
    day = p.read_period({"datetime": "2015-12-31"})
    assert day.start == datetime(2015, 12, 31, tzinfo=UTC)
    assert day.end == datetime(2015, 12, 31, 23, 59, 59, 999999, UTC)
    instant = p.read_period({"datetime": "2015-12-31T08:00:00+08:00"})
    assert instant.start == instant.end == datetime(2015, 12, 31, tzinfo=UTC)
    assert p.read_period({"datetime": "../2015-12-31"}).start is None
    assert p.read_period({"datetime": "2015-12-31/"}).end is None
    begun, ended = (
        datetime(2015, 12, 29, tzinfo=UTC),
        datetime(2015, 12, 31, tzinfo=UTC),
    )
    for text in ("2015-12-29/P2D", "P2D/2015-12-31", "2015-12-29/PT48H"):
        assert p.read_period({"datetime": text}) == p.Period(begun, ended), text


@pytest.mark.parametrize(
    "text",
    ["", "..", "../..", "/", "2015", "2015-13-01", "2015-01-01T00:00:00", "now",
     "2016-01-01/2015-01-01", "a/b/c", "0001-01-01T00:00:00+14:00",
     "P1D", "P1D/P2D", "P/2015-01-01", "../P1D", "9999-01-01/P2Y", "P2Y/0001-01-01"],
)  # fmt: skip
def test_wrong_period(text):
    wrong("datetime", p.read_period, {"datetime": text})


def test_sort_reads_signs_and_a_blank_for_plus():
    columns = {name: column("text") for name in "abc"}
    assert p.read_sort({"sortby": "-a, b,+c"}, columns) == (
        ("a", True), ("b", False), ("c", False),
    )  # fmt: skip
    wrong("sortby", p.read_sort, {"sortby": "d"}, columns)
    wrong("properties", p.read_names, {"properties": "a,d"}, "properties", columns)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "x", "x"),
        ("code", "1", "1"),
        ("integer", "-12", -12),
        ("number", "1e3", 1000.0),
        ("boolean", "true", True),
        ("date", "2015-02-28", date(2015, 2, 28)),
        ("datetime", "2015-02-28T00:00:00Z", datetime(2015, 2, 28, tzinfo=UTC)),
    ],
)
def test_value_of_type(kind, text, value):
    assert p.read_value("v", text, column(kind)) == value


@given(st.sampled_from(("integer", "number", "boolean", "date", "datetime")), st.text())
def test_any_text_is_a_value_or_named(kind, text):
    try:
        value = p.read_value("v", text, column(kind))
    except QueryError as error:
        assert error.name == "v"
    else:
        assert not isinstance(value, float) or math.isfinite(value)


def test_nul_and_length_are_refused():
    wrong("filter", p.read_text, {"filter": "a\x00b"}, "filter")
    wrong("filter", p.read_text, {"filter": "a" * 10_000}, "filter")
