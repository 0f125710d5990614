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
:root{color-scheme:light dark;--error:#b3261e;--warning:#8a5a00;--note:#5a6270;--line:#8884;
--card:#8881;font:16px/1.45 system-ui,sans-serif}
@media (prefers-color-scheme:dark){:root{--error:#ff8a80;--warning:#ffc35c;--note:#a8b0bd}}
body{margin:0 auto;max-width:72rem;padding:1rem}h1{font-size:1.5rem;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:.4rem}nav a{border:1px solid;border-radius:1rem;
padding:.15rem .7rem;text-decoration:none}.error{color:var(--error)}.warning{color:var(--warning)}
.note{color:var(--note)}h2{border-bottom:2px solid;font-size:1.15rem;margin:2rem 0 .3rem;
padding-bottom:.2rem}section>p{margin:0 0 .7rem}
.all{display:grid;gap:.8rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr))}
article{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.7rem}
.side{display:flex;gap:.6rem}figure{flex:1;margin:0 0 .4rem;min-width:0}
img{border-radius:.3rem;display:block;height:160px;max-width:100%;object-fit:contain;
object-position:left}figcaption,article p{font-size:.85rem;margin:0;overflow-wrap:anywhere}
figcaption{color:var(--note)}
@media print{:root{color-scheme:light;font-size:11px}body{max-width:none;padding:0}nav{display:none}
article{break-inside:avoid}h2{break-after:avoid}img{height:110px}
.all{grid-template-columns:repeat(3,1fr)}}
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
    by_kind = {kind: [one for one in findings if one.kind == kind] for kind in KINDS}
    links = "".join(_link(kind, len(found)) for kind, found in by_kind.items() if found)
    yield f"<nav>{links}</nav>"
    for kind, found in by_kind.items():
        if found:
            yield from _section(kind, found)
    yield "</html>\n"


def _link(kind: str, count: int) -> str:
    return f'<a class={KINDS[kind][0]} href="#{kind}">{kind} {count}</a>'


def _section(kind: str, found: Sequence[Finding]) -> Iterator[str]:
    severity, meaning = KINDS[kind]
    yield f"<section id={kind}><h2 class={severity}>{kind}: {len(found)}</h2>\n"
    yield f"<p>{severity}: {escape(meaning)}</p><div class=all>"
    yield from (_article(finding) for finding in found[:MOST_SHOWN])
    yield "</div>"
    if len(found) > MOST_SHOWN:
        yield f"<p>and {len(found) - MOST_SHOWN} more</p>"
    yield "</section>"


def _article(finding: Finding) -> str:
    shown = finding.kind != "no-picture"  # which may be a film of any size
    figures = "".join(_figure(path, shown) for path in finding.paths)
    side = f"<div class=side>{figures}</div>" if figures else ""
    return f"<article>{side}<p>{escape(finding.detail)}</p></article>\n"


def _figure(path: Path, shown: bool) -> str:
    name = escape(str(path))
    return f"<figure>{_image(path) if shown else ''}<figcaption>{name}</figcaption></figure>"


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
