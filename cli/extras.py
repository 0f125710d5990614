"""What a command needs beyond the smallest installation."""

from importlib.util import find_spec

from ..errors import MissingExtraError

_PACKAGES = {
    "eval": ("sklearn", "scipy", "matplotlib"),
    "gui": ("PySide6",),
    "parquet": ("pyarrow", "fsspec"),
    "ray": ("pyarrow", "fsspec", "ray", "pandas"),
    "train": ("sklearn", "scipy", "matplotlib", "torch", "torchvision", "onnx", "onnxscript"),
}


def require_extra(extra: str, command: str) -> None:
    """Check that an extra's packages are there, without importing them.

    Raises:
        MissingExtraError: saying which extra, and how to install it.
    """
    missing = [package for package in _PACKAGES[extra] if find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f"tlx {command} needs the extra '{extra}' (not installed: {', '.join(missing)}): "
            f"pip install '.[{extra}]' in the clone of tlx"
        )
