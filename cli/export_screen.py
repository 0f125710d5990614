"""What an export shows while it goes on."""

from typing import TYPE_CHECKING

from .screen import Screen, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..export.events import ExportEvent
    from ..export.quantized_file import QuantizedFile
    from ..export.trial import Trial
    from ..export.unknown_fit import RuleFitted


def show_export(event: "ExportEvent", screen: Screen) -> None:
    """Show one thing that happened."""
    from ..export.bundle import BundleSummary
    from ..export.events import Verified, Writing
    from ..export.quantized_file import QuantizedFile, TrialFinished, TrialStarted
    from ..export.record import ExportedFile
    from ..export.triton import TritonSummary
    from .export_table import verification_table

    match event:
        case Writing(name, None):
            screen.row(f"writing {name}")
        case Writing(name, reason):
            screen.row(one_line(str(reason)), style="yellow")
            screen.row(f"writing {name} with torch's older exporter")
        case TrialStarted():
            pass  # its row comes with its numbers
        case TrialFinished(number, trial):
            screen.row(f"{number}. {_trial_text(trial)}", style=None if trial.passed else "yellow")
        case QuantizedFile():
            _show_chosen(event, screen)
        case Verified(name, verification):
            screen.row(f"{name} against the checkpoint")
            screen.table(verification_table(verification))
        case ExportedFile():
            size = event.path.stat().st_size / 1e6
            screen.row(f"{event.path} ({size:.1f} MB, SHA-256 {event.sha256})", style="green")
        case BundleSummary():
            screen.row(
                f"{event.path} ({event.size / 1e6:.1f} MB, SHA-256 {event.sha256}), with three of "
                "the pictures in it; its selftest.py proves it elsewhere",
                style="green",
            )
        case TritonSummary():
            screen.row(
                f"{event.repository / event.name}: tritonserver --model-repository "
                f"{event.repository}",
                style="green",
            )
        case _:
            _show_progress(event, screen)


def _show_progress(event: "ExportEvent", screen: Screen) -> None:
    from ..export.int8_ranges import CalibrationProgress
    from ..export.pictures import VerificationPictures
    from ..export.quantized_score import ScoringProgress
    from ..export.reference import ComparisonProgress
    from ..export.sensitivity import SensitivityProgress
    from ..export.unknown_fit import RuleFitted

    match event:
        case VerificationPictures():
            _show_notes(event.notes, screen)
        case RuleFitted():
            screen.row(_rule_text(event), style="yellow" if event.note else None)
        case ComparisonProgress(side, done, total):
            screen.progress(f"answers of {side}", done, total)
        case CalibrationProgress(method, done, total):
            screen.progress(f"ranges ({method})", done, total)
        case ScoringProgress(file, done, total):
            screen.progress(f"scoring {file}", done, total)
        case SensitivityProgress(done, total):
            screen.progress("sensitivity of layers", done, total)
        case _:
            pass


def _rule_text(event: "RuleFitted") -> str:
    if event.pictures is None or event.threshold is None:
        return f"note: no rule for unknown pictures: {event.note}"
    pictures = event.pictures
    return (
        f"unknown pictures ({event.name}): those whose score is above {event.threshold:.4g}, as "
        f"{pictures.refuse:.2g} of {len(pictures.validation)} validation pictures are; fitted on "
        f"{len(pictures.training)} training pictures"
    )


def _trial_text(trial: "Trial") -> str:
    from ..export.trial import drop_text, speed_text

    facts = [drop_text(trial), f"same label {trial.score.agreement:.2%}"]
    facts += [f"{trial.smaller:.2f} times smaller"]
    facts += [speed_text(trial)] if trial.speed else []
    verdict = "passes" if trial.passed else "does not pass"
    return f"{trial.recipe}: {'; '.join(facts)}: {verdict}"


def _show_chosen(found: "QuantizedFile", screen: Screen) -> None:
    screen.row(f"chosen: {found.chosen.recipe}")
    _show_notes(found.notes, screen)


def _show_notes(notes: "Iterable[str]", screen: Screen) -> None:
    for note in notes:
        screen.row(f"note: {note}", style="yellow")
