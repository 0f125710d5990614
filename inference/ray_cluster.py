"""Joining a cluster of Ray, or making a small one of this machine; needs the extra `ray`."""

import logging
import os
import re
import socket
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module

from ..errors import ClusterError
from .cores import available_cores

# Read when ray is first imported: else its own remarks go to the user's terminal.
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")

PATIENCE = 5
"""Seconds that the cluster's head has to answer; Ray itself would try for minutes."""
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a client of HTTP/2, which Ray's gRPC is, begins (RFC 9113, 3.4), with empty settings."""
SETTINGS = b"\4"
"""The kind of frame that a server begins with."""


@contextmanager
def connected(workers: int | None) -> Generator[int]:
    """Join the cluster, or make a small one of this machine; gives the number of its cores.

    Within, `ray_answers` uses it and does not connect by itself.

    Raises:
        ClusterError: no Ray answers at `RAY_ADDRESS`.
    """
    import ray

    if ray.is_initialized():
        yield _cores()
        return
    address = os.environ.get("RAY_ADDRESS")
    try:
        _require_answer(address or "")
        _init(address or "auto")
    except ConnectionError as error:
        if address:
            reason = " ".join(str(error).split())
            raise ClusterError(
                f"no Ray answers at RAY_ADDRESS={address} ({reason}); see `ray status`, or unset "
                "RAY_ADDRESS to use this machine"
            ) from None
        _start_here(workers or available_cores())
    try:
        yield _cores()
    finally:
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Raise if nobody at a host and port speaks as Ray does; other addresses are Ray's business.

    Ray itself would wait for ever for one that takes the connection and does not answer.
    """
    found = re.fullmatch(r"(?:ray://)?\[?([^/\]]+)\]?:([0-9]{1,5})", address)
    if not found:
        return
    try:
        with socket.create_connection((found[1], int(found[2])), PATIENCE) as link:
            spoken = "RAY_USE_TLS" in os.environ or _speaks_http2(link)
    except (OSError, OverflowError) as error:  # there is no port as large
        raise ConnectionError(getattr(error, "strerror", None) or str(error)) from None
    if not spoken:
        raise ConnectionError("something else than Ray answers there")


def _speaks_http2(link: socket.socket) -> bool:
    link.sendall(GREETING)
    with link.makefile("rb") as answer:
        head = answer.read(4)  # of a frame: three bytes of its length, then its kind
    return head[3:] == SETTINGS


def _start_here(cores: int) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    _init("local", cores, dashboard=False)


def _init(address: str, cores: int | None = None, dashboard: bool | None = None) -> None:
    import ray

    with _unheard():
        ray.init(
            address,
            num_cpus=cores,
            include_dashboard=dashboard,
            logging_level=logging.ERROR,
            log_to_driver=False,
        )
    # Its notices of lost workers go to stdout, where the answers go; there is no public way.
    vars(import_module("ray._private.worker"))["_worker_logs_enabled"] = False


@contextmanager
def _unheard() -> Generator[None]:
    """Give stderr to nobody for as long: Ray remarks there that it will be silent."""
    stderr, nobody = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nobody, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nobody)


def _cores() -> int:
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))
