"""What a database holds, in numbers that are equal only where the contents are."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from gis.db.pool import Connection

# results are worked out again when asked for, and their table is emptied by a crash;
# the record of drills tells of backups and is no part of what they keep
_PASSING = {"result", "drill"}


@dataclass(frozen=True)
class Digest:
    """Rows of a table and the sum of their hashes, whatever their order."""

    rows: int
    hash: str


def read_digests(connection: Connection) -> dict[str, Digest]:
    """Digest of every table of the layers and of the ledger, by schema.table."""
    names = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables "
        "WHERE schemaname IN ('city', 'ledger') ORDER BY 1, 2"
    ).fetchall()
    found = {}
    for schema, table in names:
        if table in _PASSING:
            continue
        row = connection.execute(
            sql.SQL(
                "SELECT count(*), "
                "coalesce(sum(('x' || left(h, 16))::bit(64)::bigint::numeric), 0), "
                "coalesce(sum(('x' || right(h, 16))::bit(64)::bigint::numeric), 0) "
                "FROM (SELECT md5(t::text) AS h FROM {} t) hashed"
            ).format(sql.Identifier(str(schema), str(table)))
        ).fetchone()
        assert row  # noqa: S101  # an aggregate gives one row
        found[f"{schema}.{table}"] = Digest(int(row[0]), f"{row[1]}:{row[2]}")
    return found


def differences(wanted: dict[str, Digest], found: dict[str, Digest]) -> list[str]:
    """Tables whose contents differ, in words."""
    lines = []
    for name in sorted(wanted.keys() | found.keys()):
        here, there = wanted.get(name), found.get(name)
        if here == there:
            continue
        if here is None or there is None:
            lines.append(f"{name}: {'缺失 missing' if there is None else '多出 extra'}")
        elif here.rows != there.rows:
            lines.append(f"{name}: {there.rows:,} rows, {here.rows:,} were backed up")
        else:
            lines.append(f"{name}: 内容不同 the contents differ")
    return lines
