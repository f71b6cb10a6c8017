"""The loader: what is taken, mended, refused, versioned; and that nothing is lost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from psycopg.rows import dict_row

from gis.db.ledger import read_rejects
from gis.db.loader import load_frame, load_source
from gis.db.pool import Database
from gis.errors import LoadError
from gis.load import LoadReport, read_source
from layers import Catalogue, City

HERE = (120.16, 30.27)


class Loader:
    """The loader of one database, with defaults that every test shares."""

    def __init__(self, database: Database, catalogue: Catalogue, city: City) -> None:
        self.database = database
        self.catalogue = catalogue
        self.city = city

    def __call__(
        self, layer: str, rows: list[dict[str, Any]], **options: Any
    ) -> LoadReport:
        data = pd.DataFrame([{k: v for k, v in r.items() if k != "at"} for r in rows])
        shapes = [r.get("at") for r in rows]
        frame: pd.DataFrame = data
        if any(shape is not None for shape in shapes):
            frame = geopandas.GeoDataFrame(
                data, geometry=np.array(shapes, dtype=object)
            )
        options.setdefault("datum", "cgcs2000")
        return load_frame(
            self.database, self.catalogue, self.city, layer, frame, **options
        )

    def rows(self, layer: str) -> list[dict[str, Any]]:
        with self.database.owner() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return cursor.execute(
                f"SELECT *, ST_AsText(geom_m) AS wkt FROM city.{layer} "
                "ORDER BY code, valid_from".encode()
            ).fetchall()

    def version(self, layer: str) -> int:
        with self.database.owner() as connection:
            row = connection.execute(
                "SELECT version FROM city.layer_version WHERE layer = %s", (layer,)
            ).fetchone()
        assert row
        return int(row[0])


@pytest.fixture
def load(empty_db: Database, catalogue: Catalogue, city: City) -> Loader:
    return Loader(empty_db, catalogue, city)


def park(code: str, name: str = "公园", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "at": square(), **more}


def square(east: float = 0.0, size: float = 0.001) -> shapely.Geometry:
    return shapely.box(HERE[0] + east, HERE[1], HERE[0] + east + size, HERE[1] + size)


DAY = dt.date


def test_rows_stand_as_declared(load: Loader) -> None:
    report = load("park", [park("a"), park("b")], valid_from=DAY(2015, 1, 1))
    assert (report.read, report.loaded, report.refused) == (2, 2, 0)
    row = load.rows("park")[0]
    assert row["valid_from"] == DAY(2015, 1, 1)
    assert row["synthetic"] is False
    assert row["source"] == "memory"


def test_geometry_is_measured_on_the_millimetre_lattice(load: Loader) -> None:
    load("park", [park("a")])
    with load.database.owner() as connection:
        row = connection.execute(
            "SELECT ST_AsBinary(geom_m), ST_SRID(geom_m), ST_SRID(geom) FROM city.park"
        ).fetchone()
    assert row
    metres = shapely.get_coordinates(shapely.from_wkb(bytes(row[0])))
    assert np.array_equal(np.round(metres, 3), metres)
    assert row[1:] == (4549, 4490)
    # a published point of EPSG:4549: 120.1632, 30.2741 is E 515703.118, N 3350509.961
    load(
        "tourist_service",
        [{"code": "w", "name": "武林", "at": shapely.Point(120.1632, 30.2741)}],
    )
    assert load.rows("tourist_service")[0]["wkt"] == "POINT(515703.118 3350509.961)"


@pytest.mark.parametrize(
    ("datum", "x", "y"),
    [
        ("wgs84", 120.1632, 30.2741),
        ("gcj02", 120.16787073, 30.27175648),
        ("bd09", 120.17446315, 30.27747113),
        ("EPSG:4549", 515703.118, 3350509.961),
        ("EPSG:4549", 40515703.118, 3350509.961),
        ("4528", 40515703.118, 3350509.961),
    ],
)
def test_every_datum_gives_the_same_place(
    load: Loader, datum: str, x: float, y: float
) -> None:
    row = {"code": "w", "name": "武林", "at": shapely.Point(x, y)}
    assert load("tourist_service", [row], datum=datum).loaded == 1
    point = shapely.from_wkt(load.rows("tourist_service")[0]["wkt"])
    assert point.distance(shapely.Point(515703.118, 3350509.961)) < 0.011


@pytest.mark.parametrize(
    ("datum", "x", "y"),
    [
        ("gcj02", 30.27175648, 120.16787073),
        ("EPSG:4549", 3350509.961, 515703.118),
        ("EPSG:4549", 3350509.961, 40515703.118),
    ],
)
def test_turned_axes_are_said(load: Loader, datum: str, x: float, y: float) -> None:
    row = {"code": "w", "name": "武林", "at": shapely.Point(x, y)}
    report = load("tourist_service", [row], datum=datum)
    assert report.refused == 1
    assert "swapped" in next(iter(report.reasons))


def test_an_unknown_datum_is_refused(load: Loader) -> None:
    with pytest.raises(LoadError, match="--datum: 'mars' given, must be one of wgs84"):
        load("park", [park("a")], datum="mars")


def test_refused_rows_say_why_and_are_kept(load: Loader) -> None:
    bow_tie = shapely.Polygon([(0, 0), (1e-3, 1e-3), (1e-3, 0), (0, 1e-3)])
    rows = [
        park("good"),
        park("none") | {"at": None},
        park("far") | {"at": shapely.box(116.3, 39.9, 116.4, 40.0)},
        park("swapped") | {"at": shapely.transform(square(), lambda c: c[:, ::-1])},
        park("line") | {"at": shapely.LineString([HERE, (120.17, 30.28)])},
        park("bow") | {"at": shapely.transform(bow_tie, lambda c: c + HERE)},
        park("good"),
        park("early", valid_from="2015-01-01", valid_to="2014-01-01"),
        {"code": None, "name": "x", "at": square()},
    ]
    report = load("park", rows)
    reasons = {reject[2]["code"]: reject[1] for reject in rejects(load, report)}
    assert report.read == 9
    assert report.refused == 9 - report.loaded == len(rejects(load, report))
    assert "geometry is missing" in reasons["none"]
    assert "outside the city" in reasons["far"]
    assert "swapped" in reasons["swapped"]
    assert (
        "must be MultiPolygon" in reasons["line"]
        or "must be Polygon" in reasons["line"]
    )
    assert "stands twice" in reasons["good"]
    assert "after valid_from" in reasons["early"]
    # the row without a code is kept under the hash of what it holds
    assert any(r["code"].startswith("memory-") for r in load.rows("park"))
    assert sum(report.reasons.values()) == report.refused
    # the bow tie is mended where the layer holds several parts, refused where it cannot
    assert "bow" in {r["code"] for r in load.rows("park")} | set(reasons)


def rejects(load: Loader, report: LoadReport) -> list[Any]:
    assert report.load_id is not None
    return list(read_rejects(load.database, report.load_id))


def test_values_are_checked_by_type(load: Loader) -> None:
    at = shapely.Point(*HERE)
    rows = [
        {"code": "1", "name": "n", "grade": "3", "electronic_records": "是", "at": at},
        {
            "code": "2",
            "name": "n",
            "grade": "三级",
            "electronic_records": "no",
            "at": at,
        },
        {"code": "3", "name": "n", "grade": "99", "at": at},
        {
            "code": "4",
            "name": "n",
            "grade": "3",
            "electronic_records": "maybe",
            "at": at,
        },
        {"code": "5", "name": "", "grade": "3", "at": at},
    ]
    report = load("hospital", rows)
    stored = {r["code"]: r for r in load.rows("hospital")}
    assert stored["1"]["electronic_records"] is True
    assert stored["2"]["grade"] == "3"
    assert stored["2"]["electronic_records"] is False
    text = " ".join(report.reasons)
    assert "grade" in text
    assert "electronic_records" in text
    assert "name: 必填" in text
    assert report.refused == 3


def test_personal_phones_are_masked(load: Loader) -> None:
    at = shapely.Point(*HERE)
    report = load(
        "service_point", [{"code": "1", "name": "张三 13800138000", "at": at}]
    )
    assert report.masked == 1
    assert load.rows("service_point")[0]["name"] == "张三 138****8000"


def test_credentials_are_masked(load: Loader) -> None:
    at = shapely.Point(*HERE)
    rows = [
        {"code": "1", "name": "rtsp://admin:Hik12345@10.1.2.3:554/h264", "at": at},
        {"code": "2", "name": "门禁 密码：8888", "at": at},
        {"code": "3", "name": "http://example.org/a?user=x&password=y&z=1", "at": at},
        {"code": "4", "name": "info@example.org 0571-87654321", "at": at},
    ]
    report = load("service_point", rows)
    assert report.masked == 3
    assert [r["name"] for r in load.rows("service_point")] == [
        "rtsp://***@10.1.2.3:554/h264",
        "门禁 密码：***",
        "http://example.org/a?user=x&password=***&z=1",
        "info@example.org 0571-87654321",
    ]


def test_loading_again_changes_nothing(load: Loader) -> None:
    rows = [park("a"), park("b")]
    load("park", rows, valid_from=DAY(2015, 1, 1))
    before, version = load.rows("park"), load.version("park")
    report = load("park", rows, valid_from=DAY(2016, 1, 1))
    assert (report.unchanged, report.loaded, report.updated) == (2, 0, 0)
    assert load.rows("park") == before
    assert load.version("park") >= version


def test_a_changed_row_opens_a_version(load: Loader) -> None:
    load("park", [park("a", "旧"), park("b")], valid_from=DAY(2012, 1, 1))
    report = load("park", [park("a", "新"), park("b")], valid_from=DAY(2015, 1, 1))
    assert (report.updated, report.unchanged, report.loaded) == (1, 1, 0)
    timeline = [
        (r["name"], r["valid_from"], r["valid_to"])
        for r in load.rows("park")
        if r["code"] == "a"
    ]
    assert timeline == [
        ("旧", DAY(2012, 1, 1), DAY(2015, 1, 1)),
        ("新", DAY(2015, 1, 1), None),
    ]


def test_versions_fit_into_the_timeline(load: Loader) -> None:
    def version(name: str, start: str, end: str | None = None) -> dict[str, Any]:
        return park("a", name, valid_from=start, valid_to=end)

    load("park", [version("one", "2012-01-01"), version("three", "2014-01-01")])
    load("park", [version("two", "2013-01-01"), version("four", "2015-01-01")])
    timeline = [
        (r["name"], r["valid_from"].year, r["valid_to"]) for r in load.rows("park")
    ]
    assert timeline == [
        ("one", 2012, DAY(2013, 1, 1)),
        ("two", 2013, DAY(2014, 1, 1)),
        ("three", 2014, DAY(2015, 1, 1)),
        ("four", 2015, None),
    ]


def test_a_correction_of_the_same_date_keeps_what_stood_there(load: Loader) -> None:
    load("park", [park("a", "错")], valid_from=DAY(2015, 1, 1))
    report = load("park", [park("a", "对")], valid_from=DAY(2015, 1, 1))
    assert report.updated == 1
    assert [r["name"] for r in load.rows("park")] == ["对"]
    with load.database.owner() as connection:
        kept = connection.execute("SELECT before->>'name' FROM ledger.journal")
        assert kept.fetchall() == [("错",)]


def test_a_dry_run_writes_nothing(load: Loader) -> None:
    version = load.version("park")
    report = load("park", [park("a")], dry_run=True)
    assert report.loaded == 1
    assert report.load_id is None
    assert load.rows("park") == []
    assert load.version("park") == version


def test_indexes_are_there_after_a_first_load(
    load: Loader, catalogue: Catalogue, city: City
) -> None:
    from gis.db.migrate import compare

    load("park", [park("a")])
    with load.database.owner() as connection:
        assert compare(connection, catalogue, city) == []


def test_a_reference_must_exist(load: Loader) -> None:
    district = {"code": "330106", "name": "西湖区", "at": square()}
    load("district", [district])
    rows = [
        {"code": "330106001", "name": "x", "district_code": "330106", "at": square()},
        {"code": "330199001", "name": "y", "district_code": "330199", "at": square()},
    ]
    report = load("street", rows)
    assert report.loaded == 1
    assert "no such code" in " ".join(report.reasons)


def test_a_derived_layer_takes_no_file(load: Loader) -> None:
    with pytest.raises(LoadError, match="written by processes"):
        load("camera_view", [park("a")])


def test_csv_in_gbk_with_chinese_headers(load: Loader, tmp_path: Path) -> None:
    file = tmp_path / "公园.csv"
    file.write_bytes(
        "编号;名称;经度;纬度\nA1;西溪;120.06;30.27\nA2;坏;120.06;\n".encode("gbk")
    )
    source = read_source(file)
    assert "gb18030" in source.notes[0]
    report = load_source(
        load.database, load.catalogue, load.city, "tourist_service", source,
        datum="wgs84", synonyms={"编号": "code", "名称": "name"},
    )  # fmt: skip
    assert (report.loaded, report.refused) == (1, 1)
    assert load.rows("tourist_service")[0]["name"] == "西溪"


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "x.geojson"
    broken.write_text("{not json")
    with pytest.raises(
        LoadError, match=r"x.geojson: 无法读取 cannot be read: not recogni[sz]ed"
    ):
        read_source(broken)
    with pytest.raises(LoadError, match="no such file"):
        read_source(tmp_path / "absent.csv")
    (tmp_path / "empty.csv").write_text("a,b\n")
    with pytest.raises(LoadError, match="holds no rows"):
        read_source(tmp_path / "empty.csv")


def test_several_tables_must_be_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "two.gpkg"
    frame = geopandas.GeoDataFrame(
        {"a": [1]}, geometry=[shapely.Point(*HERE)], crs=4326
    )
    frame.to_file(file, layer="one")
    frame.to_file(file, layer="two")
    with pytest.raises(LoadError, match="say which with --table: one, two"):
        read_source(file)
    assert len(read_source(file, table="two")) == 1


def test_curves_are_drawn_as_lines(load: Loader, tmp_path: Path) -> None:
    """A curved polygon, as computer-aided drawing makes, becomes a polygon."""
    gml = tmp_path / "curve.gml"
    ring = "30.27 120.16 30.271 120.161 30.27 120.162"
    gml.write_text(
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2">'
        '<gml:featureMember><park gml:id="p1"><code>p1</code><name>圆园</name><g>'
        '<gml:Polygon gml:id="q" srsName="urn:ogc:def:crs:EPSG::4490"><gml:exterior>'
        "<gml:Ring><gml:curveMember><gml:Curve gml:id='c'><gml:segments>"
        f"<gml:ArcString><gml:posList>{ring} 30.269 120.161 30.27 120.16</gml:posList>"
        "</gml:ArcString></gml:segments></gml:Curve></gml:curveMember></gml:Ring>"
        "</gml:exterior></gml:Polygon></g></park></gml:featureMember>"
        "</gml:FeatureCollection>",
        "utf-8",
    )
    report = load_source(
        load.database, load.catalogue, load.city, "park", read_source(gml),
        datum="cgcs2000",
    )  # fmt: skip
    assert report.loaded == 1, report.reasons
    row = load.rows("park")[0]
    assert shapely.from_wkt(row["wkt"]).area == pytest.approx(32_700, rel=0.2)
