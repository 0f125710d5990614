"""What a command needs beyond the smallest installation."""

from collections.abc import Sequence
from importlib.util import find_spec

from ..errors import MissingExtraError

_PACKAGES = {
    "eval": ("sklearn", "scipy", "matplotlib"),
    "gui": ("PySide6",),
    "parquet": ("pyarrow", "fsspec"),
    "ray": ("pyarrow", "fsspec", "ray", "pandas"),
    "train": ("sklearn", "scipy", "matplotlib", "torch", "torchvision", "onnx", "onnxscript"),
}


def require_extra(extra: str, command: str, needed: Sequence[str] | None = None) -> None:
    """Check that an extra's packages are there, without importing them.

    Args:
        extra: its name.
        command: that needs it.
        needed: those of its packages that are; None for all.

    Raises:
        MissingExtraError: saying which extra, and how to install it.
    """
    packages = _PACKAGES[extra] if needed is None else needed
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f"tlx {command} needs the extra '{extra}' (not installed: {', '.join(missing)}): "
            f"pip install '.[{extra}]' in the clone of tlx"
        )
