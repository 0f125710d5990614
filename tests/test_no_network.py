"""Nothing but `--weights imagenet` uses the network: sockets of IPv4 and IPv6 are forbidden here.

The system kills whatever process asks for one (`without_network.py`), so a single try fails these
tests, one that tlx would not even hear of included.
"""

import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("without_network.py")
TRY = "import socket; socket.socket(socket.{})"
TRAINING = ("--weights", "none", "--epochs", "1", "--imgsz", "32", "-j", "2")
LOGS = ("--log", "tensorboard")
REPORTS = {"ORT_DISABLE_TELEMETRY", "MLFLOW_DISABLE_TELEMETRY"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in REPORTS}
"""As a user has it: what turns reports off is not set from outside."""


def _command(*arguments: object) -> list[str]:
    return [sys.executable, os.fspath(SCRIPT), sys.executable, *map(os.fspath, arguments)]


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments), env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module", autouse=True)
def _filter() -> None:
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("the filter is of Linux, on x86-64 and 64-bit ARM")
    if "no filter of system calls" in _run("-c", "").stderr:
        pytest.skip("this system takes no filter of system calls")


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_the_filter_kills_who_asks_for_the_network(family):
    assert _run("-c", TRY.format(family)).returncode == -signal.SIGSYS
    assert _run("-c", TRY.format("AF_UNIX")).returncode == 0


@pytest.mark.slow
def test_onnxruntime_reports_nothing(model_file):
    """Its 1.32 began to five seconds after its import, from a thread of its own."""
    wait = "import sys, time, tlx; tlx.Classifier(sys.argv[1]); time.sleep(12)"
    assert _run("-c", wait, model_file).returncode == 0


def test_classify_and_check_use_no_network(model_file, split_folder):
    pictures = split_folder / "test"
    for arguments in (("classify", model_file, pictures), ("check", pictures)):
        ran = _run("-m", "tlx", *arguments, "--json")
        assert ran.returncode in (0, 1), ran.stderr


@pytest.mark.slow
def test_train_export_and_eval_use_no_network(split_folder, tmp_path):
    run = tmp_path / "run"
    page = tmp_path / "page.html"
    for arguments in (
        ("train", split_folder, "--out", run, *TRAINING, *LOGS),
        ("export", run, "--bundle", tmp_path / "bundle.zip", "--format", "onnx,torchscript"),
        ("verify", run / "model.onnx", "--against", run),
        ("eval", run / "model.onnx", split_folder / "test", "--report", page),
        ("inspect", run / "model.onnx", "--markdown"),
    ):
        ran = _run("-m", "tlx", *arguments)
        assert ran.returncode == 0, (arguments, ran)
    assert page.stat().st_size > 10_000


@pytest.mark.slow
def test_the_window_and_its_worker_use_no_network(model_file, split_folder, tmp_path):
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    folders = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    environment = ENVIRONMENT | folders | {"QT_QPA_PLATFORM": "offscreen"}
    settings, end = tmp_path / "tlx" / "tlx.conf", time.monotonic() + 60
    command = _command("-m", "tlx", "gui", model_file, split_folder / "test")
    with subprocess.Popen(command, env=environment) as window:
        # The settings name the model file once the worker has opened it.
        while not (settings.exists() and str(model_file) in settings.read_text()):
            assert window.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)
        time.sleep(3)  # the first pictures are answered
        assert window.poll() is None
        window.kill()
