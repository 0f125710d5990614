"""What happens during an export, as its caller sees it."""

from dataclasses import dataclass

from .bundle import BundleSummary
from .int8_search import SearchEvent
from .pictures import VerificationPictures
from .quantized_file import QuantizedFile
from .record import ExportedFile
from .reference import ComparisonProgress
from .triton import TritonSummary
from .unknown_fit import RuleFitted
from .verification import Verification


@dataclass(frozen=True)
class Writing:
    """A file is being written, under a temporary name.

    Attributes:
        name: its final name.
        instead_of: why an earlier attempt was given up; then torch's older exporter writes.
    """

    name: str
    instead_of: str | None = None


@dataclass(frozen=True)
class Verified:
    """A file was held against the checkpoint; `verification.passed` is the verdict."""

    name: str
    verification: Verification


ExportEvent = (
    VerificationPictures
    | ComparisonProgress
    | RuleFitted
    | Writing
    | SearchEvent
    | QuantizedFile
    | Verified
    | ExportedFile
    | BundleSummary
    | TritonSummary
)
