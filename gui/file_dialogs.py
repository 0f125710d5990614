"""The system's dialogs for files; none of them stops the window."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

PICTURES = (
    "*.jpg *.jpeg *.jpe *.jfif *.png *.webp *.avif *.gif *.bmp *.dib *.tif *.tiff *.ppm *.pgm *.pbm"
)


def _tr(text: str) -> str:
    return QCoreApplication.translate("dialogs", text)


def ask_model(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask for a model file."""
    filters = [_tr("Model files (*.onnx)"), _tr("All files (*)")]
    _ask(parent, _tr("Open model"), filters, lambda paths: then(paths[0]))


def ask_pictures(parent: QWidget, then: Callable[[Sequence[str]], object]) -> None:
    """Ask for picture files."""
    filters = [_tr("Pictures ({0})").format(PICTURES), _tr("All files (*)")]
    _ask(parent, _tr("Open pictures"), filters, then, QFileDialog.FileMode.ExistingFiles)


def ask_folder(parent: QWidget, then: Callable[[Sequence[str]], object]) -> None:
    """Ask for a folder."""
    _ask(parent, _tr("Open folder"), [], then, QFileDialog.FileMode.Directory)


def ask_csv(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask for a CSV that rows are appended to; one that is there is not replaced."""
    dialog = QFileDialog(parent, _tr("CSV for the answers"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.setDefaultSuffix("csv")
    dialog.setNameFilters([_tr("Tables (*.csv)"), _tr("All files (*)")])
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda paths: then(paths[0]))
    dialog.open()


def ask_other_model(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask for a model file that the open one is compared with."""
    filters = [_tr("Model files (*.onnx)"), _tr("All files (*)")]
    _ask(parent, _tr("Compare with"), filters, lambda paths: then(paths[0]))


def ask_labelled_folder(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask for a folder with one sub-folder a label."""
    title = _tr("Folder with one sub-folder a label")
    _ask(parent, title, [], lambda paths: then(paths[0]), QFileDialog.FileMode.Directory)


def ask_labels_csv(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask for a CSV of files and labels."""
    filters = [_tr("CSV files (*.csv)"), _tr("All files (*)")]
    _ask(parent, _tr("CSV of files and labels"), filters, lambda paths: then(paths[0]))


def ask_report_name(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask where a report goes; the name's ending says what is written."""
    kinds = {
        _tr("Report as a page (*.html)"): "html",
        _tr("Numbers (*.json)"): "json",
        _tr("A row for each picture (*.csv)"): "csv",
    }
    _ask_kind(parent, _tr("Save report"), "report", kinds, then)


def ask_comparison_name(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask where a comparison goes, likewise."""
    kinds = {_tr("Numbers (*.json)"): "json", _tr("Pictures that differ (*.csv)"): "csv"}
    _ask_kind(parent, _tr("Save comparison"), "comparison", kinds, then)


def _ask_kind(
    parent: QWidget,
    title: str,
    name: str,
    kinds: Mapping[str, str],
    then: Callable[[str], object],
) -> None:
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(kinds))
    first = next(iter(kinds.values()))
    dialog.setDefaultSuffix(first)
    dialog.selectFile(f"{name}.{first}")

    def change_ending(name: str) -> None:
        dialog.setDefaultSuffix(kinds[name])
        dialog.selectFile(f"{Path(dialog.selectedFiles()[0]).stem}.{kinds[name]}")

    dialog.filterSelected.connect(change_ending)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(then)
    dialog.open()


def ask_save(
    parent: QWidget,
    title: str,
    name: str,
    then: Callable[[str], object],
    replaces: bool = True,
) -> None:
    """Ask for the name of a CSV that is to be written; whether one may be replaced, if it is."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, not replaces)
    dialog.setNameFilters([_tr("CSV (*.csv)"), _tr("All files (*)")])
    dialog.setDefaultSuffix("csv")
    dialog.selectFile(name)
    _open(dialog, lambda paths: then(paths[0]))


def ask_target(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask for the folder that label folders are made in."""
    title = _tr("Copy into label folders of …")
    _ask(parent, title, [], lambda paths: then(paths[0]), QFileDialog.FileMode.Directory)


def ask_manifest(parent: QWidget, then: Callable[[str], object]) -> None:
    """Ask for the list of copies that are to be taken back."""
    filters = [_tr("Lists of copies (tlx-manifest*.csv)")]
    _ask(parent, _tr("Take back copies"), filters, lambda paths: then(paths[0]))


def _ask(
    parent: QWidget,
    title: str,
    filters: list[str],
    then: Callable[[Sequence[str]], object],
    mode: QFileDialog.FileMode = QFileDialog.FileMode.ExistingFile,
) -> None:
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(mode)
    if filters:
        dialog.setNameFilters(filters)
    _open(dialog, then)


def _open(dialog: QFileDialog, then: Callable[[Sequence[str]], object]) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(then)
    dialog.open()
