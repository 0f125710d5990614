"""torchvision's weights, fetched once from a server and checked."""

import hashlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from tlx.errors import WeightsError
from tlx.inference.events import finish
from tlx.training import weights
from tlx.training.checkpoint import load_checkpoint
from tlx.training.config import TrainingConfig
from tlx.training.published_weights import PublishedWeights
from tlx.training.resnet import build_resnet
from tlx.training.train import training_events
from tlx.training.weights import Weights, load_weights
from tlx.training.weights_download import DownloadProgress


def _made_up_weights() -> bytes:
    buffer = io.BytesIO()
    torch.save({"conv1.weight": torch.arange(700_000.0)}, buffer)
    return buffer.getvalue()


CONTENT = _made_up_weights()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = f"resnet18-{SHA256[:8]}.pth"


def _publish(monkeypatch, url: str) -> None:
    """Let every choice of ImageNet weights mean the file at this address."""
    entry = PublishedWeights("resnet18", "imagenet-v1", url, accuracy=0.7, resize=256)
    monkeypatch.setattr(weights, "choose_published", lambda *_: entry)


class Server:
    """A server of files on this machine; `answer` decides how it behaves."""

    def __init__(self) -> None:
        self.files = {NAME: CONTENT}
        self.answer = "whole"
        self.requests: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.requests.append(self.path)
                server.reply(self)
                self.close_connection = True

            def log_message(self, *_args: object) -> None:
                pass

        return Handler

    def reply(self, request: BaseHTTPRequestHandler) -> None:
        content = self.files.get(request.path.rsplit("/", 1)[1])
        if content is None:
            request.send_error(404)
        elif self.answer == "nonsense":
            request.wfile.write(b"220 this is not a web server\r\n")
        elif self.answer == "cut in chunks":
            request.send_response(200)
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            request.wfile.write(b"100000\r\n" + content[:1000])
        else:
            request.send_response(200)
            if self.answer != "no length":
                request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content[: len(content) // (2 if self.answer == "cut" else 1)])


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server that stands in for torchvision's; downloads go to a folder of this test."""
    running = Server()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("TLX_WEIGHTS_URL", raising=False)
    _publish(monkeypatch, f"{running.url}/models/{NAME}")
    yield running
    running.stop()


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "torch" / "hub" / "checkpoints"


def _load(choice: str = "imagenet") -> tuple[list[DownloadProgress], Weights]:
    events = load_weights(choice, "resnet18")
    seen: list[DownloadProgress] = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as end:
            return seen, end.value


def _refusal() -> str:
    with pytest.raises(WeightsError) as caught:
        finish(load_weights("imagenet", "resnet18"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_weights_are_downloaded_with_progress_to_where_torchvision_keeps_them(server, cache):
    seen, found = _load()
    assert (cache / NAME).read_bytes() == CONTENT
    assert {event.total for event in seen} == {len(CONTENT)}
    done = [event.done for event in seen]
    assert len(done) > 1
    assert done == sorted(done)
    assert done[-1] == len(CONTENT)
    assert (found.name, found.sha256) == ("imagenet-v1", SHA256)
    assert found.state["conv1.weight"].equal(torch.arange(700_000.0))


def test_the_second_use_needs_no_server(server, cache):
    _load()
    server.stop()
    seen, found = _load()
    assert seen == []
    assert found.sha256 == SHA256
    assert len(server.requests) == 1


def test_imagenet_means_imagenet_v1(server, cache):
    _load("imagenet")
    _, found = _load("imagenet-v1")
    assert found.name == "imagenet-v1"
    assert len(server.requests) == 1


def test_the_full_hash_is_recorded_at_first_use(server, cache):
    _load()
    assert (cache / f"{NAME}.sha256").read_text(encoding="utf-8") == f"{SHA256}  {NAME}\n"
    assert _files(cache) == {NAME, f"{NAME}.sha256"}


def test_a_cached_file_that_changed_is_refused(server, cache):
    _load()
    changed = bytearray(CONTENT)
    changed[-100] ^= 1
    (cache / NAME).write_bytes(changed)
    text = _refusal()
    assert "has changed since its first use" in text
    assert "delete both files" in text


def test_a_file_that_torchvision_cached_before_is_checked_and_recorded(server, cache):
    cache.mkdir(parents=True)
    (cache / NAME).write_bytes(CONTENT)
    _load()
    assert server.requests == []
    assert (cache / f"{NAME}.sha256").exists()


def test_a_damaged_file_that_was_there_before_is_refused_at_first_use(server, cache):
    cache.mkdir(parents=True)
    (cache / NAME).write_bytes(CONTENT[:-1])
    assert f"published is {SHA256[:8]}" in _refusal()
    assert not (cache / f"{NAME}.sha256").exists()


def test_a_download_with_another_hash_is_refused_and_leaves_no_file(server, cache):
    server.files[NAME] = CONTENT[:-1] + b"x"
    assert f"published is {SHA256[:8]}" in _refusal()
    assert _files(cache) == set()


def test_a_connection_that_ends_early_leaves_no_file(server, cache):
    server.answer = "cut"
    text = _refusal()
    assert "cannot download" in text
    assert f"{len(CONTENT) // 2} of {len(CONTENT)} bytes" in text
    assert _files(cache) == set()


@pytest.mark.parametrize("answer", ["cut in chunks", "nonsense"])
def test_a_server_that_breaks_the_rules_is_a_clear_error_too(server, cache, answer):
    server.answer = answer
    assert "cannot download" in _refusal()
    assert _files(cache) == set()


def test_an_abandoned_download_leaves_no_file(server, cache):
    events = load_weights("imagenet", "resnet18")
    next(events)
    assert len(_files(cache)) == 1
    events.close()
    assert _files(cache) == set()


def test_a_server_that_gives_no_length_is_believed_once_the_hash_is_right(server, cache):
    server.answer = "no length"
    seen, found = _load()
    assert {event.total for event in seen} == {0}
    assert found.sha256 == SHA256


def test_without_a_network_the_error_names_the_ways_out(server, cache):
    server.stop()
    text = _refusal()
    for way_out in (f"copy {NAME} into {cache}", "TLX_WEIGHTS_URL", "--weights FILE", "none"):
        assert way_out in text
    assert _files(cache) == set()


def test_a_name_that_cannot_be_resolved_names_the_ways_out_too(server, cache, monkeypatch):
    _publish(monkeypatch, f"http://weights.invalid/{NAME}")
    assert "Ways out:" in _refusal()


def test_a_file_the_server_does_not_have_names_the_ways_out(server, cache):
    server.files.clear()
    text = _refusal()
    assert "Not Found" in text
    assert "Ways out:" in text


@pytest.mark.parametrize("end", ["", "/"])
def test_a_mirror_is_asked_instead(server, cache, monkeypatch, end):
    _publish(monkeypatch, f"http://weights.invalid/{NAME}")
    monkeypatch.setenv("TLX_WEIGHTS_URL", f"{server.url}/mirror{end}")
    _, found = _load()
    assert server.requests == [f"/mirror/{NAME}"]
    assert found.sha256 == SHA256


def test_a_mirror_is_not_trusted(server, cache, monkeypatch):
    server.files[NAME] = CONTENT + b"more"
    monkeypatch.setenv("TLX_WEIGHTS_URL", server.url)
    assert f"published is {SHA256[:8]}" in _refusal()
    assert _files(cache) == set()


@pytest.mark.parametrize("mirror", ["not an address", "ftp//x", "http://[", "http://a b/"])
def test_a_mirror_that_is_no_address_is_a_clear_error(server, cache, monkeypatch, mirror):
    monkeypatch.setenv("TLX_WEIGHTS_URL", mirror)
    assert "cannot download" in _refusal()


@pytest.mark.usefixtures("quick_runs")
def test_a_training_fetches_its_weights_first_and_the_card_names_them(
    server, tmp_path, monkeypatch, write_pictures
):
    state = build_resnet("resnet18", 1000).state_dict()
    torch.save(state, tmp_path / "made-up.pth")
    content = (tmp_path / "made-up.pth").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    server.files = {f"resnet18-{sha256[:8]}.pth": content}
    _publish(monkeypatch, f"{server.url}/resnet18-{sha256[:8]}.pth")
    write_pictures(tmp_path / "data" / "train", 2)
    write_pictures(tmp_path / "data" / "val", 1, seed=1)
    config = TrainingConfig(
        tmp_path / "data", tmp_path / "run", freeze="backbone", epochs=1, imgsz=32, workers=0
    )
    events = training_events(config)
    assert isinstance(next(events), DownloadProgress)
    finish(events)
    found = load_checkpoint(tmp_path / "run" / "best.pt")
    source = found.card.provenance
    assert (source.weights, source.weights_sha256) == ("imagenet-v1", sha256)
    assert found.weights["layer4.1.conv2.weight"].equal(state["layer4.1.conv2.weight"])
