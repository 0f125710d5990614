"""A model card for people: what it says of which card, and that its tables and code hold."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tlx.inference.card import MeasuredResult, ModelCard, Quantization, VerificationSummary
from tlx.inference.inspection import FileDescription, describe_onnx
from tlx.inference.markdown_card import SECTIONS, SHOWN_LABELS, markdown_card

ACCURACY = MeasuredResult("accuracy", 0.9375, (0.875, 0.96875), "validation", 160, True)
TEST_LOSS = MeasuredResult("loss", 0.25, None, "test", 80, False)
VERIFIED = VerificationSummary(64, 1e-6, 1.0, 1e-4, 5e-7)
QUANTIZED = Quantization(
    *("int8", "per-channel", 256, 341, "accuracy", 0.0029, (-0.0058, 0.0117), 0.005, 0.9912),
    *(3.5, "x86_64 with AVX512-VNNI"),
)
HOSTILE = ("a | b", "<b>bold</b>", "[x](http://y) *z*")


@pytest.fixture
def found(small_model: Path) -> FileDescription:
    return describe_onnx(small_model)


@pytest.fixture
def write(found: FileDescription):
    """Give the function that writes the card of the small model's file with fields changed."""

    def write_card(**changed: object) -> str:
        return markdown_card(replace(found, card=replace(found.card, **changed)))

    return write_card


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0].strip()


def origin(card: ModelCard, **changed: object):
    return replace(card.provenance, **changed)


def test_a_small_file_has_every_section_in_order_but_that_of_quantization(write):
    titles = [line[3:] for line in write().splitlines() if line.startswith("## ")]
    assert titles == [title for title, _ in SECTIONS if title != "Quantization"]


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
@pytest.mark.parametrize("input_kind", ["uint8-nhwc", "float-nchw", "uint8-any-size"])
def test_every_row_of_every_table_has_as_many_cells_as_its_header(write, task, input_kind):
    text = write(
        labels=HOSTILE,
        task=task,
        input=input_kind,
        results=(ACCURACY, TEST_LOSS),
        verification=VERIFIED,
        quantization=QUANTIZED,
    )
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert "html_block" not in {token.type for token in tokens}
    children = [child.type for token in tokens for child in token.children or []]
    assert not {"html_inline", "link_open", "em_open", "strong_open"} & {*children}
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = sum(token.type == "tr_open" for token in tokens)
    tables = sum(token.type == "table_open" for token in tokens)
    assert tables == 7
    assert rows == len(lines) - tables  # the line below a header is no row: every line was read
    counts = [line.replace("\\|", "").count("|") for line in lines]
    heads = [index for index, line in enumerate(lines) if set(line) <= set("|- ")]
    for start, end in zip(heads, [*(head - 1 for head in heads[1:]), len(lines)], strict=True):
        assert set(counts[start - 1 : end]) == {counts[start]}


def test_labels_are_listed_by_output_and_never_read_as_markdown(write):
    text = section(write(labels=HOSTILE), "Labels")
    assert "| 0 | a \\| b |" in text
    assert "&lt;b&gt;bold&lt;/b&gt;" in text
    assert "<b>" not in text


def test_of_very_many_labels_the_rest_is_counted(found):
    many = tuple(f"label {number}" for number in range(SHOWN_LABELS + 7))
    text = section(markdown_card(replace(found, card=replace(found.card, labels=many))), "Labels")
    assert f"| {SHOWN_LABELS - 1} | label {SHOWN_LABELS - 1} |" in text
    assert f"label {SHOWN_LABELS} " not in text
    assert "and 7 more; `tlx inspect --json` lists them all." in text


def test_where_it_comes_from_is_told_in_words(write, card):
    weights = origin(card, weights="imagenet-v2", weights_sha256="11ad", freeze="layer4", seed=7)
    text = section(write(provenance=weights), "What it is")
    assert "| network | resnet18 of torchvision |" in text
    assert "2026-11-23, by tlx 0.1.0 and torch 2.14.1, seed 7" in text
    assert "| started from | torchvision's ImageNet weights, V2, SHA-256 `11ad` |" in text
    assert "| kept as it was | all but the head |" in text
    assert f"`{'0' * 64}`" in text
    some = section(write(provenance=origin(card, freeze="layer2")), "What it is")
    assert "| kept as it was | everything up to layer2 |" in some
    assert "| started from | nothing: its weights were random |" in some


def test_of_an_adopted_network_it_says_that_its_training_is_not_known(write, card):
    adopted = origin(card, data_fingerprint="", weights="their_s.pth", weights_sha256="ab")
    text = write(provenance=adopted)
    told = section(text, "What it is")
    assert "| trained | elsewhere, on pictures that this file does not know |" in told
    assert "| adopted | 2026-11-23, by tlx 0.1.0 |" in told
    assert "| weights | their\\_s.pth, SHA-256 `ab` |" in told
    assert "seed" not in told
    assert "how well it did there, is not known here" in section(text, "Limits")


def test_results_say_on_what_and_whether_that_flatters(write):
    flattering = section(write(results=(ACCURACY, TEST_LOSS)), "Results")
    assert "| accuracy | 0.9375 | 0.8750 to 0.9688 | 160 of validation | yes |" in flattering
    assert "| loss | 0.2500 nats | not computed | 80 of test | no |" in flattering
    assert "Pictures that chose the epoch flatter" in flattering
    fair = section(write(results=(TEST_LOSS,)), "Results")
    assert "flatter" not in fair
    assert "interval covers" not in fair
    assert "None were measured" in section(write(), "Results")


def test_limits_count_the_pictures_that_the_numbers_are_from(write):
    text = section(write(results=(ACCURACY, TEST_LOSS)), "Limits")
    assert "measured on 160 validation pictures and 80 test pictures, and on no others" in text
    assert "How often it is right was not measured." in section(write(), "Limits")


def test_limits_say_whether_probabilities_are_calibrated(write):
    assert "are not calibrated" in section(write(), "Limits")
    warm = write(temperature=1.7)
    assert "are not calibrated" not in warm
    assert "divided by the temperature, 1.7" in section(warm, "How it decides")


def test_verification_is_told_with_its_pictures_and_limit(write):
    text = section(write(verification=VERIFIED), "Verification")
    assert "| pictures, from the file's bytes to the label | 64 |" in text
    assert "| they are | validation pictures of its run |" in text
    assert "| largest difference in probability | 1.00e-06 |" in text
    assert "| allowed | 1.00e-04 |" in text
    assert "| same first label, outside ties | 100.00% |" in text
    assert "was not compared" in section(write(), "Verification")


@pytest.mark.parametrize("own", ["run", "folder"])
def test_pictures_that_were_filled_up_are_told(write, own):
    text = section(
        write(verification=replace(VERIFIED, source=f"{own} and sample")), "Verification"
    )
    assert re.search(rf"pictures of .*{own}.*, and sample pictures that have nothing to do", text)


def test_a_verified_score_stands_beside_the_checkpoints(write):
    scored = replace(
        VERIFIED,
        limit=None,
        source="sample",
        metric="accuracy",
        score=0.75,
        checkpoint_score=0.5,
        score_interval=(-0.125, 0.375),
    )
    text = section(write(verification=scored), "Verification")
    assert "sample pictures that have nothing to do with its task" in text
    assert "| allowed | none set |" in text
    assert "| accuracy of the file | 0.7500 |" in text
    assert "| accuracy of the checkpoint | 0.5000 |" in text
    assert "| difference, 95% interval | -0.1250 to +0.3750 |" in text


def test_what_was_made_smaller_is_told_with_its_price(write):
    text = section(write(quantization=QUANTIZED), "Quantization")
    assert "| loss of accuracy against the float file | +0.0029 |" in text
    assert "| 95% interval | -0.0058 to +0.0117 |" in text
    assert "| faster by | 3.50 |" in text
    elsewhere = replace(QUANTIZED, speedup=None, measured_on=None)
    assert "not measured on its device" in section(write(quantization=elsewhere), "Quantization")


def test_a_file_in_16_bits_tells_of_no_ranges_and_no_speed(write):
    made = replace(QUANTIZED, kind="fp16", recipe="weights and sums", calibration_pictures=0)
    made = replace(made, speedup=None, measured_on=None)
    text = section(write(quantization=made), "Quantization")
    assert "| validation pictures that measured the loss | 341 |" in text
    assert "ranges" not in text
    assert "faster" not in text


def test_a_multi_label_file_tells_its_thresholds(write):
    tuned = write(task="multi-label", thresholds=(0.5, 0.25, 0.75), results=(ACCURACY,))
    assert "| 1 | green | 0.25 |" in section(tuned, "Labels")
    assert "as tuned on validation pictures" in section(tuned, "How it decides")
    assert "sigmoid" in section(tuned, "How it decides")
    assert "the thresholds were tuned on them" in section(tuned, "Results")
    plain = write(task="multi-label")
    assert "| 1 | green | 0.5 |" in section(plain, "Labels")
    assert "(not tuned)" in section(plain, "How it decides")


def test_the_rule_for_unknown_pictures_is_told_where_there_is_one(write):
    assert "one of them is its answer whatever a picture shows" in section(write(), "Limits")
    ruled = write(unknown_threshold=12.5)
    assert "`unknown_score` is above 12.5" in section(ruled, "How it decides")
    assert "whatever a picture shows" not in ruled


def test_the_file_is_named_without_its_folder_with_size_and_hash(write, found):
    text = write()
    assert text.startswith("# model.onnx\n")
    assert f"| size | {found.size:,} bytes" in section(text, "File")
    assert f"`{found.sha256}`" in section(text, "File")
    assert "| opset | 18 |" in section(text, "File")
    assert str(found.path.parent) not in text


def test_a_files_odd_name_breaks_nothing(found, tmp_path):
    name = "x\" | `y`'s <z>.onnx"
    text = markdown_card(replace(found, path=tmp_path / name))
    assert "tlx classify 'x\" | `y`'\"'\"'s <z>.onnx' picture.jpg" in text
    program = text.split("```python\n")[1].split("\n```")[0]
    assert name in [node.value for node in ast.walk(ast.parse(program)) if _is_text(node)]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
