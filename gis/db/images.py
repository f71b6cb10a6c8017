"""Rows of a layer as SQL expressions: for comparing, for keeping, for putting back."""

from __future__ import annotations

from psycopg import sql

from layers import Layer


def row_names(layer: Layer) -> list[str]:
    """Columns of a layer's table but its key, geometries last."""
    names = list(layer.all_columns)
    return names if layer.geometry == "none" else [*names, "geom", "geom_m"]


def identifiers(names: list[str], alias: str | None = None) -> sql.Composable:
    """Names as a list of columns: a, b, … or alias.a, alias.b, …."""
    return sql.SQL(", ").join(
        sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names
    )


def content(alias: str, names: list[str]) -> sql.Composable:
    """ROW(alias.a, …) of what a version says: without its dates.

    Geometries count by the bytes of their millimetre lattice: two files that place a
    feature on the same millimetres say the same, and = would compare boxes only.
    """
    told = [n for n in names if not n.startswith("valid_") and n != "geom"]
    return sql.SQL("ROW({})").format(
        sql.SQL(", ").join(
            sql.SQL("{}::bytea" if name == "geom_m" else "{}").format(
                sql.Identifier(alias, name)
            )
            for name in told
        )
    )


def image(alias: str, names: list[str]) -> sql.Composable:
    """A row as jsonb that gives the very same row back, geometries as EWKB text.

    Empty columns are left out, so that a column added later changes no image.
    """
    fields = sql.SQL(", ").join(
        sql.SQL("{}::text AS {}" if name.startswith("geom") else "{} AS {}").format(
            sql.Identifier(alias, name), sql.Identifier(name)
        )
        for name in ["fid", *names]
    )
    return sql.SQL(
        "(SELECT jsonb_strip_nulls(to_jsonb(shown)) FROM (SELECT {}) shown)"
    ).format(fields)
