"""What a study scores by. Nothing else of a study reads a metric out of epochs or reports.

It is the accuracy, and with several labels a picture the mean average precision.
"""

from collections.abc import Sequence

from ..evaluation.multi_label_report import MultiLabelReport
from ..evaluation.report import Report
from ..training.run_folder import EpochDone


def metric_name(history: Sequence[EpochDone]) -> str:
    """Name the metric of a training."""
    return "accuracy" if history[-1].validation_map is None else "mean average precision"


def validation_score(epoch: EpochDone) -> float:
    """Read an epoch's score on the validation pictures, 0..1."""
    precision = epoch.validation_map
    return epoch.validation_accuracy if precision is None else precision


def report_score(report: Report | MultiLabelReport) -> float:
    """Read a report's score, 0..1; 0 where no test picture has a label."""
    if isinstance(report, MultiLabelReport):
        return report.mean_average_precision or 0.0
    return report.accuracy
