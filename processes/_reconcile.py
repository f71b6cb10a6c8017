"""What an answer carries so that somebody else can recompute it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from processes._ports import Reader
from processes._services import service_reads
from processes._spec import Inputs, Process, Result, ZoneOutlines, digest
from processes._zones import Zones, computed_at

_LATTICE_M = 0.001


def facts_of(
    read: Reader,
    zones: Zones,
    layers: Sequence[str],
    as_of: date | None,
) -> dict[str, Any]:
    """Zones, versions, date and coordinates of an answer.

    Parameters
    ----------
    layers : every layer that was read
    """
    return {
        "zone_layer": zones.layer,
        "zone_version": read.version(zones.layer),
        "computed_at": zones.part_layer,
        "zones_not_tiled_by_it": zones.direct if zones.part_layer != zones.layer else 0,
        "layer_versions": {layer: read.version(layer) for layer in sorted(layers)},
        "as_of": as_of.isoformat() if as_of else None,
        "crs": f"EPSG:{read.city.working_srid}",
        "stored_crs": f"EPSG:{read.city.stored_srid}",
        "lattice_m": _LATTICE_M,
    }


def layers_read(
    read: Reader, service: str, zones: str, demand: str | None
) -> tuple[str, ...]:
    """Layers that an answer depends on: of service, zones and demand, none twice."""
    named = [*service_reads(read, service), zones, computed_at(read, zones), demand]
    return tuple(dict.fromkeys(id_ for id_ in named if id_ and id_ in read.catalogue))


def answered(
    process: Process,
    inputs: Inputs,
    read: Reader,
    *,
    rows: Iterable[Mapping[str, Any]],
    facts: Mapping[str, Any],
    id_column: str = "zone_id",
    geometry: Iterable[BaseGeometry | None] | None = None,
    outlines: ZoneOutlines | None = None,
    body: Mapping[str, Any] | None = None,
    notes: Sequence[Mapping[str, str]] = (),
) -> Result:
    """The answer of a process to a question, sealed.

    Parameters
    ----------
    rows, id_column, outlines, body, notes : as in `Result`
    facts : what else is needed to recompute the figures
    geometry : in the working CRS, aligned with the rows
    """
    return sealed(
        Result(
            process=process.id,
            version=process.version,
            inputs=inputs.model_dump(mode="json"),
            id_column=id_column,
            rows=tuple(rows),
            geometry=None if geometry is None else tuple(geometry),
            srid=read.city.working_srid,
            outlines=outlines,
            reconciliation=facts,
            body=body,
            notes=tuple(notes),
        )
    )


def sealed(result: Result) -> Result:
    """The answer with process, version and a hash over all it says.

    Notes
    -----
    sha256 over the JSON of inputs, rows, body and reconciliation, keys sorted: equal
    figures from equal data have equal hashes on any machine.
    """
    facts = {
        "process": result.process,
        "process_version": result.version,
        **result.reconciliation,
    }
    said = {
        "inputs": result.inputs,
        "facts": facts,
        "rows": result.rows,
        "body": result.body,
    }
    body = result.body
    facts["hash"] = digest(said)
    if body is not None:
        body = {**body, "reconciliation": facts}
    return replace(result, reconciliation=facts, body=body)
