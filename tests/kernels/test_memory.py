"""Memory that is freed is there for the next run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

#: How many MB the process still holds of 128 that were used and freed.
_ASK = """
from processes.kernels.memory import keep_memory

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 >> 20

{first}
before = held()
for _ in range(2):  # what is freed once tells glibc what to expect
    used = [bytearray(1 << 24) for _ in range(8)]
    del used
print(held() - before)
"""


@pytest.mark.parametrize(
    ("first", "held_mb"),
    [("", range(-8, 40)), ("keep_memory()", range(100, 140))],
)
def test_what_is_freed_is_kept(first, held_mb):
    asked = subprocess.run(
        [sys.executable, "-c", _ASK.replace("{first}", first)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(asked.stdout) in held_mb
