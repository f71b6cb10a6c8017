"""Layer files -> tables: what each table must be, as data and as SQL text.

Identifiers come from the catalogue, whose models allow only [a-z0-9_], and are quoted.
"""

from __future__ import annotations

from dataclasses import dataclass

from layers import Catalogue, City, Layer

_TYPES = {
    "text": "text",
    "code": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp with time zone",
}


@dataclass(frozen=True)
class TableColumn:
    """One column as PostgreSQL describes it."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class Table:
    """What a layer's table must be."""

    name: str
    columns: tuple[TableColumn, ...]
    indexes: tuple[str, ...]


def build_table(layer: Layer, city: City) -> Table:
    """The table that a layer file declares."""
    columns = [TableColumn("fid", "bigint", True)]
    columns += [
        TableColumn(name, _TYPES[column.type], column.required)
        for name, column in layer.all_columns.items()
    ]
    keyed = ["code", *(f for f in (layer.time,) if f)]
    if layer.zone and layer.zone.parent:
        keyed.append(f"{layer.zone.parent}_code")
    indexes = [
        f"CREATE UNIQUE INDEX {layer.id}_version ON city.{layer.id} "
        "USING btree (code, valid_from)"
    ]
    indexes += [
        f"CREATE INDEX {layer.id}_{name} ON city.{layer.id} USING btree ({name})"
        for name in keyed[1:]
    ]
    if layer.geometry != "none":
        for name, srid in (("geom", layer.srid), ("geom_m", city.working_srid)):
            columns.append(
                TableColumn(name, f"geometry({layer.geometry},{srid})", False)
            )
            indexes.append(
                f"CREATE INDEX {layer.id}_{name} ON city.{layer.id} USING gist ({name})"
            )
    return Table(layer.id, tuple(columns), tuple(sorted(indexes)))


def build_table_sql(table: Table) -> str:
    """CREATE TABLE with its key, indexes, version trigger and grant."""
    lines = []
    for column in table.columns:
        if column.name == "fid":
            lines.append("fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
            continue
        required = " NOT NULL" if column.required else ""
        lines.append(f'"{column.name}" {column.type}{required}')
    lines.append("CHECK (valid_to IS NULL OR valid_to > valid_from)")
    body = ",\n    ".join(lines)
    indexes = "".join(f"{text};\n" for text in table.indexes)
    return (
        f"CREATE TABLE city.{table.name} (\n    {body}\n);\n"
        f"{indexes}"
        f"SELECT city.watch('{table.name}');\n"
    )


def build_tables_sql(catalogue: Catalogue, city: City) -> str:
    """SQL of every table, in an order that puts referenced layers first."""
    parts = [
        f"-- {catalogue[layer_id].title.zh} {catalogue[layer_id].title.en}\n"
        + build_table_sql(build_table(catalogue[layer_id], city))
        for layer_id in catalogue.load_order()
    ]
    return "\n".join(parts)
