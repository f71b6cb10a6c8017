"""A server whose database goes away says so, and serves on when it is back."""

import psycopg
from psycopg import sql


def test_a_database_that_is_gone_is_503_and_comes_back(start, canary_dsn):
    with start() as server:
        path = "/collections/park/items?f=json"
        before = server.get(path)
        assert before.status_code == 200
        name = psycopg.conninfo.conninfo_to_dict(canary_dsn)["dbname"]
        elsewhere = psycopg.conninfo.make_conninfo(canary_dsn, dbname="postgres")
        with psycopg.connect(elsewhere, autocommit=True) as owner:
            allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            owner.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
            try:
                owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = %s",
                    (name,),
                )
                answer = server.get(path)
                assert answer.status_code == 503, answer.text
                assert answer.headers["retry-after"]
                assert server.get("/?f=json").status_code == 200
            finally:
                owner.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
        again = server.get(path)
        assert again.status_code == 200
        assert again.headers["etag"] == before.headers["etag"]
