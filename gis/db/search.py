"""What `q` searches: the texts of a layer, by one trigram index over all of them.

The index is derived from the layer file, as the views are: it is made where it is
missing and made anew where its columns have changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from layers import Catalogue, Layer

#: How the name of every such index ends.
SUFFIX = "_search"


def search_columns(layer: Layer) -> list[str]:
    """The name and the declared texts, without those that hold a code."""
    return [
        name
        for name, column in layer.all_columns.items()
        if column.type == "text"
        and name not in ("code", "source")
        and not (column.pattern or column.references)
    ]


def build_search_sql(catalogue: Catalogue, there: Mapping[str, str]) -> str:
    """Statements that make the indexes which are missing or differ.

    Parameters
    ----------
    there : name of an index -> its definition, as the database writes it
    """
    parts: list[str] = []
    for layer in catalogue.values():
        name, columns = f"{layer.id}{SUFFIX}", search_columns(layer)
        keys = ", ".join(f"city.doubled({column}) gin_trgm_ops" for column in columns)
        if (found := there.get(name)) is not None:
            if found.replace('"', "").endswith(f"USING gin ({keys})"):
                continue
            parts.append(f"DROP INDEX city.{name};")
        parts.append(f"CREATE INDEX {name} ON city.{layer.id} USING gin ({keys});")
    return "\n".join(parts)
