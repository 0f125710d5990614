"""The plain loop of PyTorch's transfer-learning tutorial, as people copy it: the thing to beat.

https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html: ImageFolder, DataLoader
with two workers, eager fp32, SGD with momentum 0.9, a tenth of the rate after 7 epochs. Batches
are of 32 and not of 4, which is faster, with the tutorial's rate scaled along. Prints one line of
JSON.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

NORMALISE = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
TRAINING = transforms.Compose(
    [
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        NORMALISE,
    ]
)
PLAIN = transforms.Compose(
    [transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), NORMALISE]
)


def build(weights: Path, labels: int, frozen: bool) -> nn.Module:
    """Build a ResNet-18 with a new head."""
    model = models.resnet18()
    model.load_state_dict(torch.load(weights, weights_only=True))
    if frozen:
        model.requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, labels)
    return model


def loader(folder: Path, transform: object, shuffle: bool) -> DataLoader:
    """Load the pictures of a folder in batches of 32."""
    return DataLoader(
        datasets.ImageFolder(str(folder), transform), batch_size=32, shuffle=shuffle, num_workers=2
    )


def train(arguments: argparse.Namespace) -> dict[str, object]:
    """Train as the tutorial does; stop after so many batches for a rate alone."""
    training = loader(arguments.data / "train", TRAINING, True)
    validation = loader(arguments.data / "validation", PLAIN, False)
    model = build(arguments.weights, len(training.dataset.classes), arguments.freeze)
    parameters = model.fc.parameters() if arguments.freeze else model.parameters()
    optimizer = torch.optim.SGD(parameters, lr=0.008, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    loss_of, best = nn.CrossEntropyLoss(), 0.0
    rate = 0.0
    for _ in range(arguments.epochs):
        model.train()
        start, done = time.perf_counter(), 0
        for number, (images, truth) in enumerate(training, 1):
            optimizer.zero_grad()
            loss_of(model(images), truth).backward()
            optimizer.step()
            done += len(images)
            if number == arguments.batches:
                return {"pictures_per_second": done / (time.perf_counter() - start)}
        rate = done / (time.perf_counter() - start)
        schedule.step()
        best = max(best, accuracy(model, validation))
    return {"validation_accuracy": best, "pictures_per_second": rate}


def accuracy(model: nn.Module, validation: DataLoader) -> float:
    """Share of right first labels."""
    model.eval()
    right = 0
    with torch.no_grad():
        for images, truth in validation:
            right += int((model(images).argmax(1) == truth).sum())
    return right / len(validation.dataset)


def forward(arguments: argparse.Namespace) -> dict[str, object]:
    """One forward pass over training and validation pictures."""
    loaders = [loader(arguments.data / name, PLAIN, False) for name in ("train", "validation")]
    model = build(arguments.weights, 10, True).eval()
    start = time.perf_counter()
    with torch.no_grad():
        for pictures in loaders:
            for images, _ in pictures:
                model(images)
    return {"seconds": time.perf_counter() - start}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=("train", "forward"))
    parser.add_argument("data", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--freeze", action="store_true")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batches", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    print(json.dumps((train if arguments.work == "train" else forward)(arguments)))


if __name__ == "__main__":
    main()
