"""A loader that stands ready: each line on standard input is a load in a fork of it.

Started once, so that a load to be killed begins at once and not after the imports. The
fork tells its process number and every step on standard output.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from datetime import date
from pathlib import Path

from gis.db.intake import Intake
from gis.db.pool import Database
from gis.errors import GisError
from gis.load.request import LoadRequest
from layers import CONFIG, load_catalogue, load_city


def tell(**what: object) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


def main() -> None:
    # a shell leaves it ignored in what it runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)
    catalogue, city = load_catalogue(), load_city()
    tell(ready=os.getpid())
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child:
            tell(ended=os.waitpid(child, 0)[1])
            continue
        tell(pid=os.getpid())
        code = 0
        try:
            day = date.fromisoformat(job["day"])
            request = LoadRequest(
                layer=job["layer"], datum="wgs84", valid_from=day, source="k"
            )
            place = Intake(Database(job["dsn"]), catalogue, city, CONFIG, "killed")
            place.load(
                Path(job["file"]), request, on_progress=lambda s, d, t: tell(step=s)
            )
        except KeyboardInterrupt:
            code = 130
        except GisError as error:
            tell(said=str(error))
            code = 1
        except BaseException:
            traceback.print_exc()
            code = 70
        os._exit(code)


if __name__ == "__main__":
    main()
