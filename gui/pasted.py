"""Pictures that are no files: they came from the clipboard or were dropped as pixels."""

import base64

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice
from PySide6.QtGui import QImage, QImageWriter


class Pasted:
    """Keeps them as PNG, under names that take the place of paths."""

    def __init__(self) -> None:
        self._contents: dict[str, QByteArray] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._contents

    def add(self, image: QImage) -> str:
        """Keep a picture; gives its name."""
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(image)
        text = QCoreApplication.translate("Pasted", "pasted picture {0}")
        name = text.format(len(self._contents) + 1)
        self._contents[name] = content
        return name

    def image(self, name: str) -> QImage | None:
        """Give a picture, None for what is a file."""
        content = self._contents.get(name)
        return None if content is None else QImage.fromData(content)

    def content(self, name: str) -> str | None:
        """Give a picture's PNG in base64, None for what is a file."""
        content = self._contents.get(name)
        return None if content is None else base64.b64encode(bytes(content.data())).decode("ascii")
