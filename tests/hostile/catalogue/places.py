"""Pictures whose file is bad: no file at all, or one with a name that few programs survive."""

import os
import socket
import unicodedata
from pathlib import Path

from catalogue.kinds import ANSWERED, Kind
from catalogue.pictures import encoded

NAMES = {
    "spaces": (" leading.jpg", "two  spaces.jpg", "trailing .jpg"),
    "quotes": ("quote'.jpg", 'double".jpg', "back`tick`.jpg", "$(reboot).jpg", "; rm -rf x.jpg"),
    "line breaks": ("line\nbreak.jpg", "return\r.jpg", "both\r\n.jpg", "form\f.jpg", "nel\x85.jpg"),
    "terminal codes": ("red\x1b[31m.jpg", "bell\a.jpg", "title\x1b]0;x\a.jpg", "del\x7f.jpg"),
    "emoji": ("👩‍🚀🏳️‍🌈.jpg", "🔥" * 20 + ".jpg"),
    "right to left": ("\u202egpj.exe.jpg", "תמונה.jpg", "صورة.jpg", "\u2066x\u2069.jpg"),
    "combining marks": ("z" + "\u0335" * 60 + ".jpg",),
    "undecodable bytes": tuple(os.fsdecode(name) for name in (b"\xff\xfe.jpg", b"caf\xe9.jpg")),
    "255 bytes": ("x" * 251 + ".jpg", "é" * 125 + "x.jpg"),
    "twins of Unicode": tuple(unicodedata.normalize(form, "é.jpg") for form in ("NFC", "NFD")),
    "upper and lower case": ("a.jpg", "A.jpg", "A.JPG", "a.JpEg"),
    "dashes": ("-n.jpg", "--help.jpg", "-.jpg"),
    "globs": ("[0-9].jpg", "what?.jpg", "all*.jpg", "{a,b}.jpg"),
    "markup": ("[red]x[red].jpg", ":smile:.jpg", "<b>bold.jpg", "&amp;.jpg", "%s%n.jpg", "\\.jpg"),
    "formulas": ("=1+1.jpg", "+1.jpg", "@SUM(A1).jpg", "\t=1.jpg"),
    "names of Windows' devices": ("CON.jpg", "nul.jpg", "aux.png.jpg"),
}


def _named(names: tuple[str, ...]) -> Kind:
    def write(folder: Path) -> None:
        for index, name in enumerate(names):
            (folder / name).write_bytes(encoded("JPEG", (40 + index, 40)))

    return write


def _folder(folder: Path) -> None:
    (folder / "a.jpg").mkdir()
    (folder / "b.png").mkdir()
    (folder / "b.png" / "note.txt").write_text("a text\n")


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")


def _socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = os.open(folder, os.O_RDONLY)
        try:  # a socket's path may not be long
            one.bind(f"/proc/self/fd/{here}/socket.jpg")
        finally:
            os.close(here)


def _devices(folder: Path) -> None:
    for device in ("zero", "null", "full", "random", "tty"):
        (folder / f"{device}.jpg").symlink_to(f"/dev/{device}")


def _endless_files_of_the_system(folder: Path) -> None:
    """Regular files by what the system says, but reading them waits, or never ends."""
    for index, path in enumerate(("/proc/kmsg", "/proc/self/mem", "/proc/self/maps")):
        (folder / f"{index}.jpg").symlink_to(path)


def _broken_links(folder: Path) -> None:
    (folder / "nowhere.jpg").symlink_to("/nowhere/at/all.jpg")
    (folder / "empty.jpg").symlink_to("gone.jpg")


def _rings(folder: Path) -> None:
    (folder / "itself.jpg").symlink_to("itself.jpg")
    (folder / "one.jpg").symlink_to("two.jpg")
    (folder / "two.jpg").symlink_to("one.jpg")


def _links_to_folders(folder: Path) -> None:
    (folder / "here.jpg").symlink_to(".")
    (folder / "up.jpg").symlink_to("..")
    (folder / "ring").symlink_to(".")


def _links(folder: Path) -> None:
    (folder / "real.jpg").write_bytes(encoded("JPEG", (40, 40)))
    (folder / "link.jpg").symlink_to("real.jpg")
    os.link(folder / "real.jpg", folder / "hard.jpg")


def _holes(folder: Path) -> None:
    """A file of 40 GB that takes no room on the disk."""
    with (folder / "holes.jpg").open("wb") as file:
        file.write(encoded("JPEG", (40, 40))[:300])
        file.truncate(40_000_000_000)


PLACES: tuple[Kind, ...] = (
    *(Kind(f"names with {what}", _named(names), ANSWERED) for what, names in NAMES.items()),
    Kind("folder named .jpg", _folder),
    Kind("FIFO", _fifo),
    Kind("socket", _socket),
    Kind("link to a device", _devices),
    Kind("link to an endless file of the system", _endless_files_of_the_system),
    Kind("broken link", _broken_links),
    Kind("links in a ring", _rings),
    Kind("link to a folder", _links_to_folders),
    Kind("links to pictures", _links, ANSWERED),
    Kind("file of 40 GB", _holes),
)
