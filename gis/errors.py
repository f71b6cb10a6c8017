"""One table: exception -> HTTP status, OGC code, public message.

GisError
├── ClusterError           the private database cannot run
├── MigrationError         the tables are not what the layer files say
├── LoadError              a file cannot be loaded at all
├── MachinesError          the machines that measure cannot be used
├── QueryError             a request names something that cannot be asked
├── NotFound               a collection, item or tile that does not exist
│   ├── NoSuchJob          a job that does not exist, or not for this level
│   ├── NoSuchRun          a run that is not kept, or not for this level
│   └── ResultNotReady     a job that is not finished
├── Dismissed              the answer of a job that was dismissed
├── TooManyJobs            a caller's share of the queue is used up
├── TooManySubscribers     an address holds as many streams as it may
├── QueueFull              a level's is
└── Unauthorized           a token that nobody holds
"""

from __future__ import annotations

import logging
import secrets
import traceback

from processes import (
    Forbidden,
    InvalidInput,
    NoData,
    ProcessError,
    UnknownProcess,
)

log = logging.getLogger(__name__)

_LONGEST = 4000  # characters of a message; a question may be of megabytes


class GisError(Exception):
    """Something the product refuses, said in words for the person who asked."""


class ClusterError(GisError):
    """The private database cannot run."""


class MigrationError(GisError):
    """The tables are not what the layer files say."""


class LoadError(GisError):
    """A file cannot be loaded at all."""


class MachinesError(GisError):
    """The machines that measure cities cannot be used."""


class QueryError(GisError):
    """A parameter of a request is not usable: which, what was found, what is allowed.

    Parameters
    ----------
    name : the parameter
    reason : what was found and what is allowed
    """

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(f"{name}: {reason}")


class NotFound(GisError):
    """Nothing is published under this address, or not for this level."""


class NoSuchJob(NotFound):
    """No such job, or not for this level."""


class NoSuchRun(NotFound):
    """No such run, or not for this level."""


class ResultNotReady(NotFound):
    """The job is not finished."""


class Dismissed(GisError):
    """The job was dismissed and its answer removed."""


class TooManyJobs(GisError):
    """The caller has as many unfinished jobs as one may have."""


class TooManySubscribers(GisError):
    """As many streams of events are open from an address as may."""


class QueueFull(GisError):
    """As many jobs wait at the caller's level as may."""


class Unauthorized(GisError):
    """A token was sent that no level holds."""


_STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (QueryError, 400, "InvalidParameterValue"),
    (InvalidInput, 400, "InvalidParameterValue"),
    (Unauthorized, 401, "Unauthorized"),
    (Forbidden, 403, "Forbidden"),
    (UnknownProcess, 404, "NoSuchProcess"),
    (NoSuchJob, 404, "NoSuchJob"),
    (NoSuchRun, 404, "NoSuchRun"),
    (ResultNotReady, 404, "ResultNotReady"),
    (NotFound, 404, "NotFound"),
    (Dismissed, 410, "Dismissed"),
    (TooManyJobs, 429, "TooManyRequests"),
    (TooManySubscribers, 429, "TooManyRequests"),
    (QueueFull, 503, "ServerBusy"),
    (MachinesError, 503, "MachinesUnavailable"),
    (NoData, 422, "NoData"),
    (ProcessError, 400, "InvalidParameterValue"),
)


def describe(error: Exception) -> tuple[int, str, str]:
    """HTTP status, OGC exception code and public message of an error.

    An error the table does not know is logged with its trace under a reference
    number; the caller gets the number and no text.
    """
    for kind, status, code in _STATUS:
        if isinstance(error, kind):
            return status, code, _shortened(str(error))
    reference = secrets.token_hex(4)
    log.error("internal error %s: %s", reference, _trace(error))
    return (
        500,
        "NoApplicableCode",
        f"内部错误，编号 {reference} / internal error, reference {reference}",
    )


def describe_question(error: Exception) -> tuple[int, str, str]:
    """The same of an error in answering a question, to which the database has a part.

    What SQL finds wrong with a value is the caller's; what keeps the database from
    answering passes.
    """
    return _of_database(error) or describe(error)


def _of_database(error: Exception) -> tuple[int, str, str] | None:
    """What an SQL error means for the caller; None when it is our own mistake.

    The error is known by its SQLSTATE: its text holds SQL and stays inside.
    """
    state = getattr(error, "sqlstate", None) or ""
    name = type(error).__name__
    if name == "PoolTimeout":  # all are in use, or none can be made
        message = "no connection to the database came free; ask again in a few seconds"
        return 503, "ServerBusy", message
    if state == "57014":
        message = "the answer would take too long; ask for less, or later"
        return 503, "ServerBusy", message
    if state.startswith(("08", "57P")) or name in ("OperationalError", "ClusterError"):
        message = "the database cannot be reached; ask again in a few seconds"
        return 503, "ServerBusy", message
    if state.startswith("22"):
        message = f"filter: a value cannot be computed with (SQLSTATE {state})"
        return 400, "InvalidParameterValue", message
    return None


def _shortened(message: str) -> str:
    """A message that quotes what was asked at length, without its middle."""
    if len(message) <= _LONGEST:
        return message
    return f"{message[: _LONGEST // 2]} … {message[-_LONGEST // 2 :]}"


def _trace(error: BaseException) -> str:
    """Where an error came from; the driver's texts, which may hold values, left out."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    name = type(error).__name__
    if type(error).__module__.startswith("psycopg"):
        return f"{name} {getattr(error, 'sqlstate', '')}\n{frames}"
    return f"{name}: {error}\n{frames}"
