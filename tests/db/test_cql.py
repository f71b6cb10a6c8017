"""CQL2 filters: read, compiled, run in PostGIS against what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from gis.db.cluster import Cluster
from gis.db.cql import compile_filter
from gis.db.cql_text import read_text
from gis.errors import QueryError

TYPES = {
    "id": "integer", "name": "text", "kind": "code", "height": "number",
    "flag": "boolean", "day": "date", "at": "datetime",
}  # fmt: skip

ROWS = """
    (1, '甲', 'a', 1.5, true, date '2012-01-01', timestamptz '2012-06-01 12:00Z',
     ST_SetSRID(ST_Point(120.1, 30.1), 4490)),
    (2, 'it''s', 'b', -2, false, date '2013-01-01', timestamptz '2013-06-01 12:00Z',
     ST_SetSRID(ST_Point(120.2, 30.2), 4490)),
    (3, NULL, 'c', NULL, NULL, NULL, NULL, ST_SetSRID(ST_Point(120.3, 30.3), 4490)),
    (4, 'Ab', 'a', 4, true, date '2015-01-01', timestamptz '2015-06-01 12:00Z',
     ST_SetSRID(ST_Point(120.4, 30.4), 4490))
"""


@pytest.fixture(scope="module")
def table(cluster: Cluster) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(cluster.dsn) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.execute(
            "CREATE TEMP TABLE things AS SELECT * FROM (VALUES "
            + ROWS
            + ") AS t(id, name, kind, height, flag, day, at, geom)"
        )
        yield connection
        connection.rollback()


def found(table: psycopg.Connection[Any], text: str, **options: Any) -> set[int]:
    condition = compile_filter(text, TYPES, **options)
    query = sql.SQL("SELECT id FROM things WHERE {}").format(condition.text)
    return {row[0] for row in table.execute(query, condition.values)}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("kind = 'a'", {1, 4}),
        ("kind <> 'a'", {2, 3}),
        ("id >= 2", {2, 3, 4}),
        ("id > 1.5 AND 3.5 > id", {2, 3}),
        ("id BETWEEN 1.5 AND 3", {2, 3}),
        ("id IN (1, 2.5, 4)", {1, 4}),
        ("id < 1e300 AND id <> 9007199254740993", {1, 2, 3, 4}),
        ("id = 1 OR id = 2 AND height > 100", {1}),
        ("(id = 1 OR id = 2) AND height < 0", {2}),
        ("NOT (id = 1)", {2, 3, 4}),
        ("NOT id = 1 AND id < 4", {2, 3}),
        ("name = 'it''s'", {2}),
        ("name IS NULL", {3}),
        ("name IS NOT NULL", {1, 2, 4}),
        ("height BETWEEN -2 AND 1.5", {1, 2}),
        ("height NOT BETWEEN -2 AND 1.5", {4}),
        ("kind IN ('a', 'c')", {1, 3, 4}),
        ("kind NOT IN ('a')", {2, 3}),
        ("name LIKE 'A%'", {4}),
        ("CASEI(name) = CASEI('AB')", {4}),
        ("CASEI(name) LIKE CASEI('aB%')", {4}),
        ("flag = true", {1, 4}),
        ("flag", {1, 4}),
        ("NOT flag", {2}),
        ("true", {1, 2, 3, 4}),
        ("height * 2 + 1 = 4", {1}),
        ("height / 0 = 1", set()),
        ("-height = 2", {2}),
        ("1 + 2 * 3 = 7", {1, 2, 3, 4}),
        ("day = DATE('2013-01-01')", {2}),
        ("day >= '2013-01-01'", {2, 4}),
        ("at > TIMESTAMP('2013-06-01T11:59:59Z')", {2, 4}),
        ("at = TIMESTAMP('2013-06-01T20:00:00+08:00')", {2}),
        ("T_AFTER(at, DATE('2014-01-01'))", {4}),
        ("T_BEFORE(day, DATE('2013-01-01'))", {1}),
        ("T_DURING(at, INTERVAL('2012-01-01', '2013-12-31'))", {1, 2}),
        ("T_INTERSECTS(day, INTERVAL('..', '2013-01-01'))", {1, 2}),
        ("T_DISJOINT(day, INTERVAL('2013-01-01', '..'))", {1}),
        ("S_INTERSECTS(geom, BBOX(120, 30, 120.2, 30.2))", {1, 2}),
        ("S_WITHIN(geom, POLYGON((120 30, 121 30, 121 30.35, 120 30.35, 120 30)))",
         {1, 2, 3}),
        ("S_DISJOINT(geom, POINT(120.1 30.1))", {2, 3, 4}),
        ('"kind" = \'a\'', {1, 4}),
    ],
)  # fmt: skip
def test_text_means_what_it_says(
    table: psycopg.Connection[Any], text: str, ids: set[int]
) -> None:
    assert found(table, text) == ids
    assert found(table, json.dumps(read_text(text)), language="cql2-json") == ids


def test_axis_order_and_crs_of_literals(table: psycopg.Connection[Any]) -> None:
    text = "S_INTERSECTS(geom, BBOX(30, 120, 30.2, 120.2))"
    assert found(table, text, filter_srid=4326, flip=True) == {1, 2}
    with pytest.raises(QueryError, match="of latitude given"):
        found(table, text, filter_srid=4326)
    around = "S_INTERSECTS(geom, BBOX(170, -90, 121, 90))"
    assert found(table, around) == {1, 2, 3, 4}
    assert found(table, "S_INTERSECTS(geom, BBOX(170, -90, 119, 90))") == set()
    # northing and easting of 120.2, 30.2 are 3342306 and 519265 (PROJ)
    metres = "S_INTERSECTS(geom, BBOX(3330000, 400000, 3343000, 520000))"
    assert found(table, metres, filter_srid=4549, flip=True) == {1, 2}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("nothing = 1", "no property 'nothing'"),
        ("height = 'abc'", "'abc' given where a number belongs"),
        ("flag = 1", "where a boolean belongs"),
        ("day = DATE('2013-13-01')", "where a datetime belongs"),
        ("name", "is no flag"),
        ("name = ", "ends where"),
        ("name == 'a'", "'=' at character 7"),
        ("name = 'a' extra", "'extra' at character 12"),
        ("name = 'open", "cannot be read from character"),
        ("S_INTERSECTS(geom, POINT(1))", "no geometry in WKT"),
        ("S_INTERSECTS(name, POINT(1 2))", "no geometry property"),
        ("S_INTERSECTS(geom)", "1 arguments given, must be 2"),
        ("T_AFTER(name, DATE('2013-01-01'))", "is no date or time"),
        ("pg_sleep(1) = 1", "no operator or function"),
        ("pg_sleep(10)", "no operator or function"),
        ("(" * 100 + "flag" + ")" * 100, "nested deeper"),
        ("kind IN ()", "needs a list"),
        ("height + name = 2", "needs numbers"),
        ("x" * 20001, "longer than"),
        ("", "ends where"),
    ],
)
def test_a_fault_is_named(text: str, wanted: str) -> None:
    with pytest.raises(QueryError, match="filter") as caught:
        compile_filter(text, TYPES)
    assert wanted in str(caught.value)


@pytest.mark.parametrize(
    "text",
            ["[]", "1", '"x"', "{}", '{"op": 1}', '{"op": "=", "args": 3}', "{", "null",
             '{"op": "s_within", "args": [{"property": "geom"}, {"type": "Point"}]}',
             '{"op": "in", "args": [{"property": "id"}, 1]}',
             '{"op": "=", "args": [{"property": "id"}, {"date": 5}]}'],
)  # fmt: skip
def test_hostile_json_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        compile_filter(text, TYPES, language="cql2-json")


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            ["name", "height", "flag", "geom", "=", "<", "AND", "OR", "NOT", "(", ")",
             "'a'", "1", "IS", "NULL", "IN", ",", "LIKE", "BETWEEN", "-", "*", "%",
             "S_INTERSECTS", "POINT", "DATE", "T_AFTER", "true", '"', "\0", "%s", "{}"]
        ),
        max_size=14,
    ).map(" ".join)
)  # fmt: skip
def test_any_text_runs_or_is_refused(table: psycopg.Connection[Any], text: str) -> None:
    """Whatever is sent: a condition that PostgreSQL takes, or a QueryError."""
    try:
        condition = compile_filter(text, TYPES)
    except QueryError:
        return
    query = sql.SQL("SELECT id FROM things WHERE {}").format(condition.text)
    with table.transaction(force_rollback=True):
        table.execute(query, condition.values).fetchall()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("(kind = 'a') AND (name LIKE 'aB%')", {4}),
        ("name ILIKE '_B'", {4}),
        ("name NOT ILIKE '_B'", {1, 2}),
        ("NOT (name LIKE 'it''s')", {1, 4}),
        ("day >= '2013-01-01T'", {2, 4}),
        ("(at > '2013-06-01T12:00:00Z') OR ((name IS NULL))", {3, 4}),
        ("(flag = 1) AND (height > 1.5)", {4}),
        ("flag = 0", {2}),
    ],
)
def test_the_draft_that_gdal_writes(
    table: psycopg.Connection[Any], text: str, ids: set[int]
) -> None:
    assert found(table, text, language="cql-text") == ids


@pytest.mark.parametrize(
    "text", ["name ILIKE 'a%'", "day >= '2013-01-01T'", "flag = 1"]
)
def test_the_draft_is_no_cql2(text: str) -> None:
    with pytest.raises(QueryError):
        compile_filter(text, TYPES)


def test_whole_numbers_are_compared_as_such(table):
    """As doubles the two numbers are one."""
    condition = compile_filter("id > 9007199254740992", TYPES)
    query = sql.SQL("SELECT id FROM (VALUES (9007199254740993)) t (id) WHERE {}")
    assert table.execute(query.format(condition.text), condition.values).fetchall()
