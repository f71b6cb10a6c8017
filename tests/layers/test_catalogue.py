"""The layer files: what they may say, and the words in which a fault is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers import (
    DATA,
    LAYERS,
    Catalogue,
    DeclarationError,
    Level,
    load_catalogue,
    load_codes,
)

WANTED = [
    "district",
    "street",
    "community",
    "unit_grid",
    "duty_grid",
    "component",
    "case_record",
    "case_stage",
    "patrol_track",
    "air_station",
    "air_observation",
    "water_section",
    "water_observation",
    "drinking_water_source",
    "noise_point",
    "pollution_source",
    "relief",
    "camera",
    "camera_outage",
    "camera_view",
    "public_place",
    "place_part",
    "residential_compound",
    "service_point",
    "elderly_service",
    "clinic",
    "hospital",
    "school",
    "park",
    "residential_land",
    "population_point",
    "living_circle",
    "road",
    "traffic_sensor",
    "parking_lot",
    "guidance_sign",
    "base_station",
    "wlan_hotspot",
    "scenic_area",
    "tourist_service",
    "hazardous_site",
    "food_drug_business",
    "elevator",
    "pipe",
    "utility_monitor",
    "building",
    "water_body",
    "urbanised_area",
    "centre_town",
    "place_name",
    "target",
    "indicator_value",
    "coverage_result",
    "scorecard",
]

GOOD = """\
title: {zh: 消防站, en: Fire station}
geometry: Point
access: public
columns:
  class: {type: code, codes: hospital_grade, title: {zh: 等级, en: Class}}
  crew: {type: integer, unit: "{person}", access: staff, title: {zh: 编制, en: Crew}}
tiles: {zoom: [9, 16], columns: [class]}
legend: {symbol: circle, by: class}
"""


def written(tmp_path: Path, text: str, name: str = "fire_station") -> Path:
    folder = tmp_path / "safety"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(DeclarationError) as caught:
        load_catalogue(written(tmp_path, text))
    message = str(caught.value)
    assert "fire_station.yaml" in message
    return message


def test_every_layer_of_the_design_is_declared(catalogue: Catalogue) -> None:
    assert sorted(catalogue) == sorted(WANTED)


def test_every_theme_is_a_folder(catalogue: Catalogue) -> None:
    folders = {p.name for p in LAYERS.iterdir() if list(p.glob("*.yaml"))}
    assert set(catalogue.themes()) == folders


def test_a_good_file_reads(tmp_path: Path) -> None:
    layer = load_catalogue(written(tmp_path, GOOD))["fire_station"]
    assert (layer.theme, layer.title.zh) == ("safety", "消防站")
    assert "crew" not in layer.columns_at(Level.PUBLIC)
    assert list(layer.columns_at(Level.STAFF))[-1] == "crew"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (("access: public", "access: public\ncolour: red"), "colour: unknown key"),
        (
            ("crew: {type: integer", "crew: {typ: x, type: integer"),
            "columns.crew.typ: unknown key",
        ),
        (("access: public", "access: public\naccess: staff"), "stands twice"),
        (("codes: hospital_grade", "codes: no_such"), "no code table"),
        (
            ("title: {zh: 等级, en: Class}", "title: {en: Class}"),
            "columns.class.title.zh",
        ),
        (("columns: [class]", "columns: [klass]"), "no column 'klass'"),
        (("access: public", "access: secret"), "access"),
        (("type: integer", "type: intger"), "columns.crew.type"),
        (("geometry: Point\n", ""), "geometry: is required and missing"),
        (("zoom: [9, 16]", "zoom: [16, 9]"), "must rise"),
        (
            ("crew:", "code: {type: text, title: {zh: 甲, en: A}}\n  crew:"),
            "belongs to",
        ),
        (
            ("crew: {type: integer", "crew: {references: nothing, type: integer"),
            "no layer 'nothing'",
        ),
    ],
)
def test_a_fault_names_file_and_key(
    tmp_path: Path, change: tuple[str, str], wanted: str
) -> None:
    assert change[0] in GOOD
    assert wanted in fault(tmp_path, GOOD.replace(*change))


def test_scalars_stay_text(tmp_path: Path) -> None:
    text = GOOD.replace("en: Fire station", 'en: "no"').replace("消防站", "0701")
    layer = load_catalogue(written(tmp_path, text))["fire_station"]
    assert (layer.title.zh, layer.title.en) == ("0701", "no")


def test_only_true_and_false_are_flags(tmp_path: Path) -> None:
    text = GOOD.replace("crew: {type", "crew: {required: yes, type")
    assert "'yes' given, must be true or false" in fault(tmp_path, text)


def test_the_same_layer_twice_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "fire_station.yaml").write_text(GOOD, encoding="utf-8")
    assert "declared twice" in fault(tmp_path, GOOD)


def test_zones_may_not_be_their_own_ancestors(tmp_path: Path) -> None:
    zone = (
        "title: {{zh: 区, en: Zone}}\ngeometry: Polygon\naccess: public\n"
        "zone: {{parent: {parent}}}\ncolumns:\n"
        "  {parent}_code: {{type: text, title: {{zh: 上级, en: Parent}}}}\n"
    )
    written(tmp_path, zone.format(parent="b"), "a")
    written(tmp_path, zone.format(parent="a"), "b")
    with pytest.raises(DeclarationError, match="a > b > a"):
        load_catalogue(tmp_path)


def test_every_code_table_reads() -> None:
    tables = sorted(path.stem for path in (DATA / "standards").glob("*.csv"))
    assert tables
    for table in tables:
        assert all(row["basis"] for row in load_codes(table).values()), table


def test_hidden_columns_are_hidden_by_level(catalogue: Catalogue) -> None:
    assert not catalogue["camera"].visible_at(Level.STAFF)
    assert not catalogue["camera"].columns_at(Level.STAFF)
    case = catalogue["case_record"]
    assert not case.geometry_at(Level.PUBLIC)
    assert case.geometry_at(Level.STAFF)
    assert "reporter" not in case.columns_at(Level.STAFF)


def test_load_order_puts_references_first(catalogue: Catalogue) -> None:
    order = catalogue.load_order()
    assert sorted(order) == sorted(catalogue)
    for layer in catalogue.values():
        for column in layer.columns.values():
            if column.references and column.references != layer.id:
                assert order.index(column.references) < order.index(layer.id)
