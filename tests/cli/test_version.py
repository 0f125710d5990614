"""`tlx --version`."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

import onnxruntime
import torch

import tlx
from tlx.cli import version


def test_the_version_comes_with_those_of_the_libraries_and_the_providers(run_tlx):
    ran = run_tlx("--version")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert lines[:2] == [f"tlx {tlx.__version__}", f"python {platform.python_version()}"]
    assert f"onnxruntime {onnxruntime.__version__}" in lines
    assert f"torch {torch.__version__.split('+')[0]}" in [line.split("+")[0] for line in lines]
    providers = ", ".join(onnxruntime.get_available_providers())
    assert lines[-1] == f"execution providers: {providers}"


def test_a_library_that_is_not_installed_is_said_to_be_absent(run_tlx, monkeypatch):
    def without_torch(package: str) -> str:
        if package == "torch":
            raise PackageNotFoundError(package)
        return installed_version(package)

    monkeypatch.setattr(version, "installed_version", without_torch)
    ran = run_tlx("--version")
    assert ran.code == 0
    assert "torch is not installed" in ran.out.splitlines()
    assert "torchvision is not installed" not in ran.out.splitlines()


def test_the_version_is_not_printed_unless_asked(capsys):
    version.print_versions(False)
    assert capsys.readouterr() == ("", "")
