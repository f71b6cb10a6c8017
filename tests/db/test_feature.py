"""A feature's text is right whatever its texts hold."""

from __future__ import annotations

import itertools
import json

import pytest
from psycopg import sql

from gis.db.feature import Output, build_feature
from layers import Level

TEXTS = [
    "plain", "", "西湖“公园”", 'a "word"', "back\\slash", "two\nlines", "\t", "\x01",
    "\x1f", "\x7f", "</script>", "'", "\u2028", "😀", None,
]  # fmt: skip
CODES = ["P1", 'P"1', "P\\1", "湖1"]


@pytest.mark.parametrize("many", [True, False])
def test_texts_are_escaped_where_one_of_them_must_be(empty_db, catalogue, city, many):
    """`name` is declared as required, `kind` is not."""
    output = Output(columns=("code", "name", "kind"), geometry=False)
    feature = build_feature(
        catalogue["park"], Level.PUBLIC, output, city, many=many
    ).as_string(None)
    given = list(itertools.product(CODES, TEXTS, TEXTS))
    with empty_db.reader(Level.PUBLIC) as connection:
        rows = connection.execute(
            sql.SQL(
                "SELECT to_json(code)::text, coalesce(to_json(name)::text, 'null'), "
                "coalesce(to_json(kind)::text, 'null'), {} FROM "
                "unnest(%s::text[], %s::text[], %s::text[]) AS t (code, name, kind)"
            ).format(sql.SQL(feature)),
            [list(column) for column in zip(*given, strict=True)],
        ).fetchall()
    assert len(rows) == len(given)
    for values, (code, name, kind, text) in zip(given, rows, strict=True):
        assert text == (
            f'{{"type":"Feature","id":{code},"geometry":null,"properties":'
            f'{{"code":{code},"name":{name},"kind":{kind}}}}}'
        )
        assert tuple(json.loads(text)["properties"].values()) == values


def test_every_layer_at_every_level_has_a_feature(city_db, catalogue, city):
    for layer, level in itertools.product(catalogue.values(), Level):
        if not layer.visible_at(level):
            continue
        for output in (Output(), Output(srid=4549, flip=True, fg=True)):
            feature = build_feature(layer, level, output, city)
            query = sql.SQL("SELECT {} FROM {} LIMIT 20").format(
                feature, sql.Identifier(f"v_{level.label}", layer.id)
            )
            with city_db.reader(level) as connection:
                texts = [row[0] for row in connection.execute(query).fetchall()]
            for text in texts:
                assert list(json.loads(text)["properties"]) == list(
                    layer.columns_at(level)
                )


def test_in_metres_it_goes_out_as_it_is_stored(city_db, catalogue, city):
    feature = build_feature(
        catalogue["road"], Level.PUBLIC, Output(srid=city.working_srid), city
    )
    query = sql.SQL(
        "SELECT {}, ST_AsGeoJSON(geom_m, 15, 0), "
        "ST_Distance(geom_m, ST_Transform(geom, {})) FROM v_public.road LIMIT 50"
    ).format(feature, sql.Literal(city.working_srid))
    with city_db.reader(Level.PUBLIC) as connection:
        rows = connection.execute(query).fetchall()
    assert rows
    for text, stored, apart_m in rows:
        assert json.loads(text)["geometry"] == json.loads(stored)
        assert apart_m < 1e-3
