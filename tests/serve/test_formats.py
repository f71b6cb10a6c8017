"""The same truth in every format: all files are read back and compared."""

import csv
import io
import re
from datetime import UTC, date, datetime

import openpyxl
import psycopg
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from layers import Level

CASES = ("component", "case_record", "unit_grid", "road", "indicator_value", "camera")
FILES = ("gpkg", "fgb", "parquet", "csv", "xlsx")


def plain(value, kind):
    """A value of any file as GeoJSON has it."""
    if value is None or value == "" or value != value:
        return None
    if isinstance(value, datetime):
        if kind == "date":
            return value.date().isoformat()
        value = value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and kind in ("integer", "number"):
        return float(value)
    if isinstance(value, str) and kind == "boolean":
        return {"true": True, "false": False}[value]
    return bool(value) if kind == "boolean" else value


def rows_of(answer, name, tmp_path):
    """Records of a file, geometry as a shape under `geometry`."""
    if name in ("gpkg", "fgb"):
        path = tmp_path / f"a.{name}"
        path.write_bytes(answer.content)
        frame = pyogrio.read_dataframe(path)
        return frame.astype(object).where(frame.notna(), None).to_dict("records")
    if name == "parquet":
        table = pq.read_table(io.BytesIO(answer.content)).to_pylist()
        for row in table:
            row["geometry"] = shapely.from_wkb(row.get("geometry"))
        return table
    if name == "csv":
        assert answer.content.startswith(b"\xef\xbb\xbf")
        records = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    else:
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        records = [list(row) for row in book.active.values]
    found = [dict(zip(records[0], row, strict=True)) for row in records[1:]]
    for row in found:
        row["geometry"] = shapely.from_wkt(row.get("wkt") or None)
        for pair in (("lon", "lat"), ("x", "y")):
            if row.get(pair[0]) not in (None, ""):
                row["geometry"] = shapely.Point(*(float(row[k]) for k in pair))
    return found


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("layer_id", CASES)
def test_values_are_equal(server, catalogue, tmp_path, layer_id, name):
    level = max(catalogue[layer_id].access, Level.STAFF)
    columns = catalogue[layer_id].columns_at(level)
    path = f"/collections/{layer_id}/items?sortby=-code&limit=2"
    expected = server.json(path, level)["features"]
    answer = server.get(f"{path}&f={name}", level)
    if name == "fgb" and catalogue[layer_id].geometry == "none":
        assert answer.status_code == 400
        return
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"]
    assert 'filename="' in answer.headers["content-disposition"]
    assert re.search(r'<[^>]*cursor=[^>]*>; rel="next"', answer.headers["link"])
    found = rows_of(answer, name, tmp_path)
    assert len(found) == len(expected) == 2
    for row, feature in zip(found, expected, strict=True):
        for column, declared in columns.items():
            wanted = feature["properties"][column]
            assert plain(row[column], declared.type) == wanted, column
        shape = feature["geometry"]
        if shape is None:
            assert row.get("geometry") is None
        else:
            same = shapely.geometry.shape(shape)
            assert shapely.equals_exact(row["geometry"], same, 1e-12)


def test_hidden_columns_are_in_no_file(server, catalogue, marks, tmp_path):
    for name in FILES[2:]:
        answer = server.get(f"/collections/case_record/items?f={name}")
        rows = rows_of(answer, name, tmp_path)
        names = set(catalogue["case_record"].columns_at(Level.PUBLIC))
        assert set(rows[0]) == names | {"geometry"}
        assert not any(mark in answer.content for mark in marks(Level.PUBLIC))


def test_another_crs_in_files(server, tmp_path):
    crs = "http://www.opengis.net/def/crs/EPSG/0/4549"
    path = f"/collections/component/items?crs={crs}"
    north, east = (server.json(path)["features"][0]["geometry"]["coordinates"])[::1]
    assert north > 1_000_000 > east
    for name in FILES:
        row = rows_of(server.get(f"{path}&f={name}"), name, tmp_path)[0]
        assert row["geometry"].coords[0] == pytest.approx((east, north), abs=1e-6)
    file = tmp_path / "a.gpkg"
    assert pyogrio.read_info(file)["crs"] == "EPSG:4549"


@pytest.fixture
def formula(server):
    """A name that a spreadsheet would compute; the old one comes back after."""
    where = "WHERE code = 'component-0'"
    with psycopg.connect(server.dsn) as connection:
        kept = connection.execute(f"SELECT name FROM city.component {where}").fetchone()
        connection.execute(f"UPDATE city.component SET name = '=1+1' {where}")
    yield
    with psycopg.connect(server.dsn) as connection:
        connection.execute(f"UPDATE city.component SET name = %s {where}", kept)


@pytest.mark.usefixtures("formula")
def test_heads_in_chinese_and_no_formulas(server):
    path = "/collections/component/items?properties=name&code=component-0&header=zh"
    text = server.get(f"{path}&f=csv").content.decode("utf-8-sig")
    head, row = csv.reader(io.StringIO(text))
    assert head[1:] == ["经度", "纬度"]
    assert row[0] == "'=1+1"
    page = openpyxl.load_workbook(
        io.BytesIO(server.get(f"{path}&f=xlsx").content)
    ).active
    assert [cell.value for cell in page[1]] == head
    assert page["A2"].value == "=1+1"
    assert page["A2"].data_type == "s"


def test_json_fg(server):
    answer = server.get("/collections/case_record/items?f=jsonfg", Level.STAFF)
    assert answer.headers["content-type"] == "application/vnd.ogc.fg+json"
    found = answer.json()
    assert found["featureType"] == "case_record"
    assert any(uri.endswith("/conf/core") for uri in found["conformsTo"])
    first = found["features"][0]
    stamp = first["properties"]["reported_at"]
    assert first["time"] == {"timestamp": stamp}
    park = server.json("/collections/park/items?f=jsonfg")["features"][0]
    assert park["time"] == {"interval": ["2012-01-01", ".."]}
    assert park["geometry"]
    crs = "http://www.opengis.net/def/crs/EPSG/0/4549"
    other = server.json(f"/collections/park/items?f=jsonfg&crs={crs}")
    assert other["coordRefSys"] == crs
    assert other["features"][0]["geometry"] is None
    assert other["features"][0]["place"]["type"]


def test_accept_decides(server):
    answer = server.get("/collections/park/items", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["ogc-numberreturned"] == "3"
    empty = "/collections/park/items?code=none"
    for name in FILES:
        assert server.get(f"{empty}&f={name}").status_code == 200
    assert server.get(f"{empty}&f=shp").status_code == 400
    assert server.get(f"{empty}&f=csv&header=fr").status_code == 400
