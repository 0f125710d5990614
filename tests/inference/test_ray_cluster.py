"""Whoever answers at an address is asked whether it is Ray, before Ray waits for it for ever."""

import socket
import threading
from contextlib import suppress

import pytest

from tlx.errors import ClusterError
from tlx.inference import ray_cluster
from tlx.inference.ray_cluster import connected

HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
NO_SETTINGS = bytes((0, 0, 8, 6, 0, 0, 0, 0, 0))
SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


@pytest.fixture(autouse=True)
def prepared(monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.delenv("RAY_USE_TLS", raising=False)


@pytest.fixture
def serve(monkeypatch):
    """Give the function that listens at RAY_ADDRESS, reads a greeting and answers so."""
    started = []

    def answer(server: socket.socket, said: bytes | None) -> None:
        with server, suppress(OSError), server.accept()[0] as link:
            link.recv(1000)
            if said is None:
                link.recv(1)  # until the other side has had enough
            else:
                link.sendall(said)

    def start(said: bytes | None) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        started.append(threading.Thread(target=answer, args=(server, said)))
        started[-1].start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        return address

    yield start
    for thread in started:
        thread.join()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "timed out"),
        (b"", "something else than Ray answers there"),
        (HTTP, "something else than Ray answers there"),
        (NO_SETTINGS, "something else than Ray answers there"),
    ],
)
def test_what_takes_the_connection_and_is_no_ray_is_refused(serve, monkeypatch, said, reason):
    monkeypatch.setattr(ray_cluster, "_init", lambda *_: pytest.fail("Ray was asked"))
    if said is None:
        monkeypatch.setattr(ray_cluster, "PATIENCE", 0.3)
    address = serve(said)
    with pytest.raises(ClusterError, match=rf"no Ray answers at RAY_ADDRESS={address} \({reason}"):
        connected(None).__enter__()


@pytest.mark.parametrize("prefix", ["", "ray://"])
def test_what_speaks_as_ray_does_is_left_to_ray(serve, monkeypatch, prefix):
    asked = []
    monkeypatch.setattr(ray_cluster, "_init", asked.append)
    monkeypatch.setattr(ray_cluster, "_cores", lambda: 3)
    address = prefix + serve(SETTINGS)
    monkeypatch.setenv("RAY_ADDRESS", address)
    with connected(None) as cores:
        assert (cores, asked) == (3, [address])


def test_a_cluster_that_speaks_tls_is_left_to_ray(serve, monkeypatch):
    asked = []
    monkeypatch.setattr(ray_cluster, "_init", asked.append)
    monkeypatch.setattr(ray_cluster, "_cores", lambda: 1)
    monkeypatch.setenv("RAY_USE_TLS", "1")
    address = serve(b"\x15\x03\x03")
    with connected(None):
        assert asked == [address]
