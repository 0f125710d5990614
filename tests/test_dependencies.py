"""docs/dependencies.md names every dependency, with the bound that pyproject.toml has."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENT = re.compile(r"(?P<name>[\w-]+)(\[\w+\])?(?P<bound>[^;\[]*)(;.*)?$")


def _asked_for() -> dict[str, dict[str, set[str]]]:
    """Give the bounds of each package by the extra that asks for it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"base": project["dependencies"], **project["optional-dependencies"]}
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for group, requirements in groups.items():
        for requirement in requirements:
            parsed = REQUIREMENT.fullmatch(requirement)
            assert parsed, requirement
            if parsed["name"] != "tlx":  # one of its extras
                found[group][parsed["name"]].add(parsed["bound"].strip())
    return found


def _documented() -> dict[str, dict[str, str]]:
    """Give the bounds' cells in the same way; a title may name several extras."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    titles: list[str] = []
    for line in (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            titles = [title.lower() for title in line[3:].split(", ")]
        elif line.startswith("| ") and not line.startswith(("| package", "| ---")):
            name, bound, why, licence = (cell.strip() for cell in line.strip("| ").split(" | "))
            assert why
            assert licence
            group = next((title for title in titles if name == title), titles[0])
            found[group][name] = bound
    return found


def test_every_dependency_is_listed_with_its_bound():
    asked, documented = _asked_for(), _documented()
    named = {group: {*packages} for group, packages in asked.items() if packages}
    assert named == {group: {*packages} for group, packages in documented.items()}
    for group, packages in asked.items():
        for name, bounds in packages.items():
            assert set(re.findall("`([^`]+)`", documented[group][name])) == bounds, name


def test_every_direct_dependency_has_a_version_that_it_is_tested_with():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().splitlines()
    fixed = {line.split("==")[0] for line in lines if "==" in line}
    direct = {name.lower() for packages in _asked_for().values() for name in packages}
    assert direct <= fixed
