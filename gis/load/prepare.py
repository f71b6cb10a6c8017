"""One pass from a source to rows that may be stored: what is wrong is said per row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.errors import LoadError
from gis.load.datum import conversion
from gis.load.keys import Places, fallback_codes
from gis.load.reasons import Reasons
from gis.load.repairs import Repair, Repairs
from gis.load.report import Reject
from gis.load.rules import Rules, apply_rule
from gis.load.shapes import Shapes, build_shapes
from gis.load.shortnames import short_names
from gis.load.source import Source
from gis.load.values import as_text, convert, is_blank, mask_personal
from layers import City, CodeTable, Column, Layer


@dataclass(frozen=True)
class Context:
    """What a load needs to know besides the file.

    Parameters
    ----------
    codes : code table name -> its rows
    known : layer id -> codes that exist in it
    outline : the city's outline in the working CRS, grown by the tolerance; None
        accepts positions anywhere
    mapping : header of the file -> column of the layer
    synonyms : header in lower case -> column, for every layer of the city
    constants : column -> the value every row gets
    rules : what a mapping file declares for this kind of file
    """

    layer: Layer
    city: City
    datum: str
    valid_from: date
    source: str
    codes: Mapping[str, CodeTable] = field(default_factory=dict)
    known: Mapping[str, Collection[str]] = field(default_factory=dict)
    outline: shapely.Geometry | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)


@dataclass
class Prepared:
    """Rows that may be stored, and what became of the others.

    Parameters
    ----------
    columns : column -> (m,) typed values of the accepted rows
    rows : (m,) where they stand in the source, from 0
    shapes : their geometries, None for a layer without
    converted : (n,) every row's geometry in the working CRS, None where unusable
    codes : (n,) every row's code
    srids : EPSG codes of the stored and of the working CRS
    repairs, mended : repairs by kind, and each of them
    keys : codes that were made, by the way they were
    """

    columns: dict[str, NDArray[Any]]
    rows: NDArray[np.intp]
    shapes: Shapes | None
    converted: NDArray[Any] | None
    codes: NDArray[Any]
    srids: tuple[int, int]
    read: int
    rejects: list[Reject]
    reasons: dict[str, int]
    repairs: Counter[str]
    mended: list[Repair]
    repaired: int
    masked: int
    keys: Counter[str]
    unmapped: list[str]
    notes: list[str]


def prepare(
    source: Source,
    context: Context,
    *,
    seen: Seen | None = None,
    places: Places | None = None,
) -> Prepared:
    """Typed, checked and snapped rows of a source, or of one part of it.

    Parameters
    ----------
    seen : versions that earlier parts held; added to
    places : of the whole file, where this is a part of it

    Raises
    ------
    LoadError : the file as a whole cannot become this layer
    """
    layer = context.layer
    if layer.geometry != "none" and source.geometry is None:
        raise LoadError(
            f"{source.name}: no positions found. Name the columns with "
            "--map 经度=lon --map 纬度=lat, or give a column wkt"
        )
    count = len(source)
    raw, unmapped = _map_columns(source, context)
    repairs, stars = Repairs(count), Repairs(count)
    shapes, misplaced = _build_shapes(source, context, repairs)
    keys = _fill_codes(source, raw, shapes, places or Places(source))
    reasons = Reasons(count)
    for name, rule in context.rules.columns.items():
        if name in raw:
            raw[name] = apply_rule(name, rule, raw[name], reasons)
    columns: dict[str, NDArray[Any]] = {}
    for name, column in layer.all_columns.items():
        cells = raw.get(name)
        if cells is None:
            cells = np.full(count, None, dtype=object)
        columns[name] = convert(
            name,
            column,
            cells,
            codes=context.codes.get(column.codes or ""),
            known=context.known.get(column.references or ""),
            timezone=context.city.timezone,
            reasons=reasons,
            repairs=repairs,
        )
        if column.type == "text" and name not in ("code", "source"):
            values, hits = mask_personal(columns[name])
            if hits:
                what = f"{name}: 个人号码或口令加星 personal number or password starred"
                stars.note(what, np.asarray(values != columns[name], dtype=bool))
                columns[name] = values
    _check_versions(columns, reasons, seen)
    reasons.add(misplaced)
    if shapes is not None and context.outline is not None:
        _check_outline(shapes, context.outline, reasons)
    accepted = reasons.accepted
    converted = shapes.geom_m if shapes is not None else None
    if shapes is not None:
        shapes = Shapes(shapes.geom[accepted], shapes.geom_m[accepted])
    return Prepared(
        columns={name: values[accepted] for name, values in columns.items()},
        rows=np.flatnonzero(accepted),
        shapes=shapes,
        converted=converted,
        codes=columns["code"],
        srids=(context.city.stored_srid, context.city.working_srid),
        read=count,
        rejects=_rejects(source, reasons),
        reasons=reasons.counts(),
        repairs=repairs.counts(accepted) + stars.counts(accepted),
        mended=[
            Repair(source.row_number(row), columns["code"][row], what)
            for made in (repairs, stars)
            for row, what in made.listed(accepted)
        ],
        repaired=int((repairs.rows() & accepted).sum()),
        masked=int((stars.rows() & accepted).sum()),
        keys=keys,
        unmapped=unmapped,
        notes=[],
    )


def _build_shapes(
    source: Source, context: Context, repairs: Repairs
) -> tuple[Shapes | None, Reasons]:
    """Geometries of the rows, and why some have none that can be stored."""
    reasons = Reasons(len(source))
    if context.layer.geometry == "none":
        return None, reasons
    assert source.geometry is not None  # noqa: S101  # refused before
    for what, rows in source.repairs.items():
        repairs.note(what, rows)
    for why, rows in source.faults.items():
        reasons.refuse(rows, why)
    shapes = build_shapes(
        source.geometry,
        context.layer,
        context.city,
        conversion(context.datum, context.city),
        reasons,
        repairs,
    )
    return shapes, reasons


def _fill_codes(
    source: Source,
    raw: dict[str, NDArray[Any]],
    shapes: Shapes | None,
    places: Places,
) -> Counter[str]:
    """Give rows without a code one; how many were made in which way."""
    count = len(source)
    told = raw.get("code")
    without = np.full(count, True) if told is None else is_blank(told)
    if not without.any():
        return Counter()
    made, ways = fallback_codes(
        source,
        as_text(raw["source"]),
        None if shapes is None else shapes.geom_m,
        places.are_crowded(source),
        without,
    )
    codes = np.full(count, None, dtype=object) if told is None else told.astype(object)
    codes[without] = made[without]
    raw["code"] = codes
    return ways


def _map_columns(
    source: Source, context: Context
) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """The file's columns under the layer's names, and headers that nothing took."""
    layer, count = context.layer, len(source)
    titles = {c.title.zh.lower(): n for n, c in layer.all_columns.items()}
    titles |= {c.title.en.lower(): n for n, c in layer.all_columns.items()}
    shortened = {short: n for n, short in short_names(list(layer.all_columns)).items()}
    raw: dict[str, NDArray[Any]] = {}
    unmapped = []
    declared = context.rules.headers
    order = [h for h in declared if h in source.columns]
    order += [h for h in source.columns if h not in declared]
    # a header that is a column's own name comes before one that is only like it
    order.sort(key=lambda h: h not in context.mapping and h not in declared)
    own = {*context.mapping, *declared, *layer.all_columns, *shortened}
    order.sort(key=lambda h: h not in own)
    for header in order:
        cells = source.columns[header]
        if header in context.mapping:
            name = str(context.mapping[header])
        elif header in declared:
            name = declared[header]
            if name in raw:  # of several headers the first that is filled counts
                raw[name] = np.where(pd.isna(as_text(raw[name])), cells, raw[name])
                continue
        elif header in layer.all_columns:
            name = header
        elif header in shortened:
            name = shortened[header]
        else:
            lower = header.strip().lower()
            name = titles.get(lower) or context.synonyms.get(lower, "")
        stated = (
            header in context.mapping
            or header in declared
            or name in (header, shortened.get(header))
        )
        if name in layer.all_columns and name not in raw:
            if not stated and not _fits_codes(cells, layer.all_columns[name], context):
                unmapped.append(header)
                continue
            raw[name] = cells
        else:
            unmapped.append(header)
    unknown = (set(context.mapping) - set(source.columns)) | (
        {*context.constants, *context.rules.constants, *context.rules.columns}
        - set(layer.all_columns)
    )
    if unknown:
        raise LoadError(
            f"{', '.join(sorted(unknown))}: no such column; the file has "
            f"{', '.join(source.columns)}; the layer has {', '.join(layer.all_columns)}"
        )
    for constant, value in {**context.rules.constants, **context.constants}.items():
        raw[constant] = np.full(count, value, dtype=object)
    defaults: dict[str, object] = {
        "valid_from": np.datetime64(context.valid_from, "D"),
        "source": context.source,
        "synthetic": False,
    }
    for column, default in defaults.items():
        if column not in raw:
            raw[column] = np.full(count, default)
        elif pd.isna(raw[column]).any():
            filled = raw[column].astype(object)
            filled[pd.isna(raw[column])] = default
            raw[column] = filled
    return raw, [h for h in unmapped if h.lower() not in _POSITION_HEADERS]


def _fits_codes(cells: NDArray[Any], column: Column, context: Context) -> bool:
    """Whether a column taken by its header alone holds any code of its table.

    A header such as 类型 means something else in every file: where nothing fits, the
    column is left alone rather than refusing every row.
    """
    if column.codes is None:
        return True
    table = context.codes.get(column.codes, {})
    words = set(table) | {
        row[key] for row in table.values() for key in ("title_zh", "title_en")
    }
    return bool(words & set(as_text(cells)))


_POSITION_HEADERS = {
    "lon", "lng", "longitude", "经度", "x", "lat", "latitude", "纬度", "y",
    "wkt", "geometry", "geom", "the_geom", "fid",
}  # fmt: skip


def _check_versions(
    columns: dict[str, NDArray[Any]], reasons: Reasons, seen: Seen | None
) -> None:
    """Refuse a version that stands twice, or one that ends before it begins."""
    start, end = columns["valid_from"], columns["valid_to"]
    ends_early = ~np.isnat(end) & (end <= start)
    reasons.refuse(
        ends_early, "早于生效日期 must lie after valid_from", name="valid_to"
    )
    keys = pd.DataFrame({"code": columns["code"], "start": start})
    twice = keys.duplicated().to_numpy() & ~pd.isna(columns["code"])
    if seen is not None:
        twice |= seen.again(keys) & ~pd.isna(columns["code"])
    reasons.refuse(twice, "文件内重复 stands twice in the file", name="code")


def _check_outline(shapes: Shapes, outline: shapely.Geometry, reasons: Reasons) -> None:
    """Refuse features that do not touch the city."""
    shapely.prepare(outline)
    known = ~shapely.is_missing(shapes.geom_m)
    outside = known & ~shapely.intersects(outline, shapes.geom_m)
    reasons.refuse(outside, "在本市范围外 lies outside the city")


def _rejects(source: Source, reasons: Reasons) -> list[Reject]:
    """Refused rows in the file's own columns, personal numbers starred."""
    rows = np.flatnonzero(~reasons.accepted)
    content = row_contents(source, rows)
    return [
        Reject(source.row_number(int(row)), str(reasons.text[row]), told)
        for row, told in zip(rows, content, strict=True)
    ]


def row_contents(source: Source, rows: NDArray[Any]) -> list[dict[str, str | None]]:
    """What rows hold in the file's own columns, personal numbers starred."""
    if not len(rows):
        return []
    content = {
        header: mask_personal(as_text(cells[rows]))[0]
        for header, cells in source.columns.items()
    }
    if source.geometry is not None and not source.has_position_columns:
        content["wkt"] = shapely.to_wkt(source.geometry[rows], rounding_precision=-1)
    return [
        {header: cells[i] for header, cells in content.items()}
        for i in range(len(rows))
    ]


class Seen:
    """Versions of a file read in parts, by a 64-bit hash of code and date."""

    def __init__(self) -> None:
        self._hashes = np.empty(0, dtype=np.uint64)

    def again(self, keys: pd.DataFrame) -> NDArray[np.bool_]:
        """(n,) whether an earlier part held the version; the keys are added."""
        hashes = pd.util.hash_pandas_object(keys, index=False).to_numpy()
        found = np.isin(hashes, self._hashes)
        self._hashes = np.concatenate([self._hashes, hashes])
        return np.asarray(found, dtype=bool)
