"""What a study scores by. Nothing else of a study reads a metric out of epochs or reports.

It is the accuracy, and with several labels a picture the mean average precision.
"""

from collections.abc import Sequence

from ..evaluation.multi_label_report import MultiLabelReport
from ..evaluation.report import Report
from ..training.run_folder import EpochDone


def metric_name(history: Sequence[EpochDone]) -> str:
    """Name the metric of a training."""
    return "mean average precision" if _is_multi_label(history[-1]) else "accuracy"


def validation_score(epoch: EpochDone) -> float:
    """Read an epoch's score on the validation pictures, 0..1."""
    return epoch.monitored if _is_multi_label(epoch) else epoch.validation_accuracy


def report_score(report: Report | MultiLabelReport) -> float:
    """Read a report's score, 0..1; 0 where no test picture has a label."""
    if isinstance(report, Report):
        return report.accuracy
    return report.mean_average_precision or 0.0


def _is_multi_label(epoch: EpochDone) -> bool:
    return epoch.monitor == "map"
