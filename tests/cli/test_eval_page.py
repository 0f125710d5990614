"""`tlx eval --report`: where the page goes, and whose files it leaves alone."""

import pytest

MARK = "<!doctype html><!-- written by tlx eval -->\n"


@pytest.fixture(scope="module")
def model(journey):
    return journey.run / "model.onnx"


def test_the_page_is_written_and_one_of_before_is_replaced(model, journey, run_tlx, tmp_path):
    page = tmp_path / "report.html"
    for _ in range(2):
        ran = run_tlx("eval", model, journey.data / "test", "--report", page)
        assert ran.code == 0
        assert ran.out.endswith(f"written: {page}\n")
        text = page.read_text(encoding="utf-8")
        assert text.startswith(MARK)
        assert f"tlx eval {model} {journey.data / 'test'} --report {page}" in text
        assert f'"data":"{journey.data / "test"}"' in text
        assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_page_of_somebody_else_is_refused(model, journey, run_tlx, tmp_path):
    page = tmp_path / "report.html"
    page.write_text("<!doctype html><p>mine")
    ran = run_tlx("eval", model, journey.data / "test", "--report", page)
    assert f"--report {page}: exists and was not written by tlx" in ran.error
    assert page.read_text() == "<!doctype html><p>mine"


def test_a_folder_that_is_not_there_is_refused(model, journey, run_tlx, tmp_path):
    page = tmp_path / "nowhere" / "report.html"
    ran = run_tlx("eval", model, journey.data / "test", "--report", page)
    assert ran.error == f"tlx: --report {page}: there is no folder {page.parent}; make it first\n"


def test_a_name_that_promises_another_format_is_refused_before_a_file_is_opened(run_tlx, tmp_path):
    page = tmp_path / "report.pdf"
    ran = run_tlx("eval", tmp_path / "no.onnx", tmp_path, "--report", page)
    assert ran.code == 2
    assert ran.error == f"tlx: --report {page}: a report ends in .html, such as report.html\n"
