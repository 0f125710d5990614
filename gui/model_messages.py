"""What window and worker say to each other about the open model file; a part of `protocol`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """Open a model file; it takes the place of an earlier one.

    Attributes:
        id: of the request, chosen by the sender; every answer to it carries it.
        model: path of an `.onnx` file.
        threads: of the processor, for one run; None for all cores.
    """

    id: int
    model: str
    threads: int | None = None


@dataclass(frozen=True)
class Loaded:
    """A model file is open.

    Attributes:
        id: of the request.
        path: as it was given.
        size: of the file, in bytes.
        sha256: of the file.
        opset: of ONNX's own operators; None if the file names none.
        explains: whether it has activation maps.
        card: as `tlx inspect --json` shows it.
        provider: onnxruntime's name of what computes.
        threads: of the processor, for one run.
        seconds: that opening took.
    """

    id: int
    path: str
    size: int
    sha256: str
    opset: int | None
    explains: bool
    card: dict[str, object]
    provider: str
    threads: int
    seconds: float


@dataclass(frozen=True)
class Measure:
    """How long the model file takes for one picture on this machine."""

    id: int


@dataclass(frozen=True)
class Measured:
    """The median time in milliseconds from pixels to answer, one picture at a time."""

    id: int
    milliseconds: float
    runs: int
    threads: int
