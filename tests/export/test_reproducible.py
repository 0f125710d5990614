"""The same run exported twice: the same bytes."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlx.export.torchscript_file import sorted_constants


def test_the_order_of_a_set_does_not_get_into_a_script():
    code = b'  a : Tensor\n  %s : Final[int] = 1\n  %s : Final[str] = "x"\n  def forward(self):\n'
    one, other = code % (b"stride", b"mode"), code % (b"mode", b"stride")
    once = sorted_constants(other.replace(b"int", b"str"), "m.py")
    assert once.index(b"mode") < once.index(b"stride") < once.index(b"def forward")
    assert sorted_constants(one, "m.pkl") == one
    lines = sorted_constants(one, "m.py").splitlines()
    assert sorted(lines) == sorted(one.splitlines())


def _exported(run: Path, out: Path, seed: str) -> dict[str, str]:
    options = ("--format", "onnx,torchscript,pt2", "--bundle", out / "bundle.zip", "--out", out)
    command = [sys.executable, "-m", "tlx", "export", run, *options]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC{seed}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}


@pytest.mark.slow
def test_the_same_run_exported_twice_gives_the_same_bytes(exported_run, tmp_path):
    """In other folders and time zones, by processes that hash differently."""
    one, other = (_exported(exported_run, tmp_path / seed, seed) for seed in ("1", "2"))
    assert {*one} == {
        *("model.onnx", "model.ts", "model.pt2", "bundle.zip", "verification.json"),
    }
    assert one == other
