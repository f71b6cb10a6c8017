"""What is told of a job: the status document of OGC API - Processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gis.db.job import Job

JSON = "application/json"
_RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"


def job_path(job: Job) -> str:
    """Address of a job below the base of the server."""
    return f"/jobs/{job.job_id}"


def build_status(job: Job, base: str, lang: str) -> dict[str, Any]:
    """The status document; its links begin with `base`."""
    told: dict[str, Any] = {
        "jobID": str(job.job_id),
        "processID": job.process,
        "type": "process",
        "status": job.status,
        "message": job.message.in_language(lang),
        "progress": job.progress,
        "created": _instant(job.created_at),
        "updated": _instant(job.updated_at),
        "expires": _instant(job.expires_at),
    }
    if job.started_at is not None:
        told["started"] = _instant(job.started_at)
    if job.finished_at is not None:
        told["finished"] = _instant(job.finished_at)
    path = f"{base}{job_path(job)}"
    told["links"] = [{"rel": "self", "type": JSON, "href": path}]
    if job.status == "successful":
        told["links"].append(_link(job, path))
    return told


def build_results(job: Job, base: str) -> dict[str, Any]:
    """The results document with its output by reference."""
    return {"result": _link(job, f"{base}{job_path(job)}")}


def _link(job: Job, path: str) -> dict[str, str]:
    media_type = job.media_type if job.response == "raw" else JSON
    return {"rel": _RESULTS, "type": media_type, "href": f"{path}/results"}


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
