"""A training looks at files, labels and splits while it reads, and says what it found."""

import shutil
from pathlib import Path

from PIL import Image

from tlx.inference.events import finish
from tlx.samples.findings import Finding
from tlx.samples.folders import find_samples
from tlx.samples.loading import load_pictures


def findings(root: Path) -> dict[str, list[Finding]]:
    found = finish(load_pictures(find_samples(root), 37), lambda _: None).findings
    return {kind: [one for one in found if one.kind == kind] for kind in {f.kind for f in found}}


def test_a_clean_folder_has_only_small_splits(split_folder: Path):
    assert {*findings(split_folder)} == {"small-split"}


def test_what_the_reading_pass_sees_is_told(split_folder: Path, tmp_path: Path):
    root = Path(shutil.copytree(split_folder, tmp_path / "data"))
    red, blue = root / "train" / "red", root / "train" / "blue"
    Image.open(red / "000.jpg").save(red / "named.jpg", "PNG")
    content = (red / "001.jpg").read_bytes()
    (red / "001.jpg").write_bytes(content[:-300] + bytes(300))
    blue_content = (blue / "000.jpg").read_bytes()
    (blue / "000.jpg").rename(blue / "000.jpg_large")
    (root / "train" / "Red").mkdir()
    (root / "train" / "Red" / "a.jpg").write_bytes(blue_content)
    (root / "train" / "none").mkdir()
    found = findings(root)
    paths = {
        kind: [path for one in several for path in one.paths] for kind, several in found.items()
    }
    assert paths.pop("wrong-format") == [red / "named.jpg"]
    assert paths.pop("truncated") == [red / "001.jpg"]
    assert paths.pop("other-ending") == [blue / "000.jpg_large"]
    assert paths.pop("label-empty") == [root / "train" / "none"]
    assert {*paths} == {"small-split", "label-spelling", "imbalance"}
    assert "'Red', 'red'" in found["label-spelling"][0].detail
