"""`tlx --version`."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

import typer

_PACKAGES = (
    *("onnxruntime", "numpy", "pillow", "torch", "torchvision", "onnx"),
    *("scikit-learn", "PySide6-Essentials"),
)


def print_versions(asked: bool) -> None:
    """Print versions of tlx and of the libraries that are installed, and the providers."""
    if not asked:
        return
    import onnxruntime

    from .. import __version__

    typer.echo(f"tlx {__version__}")
    typer.echo(f"python {platform.python_version()}")
    for package in _PACKAGES:
        try:
            typer.echo(f"{package} {installed_version(package)}")
        except PackageNotFoundError:
            typer.echo(f"{package} is not installed")
    typer.echo(f"execution providers: {', '.join(onnxruntime.get_available_providers())}")
    raise typer.Exit
