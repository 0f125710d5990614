"""`tlx --version`."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

import typer

_PACKAGES = (
    *("numpy", "pillow", "torch", "torchvision", "onnx"),
    *("scikit-learn", "PySide6-Essentials"),
)


def print_versions(asked: bool) -> None:
    """Print versions of tlx and of the libraries that are installed, and the providers."""
    if not asked:
        return
    import onnxruntime

    from .. import __version__
    from ..inference.providers import clash_text, runtime_packages

    typer.echo(f"tlx {__version__}")
    typer.echo(f"python {platform.python_version()}")
    runtimes = runtime_packages()  # onnxruntime, or one with more providers in its place
    for package in (*runtimes, *_PACKAGES):
        try:
            typer.echo(f"{package} {installed_version(package)}")
        except PackageNotFoundError:
            typer.echo(f"{package} is not installed")
    typer.echo(f"execution providers: {', '.join(onnxruntime.get_available_providers())}")
    if len(runtimes) > 1:
        typer.echo(
            f"note: {clash_text(runtimes)}; uninstall all, then install one (docs/devices.md)"
        )
    raise typer.Exit
