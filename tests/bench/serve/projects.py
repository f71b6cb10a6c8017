"""What the peers need to publish the tables: their own project files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
import yaml

from tests.bench.serve.tables import SIZES_WANTED, Bench, plain_name

EXTENT = (118.3, 29.1, 120.8, 30.7)


def _parameters(bench: Bench) -> dict[str, str]:
    found = psycopg.conninfo.conninfo_to_dict(bench.dsn)
    return {name: str(value) for name, value in found.items()}


def url_of(bench: Bench) -> str:
    """Connection URL over the unix socket."""
    p = _parameters(bench)
    host = quote(p["host"], safe="")
    return f"postgresql://{p['user']}@{host}:{p['port']}/{p['dbname']}"


def write_pygeoapi(bench: Bench, port: int, python: Path) -> tuple[Path, Path]:
    """Configuration and OpenAPI document of the stock server."""
    p = _parameters(bench)
    data = {
        "host": p["host"], "port": int(p["port"]), "dbname": p["dbname"],
        "user": p["user"], "password": "", "search_path": ["public"],
    }  # fmt: skip
    crs = "http://www.opengis.net/def/crs/"
    resources = {}
    for layer in SIZES_WANTED:
        name = plain_name(layer)
        source = {
            "data": data, "id_field": "code", "table": name, "geom_field": "geom",
        }  # fmt: skip
        resources[name] = {
            "type": "collection",
            "title": name,
            "description": name,
            "keywords": [name],
            "links": [],
            "extents": {
                "spatial": {"bbox": list(EXTENT), "crs": crs + "OGC/1.3/CRS84"}
            },
            "providers": [
                {
                    "type": "feature", "name": "PostgreSQL", **source,
                    "crs": [crs + "EPSG/0/4549", crs + "EPSG/0/4326"],
                    "storage_crs": crs + "OGC/1.3/CRS84",
                },
                {
                    "type": "tile", "name": "MVT-postgresql", **source,
                    "options": {"zoom": {"min": 0, "max": 18}},
                    "format": {
                        "name": "pbf",
                        "mimetype": "application/vnd.mapbox-vector-tile",
                    },
                    "storage_crs": crs + "OGC/1.3/CRS84",
                },
            ],
        }  # fmt: skip
    config = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8", "gzip": False, "languages": ["en-US"], "cors": True,
            "pretty_print": False,
            "limits": {"default_items": 10, "max_items": 10_000},
            "map": {"url": "http://localhost/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "bench", "description": "bench", "keywords": ["bench"],
                "keywords_type": "theme", "terms_of_service": "none",
                "url": "http://localhost",
            },
            "license": {"name": "none", "url": "http://localhost"},
            "provider": {"name": "none", "url": "http://localhost"},
            "contact": {"name": "none"},
        },
        "resources": resources,
    }  # fmt: skip
    path, openapi = bench.home / "pygeoapi.yml", bench.home / "pygeoapi-openapi.yml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True))
    subprocess.run(
        [python, "-c", "from pygeoapi import cli; cli()", "openapi", "generate", path,
         "--output-file", openapi],
        check=True, env={**os.environ, "PYGEOAPI_CONFIG": str(path)},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return path, openapi


def write_mapserver(bench: Bench) -> Path:
    """Map file with MapServer's OGC API switched on, and the file that names it."""
    p = _parameters(bench)
    connection = " ".join(f"{name}={value}" for name, value in p.items())
    west, south, east, north = EXTENT
    layers = ""
    for layer in SIZES_WANTED:
        name = plain_name(layer)
        kind = bench.catalogue[layer].geometry.upper()
        data = f"geom FROM public.{name} USING UNIQUE code USING SRID=4326"
        layers += f"""
  LAYER
    NAME "{name}"
    TYPE {kind}
    STATUS ON
    TEMPLATE "void"
    CONNECTIONTYPE POSTGIS
    CONNECTION "{connection}"
    PROCESSING "CLOSE_CONNECTION=DEFER"
    DATA "{data}"
    PROJECTION "init=epsg:4326" END
    METADATA
      "ows_title" "{name}"
      "ows_extent" "{west} {south} {east} {north}"
      "gml_featureid" "code"
      "gml_include_items" "all"
      "gml_types" "auto"
      "gml_synthetic_type" "boolean"
    END
  END"""
    text = f"""MAP
  NAME "bench"
  EXTENT {west} {south} {east} {north}
  SIZE 100 100
  PROJECTION "init=epsg:4326" END
  WEB
    METADATA
      "ows_enable_request" "*"
      "oga_enable_request" "*"
      "ows_title" "bench"
      "ows_onlineresource" "http://localhost/mapserv/bench"
      "oga_onlineresource" "http://localhost/mapserv/bench/ogcapi"
      "oga_max_limit" "10000"
      "oga_html_template_directory" "/usr/share/mapserver/ogcapi/templates/html-plain/"
    END
  END{layers}
END
"""
    mapfile, config = bench.home / "bench.map", bench.home / "mapserver.conf"
    mapfile.write_text(text)
    config.write_text(
        'CONFIG\n  ENV\n    MS_MAP_NO_PATH "0"\n'
        '    OGCAPI_HTML_TEMPLATE_DIRECTORY "/usr/share/mapserver/ogcapi/templates/"\n'
        f'  END\n  MAPS\n    bench "{mapfile}"\n  END\nEND\n'
    )
    return config


def write_qgis(bench: Bench) -> Path:
    """A project with every table published by WFS, written by QGIS itself."""
    p = _parameters(bench)
    path = bench.home / "bench.qgs"
    connection = (
        f"dbname='{p['dbname']}' host={p['host']} port={p['port']} user='{p['user']}'"
    )
    tables = [f"{plain_name(n)}:{bench.catalogue[n].geometry}" for n in SIZES_WANTED]
    writer = Path(__file__).with_name("qgis_project.py")
    subprocess.run(
        ["/usr/bin/python3", writer, path, connection, *tables],
        check=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return path
