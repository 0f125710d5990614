"""What a run leaves to look at."""

import pytest

from tlx.inference.card import ModelCard, Provenance
from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing
from tlx.samples.folders import find_samples
from tlx.samples.loading import load_pictures
from tlx.training import recording
from tlx.training.config import TrainingConfig
from tlx.training.recording import draw_training_pictures


@pytest.fixture
def drawn(split_folder, monkeypatch, tmp_path):
    """Give the function that draws with some options: the pictures and the titles drawn."""
    origin = Provenance("0", "2", "resnet18", "none", None, "none", "f" * 64, "2026-01-01", 0)
    card = ModelCard(("blue", "green", "red"), Preprocessing(37, 32), origin)
    found = {}
    monkeypatch.setattr(
        recording,
        "draw_pictures",
        lambda images, titles, _path: found.update({0: (images, titles)}),
    )

    def draw(**options):
        config = TrainingConfig(split_folder, augment="none", **options)
        pictures = finish(load_pictures(find_samples(split_folder), 37))
        draw_training_pictures(tmp_path / "pictures.png", config, card, pictures)
        return found[0]

    return draw


def test_pictures_are_drawn_with_their_labels(drawn):
    images, titles = drawn()
    assert [image.shape for image in images] == [(32, 32, 3)] * 16
    assert {*titles} == {"blue", "green", "red"}


def test_mixed_pictures_are_drawn_as_they_are_learned_with_the_share_of_each_label(drawn):
    plain, _ = drawn()
    images, titles = drawn(mixup=0.8)
    assert images[0].dtype == plain[0].dtype
    assert any((one != other).any() for one, other in zip(images, plain, strict=True))
    mixed = [title for title in titles if " + " in title]
    assert mixed
    for title in mixed:
        shares = [float(part.split()[0]) for part in title.split(" + ")]
        assert sum(shares) == pytest.approx(1, abs=0.011)
        assert shares == sorted(shares, reverse=True)
