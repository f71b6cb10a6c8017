"""OGC API - Features, part 2: coordinate reference systems."""

from __future__ import annotations

from functools import cache

import shapely
from pyproj import Transformer
from shapely.geometry import shape

from tests.conformance.harness import CRS84, GEOJSON, Api, proves

F2 = "ogcapi-features-2/1.0/conf/crs"


def _known(one: dict) -> list[str]:
    return [uri for uri in one["crs"] if uri != CRS84]


@cache
def _to(uri: str) -> Transformer:
    """Lon, lat -> the CRS in the authority's axis order."""
    epsg = int(uri.rsplit("/", 1)[1])
    return Transformer.from_crs("OGC:CRS84", f"EPSG:{epsg}")


@proves(
    f"{F2}/crs-uri", f"{F2}/default-crs", f"{F2}/storageCrs", defects="collection-crs"
)
def systems_are_declared(api: Api) -> None:
    for one in [*api.collections(), api.json("/collections/road")]:
        assert one["crs"][0] == CRS84
        assert len(one["crs"]) == len(set(one["crs"])) > 1
        for uri in _known(one):
            assert uri.startswith("http://www.opengis.net/def/crs/EPSG/0/")
        assert one["storageCrs"] in one["crs"]


@proves(
    f"{F2}/crs-parameter",
    f"{F2}/crs-parameter-default",
    f"{F2}/crs-parameter-transform",
    f"{F2}/crs-transform",
    defects=("crs-ignored", "no-content-crs"),
)
def coordinates_are_in_the_system_asked_for(api: Api) -> None:
    for one in api.spatial():
        path = f"/collections/{one['id']}/items"
        plain = api.ask(path, accept=GEOJSON)
        assert plain.headers["content-crs"] == f"<{CRS84}>"
        default = {f["id"]: shape(f["geometry"]) for f in plain.json()["features"]}
        for uri in one["crs"]:
            answer = api.ask(path, accept=GEOJSON, crs=uri)
            assert answer.headers["content-crs"] == f"<{uri}>"
            for found in answer.json()["features"]:
                expected = default[found["id"]]
                if uri != CRS84:
                    expected = shapely.transform(
                        expected, _to(uri).transform, interleaved=False
                    )
                far = shape(found["geometry"]).hausdorff_distance(expected)
                assert far < (1e-7 if "4326" in uri or "4490" in uri else 0.01), uri
                item = api.ask(f"{path}/{found['id']}", accept=GEOJSON, crs=uri)
                assert item.headers["content-crs"] == f"<{uri}>"
                assert item.json()["geometry"] == found["geometry"]


@proves(
    f"{F2}/crs-parameter-invalid",
    f"{F2}/bbox-crs-parameter-invalid",
    defects="status-200",
)
def unknown_systems_are_refused(api: Api) -> None:
    for one in api.spatial():
        path = f"/collections/{one['id']}/items"
        wrong = "http://www.opengis.net/def/crs/0/unknown"
        assert api.ask(path, crs=wrong).status_code == 400
        assert api.ask(path, bbox="1,2,3,4", bbox__crs=wrong).status_code == 400
        code = api.codes(one["id"])[0]
        assert api.ask(f"{path}/{code}", crs=wrong).status_code == 400


@proves(
    f"{F2}/bbox-crs-parameter",
    f"{F2}/bbox-crs-parameter-default",
    defects=("bbox-crs-ignored", "bbox-ignored"),
)
def boxes_are_in_the_system_asked_for(api: Api) -> None:
    for one in api.spatial():
        first = api.items(one["id"])["features"][0]
        west, south, east, north = shape(first["geometry"]).bounds
        box = west - 1e-5, south - 1e-5, east + 1e-5, north + 1e-5
        expected = api.codes(one["id"], bbox=",".join(map(str, box)))
        assert first["id"] in expected
        assert len(expected) < 3
        default = {"bbox": ",".join(map(str, box)), "bbox__crs": CRS84}
        assert api.codes(one["id"], **default) == expected
        for uri in _known(one):
            xs, ys = _to(uri).transform([box[0], box[2]], [box[1], box[3]])
            text = f"{min(xs)},{min(ys)},{max(xs)},{max(ys)}"
            assert api.codes(one["id"], bbox=text, bbox__crs=uri) == expected, uri
