"""The abstract tests of the declared classes, what proves each, and README.md of it.

`python -m tests.conformance.table` writes the README anew; a test compares it.
"""

from __future__ import annotations

from pathlib import Path

from gis.serve.conformance import CLASSES
from tests.conformance import (
    cql,
    crs,
    features,
    filtering,
    jobs,
    pages,
    processes,
    records,
    schemas,
    tiles,
)
from tests.conformance.defects import DEFECTS
from tests.conformance.harness import PROOFS, SPEC

README = Path(__file__).with_name("README.md")
MODULES = (
    features,
    pages,
    crs,
    filtering,
    cql,
    schemas,
    tiles,
    processes,
    jobs,
    records,
)

_NO_EDITS = "features are not edited over HTTP; part 4 is not declared"
_ONE_OUTPUT = "every process has one output, a document"
_NO_BINARY = "no process has a binary input"
_NO_REFERENCE = (
    "an input is given by value: a link to one is refused by name, since this server "
    "asks no other host for inputs"
)
_JOBS = "asynchronous execution: proven by tests/jobs and tests/serve/test_jobs.py"

#: Abstract tests that are not run, and why.
EXPLAINED: dict[str, str] = {
    "ogcapi-features-5/1.0/conf/returnables-and-receivables/response-2": _NO_EDITS,
    **{
        f"ogcapi-processes-1/1.0/conf/core/{name}": why
        for why, names in {
            _ONE_OUTPUT: (
                "job-creation-success-sync-raw-value-multi",
                "job-creation-success-sync-raw-mixed-multi",
                "job-creation-success-sync-raw-ref",
            ),
            _NO_BINARY: ("job-creation-input-inline-binary",),
            _NO_REFERENCE: ("job-creation-input-ref",),
            _JOBS: (
                "job-results-op",
                "job-results-success-sync",
                "job-results-success-async-document",
                "job-results-failed",
            ),
        }.items()
        for name in names
    },
    **{
        f"ogcapi-processes-1/1.0/conf/{name}": _JOBS
        for name in ("job-list", "callback")
    },
}


def known() -> dict[str, list[str]]:
    """Class, without its root -> identifiers of its abstract tests."""
    found: dict[str, list[str]] = {
        name.removeprefix(f"{SPEC}/"): [] for name in CLASSES
    }
    tests = [test for proof in PROOFS.values() for test in proof.tests] + list(
        EXPLAINED
    )
    for test in dict.fromkeys(tests):
        name = test if test in found else test.rsplit("/", 1)[0]
        found.setdefault(name, []).append(test)
    return found


def proofs_of(test: str) -> list[str]:
    """Names of our tests that an abstract test is."""
    return [proof.name for proof in PROOFS.values() if test in proof.tests]


#: Last walk over a whole server, by hand: `make conformance-walk` prints the figures.
_WALK = """\
## OGC's executable suites

ets-ogcapi-features10, -tiles10, -processes10 and -edr10 are not on Maven Central (asked
for by 17 versions, also as `-aio` and as pom alone; ets-common 14, schema-utils 1.8 and
teamengine-spi 6.0.0-RC2 are there), so they were not run. `make conformance-walk URL=…`
asks a server what they ask, in their order and with their clients' headers (`walk.py`);
`test_walk.py` shows that it finds defects.

| 2026-11-22, demo, every layer | checks | not accepted |
|---|---|---|
| Features: core, CRS | 1233 | 0 |
| Tiles | 521 | 0 |
| Processes: core, jobs | 20 | 0 |

The parser that the Features suite reads `/openapi` with, openapi-parser 4.0.4, which is
on Maven Central, was run and finds it valid.

What a suite would tell of this server that is no fault of it:

- Features, `datetime`: the end of an extent is parsed as an instant; `null` (to this
  day), which Part 1 allows, stops the test.
- Features, `bbox-crs`: two corners are transformed and taken for the corners of the
  same box. In Gauss-Kruger zones they are not, and places at the rim fall outside.
- Processes, `job-creation-input-ref`: inputs by reference are refused, and the refusal
  names the input; this server asks no other host for anything.
- Processes: the id of the process to try is a parameter of the suite: `echo`.
"""


def build() -> str:
    """The README as it ought to be."""
    lines = [
        "# conformance",
        "",
        "Abstract tests of the standards, by the identifiers of their test suites, the",
        "test of ours that is each, and the deliberate defect that makes it fail",
        "(`defects.py`; a suite run shows every one). A class that has no line here is",
        "not declared at `/conformance`, and the other way round. This file is written",
        "by `python -m tests.conformance.table`.",
        "",
        f"{len(CLASSES)} classes, {sum(map(len, known().values()))} abstract tests, "
        f"{len(PROOFS)} tests of ours, {len(DEFECTS)} defects.",
        "",
    ]
    for name, tests in known().items():
        lines += [f"## {name}", ""]
        lines += ["| abstract test | our test | fails under |", "|---|---|---|"]
        for test in tests:
            short = test.removeprefix(f"{name}/")
            names = proofs_of(test)
            if not names:
                lines.append(f"| {short} | not run: {EXPLAINED[test]} | |")
                continue
            defects = dict.fromkeys(d for n in names for d in PROOFS[n].defects)
            ours = ", ".join(f"`{n}`" for n in names)
            under = ", ".join(f"`{d}`" for d in defects)
            lines.append(f"| {short} | {ours} | {under} |")
        lines.append("")
    lines += [*_WALK.splitlines(), ""]
    lines += ["## Defects", "", "| name | a server that |", "|---|---|"]
    lines += [f"| `{name}` | {one.says} |" for name, one in sorted(DEFECTS.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(build(), encoding="utf-8")
