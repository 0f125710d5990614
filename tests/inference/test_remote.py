"""Pictures that are named by a URL."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import fsspec
import pytest

from tlx.errors import MissingExtraError
from tlx.inference.classifier import Classifier
from tlx.inference.pixel_limit import VARIABLE
from tlx.inference.remote import is_url, picture_at


@pytest.fixture(scope="module")
def classifier(write_model, tmp_path_factory):
    return Classifier(write_model(tmp_path_factory.mktemp("model") / "model.onnx"), many=True)


@pytest.fixture
def local(write_pictures, tmp_path):
    return write_pictures(tmp_path, 1) / "red" / "000.jpg"


@pytest.fixture
def url(local):
    with fsspec.open("memory://pictures/a.jpg", "wb") as file:
        file.write(local.read_bytes())
    yield "memory://pictures/a.jpg"
    fsspec.filesystem("memory").rm("/pictures", recursive=True)


class _StatusInPath(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path[1:4]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    """Name a server that answers with the status which a path begins with."""
    pytest.importorskip("aiohttp")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _StatusInPath)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def errors_of(classifier, *paths) -> list[str | None]:
    return [outcome.error for outcome in classifier.classify_files(paths, picture_at)]


def test_what_a_url_names_is_answered_as_the_same_file_is(classifier, url, local):
    remote, near = classifier.classify_files([url, str(local)], picture_at)
    assert (remote.path, remote.error) == (url, None)
    assert remote.prediction.label == "red"
    assert (remote.prediction.logits == near.prediction.logits).all()


def test_what_cannot_be_fetched_is_a_row(classifier, url):
    absent, strange, fetched = errors_of(
        classifier, "memory://pictures/b.jpg", "strange://a.jpg", url
    )
    assert absent == "no such file"
    assert strange.startswith("cannot be fetched (")
    assert fetched is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("404/a.jpg", "no such file"),
        ("404/a.jpg?signature=secret", "no such file"),
        ("403/a.jpg?signature=secret", "cannot be fetched (HTTP 403 Forbidden)"),
        ("503/a.jpg", "cannot be fetched (HTTP 503 Service Unavailable)"),
        ("599/a.jpg", "cannot be fetched (HTTP 599)"),
    ],
)
def test_what_http_answers_is_said_without_the_url(classifier, host, path, said):
    assert errors_of(classifier, f"{host}/{path}") == [said]


class _AnsweredError(Exception):
    """As aiohttp raises it; that package may be absent."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__("http://host/a.jpg?signature=secret")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (None, "no such file"),
        (_AnsweredError(404), "no such file"),
        (_AnsweredError(403), "cannot be fetched (HTTP 403 Forbidden)"),
        (ConnectionRefusedError(111, "refused\nby host"), "cannot be fetched (refused by host)"),
        (ValueError("signature=secret"), "cannot be fetched (ValueError)"),
    ],
)
def test_what_fsspec_calls_a_missing_file_over_http_has_its_cause(
    classifier, monkeypatch, cause, said
):
    def fail(*_: object) -> None:
        raise FileNotFoundError("http://host/a.jpg") from cause

    monkeypatch.setattr(fsspec, "open", fail)
    assert errors_of(classifier, "http://host/a.jpg?signature=secret") == [said]


def test_a_server_that_is_not_there_is_not_a_missing_file(classifier):
    pytest.importorskip("aiohttp")
    with socket.socket() as taken:  # bound but not listening: nobody else answers there
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/a.jpg?signature=secret"
        (error,) = errors_of(classifier, url)
    assert error.startswith("cannot be fetched (")
    assert "secret" not in error


def test_more_bytes_than_a_picture_within_the_limit_has_are_not_taken(classifier, url, monkeypatch):
    monkeypatch.setenv(VARIABLE, "100")
    (error,) = errors_of(classifier, url)
    assert error.startswith("a file of at least 401 bytes may have more than 100 pixels")


def test_a_kind_whose_package_is_absent_ends_the_run(classifier):
    fsspec.register_implementation("absent", "no_such_package.FileSystem", clobber=True)
    with pytest.raises(MissingExtraError, match=r"absent://a\.jpg cannot be opened"):
        errors_of(classifier, "absent://a.jpg")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("s3://bucket/a.jpg", True),
        ("https://host/a.jpg", True),
        ("a.jpg", False),
        ("/a://b.jpg", False),
        ("C://a.jpg", False),
        ("", False),
    ],
)
def test_only_a_scheme_makes_a_url(path, expected):
    assert is_url(path) is expected
