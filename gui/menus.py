"""What stands in the window's menus."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMessageBox

from .actions import Command, fill, key_sheet
from .opened_model import Model
from .pages.classify import ClassifyPage
from .pages.folder import FolderPage
from .pages.judge import Judge
from .settings import THEMES
from .widgets.own_keys import EnterKeys
from .widgets.viewer import STEP, Viewer
from .wording import short_path

if TYPE_CHECKING:
    from .window import MainWindow

FILE, ANSWER, VIEW = 0, 2, 3
"""Places in the menu bar."""


def add_menus(window: "MainWindow") -> None:
    """Fill the menu bar."""
    menus: list[QMenu] = []
    of_page: list[QAction] = []
    for title, commands in (
        (window.tr("&File"), _file(window)),
        (window.tr("&Edit"), _edit(window)),
        (window.tr("&Answer"), _answer(window)),
        (window.tr("&View"), _view(window)),
        (window.tr("&Run"), _run(window)),
    ):
        menus.append(window.menuBar().addMenu(title))
        made = fill(menus[-1], window, commands)
        of_page += made if len(menus) == ANSWER + 1 else []
    # Their keys are letters and digits: they must not act on a page that is not seen.
    window.tabs.currentChanged.connect(
        lambda _: [action.setEnabled(window.reviewing is not None) for action in of_page]
    )
    EnterKeys(window, lambda: _single(window))
    _add_labels(window, menus[ANSWER], of_page)
    _add_recents(window, menus[FILE])
    _add_themes(window, menus[VIEW])
    keys = Command(window.tr("Keys"), ("F1", "?"), lambda: show_keys(window, menus))
    fill(window.menuBar().addMenu(window.tr("&Help")), window, [keys])


def show_keys(window: "MainWindow", menus: list[QMenu]) -> None:
    """Show all keys in a box that stays beside the window."""
    box = QMessageBox(window)
    box.setWindowTitle(window.tr("Keys"))
    box.setText(key_sheet(menus))
    box.addButton(window.tr("Close"), QMessageBox.ButtonRole.RejectRole)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setModal(False)
    box.show()


def _file(window: "MainWindow") -> list[Command | None]:
    exporting = window.exporting
    return [
        Command(window.tr("Open pictures…"), ("Ctrl+O",), window.ask_pictures),
        Command(window.tr("Open folder…"), ("Ctrl+Shift+O",), window.ask_folder),
        Command(window.tr("Open model…"), ("Ctrl+M",), window.ask_model),
        None,
        Command(window.tr("Export CSV…"), ("Ctrl+E",), exporting.ask_results),
        Command(window.tr("Write corrections…"), ("Ctrl+Shift+E",), exporting.ask_corrections),
        Command(window.tr("Copy into label folders…"), (), exporting.ask_copies),
        Command(window.tr("Take back copies…"), (), exporting.ask_undo),
        None,
        Command(window.tr("Quit"), ("Ctrl+Q",), window.close),
    ]


def _edit(window: "MainWindow") -> list[Command | None]:
    session = window.session
    return [
        Command(window.tr("Undo"), ("Ctrl+Z",), lambda: _reveal(window, session.undo())),
        Command(
            window.tr("Redo"),
            ("Ctrl+Shift+Z", "Ctrl+Y"),
            lambda: _reveal(window, session.redo()),
        ),
        None,
        Command(window.tr("Copy the answer"), ("Ctrl+C",), lambda: _copy(window)),
        Command(window.tr("Paste a picture"), ("Ctrl+V",), window.paste),
        Command(window.tr("Select all pictures"), ("Ctrl+A",), lambda: _select_all(window)),
        Command(window.tr("Find by name"), ("Ctrl+F",), lambda: _search(window)),
    ]


def _answer(window: "MainWindow") -> list[Command | None]:
    def judge(act: Callable[[Judge], None]) -> Callable[[], None]:
        return lambda: act(window.reviewing.judge) if window.reviewing else None

    def go(act: Callable[[ClassifyPage | FolderPage], None]) -> Callable[[], None]:
        return lambda: act(window.reviewing) if window.reviewing else None

    return [
        Command(window.tr("Right, and next"), ("Y", "Return", "Enter"), judge(Judge.right)),
        Command(window.tr("Wrong…"), ("N", "0"), judge(Judge.wrong)),
        Command(window.tr("Cannot tell, and next"), ("U",), judge(Judge.unsure)),
        Command(window.tr("Take back"), ("Backspace", "Del"), judge(Judge.take_back)),
        None,
        Command(window.tr("Next picture"), ("Right", "PgDown"), go(lambda page: page.step(1))),
        Command(window.tr("Picture before"), ("Left", "PgUp"), go(lambda page: page.step(-1))),
        Command(window.tr("First picture"), ("Home",), go(lambda page: page.choose(0))),
        Command(window.tr("Last picture"), ("End",), go(lambda page: page.choose(1 << 30))),
    ]


def _view(window: "MainWindow") -> list[Command | None]:
    def viewer(act: Callable[[Viewer], None]) -> Callable[[], None]:
        return lambda: act(window.reviewing.close_up.viewer) if window.reviewing else None

    pages = [window.tabs.tabText(place) for place in range(window.tabs.count())]
    return [
        *(
            Command(name, (f"Ctrl+{number + 1}",), lambda number=number: window.show_page(number))
            for number, name in enumerate(pages)
        ),
        None,
        Command(window.tr("Heat map"), ("H",), window.heat_key, repeats=False),
        Command(window.tr("Larger"), ("+", "="), lambda: _enlarge(window, 1)),
        Command(window.tr("Smaller"), ("-",), lambda: _enlarge(window, -1)),
        Command(window.tr("Whole picture"), ("Ctrl+0", "F"), viewer(Viewer.fit)),
        Command(window.tr("A pixel on a pixel"), ("Ctrl+Alt+0",), viewer(Viewer.actual_size)),
        Command(window.tr("Side panel"), ("F4",), lambda: _toggle_side(window)),
        Command(window.tr("Full screen"), ("F11",), lambda: _toggle_full_screen(window)),
    ]


def _run(window: "MainWindow") -> list[Command | None]:
    session = window.session
    return [
        Command(window.tr("Go on"), ("F5",), session.classify_waiting),
        Command(window.tr("Classify all again"), ("Shift+F5",), session.classify_again),
        Command(window.tr("Evaluate pictures…"), ("F6",), window.ask_evaluation),
        Command(window.tr("Cancel"), ("Esc",), lambda: _cancel(window)),
        None,
        Command(window.tr("Watch a folder…"), ("Ctrl+Shift+W",), window.show_watch),
    ]


def _add_labels(window: "MainWindow", menu: QMenu, of_page: list[QAction]) -> None:
    """Add the first nine labels, by number, under their names as soon as these are known."""
    labels = QMenu(window.tr("It is"), window)
    menu.insertMenu(menu.actions()[2], labels)

    def say(number: int) -> None:
        if window.reviewing:
            window.reviewing.judge.number(number)

    text = window.tr("Label {0}")
    commands = [
        Command(text.format(number), (str(number),), lambda number=number: say(number))
        for number in range(1, 10)
    ]
    actions = fill(labels, window, [*commands])
    of_page += actions

    def name(model: Model) -> None:
        for action, label in zip_longest(actions, model.card.labels[: len(actions)]):
            action.setVisible(label is not None)
            action.setText((label or "").replace("&", "&&"))

    window.session.model_loaded.connect(name)


def _single(window: "MainWindow") -> bool:
    """Tell whether a single picture is seen, which Enter may say of that it is right."""
    page = window.reviewing
    return page.looking if isinstance(page, FolderPage) else page is not None


def _cancel(window: "MainWindow") -> None:
    """Close the banner, else the picture, else stop what is running, else clear the filter."""
    page, session = window.reviewing, window.session
    if not window.banner.isHidden():
        window.banner.hide()
    elif isinstance(page, FolderPage) and page.looking:
        page.close_picture()
    elif window.exporting.sorter.running:
        window.exporting.sorter.cancel()
    elif session.at_work or session.evaluations.waiting or session.scan.running:
        session.scan.stop()
        session.cancel()
        session.evaluations.cancel()
    elif isinstance(page, FolderPage):
        page.escape()


def _reveal(window: "MainWindow", indices: Sequence[int]) -> None:
    """Show what an undoing changed."""
    if indices and window.reviewing:
        window.reviewing.reveal(indices[0])


def _copy(window: "MainWindow") -> None:
    if window.reviewing:
        window.reviewing.copy()


def _select_all(window: "MainWindow") -> None:
    if isinstance(page := window.reviewing, FolderPage) and not page.looking:
        page.gallery.selectAll()


def _search(window: "MainWindow") -> None:
    page = window.show_folder()
    page.close_picture()
    page.filter.search()


def _enlarge(window: "MainWindow", steps: int) -> None:
    page = window.reviewing
    if isinstance(page, FolderPage) and not page.looking:
        page.filter.enlarge(steps)
    elif page is not None:
        page.close_up.viewer.zoom(STEP**steps)


def _toggle_side(window: "MainWindow") -> None:
    if isinstance(page := window.reviewing, FolderPage):
        page.browser.toggle_side()


def _toggle_full_screen(window: "MainWindow") -> None:
    window.showNormal() if window.isFullScreen() else window.showFullScreen()


def _add_recents(window: "MainWindow", menu: QMenu) -> None:
    recent = QMenu(window.tr("Recent"), window)
    menu.insertMenu(menu.actions()[3], recent)

    def show() -> None:
        recent.clear()
        for what in ("models", "folders"):
            for path in window.settings.recent(what):
                action = recent.addAction(short_path(path))
                action.setToolTip(path)
                action.triggered.connect(lambda _=False, path=path: window.open_places([path]))
            recent.addSeparator()

    menu.aboutToShow.connect(show)


def _add_themes(window: "MainWindow", menu: QMenu) -> None:
    names = (window.tr("As the desktop"), window.tr("Light"), window.tr("Dark"))
    group = QActionGroup(window)
    themes = menu.addMenu(window.tr("Theme"))
    for theme, name in zip(THEMES, names, strict=True):
        action = QAction(name, window, checkable=True, checked=window.settings.theme == theme)
        action.triggered.connect(lambda _=False, theme=theme: window.set_theme(theme))
        group.addAction(action)
        themes.addAction(action)
