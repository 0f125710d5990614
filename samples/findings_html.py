"""The findings as one HTML file: thumbnails side by side, nothing loaded from elsewhere."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image

from ..errors import PictureError
from ..inference.picture import decode
from ..inference.whole_file import replacing
from .findings import KINDS, Finding

MARK = "<!-- written by tlx check -->"
"""In the file's first line, so that only our own is replaced."""
MOST_SHOWN = 100
"""Findings of a kind that are shown, so that the file stays small enough for a phone."""

_SIDE = 160
_STYLE = """
body{font:16px/1.4 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:0 1rem}
h2{border-bottom:2px solid;margin-top:2rem}.error{color:#b3261e}.warning{color:#8a5a00}
.note{color:#555}article{border-bottom:1px solid #ccc;padding:.6rem 0}
figure{display:inline-block;margin:0 .6rem .4rem 0;max-width:45%;vertical-align:top}
img{max-width:100%;height:auto}figcaption,p{overflow-wrap:anywhere;margin:0;font-size:.9rem}
"""


def write_html(path: Path, findings: Sequence[Finding], title: str) -> None:
    """Write the findings, the worst kind first; names and details are escaped."""
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace") as file,
    ):
        file.writelines(_page(findings, title))


def _page(findings: Sequence[Finding], title: str) -> Iterator[str]:
    yield f"<!doctype html>{MARK}\n<html lang=en><meta charset=utf-8>"
    yield '<meta name=viewport content="width=device-width,initial-scale=1">'
    yield f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>"
    if not findings:
        yield "<p>Nothing was found.</p>"
    for kind, (severity, meaning) in KINDS.items():
        if found := [finding for finding in findings if finding.kind == kind]:
            yield f'<h2 class="{severity}">{kind}: {len(found)}</h2>\n'
            yield f"<p>{severity}: {escape(meaning)}</p>"
            yield from (_article(finding) for finding in found[:MOST_SHOWN])
            if len(found) > MOST_SHOWN:
                yield f"<p>and {len(found) - MOST_SHOWN} more</p>"
    yield "</html>\n"


def _article(finding: Finding) -> str:
    figures = "".join(_figure(path) for path in finding.paths)
    return f"<article>{figures}<p>{escape(finding.detail)}</p></article>\n"


def _figure(path: Path) -> str:
    name = escape(str(path))
    return f"<figure>{_image(path)}<figcaption>{name}</figcaption></figure>"


def _image(path: Path) -> str:
    """Embed a thumbnail; nothing for a folder or a picture that cannot be decoded."""
    try:
        picture = decode(path, _SIDE)
    except PictureError:
        return ""
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    file = BytesIO()
    picture.save(file, "JPEG", quality=80)
    return f'<img alt="" src="data:image/jpeg;base64,{b64encode(file.getvalue()).decode()}">'
