"""What `q` finds, and that words of two characters are found by index."""

from __future__ import annotations

import re

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.db.compose import Composer, Query
from gis.db.migrate import find_migrations, migrate
from gis.db.search import search_columns
from layers import Level

ROWS = 30_000
LETTERS = st.text("西湖区文aAb%_\\' ", min_size=1, max_size=6)


@pytest.fixture
def named(empty_db, catalogue):
    """A table with many names, few of them by the West Lake."""
    with empty_db.owner() as connection:
        connection.execute(
            "INSERT INTO city.park (code, name, valid_from, source, synthetic) "
            "SELECT 'P' || n, CASE WHEN n %% 1000 = 0 THEN '杭州西湖公园' "
            "ELSE '城东' || n || '号绿地' END, '2015-01-01', 'test', true "
            "FROM generate_series(1, %s) n",
            (ROWS,),
        )
    with empty_db.owner(autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE city.park")
    return empty_db


def asked(database, catalogue, city, *words: str):
    """Number of matches, and the plan."""
    composer = Composer(catalogue, city)
    text, values = composer.count(Query("park", Level.PUBLIC, words=words))
    with database.reader(Level.PUBLIC) as connection:
        number = connection.execute(text, values).fetchone()[0]
        plan = connection.execute(
            psycopg.sql.SQL("EXPLAIN {}").format(text), values
        ).fetchall()
    return number, "\n".join(row[0] for row in plan)


@pytest.mark.parametrize("word", ["西湖", "湖公", "西湖公园"])
def test_chinese_words_are_found_by_index(named, catalogue, city, word):
    number, plan = asked(named, catalogue, city, word)
    assert number == ROWS // 1000
    assert "park_search" in plan
    assert "Seq Scan" not in plan


def test_words_are_sought_in_codes(named, catalogue, city):
    assert asked(named, catalogue, city, "p29999")[0] == 1
    assert asked(named, catalogue, city, "西湖", "P21000")[0] == 1
    assert asked(named, catalogue, city, "西湖", "P21001")[0] == 0


def test_doubled_words_find_what_words_find(named, catalogue, city):
    with named.owner() as writer:
        writer.execute("CREATE TEMP TABLE told (value text)")

        @settings(
            max_examples=150,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )
        @given(LETTERS, st.lists(LETTERS, max_size=4))
        def check(word, parts):
            value = "".join(parts)
            doubled = "".join(
                ("\\" + letter if letter in "%_\\" else letter) * 2 for letter in word
            )
            found = writer.execute(
                "SELECT city.doubled(%s) ILIKE %s", (value, f"%{doubled}%")
            ).fetchone()[0]
            assert found == (word.lower() in value.lower())

        check()


def test_search_indexes_follow_the_layer_files(named, catalogue, city):
    def definition():
        with named.owner() as connection:
            return connection.execute(
                "SELECT indexdef FROM pg_indexes WHERE indexname = 'park_search'"
            ).fetchone()[0]

    whole = definition()
    held = re.findall(r"doubled\((\w+)\)", whole)
    assert held == search_columns(catalogue["park"])
    with named.owner() as connection:
        connection.execute("DROP INDEX city.park_search")
        connection.execute("CREATE INDEX park_search ON city.park (name)")
    migrate(named, catalogue, city, find_migrations())
    assert definition() == whole
