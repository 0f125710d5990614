"""A small model file, pictures, and the window at work with them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from tlx.inference.card import CARD_KEY, ModelCard, Provenance
from tlx.inference.card_json import card_to_json
from tlx.inference.preprocessing import Preprocessing

COLOURS = {"blue": (40, 60, 200), "green": (40, 180, 60), "red": (200, 50, 40)}
WAIT = 60_000
"""Milliseconds, for a machine that has other things to do."""


def write_model(
    path: Path, labels: tuple[str, ...] = tuple(COLOURS), explains: bool = True
) -> Path:
    """Write a file whose logits are the mean blue, green and red."""
    origin = Provenance(
        "0.1.0", "2.14.1", "resnet18", "none", None, "none", "0" * 64, "2026-11-23", 1
    )
    card = ModelCard(labels, Preprocessing(resize_side=36, crop=32), origin)
    node, weight = helper.make_node, np.zeros((3, 3), np.float32)
    weight[[2, 1, 0], range(3)] = 1 / 64
    nodes = [
        node("Cast", ["images"], ["float"], to=TensorProto.FLOAT),
        node("MatMul", ["float", "weight"], ["pixels"]),
        node("Transpose", ["pixels"], ["activation_maps"], perm=[0, 3, 1, 2]),
        node("ReduceMean", ["float", "sides"], ["features"], keepdims=0),
        node("MatMul", ["features", "weight"], ["logits"]),
        node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    shapes = {"logits": ["N", 3], "probabilities": ["N", 3]}
    if explains:
        shapes |= {"activation_maps": ["N", 3, 32, 32], "features": ["N", 3]}
    value = helper.make_tensor_value_info
    constants = {"weight": weight, "sides": np.array([1, 2])}
    graph = helper.make_graph(
        nodes,
        "colours",
        [value("images", TensorProto.UINT8, ["N", 32, 32, 3])],
        [value(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    helper.set_model_props(model, {CARD_KEY: card_to_json(card)})
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def colour_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tell blue, green and red apart."""
    return write_model(tmp_path_factory.mktemp("window") / "colours.onnx")


@pytest.fixture(scope="session")
def other_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give one with other labels, one without activation maps, and a file that is none."""
    folder = tmp_path_factory.mktemp("others")
    (folder / "none.onnx").write_bytes(b"no model")
    return {
        "renamed": write_model(folder / "renamed.onnx", ("sea", "grass", "fire")),
        "plain": write_model(folder / "plain.onnx", explains=False),
        "none": folder / "none.onnx",
    }


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three labels, two pictures of each, and a damaged one among the red."""
    root = tmp_path_factory.mktemp("colours")
    for label, colour in COLOURS.items():
        (root / label).mkdir()
        for number in range(2):
            Image.new("RGB", (60, 40), colour).save(root / label / f"{number}.png")
    (root / "red" / "damaged.png").write_bytes(b"no picture")
    return root


@pytest.fixture
def open_window(qtbot, tmp_path: Path) -> Iterator[Callable]:
    """Give the function that shows a window whose settings are its own, ready to work."""
    from PySide6.QtWidgets import QApplication

    from tlx.gui.app import begin, make_window
    from tlx.gui.settings import Settings
    from tlx.gui.theme import apply_theme

    windows = []

    def show(*places: object, theme: str = "light"):
        application = QApplication.instance()
        application.setStyle("Fusion")
        settings = Settings(tmp_path / "settings.ini")
        settings.theme = theme
        apply_theme(application, theme)
        window = make_window(settings)
        windows.append(window)
        window.painted.connect(lambda: begin(window, [str(place) for place in places]))
        with qtbot.waitSignal(window.painted, timeout=WAIT):
            window.show()
        qtbot.waitUntil(lambda: window.session.begun, timeout=WAIT)
        return window

    yield show
    for window in windows:
        window.session._jobs.clear()
        window.close()
        window.deleteLater()


@pytest.fixture
def focus_is_seen(qtbot) -> Callable:
    """Give the function that goes to all that takes the focus: each must then look otherwise."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QWidget

    def painted(window, widget):
        qtbot.wait(1)
        at = widget.mapTo(window, widget.rect().topLeft())
        shown = widget.rect().translated(at).adjusted(-3, -3, 3, 3)
        return window.grab(shown).toImage()

    def check(window, where: str) -> None:
        widgets = [
            widget
            for widget in window.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and widget.isVisible()
            and widget.isEnabled()
            and widget.window() is window
        ]
        assert widgets
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)
        for widget in widgets:
            widget.clearFocus()
            before = painted(window, widget)
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            assert widget.hasFocus()
            assert painted(window, widget) != before, (where, widget, widget.accessibleName())

    return check
