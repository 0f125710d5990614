"""Bad model files, cards, CSVs and checkpoints through the commands: one line and exit code 2."""

import csv
import os
import pickle
import zipfile
from pathlib import Path

import pytest
from catalogue.card_files import CARD_FILES, bare
from catalogue.kinds import ANSWERED, EITHER, Kind
from catalogue.models import MODELS, ODD_TEXTS, model
from catalogue.tables import TABLES

QUICK = [kind for kind in MODELS if not kind.name.endswith(("altered bytes", "wrong types"))]


def _files(folder: Path, kind: Kind, ending: str) -> list[Path]:
    folder.mkdir()
    kind.write(folder)
    return sorted(folder.glob(f"*.{ending}"))


def _drive(kind: Kind, root: Path, run_safely, good: bytes, few: bool) -> int:
    picture = root / "good.jpg"
    picture.write_bytes(good)
    codes = {ANSWERED: (0,), EITHER: (0, 2)}.get(kind.answer, (2,))
    files = _files(root / "in", kind, "onnx")
    for path in files:
        run_safely("inspect", path, codes=codes)
        run_safely("classify", path, picture, codes=codes)
        if not few:
            run_safely("inspect", path, "--markdown", codes=codes)
            run_safely("classify", path, picture, "--explain", root / "maps", codes=codes)
    return len(files)


@pytest.mark.parametrize("kind", QUICK, ids=str)
def test_a_bad_model_file_is_one_line(kind, tmp_path, run_safely, good_picture, fingerprint):
    assert _drive(kind, tmp_path, run_safely, good_picture, few=True) >= 5
    assert {path.name for path in tmp_path.iterdir()} <= {"in", "good.jpg", "outside.bin"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS, ids=str)
def test_every_bad_model_file_through_all_that_opens_it(kind, tmp_path, run_safely, good_picture):
    _drive(kind, tmp_path, run_safely, good_picture, few=False)
    assert {path.name for path in tmp_path.iterdir()} <= {"in", "good.jpg", "outside.bin", "maps"}


@pytest.mark.parametrize("kind", CARD_FILES, ids=str)
def test_a_bad_card_file_is_one_line(kind, tmp_path, run_safely, good_picture, fingerprint):
    path, picture = tmp_path / "bare.onnx", tmp_path / "good.jpg"
    path.write_bytes(bare())
    picture.write_bytes(good_picture)
    files = _files(tmp_path / "in", kind, "json")
    before = fingerprint(tmp_path)
    codes = (0,) if kind.answer == ANSWERED else (2,)
    for card in files:
        run_safely("inspect", path, "--card", card, codes=codes)
        run_safely("classify", path, picture, "--card", card, codes=codes)
    assert len(files) >= 5
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize("name", ["formulas", "controls"])
def test_a_label_is_no_formula_in_a_csv(name, tmp_path, run_safely, good_picture):
    path, picture, table = (tmp_path / name for name in ("m.onnx", "=1+1.jpg", "out.csv"))
    path.write_bytes(model(card=ODD_TEXTS[name]).SerializeToString())
    picture.write_bytes(good_picture)
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        run_safely("classify", path, picture.name, "--csv", table, codes=(0,))
    finally:
        os.chdir(before)
    with table.open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=1+1.jpg" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]


class _Opens:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self):
        return Path.touch, (self._path,)


@pytest.mark.parametrize("packed", [True, False], ids=["torch's zip", "pickle alone"])
def test_code_in_a_checkpoint_is_not_run(packed, tmp_path, run_safely, light_run, split_folder):
    mark, path = tmp_path / "was-here", light_run / "best.pt"
    content = pickle.dumps({"format": 1, "card": "{}", "weights": _Opens(mark)})
    pickle.loads(content)
    assert mark.exists()  # the trap works
    mark.unlink()
    path.unlink()
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", content)
            archive.writestr("archive/version", "3\n")
    else:
        path.write_bytes(content)
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\n")
    adopt = ("--arch", "resnet18", "--labels", labels, "--out", tmp_path / "adopted")
    train = ("--weights", path, "--imgsz", "32", "--out", tmp_path / "trained")
    for arguments in (
        ("inspect", path),
        ("export", light_run),
        ("adopt", path, *adopt),
        ("train", split_folder, *train),
    ):
        run_safely(*arguments, codes=(2,))
        assert not mark.exists()


@pytest.mark.parametrize("kind", TABLES, ids=str)
def test_a_bad_csv_is_one_line_or_rows(
    kind, tmp_path, run_safely, colour_model, good_picture, fingerprint
):
    files = _files(tmp_path / "in", kind, "csv")
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / "in" / name).write_bytes(good_picture)
    before = fingerprint(tmp_path / "in")
    for path in files:
        run_safely("eval", colour_model, "--labels", path, "--json")
        run_safely("check", tmp_path / "in", "--labels", path, "--json")
    assert fingerprint(tmp_path / "in") == before
