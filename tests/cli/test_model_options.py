"""`--provider` and `--card`: what computes, and what a file of another program means."""

import json
from pathlib import Path

import onnx
import pytest

from tlx.cli import version

CUDA = "CUDAExecutionProvider"
NOTE = "note: computed by cuda, up to "


@pytest.fixture(scope="module")
def model(journey):
    return journey.run / "model.onnx"


@pytest.fixture(scope="module")
def pictures(journey):
    return journey.data / "test"


@pytest.fixture(scope="module")
def bare(model, tmp_path_factory):
    """The journey's file as another program might have written it, and its card beside it."""
    folder = tmp_path_factory.mktemp("bare")
    made = onnx.load(model)
    (entry,) = made.metadata_props
    (folder / "card.json").write_text(entry.value, encoding="utf-8")
    del made.metadata_props[:]
    for node in made.graph.node:
        for names in (node.input, node.output):
            names[:] = [{"images": "input", "logits": "output"}.get(name, name) for name in names]
    made.graph.input[0].name = "input"
    kept = [output for output in made.graph.output if output.name == "logits"]
    kept[0].name = "output"
    del made.graph.output[:]
    made.graph.output.extend(kept)
    onnx.save(made, folder / "model.onnx")
    return folder / "model.onnx"


def test_classify_says_what_computes_and_answers_alike(model, pictures, run_tlx, simulate_provider):
    usual = run_tlx("classify", model, pictures, "--json")
    simulate_provider(CUDA)
    ran = run_tlx("classify", model, pictures, "--provider", "cuda", "--json")
    assert (ran.code, ran.out) == (0, usual.out)
    assert NOTE in ran.err
    plain = run_tlx("classify", model, pictures, "--provider", "cuda")
    assert plain.out.startswith(NOTE)


def test_eval_keeps_what_computed_among_its_notes(model, pictures, run_tlx, simulate_provider):
    (usual,) = run_tlx("eval", model, pictures, "--json").json
    simulate_provider(CUDA)
    ran = run_tlx("eval", model, pictures, "--provider", "cuda", "--json")
    assert ran.json[0]["accuracy"] == usual["accuracy"]
    assert [note for note in ran.json[0]["notes"] if note.startswith(NOTE.removeprefix("note: "))]
    assert ran.err.count(NOTE) == 1


def test_watching_opens_the_provider_too(model, tmp_path, run_tlx, simulate_provider):
    simulate_provider(CUDA, present=False)
    ran = run_tlx("classify", model, "--watch", tmp_path, "--provider", "cuda")
    assert "does not compute on this machine" in ran.error


def test_a_provider_that_is_not_there_is_one_line(model, pictures, run_tlx):
    for command in ("classify", "eval"):
        assert "pip install onnxruntime-" in run_tlx(command, model, pictures,
                                                     "--provider", "openvino").error  # fmt: skip
        assert "choose cpu, cuda" in run_tlx(command, model, pictures, "--provider", "x").error


def test_two_files_are_compared_on_a_provider_and_both_comparisons_are_noted(
    model, pictures, run_tlx, simulate_provider
):
    (usual,) = run_tlx("eval", model, model, pictures, "--json").json
    simulate_provider(CUDA)
    ran = run_tlx("eval", model, model, pictures, "--provider", "cuda", "--json")
    (found,) = ran.json
    assert [row["accuracy"] for row in found["models"]] == [
        row["accuracy"] for row in usual["models"]
    ]
    said = NOTE.removeprefix("note: ")
    assert [note[: 3 + len(said)] for note in found["notes"]] == [f"A: {said}", f"B: {said}"]
    assert ran.err.count("note: A: computed by cuda") == 1


def test_two_files_on_a_provider_that_is_not_there_are_one_line(
    model, pictures, run_tlx, simulate_provider
):
    simulate_provider(CUDA, present=False)
    error = run_tlx("eval", model, model, pictures, "--provider", "cuda").error
    assert "does not compute on this machine" in error
    assert "choose cpu, cuda" in run_tlx("eval", model, model, pictures, "--provider", "x").error


def test_of_two_files_the_card_is_that_of_the_bare_one(model, bare, pictures, run_tlx):
    card = bare.with_name("card.json")
    for models in ((model, bare), (bare, model), (bare, bare)):
        (found,) = run_tlx("eval", *models, pictures, "--card", card, "--json").json
        assert [row["path"] for row in found["models"]] == [str(path) for path in models]
        assert (found["agreement"], found["difference"]["value"]) == (1.0, 0.0)
    assert "both files have a card of their own; leave --card out" in (
        run_tlx("eval", model, model, pictures, "--card", card).error
    )
    assert "has no card, so its labels are unknown" in run_tlx("eval", model, bare, pictures).error


def test_what_measures_speed_takes_neither_option(model, run_tlx):
    for option in ("--provider", "--card"):
        error = run_tlx("bench", model, option, "cuda").error
        assert f"No such option: {option}" in error


def test_a_card_beside_a_bare_file_gives_the_answers_of_the_whole_one(
    model, bare, pictures, run_tlx
):
    card = bare.with_name("card.json")
    whole = run_tlx("classify", model, pictures, "--json").json
    found = run_tlx("classify", bare, pictures, "--card", card, "--json").json
    for one, other in zip(found, whole, strict=True):
        assert [row["label"] for row in one["predictions"]] == [
            row["label"] for row in other["predictions"]
        ]
        assert one["predictions"][0]["probability"] == pytest.approx(
            other["predictions"][0]["probability"], abs=1e-6
        )
    (scored,) = run_tlx("eval", bare, pictures, "--card", card, "--json").json
    assert scored["accuracy"] == run_tlx("eval", model, pictures, "--json").json[0]["accuracy"]


def test_a_bare_file_is_refused_with_the_way_out(bare, pictures, run_tlx):
    for command in (("classify", bare, pictures), ("eval", bare, pictures), ("inspect", bare)):
        error = run_tlx(*command).error
        assert "has no card, so its labels are unknown; give one with --card FILE" in error


def test_a_file_has_one_card(model, bare, pictures, run_tlx):
    card = bare.with_name("card.json")
    for command in (("classify", model, pictures), ("eval", model, pictures), ("inspect", model)):
        error = run_tlx(*command, "--card", card).error
        assert "has a card of its own; leave --card out" in error


def test_inspect_shows_a_card_held_against_its_graph(bare, run_tlx, tmp_path, journey):
    card = bare.with_name("card.json")
    (found,) = run_tlx("inspect", bare, "--card", card, "--json").json
    assert found["card"] == json.loads(card.read_text())
    assert found["inputs"][0]["name"] == "input"
    content = json.loads(card.read_text())
    del content["provenance"]
    unknown = tmp_path / "card.json"
    unknown.write_text(json.dumps(content))
    assert "of the network nothing is known" in run_tlx("inspect", bare, "--card", unknown).out
    error = run_tlx("inspect", bare, "--card", card, "--markdown").error
    assert "leave --card out" in error
    error = run_tlx("inspect", journey.run / "best.pt", "--card", card).error
    assert "is no ONNX file" in error


def test_the_version_names_the_package_of_onnxruntime(run_tlx, monkeypatch):
    from tlx.inference import providers

    both = {"onnxruntime": ["onnxruntime", "numpy"]}
    monkeypatch.setattr(providers, "packages_distributions", lambda: both)
    lines = run_tlx("--version").out.splitlines()
    assert lines[-1].startswith("note: numpy and onnxruntime are both installed")
    assert [line for line in lines if line.startswith("onnxruntime ")]
    assert version.print_versions(False) is None


def test_no_card_file_is_changed(bare, pictures, run_tlx):
    card = bare.with_name("card.json")
    before = card.read_bytes()
    run_tlx("classify", bare, pictures / "red" / "000.jpg", "--card", card)
    assert card.read_bytes() == before
    assert {path.name for path in Path(bare.parent).iterdir()} == {"card.json", "model.onnx"}
