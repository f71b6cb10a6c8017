"""One upload loaded by a process of its own, so that the server only waits for it.

What is to be done comes as JSON on standard input: it holds the connection string,
which no other account may read in a list of processes.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from gis.db.intake import Intake
from gis.db.pool import Database
from gis.db.uploads import Progress, end_upload
from gis.errors import GisError, describe
from gis.load import LoadReport
from gis.load.request import LoadRequest, option_names
from layers import LAYERS, DeclarationError, load_catalogue, load_city

_NICENESS = 10  # requests come before loads


def run(job: dict[str, Any]) -> None:
    """Load the file of a job, and record what came of it.

    Parameters
    ----------
    job : dsn, config, folder, path, upload_id, actor, and request or fixes
    """
    database = Database(job["dsn"])
    upload_id, path = str(job["upload_id"]), Path(job["path"])
    report: LoadReport | None = None
    message: str | None = None
    try:
        config = Path(job["config"])
        intake = Intake(
            database,
            load_catalogue(LAYERS, config / "layers"),
            load_city(config),
            config,
            job["actor"],
            upload_id,
        )
        tell = Progress(database, upload_id)
        tell("读取 reading", 0, 0)
        if job["fixes"] is not None:
            report = intake.mend(path, int(job["fixes"]), on_progress=tell)
        else:
            request = LoadRequest.from_dict(job["request"])
            report = intake.load(path, request, on_progress=tell)
    except (GisError, DeclarationError) as error:
        # the name of a folder of ours tells the sender nothing
        message = option_names(str(error).replace(f"{path.parent}/", ""))
    except MemoryError:
        message = (
            f"{path.name}: 内存不足 not enough memory to read it; load it in parts"
        )
    except Exception as error:
        message = describe(error)[2]
    finally:
        shutil.rmtree(job["folder"], ignore_errors=True)
    told = report.as_dict() if report else None
    end_upload(database, upload_id, message=message, report=told)


if __name__ == "__main__":
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    os.nice(_NICENESS)
    run(json.load(sys.stdin))
