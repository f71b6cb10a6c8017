"""Reads every layer file once and checks what the files say of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from layers._codes import DATA, load_codes
from layers._errors import DeclarationError, UnknownLayer
from layers._level import Level
from layers._spec import Disc, Layer, Network, Representative, Sector
from layers._yaml import read_model

LAYERS = Path(__file__).resolve().parent


class Catalogue(Mapping[str, Layer]):
    """Every layer by id, in the order of theme and file name."""

    def __init__(self, layers: Mapping[str, Layer]) -> None:
        self._layers = dict(layers)

    def __getitem__(self, layer_id: str) -> Layer:
        """The layer of an id.

        Raises
        ------
        KeyError : naming the id and the layers there are
        """
        try:
            return self._layers[layer_id]
        except KeyError:
            known = ", ".join(self._layers)
            raise KeyError(f"layer {layer_id!r}: not one of {known}") from None

    def __iter__(self) -> Iterator[str]:
        """Layer ids."""
        return iter(self._layers)

    def __len__(self) -> int:
        """Number of layers."""
        return len(self._layers)

    def visible_at(self, level: Level) -> dict[str, Layer]:
        """The layers that exist for a level."""
        return {id_: layer for id_, layer in self.items() if layer.visible_at(level)}

    def themes(self) -> list[str]:
        """Theme ids in order of first appearance."""
        return list(dict.fromkeys(layer.theme for layer in self.values()))

    def load_order(self) -> list[str]:
        """Ids ordered so that a layer stands behind those its codes refer to."""
        order: list[str] = []

        def visit(layer_id: str) -> None:
            if layer_id in order:
                return
            for column in self[layer_id].columns.values():
                if column.references and column.references != layer_id:
                    visit(column.references)
            order.append(layer_id)

        for layer_id in self:
            visit(layer_id)
        return order


def load_catalogue(*folders: Path, data: Path = DATA) -> Catalogue:
    """The catalogue of one or more folders of <theme>/<layer>.yaml files.

    Parameters
    ----------
    folders : by default the product's own; a deployment may add its own folder
    data : folder that holds standards/<code table>.csv

    Raises
    ------
    DeclarationError : naming file, key path and reason
    """
    layers: dict[str, Layer] = {}
    files: dict[str, Path] = {}
    for folder in folders or (LAYERS,):
        for path in sorted(folder.glob("*/*.yaml")):
            if path.stem in files:
                raise DeclarationError(
                    path, "", f"layer is declared twice, also in {files[path.stem]}"
                )
            files[path.stem] = path
            layers[path.stem] = read_model(
                path, Layer, id=path.stem, theme=path.parent.name
            )
    for layer_id, layer in layers.items():
        _check_references(files[layer_id], layer, layers, data)
    _check_cycles(files, layers)
    return Catalogue(layers)


def _check_references(
    path: Path, layer: Layer, layers: Mapping[str, Layer], data: Path
) -> None:
    """Refuse names of layers and code tables that do not exist."""
    for name, column in layer.columns.items():
        if column.references and column.references not in layers:
            raise UnknownLayer(
                path, f"columns.{name}.references", f"no layer {column.references!r}"
            )
        if column.codes:
            _check_table(path, f"columns.{name}.codes", column.codes, data)
    if layer.zone and layer.zone.parent:
        parent = layer.zone.parent
        if parent not in layers:
            raise UnknownLayer(path, "zone.parent", f"no layer {parent!r}")
        if f"{parent}_code" not in layer.columns:
            raise DeclarationError(
                path, f"columns.{parent}_code", "a zone needs its parent's code"
            )
    match layer.coverage:
        case Sector() as model:
            _check_table(path, "coverage.range.table", model.range.table, data)
            if model.range.level not in load_codes(
                model.range.table, data / "standards"
            ):
                raise DeclarationError(
                    path,
                    "coverage.range.level",
                    f"no {model.range.level!r} in {model.range.table}.csv",
                )
            if model.assumed is not None:
                _check_table(path, "coverage.assumed", model.assumed, data)
            if model.hidden_by is not None and model.hidden_by not in layers:
                raise UnknownLayer(
                    path, "coverage.hidden_by", f"no layer {model.hidden_by!r}"
                )
        case Network(roads=str(roads)) | Disc(roads=str(roads)):
            if roads not in layers:
                raise UnknownLayer(path, "coverage.roads", f"no layer {roads!r}")
            kind = layers[roads].geometry
            if kind not in ("LineString", "MultiLineString"):
                raise DeclarationError(
                    path, "coverage.roads", f"{roads} has {kind}, must have lines"
                )
        case Representative() as model:
            _check_table(path, "coverage.table", model.table, data)


def _check_table(path: Path, key: str, table: str, data: Path) -> None:
    """Refuse a code table that does not exist, naming where it is asked for."""
    if not (data / "standards" / f"{table}.csv").is_file():
        raise DeclarationError(path, key, f"no code table data/standards/{table}.csv")
    load_codes(table, data / "standards")


def _check_cycles(files: Mapping[str, Path], layers: Mapping[str, Layer]) -> None:
    """Refuse zones that are their own ancestors."""
    for layer_id in layers:
        seen: list[str] = []
        current: str | None = layer_id
        while current is not None:
            if current in seen:
                raise DeclarationError(
                    files[layer_id], "zone.parent", " > ".join([*seen, current])
                )
            seen.append(current)
            zone = layers[current].zone
            current = zone.parent if zone else None
