"""Layer files -> one view per layer and level, holding exactly that level's columns."""

from __future__ import annotations

from gis.access import role_of, schema_of, visible_columns, visible_layers
from layers import Catalogue, Layer, Level


def build_view_sql(layer: Layer, level: Level) -> str:
    """CREATE VIEW and the grant that lets the level's role read it.

    Of a layer whose rows have an audience, the view holds the rows of the level only.
    """
    columns = ["fid", *visible_columns(layer, level)]
    if layer.geometry_at(level):
        columns += ["geom", "geom_m"]
    names = ", ".join(f'"{name}"' for name in columns)
    schema, role = schema_of(level), role_of(level)
    rows = ""
    if layer.audience:
        seen = ", ".join(f"'{one.label}'" for one in Level if one <= level)
        rows = f' WHERE "{layer.audience}" IN ({seen})'
    return (
        f"CREATE VIEW {schema}.{layer.id} AS "
        f"SELECT {names} FROM city.{layer.id}{rows};\n"
        f"GRANT SELECT ON {schema}.{layer.id} TO {role};\n"
    )


def build_drop_views_sql() -> str:
    """SQL that removes every view, so that a migration may change what they show."""
    return "".join(
        f"DROP SCHEMA IF EXISTS {schema_of(level)} CASCADE;\n" for level in Level
    )


def build_views_sql(catalogue: Catalogue) -> str:
    """SQL that rebuilds the view schemas of every level from nothing."""
    parts = [build_drop_views_sql()]
    for level in Level:
        schema, role = schema_of(level), role_of(level)
        parts.append(
            f"CREATE SCHEMA {schema};\nGRANT USAGE ON SCHEMA {schema} TO {role};\n"
        )
        parts += [
            build_view_sql(layer, level)
            for layer in visible_layers(catalogue, level).values()
        ]
    return "".join(parts)
