"""Coordinates in every served CRS, in the authority's axis order."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from layers import CRS84, crs_uri, load_city

ITEMS = "/collections/component/items"
FIRST = (120.16, 30.27)
SRIDS = load_city().served_srids
live = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def in_crs(srid, lon, lat):
    """The point in the authority's own axis order, as pyproj gives it."""
    forward = Transformer.from_crs("OGC:CRS84", f"EPSG:{srid}", always_xy=False)
    return forward.transform(lon, lat)


def place(server, uri=None):
    query = {"sortby": "code", "limit": "1"} | ({"crs": uri} if uri else {})
    answer = server.get(ITEMS, params=query)
    assert answer.headers["content-crs"] == f"<{uri or CRS84}>"
    return answer.json()["features"][0]["geometry"]["coordinates"]


def test_default_is_lon_lat(server):
    assert place(server) == pytest.approx(FIRST, abs=1e-12)
    assert place(server, CRS84) == pytest.approx(FIRST, abs=1e-12)


@pytest.mark.parametrize("srid", SRIDS)
def test_named_crs_has_the_authoritys_order(server, srid):
    expected = in_crs(srid, *FIRST)
    found = place(server, crs_uri(srid))
    assert found == pytest.approx(expected, abs=1e-8 if srid in (4326, 4490) else 1e-4)
    one = server.json(f"{ITEMS}/component-0", params={"crs": crs_uri(srid)})
    assert one["geometry"]["coordinates"] == pytest.approx(found)


def test_numbers_of_the_standard(server):
    assert in_crs(4549, 120.1632, 30.2741) == pytest.approx(
        (3350509.961, 515703.118), abs=1e-3
    )


@live
@given(
    lon=st.floats(120.15, 120.17),
    lat=st.floats(30.26, 30.28),
    srid=st.sampled_from(SRIDS),
)
def test_the_same_box_in_any_crs_finds_the_same(server, lon, lat, srid):
    side = 0.004
    corners = (lon, lat, lon + side, lat + side)
    plain = server.json(ITEMS, params={"bbox": ",".join(map(repr, corners))})
    (a, b), (c, d) = in_crs(srid, lon, lat), in_crs(srid, lon + side, lat + side)
    box = ",".join(map(repr, (a, b, c, d)))
    other = server.json(ITEMS, params={"bbox": box, "bbox-crs": crs_uri(srid)})
    near_edge = any(
        min(abs(x - e) for e in corners[::2]) < 1e-5
        or min(abs(y - e) for e in corners[1::2]) < 1e-5
        for x, y in ((120.16 + i * 0.002, 30.27 + i * 0.001) for i in range(3))
    )
    if not near_edge:
        assert codes(plain) == codes(other)


def codes(found):
    return sorted(feature["id"] for feature in found["features"])


def test_lon_lat_box_finds_features_stored_in_4490(server):
    box = "120.159,30.269,120.161,30.271"
    assert server.json(f"{ITEMS}?bbox={box}")["numberMatched"] == 1
    turned = "30.269,120.159,30.271,120.161"
    assert server.json(f"{ITEMS}?bbox={turned}")["numberMatched"] == 0
    uri = crs_uri(4490)
    found = server.json(f"{ITEMS}?bbox={turned}&bbox-crs={uri}")
    assert found["numberMatched"] == 1


def test_box_with_heights_and_over_the_antimeridian(server):
    assert server.json(f"{ITEMS}?bbox=120,30,-5,121,31,9")["numberMatched"] == 3
    assert server.json(f"{ITEMS}?bbox=170,-90,121,90")["numberMatched"] == 3
    assert server.json(f"{ITEMS}?bbox=170,-90,-170,90")["numberMatched"] == 0


@pytest.mark.parametrize("srid", SRIDS)
def test_filter_geometry_in_any_crs(server, srid):
    x, y = in_crs(srid, *FIRST)
    a, b = in_crs(srid, FIRST[0] + 0.001, FIRST[1] + 0.0005)
    low, high = (min(x, a), min(y, b)), (max(x, a), max(y, b))
    pad = 1e-6 if srid in (4326, 4490) else 0.1
    ring = (
        f"{low[0] - pad} {low[1] - pad}, {high[0]} {low[1] - pad}, "
        f"{high[0]} {high[1]}, {low[0] - pad} {high[1]}, {low[0] - pad} {low[1] - pad}"
    )
    query = {
        "filter": f"S_INTERSECTS(geometry, POLYGON(({ring})))",
        "filter-crs": crs_uri(srid),
    }
    assert codes(server.json(ITEMS, params=query)) == ["component-0"]
