"""The data check finds every planted defect, and nothing that was not planted."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tlx.inference.events import finish
from tlx.samples.checking import CheckReport, check_events
from tlx.samples.findings import Finding
from tlx.samples.label_checks import Claim
from tlx.samples.source import SampleSource

LOOSE = Claim(0.9, 0.3)
"""Small splits are not what is tested here."""


def check(root: Path, **options: Any) -> CheckReport:
    return finish(check_events(SampleSource(root, **options), LOOSE))


def key(finding: Finding, root: Path) -> tuple[str, tuple[str, ...], str]:
    files = tuple(sorted(path.relative_to(root).as_posix() for path in finding.paths))
    return finding.kind, files, finding.detail


def matches(found: tuple[str, tuple[str, ...], str], wanted: Any) -> bool:
    kind, files, detail = found
    return (kind, files) == (wanted.kind, wanted.files) and wanted.words in detail


@dataclass(frozen=True)
class Planted:
    """What must be found by defect, and what was."""

    expected: dict[str, list[Any]]
    found: list[tuple[str, tuple[str, ...], str]]

    def missed(self) -> list[str]:
        return [
            name
            for name, wanted in self.expected.items()
            if not all(sum(matches(one, want) for one in self.found) == 1 for want in wanted)
        ]

    def never_planted(self) -> list[tuple[str, tuple[str, ...], str]]:
        wanted = [want for several in self.expected.values() for want in several]
        return [one for one in self.found if not any(matches(one, want) for want in wanted)]


def planted(root: Path, labels: tuple[str, ...], plant: Callable[..., Any]) -> Planted:
    before = {key(finding, root) for finding in check(root).findings}
    expected = plant(root, labels)
    found = [key(finding, root) for finding in check(root).findings]
    return Planted(expected, [one for one in found if one not in before])


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, write_scenes: Any, plant_defects: Any
) -> Planted:
    root = tmp_path_factory.mktemp("planted") / "scenes"
    write_scenes(root, ("ant", "bee", "cat"), {"train": 90, "validation": 16, "test": 16})
    return planted(root, ("ant", "bee", "cat"), plant_defects)


def test_made_pictures_have_no_findings_of_their_own(tmp_path: Path, write_scenes: Any):
    write_scenes(tmp_path / "data", ("ant", "bee"), {"train": 30, "validation": 10, "test": 10})
    report = check(tmp_path / "data")
    assert report.findings == ()
    assert not report.falsifies
    assert report.pictures == 100


def test_every_planted_defect_is_found(made: Planted):
    assert len(made.expected) >= 25
    assert len({want.kind for several in made.expected.values() for want in several}) >= 25
    assert made.missed() == []


def test_nothing_is_found_that_was_not_planted(made: Planted):
    assert made.never_planted() == []


@pytest.mark.slow
def test_every_defect_planted_into_clothing_is_found_and_nothing_else(
    tmp_path: Path, real_pictures: Path, plant_defects: Any
):
    root = Path(shutil.copytree(real_pictures / "clothing", tmp_path / "clothing"))
    result = planted(root, ("pants", "t-shirt", "shirt"), plant_defects)
    assert result.missed() == []
    assert result.never_planted() == []


def test_nothing_in_the_folder_is_changed(tmp_path: Path, write_scenes: Any):
    root = write_scenes(tmp_path / "data", ("ant", "bee"), {"train": 12})
    (root / "train" / "ant" / "cut.jpg").write_bytes(b"\xff\xd8")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    check(root)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
