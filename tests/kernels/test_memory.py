"""Memory that is freed is there for the next run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

#: How many MB the system empties for 128 MB that were just freed.
_ASK = """
import resource
from processes.kernels.memory import keep_memory

def faults():
    kept = [bytearray(1 << 24) for _ in range(8)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    del kept
    kept = [bytearray(1 << 24) for _ in range(8)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

{first}
print(faults() * resource.getpagesize() >> 20)
"""


@pytest.mark.parametrize(
    ("first", "emptied_mb"),
    [("", range(100, 140)), ("keep_memory()", range(8))],
)
def test_what_is_freed_is_kept(first, emptied_mb):
    asked = subprocess.run(
        [sys.executable, "-c", _ASK.replace("{first}", first)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(asked.stdout) in emptied_mb
