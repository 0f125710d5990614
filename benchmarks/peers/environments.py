"""An environment for each side, with what the package index gives, and how much room it takes."""

import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
ONNXRUNTIME = "onnxruntime==1.32.0"
TORCH = ("torch==2.14.1", "torchvision==0.29.1")
PACKAGES = {
    "torch": TORCH,
    "timm": ("timm==1.0.31", *TORCH),
    "ultralytics": ("ultralytics==8.4.190", "onnx==1.23.2", "onnxslim", ONNXRUNTIME, *TORCH),
    "openvino": ("openvino==2026.4.1", "pillow==13.0.0"),
    "onnxruntime": (ONNXRUNTIME, "pillow==13.0.0"),
}
"""tlx, as this checkout has it committed, comes besides with the versions of constraints.txt."""


def make_environments(folder: Path) -> None:
    """Make what is missing or was made for other versions; tlx anew for each commit."""
    for name, packages in PACKAGES.items():
        make(folder / name, packages)
    git = ("git", "-C", str(ROOT))
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    packages = (str(source), "-c", str(source / "constraints.txt"))
    make(folder / "tlx", packages, f"tlx {commit.stdout}")


def make(environment: Path, packages: tuple[str, ...], contents: str = "") -> None:
    """Make an environment without pip, so that its size is that of the packages."""
    contents = contents or "\n".join(packages)
    made = environment / "made-for.txt"
    if made.is_file() and made.read_text() == contents:
        return
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = str(environment / "bin/python")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    subprocess.run([*pip, *packages], check=True)
    made.write_text(contents)


def packages_of(environment: Path) -> Path:
    """Find the folder of the packages."""
    return next(environment.glob("lib/python*/site-packages"))


def size_mb(environment: Path) -> float:
    """Room on the disk in MB (10^6 bytes), compiled Python files included."""
    files = packages_of(environment).rglob("*")
    return sum(path.lstat().st_blocks * 512 for path in files) / 1e6


def cuda_mb(environment: Path) -> float:
    """How much of that CUDA's own packages and Triton take."""
    packages = packages_of(environment)
    folders = [*packages.glob("nvidia"), *packages.glob("triton"), *packages.glob("cuda")]
    return sum(path.lstat().st_blocks * 512 for f in folders for path in f.rglob("*")) / 1e6


def versions(environment: Path) -> str:
    """Name the packages that matter, with their versions."""
    wanted = {"tlx", "torch", "torchvision", "timm", "ultralytics", "onnxruntime", "openvino"}
    found = {d.name: d.version for d in distributions(path=[str(packages_of(environment))])}
    return ", ".join(f"{name} {found[name]}" for name in sorted(wanted & set(found)))
