"""The shape of a layer file: frozen models that refuse unknown keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from layers._level import Level


def _flag(value: object) -> object:
    """Only the words true and false are flags; yes, no, on, off are mistakes."""
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError(f"{value!r} given, must be true or false")
        return value == "true"
    return value


def _level(value: object) -> object:
    return Level.parse(value) if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(_flag)]
LevelWord = Annotated[Level, BeforeValidator(_level)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, Field(min_length=1)]

GeometryType = Literal[
    "Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "none"
]
ColumnType = Literal["text", "integer", "number", "boolean", "date", "datetime", "code"]


class Declared(BaseModel):
    """Base of everything read from a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Title(Declared):
    """A name in both languages of the product."""

    zh: Text
    en: Text

    def in_language(self, lang: str) -> str:
        """The title in `zh` or `en`."""
        return self.zh if lang == "zh" else self.en


class Column(Declared):
    """One attribute of a layer."""

    type: ColumnType
    title: Title
    required: Flag = False
    access: LevelWord | None = None
    unit: Text | None = None
    codes: Identifier | None = None
    references: Identifier | None = None
    min: float | None = None
    max: float | None = None
    pattern: Text | None = None
    personal: Flag = False

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        if (self.type == "code") != (self.codes is not None):
            raise ValueError("type code and key codes go together")
        if self.type not in ("integer", "number") and (
            self.min is not None or self.max is not None
        ):
            raise ValueError("min and max need type integer or number")
        if self.pattern and self.type != "text":
            raise ValueError("pattern needs type text")
        return self


class Zone(Declared):
    """The layer divides the city; `parent` is the next coarser division."""

    parent: Identifier | None = None

    @model_validator(mode="before")
    @classmethod
    def _word_null(cls, value: object) -> object:
        if isinstance(value, dict) and value.get("parent") in ("null", ""):
            return {**value, "parent": None}
        return value


class _Model(Declared):
    basis: Text
    where: Text | None = None


class Disc(_Model):
    """Everything within `radius_m` of the feature, or of its `radius_column`.

    Parameters
    ----------
    roads : layer of lines along which a request may have the radius walked instead
    """

    model: Literal["disc"]
    radius_m: float = Field(gt=0, le=100_000)
    radius_column: Identifier | None = None
    roads: Identifier | None = None


class Network(_Model):
    """Ground beside the roads that are walked within `limit_m` of the feature.

    Parameters
    ----------
    roads : layer of lines that join where they share an end point
    limit_column : column with the feature's own limit
    width_m : ground on either side of a road that counts as reached
    snap_m : a feature farther than this from any road reaches nothing
    """

    model: Literal["network"]
    roads: Identifier
    limit_m: float = Field(gt=0, le=100_000)
    limit_column: Identifier | None = None
    width_m: float = Field(default=30.0, gt=0, le=1000)
    snap_m: float = Field(default=200.0, gt=0, le=5000)


class SectorRange(Declared):
    """How far a camera reaches: a pixel density and the column that holds pixels."""

    table: Identifier
    level: Text
    resolution: Identifier


class Sector(_Model):
    """The ground a camera images at a stated purpose, as far as it is not hidden.

    Parameters
    ----------
    vfov, tilt : columns; they give the dead zone below the picture
    hidden_by : layer of polygons behind which nothing is seen
    assumed : table of optics, by the column `kind`, where a camera states none
    """

    model: Literal["sector"]
    azimuth: Identifier
    hfov: Identifier
    height: Identifier
    vfov: Identifier | None = None
    tilt: Identifier | None = None
    kind: Identifier | None = None
    range: SectorRange
    unknown_direction: Literal["exclude", "disc"]
    unknown_optics: Literal["exclude", "assume"] = "exclude"
    hidden_by: Identifier | None = None
    assumed: Identifier | None = None


class OwnPolygon(_Model):
    """The feature's own outline."""

    model: Literal["polygon"]


class Attribute(_Model):
    """A flag of the feature itself says whether it is covered."""

    model: Literal["attribute"]
    column: Identifier


class Representative(_Model):
    """A radius from a standard's table by the feature's type."""

    model: Literal["representative"]
    by: Identifier
    table: Identifier


Coverage = Annotated[
    Disc | Network | Sector | OwnPolygon | Attribute | Representative,
    Field(discriminator="model"),
]


class Disclosure(Declared):
    """What results may tell of a layer to those who may not see it (design 6)."""

    exact_down_to: Identifier = "community"
    class_points: float = Field(default=5.0, gt=0, le=50)
    minimum_assets: int = Field(default=3, ge=1)
    dates: tuple[Text, ...] = ()


#: Columns by which the cells of a raster are found again; a load fills them.
RASTER_COLUMNS = (
    "cell_m", "sha256", "epsg", "grid_columns", "grid_rows", "west", "north", "step_x",
    "step_y", "number_type", "unknown_value", "low_m", "high_m", "known_share", "kind",
    "edition", "vertical_datum",
)  # fmt: skip


class Raster(Declared):
    """Each feature stands for a grid of numbers: its outline, and where its cells are.

    Parameters
    ----------
    quantity, unit : what the numbers are
    lowest, highest : a file with numbers beyond them is refused
    """

    quantity: Literal["elevation"]
    unit: Literal["m"]
    lowest: float
    highest: float


class Tiles(Declared):
    """Zoom range and attributes of the vector tiles."""

    zoom: tuple[int, int]
    columns: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Tiles:
        low, high = self.zoom
        if not 0 <= low <= high <= 22:
            raise ValueError(f"zoom [{low}, {high}] given, must rise within 0 to 22")
        return self


class Legend(Declared):
    """How the layer is drawn."""

    symbol: Literal["circle", "line", "fill", "icon"]
    by: Identifier | None = None
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None


BASE_COLUMNS: Mapping[str, Column] = {
    "code": Column(
        type="text", required=True, title=Title(zh="编码", en="Code"), pattern=r"^\S+$"
    ),
    "name": Column(type="text", title=Title(zh="名称", en="Name")),
    "valid_from": Column(
        type="date", required=True, title=Title(zh="生效日期", en="Valid from")
    ),
    "valid_to": Column(type="date", title=Title(zh="失效日期", en="Valid to")),
    "source": Column(type="text", required=True, title=Title(zh="来源", en="Source")),
    "synthetic": Column(
        type="boolean", required=True, title=Title(zh="合成数据", en="Synthetic")
    ),
}


class Layer(Declared):
    """One layer: what the city keeps about one kind of thing.

    Parameters
    ----------
    audience : column that holds the word of the level from which a row is seen; a row
        that a level may not see is absent from its views
    """

    id: Identifier
    theme: Identifier
    title: Title
    description: Title | None = None
    geometry: GeometryType
    srid: int = 4490
    access: LevelWord
    geometry_access: LevelWord | None = None
    columns: dict[Identifier, Column] = Field(default_factory=dict)
    zone: Zone | None = None
    coverage: Coverage | None = None
    raster: Raster | None = None
    tiles: Tiles | None = None
    legend: Legend | None = None
    time: Identifier | None = None
    derived: Flag = False
    audience: Identifier | None = None
    attribution: Text | None = None
    disclosure: Disclosure | None = None

    @model_validator(mode="before")
    @classmethod
    def _word_empty(cls, value: Any) -> Any:  # noqa: ANN401  # raw document
        if isinstance(value, dict) and value.get("columns") == "":
            return {**value, "columns": {}}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Layer:
        refined = set(self.columns) & (set(BASE_COLUMNS) - {"name"})
        reserved = {"fid", "geom", "geom_m"} & set(self.columns)
        if refined or reserved:
            names = ", ".join(sorted(refined | reserved))
            raise ValueError(f"columns.{names}: belongs to every layer, leave it out")
        if self.zone and self.geometry not in ("Polygon", "MultiPolygon"):
            raise ValueError("zone: needs geometry Polygon or MultiPolygon")
        if self.raster and self.geometry != "Polygon":
            raise ValueError("raster: needs geometry Polygon, the outline of a sheet")
        if self.raster and (missing := set(RASTER_COLUMNS) - set(self.columns)):
            names = ", ".join(sorted(missing))
            raise ValueError(f"raster: needs the columns {names}")
        if self.geometry == "none" and (self.tiles or self.coverage_needs_geometry):
            raise ValueError("tiles and coverage need a geometry")
        for place, name in self._named_columns():
            if name not in self.all_columns:
                raise ValueError(f"{place}: no column {name!r} in this layer")
        return self

    @property
    def coverage_needs_geometry(self) -> bool:
        """Whether the declared coverage model draws a shape."""
        return self.coverage is not None and not isinstance(self.coverage, Attribute)

    def _named_columns(self) -> list[tuple[str, str]]:
        """(key path, column) for every place where the file names a column."""
        named: list[tuple[str, str]] = []
        if self.tiles:
            named += [("tiles.columns", name) for name in self.tiles.columns]
        if self.legend and self.legend.by:
            named.append(("legend.by", self.legend.by))
        if self.time:
            named.append(("time", self.time))
        if self.audience:
            named.append(("audience", self.audience))
        model = self.coverage
        match model:
            case Disc(radius_column=str(name)):
                named.append(("coverage.radius_column", name))
            case Sector():
                named += [
                    (f"coverage.{key}", str(getattr(model, key)))
                    for key in ("azimuth", "hfov", "height", "vfov", "tilt", "kind")
                    if getattr(model, key) is not None
                ]
                named.append(("coverage.range.resolution", model.range.resolution))
            case Attribute():
                named.append(("coverage.column", model.column))
            case Representative():
                named.append(("coverage.by", model.by))
        return named

    @property
    def all_columns(self) -> dict[str, Column]:
        """Base columns, then the layer's own; `name` as the layer refines it."""
        return {**BASE_COLUMNS, **self.columns}

    def column_access(self, name: str) -> Level:
        """Level from which a column is seen, never below the layer's own."""
        return max(self.access, self.all_columns[name].access or self.access)

    def visible_at(self, level: Level) -> bool:
        """Whether the layer exists for this level."""
        return level >= self.access

    def geometry_at(self, level: Level) -> bool:
        """Whether this level sees where the features are."""
        needed = max(self.access, self.geometry_access or self.access)
        return self.geometry != "none" and level >= needed

    def columns_at(self, level: Level) -> dict[str, Column]:
        """Columns that exist for this level; empty where the layer does not."""
        return {
            name: column
            for name, column in self.all_columns.items()
            if level >= self.column_access(name)
        }
