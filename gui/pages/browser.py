"""The gallery with its filters above it and the side panel beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ..gallery_model import GalleryModel
from ..session import Session
from ..settings import Settings
from ..thumbnails import Thumbnails
from ..widgets.card_delegate import CardDelegate
from ..widgets.filter_bar import FilterBar
from ..widgets.gallery import Gallery
from ..widgets.parts import beside
from ..widgets.side_panel import SidePanel


@dataclass(frozen=True)
class _Only:
    """Pictures that alone may be shown, and why."""

    numbers: frozenset[int]
    reason: str


class Browser(QWidget):
    """What is seen of a folder while no picture is looked at in large."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._settings, self._thumbnails = session, settings, thumbnails
        self._only: _Only | None = None
        self._seen: dict[str, int] = {}
        self.filter = FilterBar(settings.card_side)
        self.gallery, self.side = Gallery(), SidePanel()
        self.model = GalleryModel(session, self)
        self.gallery.setModel(self.model)
        self.gallery.setItemDelegate(CardDelegate(thumbnails, self.gallery))
        self.gallery.set_side(settings.card_side)
        self._chip = QPushButton()
        self._chip.setObjectName("chip")
        self._nothing, self._clear = QLabel(), QPushButton(self.tr("Show all pictures"))
        self._arrange()
        self._connect()

    def show_labels(self, labels: Sequence[str]) -> None:
        """Take another model's labels."""
        self.filter.show_labels(labels)
        self.side.labels.show_labels(labels)
        self.side.labels.choose(-1)
        if self._session.begun:
            self.refresh()

    def show_only(self, numbers: frozenset[int], reason: str) -> None:
        """Show exactly these pictures, and why."""
        self.filter.clear()
        self._only = _Only(numbers, reason)
        self._chip.setText(self.tr("{0}   ✕").format(reason.replace("&", "&&")))
        self._chip.setAccessibleName(self.tr("{0}; show all pictures again").format(reason))
        self._chip.show()
        self.refresh()
        self.gallery.choose(0)

    def clear(self) -> bool:
        """Show all pictures; tells whether that is a change."""
        only, self._only = self._only, None
        self._chip.hide()
        if not (changed := self.filter.clear()) and only is not None:
            self.refresh()
        return changed or only is not None

    def refresh(self) -> None:
        """Filter, sort and count again; what is looked at stays where it is."""
        from ..filtering import Filter, view

        low, high = self.filter.range
        only = self._only.numbers if self._only else None
        chosen = Filter(self.filter.label, low, high, self.filter.state, self.filter.name, only)
        numbers = view(self._session.results, chosen, self.filter.order)
        if self.model.shows(numbers):
            self.model.changed()
        else:
            self._keeping_the_place(lambda: self.model.show_numbers(numbers))
        self.filter.show_count(len(numbers), len(self._session.results))
        self._gallery_stack.setCurrentIndex(0 if len(numbers) else 1)
        self.show_changes()

    def show_changes(self) -> None:
        """Show other verdicts and counts; nothing leaves the gallery while it is looked at."""
        self.gallery.viewport().update()
        if self.side.isVisible():
            self.side.show_results(self._session.results)

    def toggle_side(self) -> None:
        """Show or hide the side panel, and remember it."""
        self._settings.side_panel = self.side.isHidden()
        self.side.setVisible(self._settings.side_panel)
        self.show_changes()

    def _keeping_the_place(self, change: Callable[[], None]) -> None:
        """Show other rows: what is current and selected stays so, at the same place if seen."""
        gallery, model, bar = self.gallery, self.model, self.gallery.verticalScrollBar()
        current = model.number(gallery.currentIndex().row())
        selected = {model.number(row) for row in gallery.selected_rows()}
        top, offset = gallery.top_of_current(), bar.value()
        change()
        gallery.updateGeometries()
        row = model.row_of(current)
        if row >= 0:
            gallery.choose(row)
        if len(selected) > 1:
            gallery.select_rows(model.rows_of(selected))
        if row >= 0 and top is not None:
            offset = bar.value() + gallery.visualRect(model.index(row, 0)).top() - top
        bar.setValue(offset if row >= 0 or current < 0 else 0)

    def _connect(self) -> None:
        self.filter.changed.connect(self._filtered)
        self.filter.resized.connect(self._resize)
        self.gallery.enlarged.connect(self.filter.enlarge)
        self.gallery.looked_at.connect(self._look)
        self.side.label_chosen.connect(self.filter.choose_label)
        self.side.threshold_changed.connect(self._set_threshold)
        self._chip.clicked.connect(self.clear)
        self._clear.clicked.connect(self.clear)
        self._thumbnails.ready.connect(self._show_thumbnail)

    def _filtered(self) -> None:
        label = self.filter.label
        self.side.labels.choose(-1 if label is None else label)
        self.refresh()

    def _resize(self, side: int) -> None:
        self._settings.card_side = side
        self.gallery.set_side(side)

    def _look(self, first: int, last: int) -> None:
        """Want the thumbnails of what is seen, and of no card that has scrolled away."""
        self._thumbnails.set_side(self.gallery.side, self.gallery.devicePixelRatioF())
        paths, number = self._session.results.paths, self.model.number
        self._seen = {paths[number(row)]: row for row in range(first, last + 1)}
        self._thumbnails.wish_only(self._seen)

    def _show_thumbnail(self, path: str) -> None:
        if (row := self._seen.get(path)) is not None:
            self.gallery.repaint_row(row)

    def _set_threshold(self, share: float) -> None:
        self._session.results.unsure_below = share
        if self.filter.state == "unsure":
            self.refresh()
        else:
            self.show_changes()

    def _arrange(self) -> None:
        self._chip.hide()
        row = QHBoxLayout()
        row.addWidget(self._chip)
        row.addStretch()
        splitter = beside(self._gallery_or_nothing(), self.side, (960, 260))
        self.side.setVisible(self._settings.side_panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 10)
        column.setSpacing(10)
        column.addWidget(self.filter)
        column.addLayout(row)
        column.addWidget(splitter, 1)

    def _gallery_or_nothing(self) -> QWidget:
        self._nothing.setText(self.tr("No picture passes this filter"))
        self._nothing.setObjectName("muted")
        nothing = QFrame()
        nothing.setObjectName("panel")
        column = QVBoxLayout(nothing)
        column.addStretch()
        column.addWidget(self._nothing, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        column.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        both = QWidget()
        self._gallery_stack = QStackedLayout(both)
        self._gallery_stack.addWidget(self.gallery)
        self._gallery_stack.addWidget(nothing)
        return both
