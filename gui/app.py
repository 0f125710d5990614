"""The application: started without anything heavy, which comes after the first paint."""

import gc
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from types import TracebackType

from PySide6.QtCore import QLibraryInfo, QLocale, QLoggingCategory, QTranslator
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from .client import Client
from .review import Review
from .session import Session
from .settings import Settings
from .shortcut import ICON
from .theme import apply_theme
from .window import MainWindow

_Hook = Callable[[type[BaseException], BaseException, TracebackType | None], None]


def make_application() -> QApplication:
    """Make Qt's application, with its name, style and texts."""
    # Of many pictures, and harmless: what cannot be read is said in the window.
    quiet = ("qt.gui.icc.warning=false", "qt.gui.imageio*.warning=false")
    QLoggingCategory.setFilterRules("\n".join(quiet))
    application = QApplication(sys.argv[:1])
    application.setApplicationName("tlx")
    application.setApplicationDisplayName("tlx")
    application.setDesktopFileName("tlx")
    application.setStyle("Fusion")
    translator = QTranslator(application)
    path = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(), "qtbase", "_", path):
        application.installTranslator(translator)
    return application


def make_window(settings: Settings, client: Client | None = None) -> MainWindow:
    """Make the window; it begins to work after its first paint."""
    session = Session(client or Client(), Review(settings.journal()))
    window = MainWindow(session, settings)
    window.setWindowIcon(QIcon(str(ICON)))
    session.setParent(window)
    session.client.setParent(window)
    if settings.geometry is not None:
        window.restoreGeometry(settings.geometry)
    return window


def run(places: Sequence[str] = (), settings: Settings | None = None) -> int:
    """Show the window until it is closed; gives the exit code.

    Args:
        places: model files, pictures and folders to open.
        settings: of the user, or others.
    """
    # Python would raise Ctrl-C inside of a method that Qt calls, which ends in a crash.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    application = make_application()
    settings = settings or Settings()
    apply_theme(application, settings.theme)
    window = make_window(settings)
    sys.excepthook = _shown_in(window)
    window.painted.connect(lambda: begin(window, places))
    window.show()
    return application.exec()


def begin(window: MainWindow, places: Sequence[str]) -> None:
    """Start the worker, and open what the command line names."""
    window.session.begin()
    gc.freeze()  # what has been loaded stays; looking through it again would take 40 ms each time
    if places:
        window.open_places(places)


def _shown_in(window: MainWindow) -> _Hook:
    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        text = window.tr("An unexpected error: {0} (a bug of tlx)")
        window.banner.say(text.format(f"{kind.__name__}: {error}"))

    return show
