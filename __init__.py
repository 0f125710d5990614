"""tlx: a folder of pictures in, a verified classifier file out.

The public API, given lazily: importing `tlx` imports nothing else of ours, so it costs
next to nothing and does no harm where a tool imports the checkout under its folder's name.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import TlxError
    from .evaluation.multi_label_report import MultiLabelReport
    from .evaluation.report import Report
    from .export.options import ExportOptions
    from .export.publish import export
    from .export.record import ExportedFile
    from .export.verify import VerifiedFile, verify
    from .inference.card import ModelCard
    from .inference.classifier import Classifier
    from .inference.prediction import Outcome, Prediction, RankedLabel
    from .training.adoption import AdoptedRun, Adoption, adopt
    from .training.config import TrainingConfig
    from .training.fit import TrainingResult
    from .training.train import train

# onnxruntime's official builds (1.32 does) report to their maker over the network, and keep an
# identifier on the disk. They ask for this when they are imported, in processes of ours as well.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"

_HOME = {
    "AdoptedRun": ".training.adoption",
    "Adoption": ".training.adoption",
    "Classifier": ".inference.classifier",
    "ExportOptions": ".export.options",
    "ExportedFile": ".export.record",
    "ModelCard": ".inference.card",
    "MultiLabelReport": ".evaluation.multi_label_report",
    "Outcome": ".inference.prediction",
    "Prediction": ".inference.prediction",
    "RankedLabel": ".inference.prediction",
    "Report": ".evaluation.report",
    "TlxError": ".errors",
    "TrainingConfig": ".training.config",
    "TrainingResult": ".training.fit",
    "VerifiedFile": ".export.verify",
    "adopt": ".training.adoption",
    "train": ".training.train",
    "verify": ".export.verify",
}

__all__ = [
    "AdoptedRun",
    "Adoption",
    "Classifier",
    "ExportOptions",
    "ExportedFile",
    "ModelCard",
    "MultiLabelReport",
    "Outcome",
    "Prediction",
    "RankedLabel",
    "Report",
    "TlxError",
    "TrainingConfig",
    "TrainingResult",
    "VerifiedFile",
    "__version__",
    "adopt",
    "export",
    "train",
    "verify",
]


def __getattr__(name: str) -> object:
    if name == "export":  # the package, which can be called
        return import_module(".export", __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'tlx' has no attribute {name!r}")
    return getattr(import_module(_HOME[name], __name__), name)


def __dir__() -> list[str]:
    return list(__all__)
