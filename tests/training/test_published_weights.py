"""What torchvision publishes for the networks of tlx."""

import pytest

from tlx.errors import WeightsError
from tlx.training import published_weights as published_module
from tlx.training.config import ARCHITECTURES
from tlx.training.published_weights import choose_published, published_files, published_weights

ONLY_V1 = ("resnet18", "resnet34", "resnext101_64x4d")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_has_v1_weights_and_imagenet_means_them(architecture):
    entry = choose_published(architecture, "imagenet")
    assert entry == choose_published(architecture, "imagenet-v1")
    assert (entry.architecture, entry.choice) == (architecture, "imagenet-v1")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_v2_weights_are_there_or_the_error_names_v1(architecture):
    if architecture not in ONLY_V1:
        assert choose_published(architecture, "imagenet-v2").choice == "imagenet-v2"
        return
    with pytest.raises(
        WeightsError, match=rf"no imagenet-v2 weights for {architecture}; use --weights imagenet-v1"
    ):
        choose_published(architecture, "imagenet-v2")


def test_where_only_v2_is_published_imagenet_means_it_and_v1_names_it(monkeypatch):
    only = published_weights("resnet50")[1:]
    monkeypatch.setattr(published_module, "published_weights", lambda _name: only)
    assert choose_published("resnet50", "imagenet").choice == "imagenet-v2"
    with pytest.raises(WeightsError, match=r"no imagenet-v1 .* use --weights imagenet-v2"):
        choose_published("resnet50", "imagenet-v1")


def test_addresses_carry_a_prefix_of_the_hash():
    files = published_files()
    assert len(files) == 17
    for name, entry in files.items():
        assert entry.url.startswith("https://")
        assert entry.url.endswith(f"/{name}")
        assert name == f"{entry.architecture}-{entry.sha256_prefix}.pth"
        assert len(entry.sha256_prefix) == 8


def test_each_file_comes_with_its_own_resize_and_accuracy():
    resizes = {
        (entry.architecture, entry.choice): entry.resize for entry in published_files().values()
    }
    assert resizes["resnet50", "imagenet-v1"] == 256
    assert resizes["resnet50", "imagenet-v2"] == 232
    assert resizes["resnext101_64x4d", "imagenet-v1"] == 232  # V1 only in name
    assert choose_published("resnet18", "imagenet").accuracy == pytest.approx(0.69758)
