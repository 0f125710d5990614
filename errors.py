"""Every error that tlx raises on purpose; each text is written for the user, in one line.

TlxError
├── DataError           a folder or CSV of pictures that cannot be used as given
├── PictureError        one picture that cannot be read; in a batch it becomes a row
├── ModelFileError      a model file that is missing, damaged or of another kind
│   ├── ProviderError   an execution provider that does not compute on this machine
│   └── CardError       its card is missing, of an unknown schema, or disagrees with the graph
│       └── MissingCardError  it has none, and none was given
├── CheckpointError     a run folder or checkpoint that cannot be used
├── WeightsError        pretrained weights that cannot be had or do not fit
├── TrainingError       training that cannot go on
│   └── StoppedError    for the machine's sake, not the numbers': the run can be gone on with
├── UsageError          an option or argument that makes no sense
│   └── ContradictionError  two that make none together, each being possible
├── MissingExtraError   a command that needs packages which are not installed
├── ClusterError        Ray, or a worker on it, that cannot go on
└── VerificationError   an exported file that does not answer as the checkpoint does
"""


class TlxError(Exception):
    """Base of all errors of tlx. The text says what, where and the next step, in one line."""

    exit_code = 2


class DataError(TlxError):
    """A folder or CSV of pictures cannot be used as given."""


class PictureError(TlxError):
    """One picture cannot be read.

    `reason` is the text without the picture's name, for a row that shows the name anyway.
    """

    def __init__(self, reason: str, name: str | None = None) -> None:
        self.reason = reason
        self.name = name
        super().__init__(f"{name}: {reason}" if name else reason)

    def __reduce__(self) -> tuple[type["PictureError"], tuple[str, str | None]]:
        """Survive the way back from a loader's worker process."""
        return PictureError, (self.reason, self.name)


class ModelFileError(TlxError):
    """A model file is missing, damaged or of another kind."""


class ProviderError(ModelFileError):
    """An execution provider of onnxruntime does not compute on this machine."""


class CardError(ModelFileError):
    """A card is missing, of an unknown schema, malformed, or disagrees with its graph."""


class MissingCardError(CardError):
    """A model file has no card in it, and none was given."""


class CheckpointError(TlxError):
    """A run folder or checkpoint cannot be used."""


class WeightsError(TlxError):
    """Pretrained weights cannot be had, fail their check, or do not fit the network."""


class TrainingError(TlxError):
    """Training cannot go on."""


class StoppedError(TrainingError):
    """Training was stopped by the machine it ran on; its run can be gone on with."""


class UsageError(TlxError):
    """An option or argument makes no sense."""


class ContradictionError(UsageError):
    """Options that are possible each alone make no sense together."""


class MissingExtraError(TlxError):
    """A command needs packages that are not installed."""


class ClusterError(TlxError):
    """Ray cannot be reached, or a worker on it cannot go on."""


class VerificationError(TlxError):
    """An exported file does not answer as the checkpoint does; it was not published."""

    exit_code = 1
