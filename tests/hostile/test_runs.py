"""Run folders of strangers, lists, and bundles, through the commands that open them."""

import shutil
from pathlib import Path

import pytest
from catalogue.runs import CONFIGS, SPLITS, checkpoints, progresses, swelling_archive

EXPORT = ("--format", "onnx", "--json")


def _place(source: Path, target: Path) -> None:
    """Put a file, or what is none, into a run folder in the place of another."""
    if target.is_dir() and not target.is_symlink():
        target.rmdir()
    elif target.is_symlink() or target.exists():
        target.unlink()
    source.rename(target)


def _written(folder: Path, kind, ending: str) -> list[Path]:
    folder.mkdir()
    kind.write(folder)
    return sorted(folder.glob(f"*.{ending}"))


def _refuse_configs(files: list[Path], run: Path, run_safely) -> None:
    for path in files:
        _place(path, run / "config.json")
        run_safely("train", "--resume", run, "--json", codes=(2,))
        run_safely("export", run, *EXPORT, codes=(2,))
    assert not (run / "model.onnx").exists()


@pytest.mark.parametrize("kind", CONFIGS, ids=str)
def test_a_bad_config_is_one_line(kind, tmp_path, run_safely, trained_run):
    files = _written(tmp_path / "in", kind, "json")
    assert len(files) >= 5
    _refuse_configs(files[:: len(files) // 12 + 1], trained_run, run_safely)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CONFIGS, ids=str)
def test_every_bad_config_is_one_line(kind, tmp_path, run_safely, trained_run):
    _refuse_configs(_written(tmp_path / "in", kind, "json"), trained_run, run_safely)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SPLITS, ids=str)
def test_a_bad_split_is_one_line_or_other_pictures(kind, tmp_path, run_safely, trained_run):
    for path in _written(tmp_path / "in", kind, "csv"):
        _place(path, trained_run / "split.csv")
        run_safely("export", trained_run, *EXPORT, seconds=60)
        run_safely("train", "--resume", trained_run, "--json", codes=(2,))


def test_a_bad_checkpoint_is_one_line(tmp_path, run_safely, trained_run):
    kind = checkpoints((trained_run / "best.pt").read_bytes())
    for path in _written(tmp_path / "in", kind, "pt"):
        run_safely("inspect", path)
        shutil.copy(path, trained_run / "last.pt")
        run_safely("train", "--resume", trained_run, "--json", codes=(2,))
    assert not Path("/tmp/was-here").exists()
    assert not (tmp_path / "was-here").exists()


@pytest.mark.slow
def test_a_bad_checkpoint_is_not_exported(tmp_path, run_safely, trained_run):
    kind = checkpoints((trained_run / "best.pt").read_bytes())
    for path in _written(tmp_path / "in", kind, "pt"):
        shutil.copy(path, trained_run / "best.pt")
        ran = run_safely("export", trained_run, *EXPORT, seconds=60)
        # An altered byte may be one that does not matter, such as in a name of the archive.
        assert ran.code == 2 or path.stem.startswith("altered"), path


@pytest.mark.slow
def test_a_training_does_not_go_on_from_what_it_does_not_understand(
    tmp_path, run_safely, trained_run
):
    config = trained_run / "config.json"
    config.write_text(config.read_text().replace('"epochs": 2', '"epochs": 3'))
    kind = progresses((trained_run / "last.pt").read_bytes())
    for path in _written(tmp_path / "in", kind, "pt"):
        copy = tmp_path / "copy"
        shutil.copytree(trained_run, copy)
        shutil.copy(path, copy / "last.pt")
        run_safely("train", "--resume", copy, "--json", codes=(0, 2), seconds=60)
        shutil.rmtree(copy)


LISTS = {
    "empty": b"",
    "blank": b"\n\n\r\n",
    "nul": b"a\0b.jpg\n",
    "binary": bytes(range(256)) * 9,
    "long": b"x" * 1_000_000,
    "devices": b"/dev/zero\n/dev/random\n/proc/self/mem\n/\n.\n..\n",
    "options": b"--help\n-n\n-\n*.jpg\n~\n$(reboot)\n",
    "latin-1": "café.jpg\n".encode("latin-1"),
    "utf-16": "a.jpg\n".encode("utf-16"),
    "many": b"missing.jpg\n" * 20_000,
}


@pytest.mark.parametrize("name", LISTS)
def test_a_bad_list_on_stdin_is_one_line_or_rows(name, run_safely, colour_model, tmp_path):
    good = b"good.jpg\n" if LISTS[name].strip() else b""
    ran = run_safely(
        "classify", colour_model, "-", "--json", codes=(1, 2), stdin=LISTS[name] + good
    )
    assert (ran.code == 2) == (not LISTS[name].strip())
    rows = ran.out.splitlines()
    assert len(rows) == len([line for line in LISTS[name].split(b"\n") if line.strip(b"\r")]) + (
        bool(good) and LISTS[name].endswith(b"\n")
    )


LABELS = {
    "empty": b"",
    "blank": b"\n\n",
    "utf-16": "a\nb\nc\n".encode("utf-16"),
    "latin-1": "é\nb\nc\n".encode("latin-1"),
    "binary": bytes(range(128, 256)),
    "twice": b"a\na\nb\n",
    "twins": "é\ne\u0301\nb\n".encode(),
    "two": b"a\nb\n",
    "thousands": b"".join(b"%d\n" % number for number in range(50_000)),
    "long": b"x" * 5_000_000,
}


@pytest.mark.parametrize("name", LABELS)
def test_a_bad_labels_file_is_one_line(name, run_safely, tmp_path, narrow_networks):
    import torch

    from tlx.training.resnet import build_resnet

    torch.save(build_resnet("resnet18", 3).state_dict(), tmp_path / "weights.pth")
    (tmp_path / "labels.txt").write_bytes(LABELS[name])
    options = ("--arch", "resnet18", "--labels", tmp_path / "labels.txt", "--crop", "32")
    run_safely("adopt", tmp_path / "weights.pth", *options, "--out", tmp_path / "run", codes=(2,))
    assert not (tmp_path / "run").exists()


def test_a_zip_that_lies_where_a_bundle_shall_go_is_left_and_not_unpacked(
    tmp_path, run_safely, light_run, fingerprint
):
    from zipfile import ZipFile

    target = tmp_path / "out" / "bundle.zip"
    target.parent.mkdir()
    with ZipFile(target, "w") as archive:
        archive.writestr("../was-here", "x")
        archive.writestr("SHA256SUMS", "")
    before = fingerprint(target.parent)
    run_safely("export", light_run, *EXPORT, "--bundle", target, codes=(2,))
    target.write_bytes(swelling_archive("SHA256SUMS", 500_000_000))
    run_safely("export", light_run, *EXPORT, "--bundle", target, codes=(2,))
    target.unlink()
    assert not (tmp_path / "was-here").exists()
    assert before != fingerprint(target.parent) == {}
