"""The deployed path against the tutorial's loop, and how close it comes to the machine's limit.

    python benchmarks/deployed_path.py FOLDER MODEL.onnx [MODEL.int8.onnx ...] --rounds 5

FOLDER has one folder a label. The sides take turns, each a process of its own, and time only the
pictures, not their start. The limit of a file is cores / (a + b): a is the core-seconds a picture
takes for inference alone, b for reading, decoding and preprocessing alone, each with all cores
loaded. Training extras are needed for the tutorial's side only.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from tlx.inference.classifier import BATCH, Classifier, predict
from tlx.inference.cores import available_cores
from tlx.inference.preprocessing import preprocess
from tlx.samples.folders import find_pictures
from tlx.studies.machine import describe_machine


def loaded(work: Callable[[int], None], seconds: float = 4.0) -> float:
    """Core-seconds a call, with a thread a core that does nothing else."""
    counts = [0] * available_cores()
    end = time.perf_counter() + seconds

    def repeat(thread: int) -> None:
        while time.perf_counter() < end:
            work(thread + counts[thread] * len(counts))
            counts[thread] += 1

    threads = [threading.Thread(target=repeat, args=[number]) for number in range(len(counts))]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - start) * len(counts) / sum(counts)


def inference(paths: Sequence[Path], model: Path) -> float:
    """Core-seconds a picture of the network alone."""
    classifier = Classifier(model, many=True)
    pixels = [preprocess(path, classifier.card.preprocessing) for path in paths[:BATCH]]
    predict(classifier.shared_session, pixels)
    return loaded(lambda _: predict(classifier.shared_session, pixels) and None) / BATCH


def decoding(paths: Sequence[Path], model: Path) -> float:
    """Core-seconds a picture from its file to the network's input."""
    rule = Classifier(model, many=True).card.preprocessing
    return loaded(lambda number: preprocess(paths[number % len(paths)], rule) is None)


def pipeline(paths: Sequence[Path], model: Path) -> float:
    """Seconds a picture of `classify_files`."""
    classifier = Classifier(model, many=True)
    list(classifier.classify_files(paths[: 4 * BATCH]))
    start = time.perf_counter()
    done = sum(1 for _ in classifier.classify_files(paths))
    return (time.perf_counter() - start) / done


def tutorial(folder: Path) -> float:
    """Seconds a picture of the tutorial's loop: batches of 4, four workers, eager fp32."""
    import torch
    from plain_loop import PLAIN
    from torchvision import datasets, models

    data = datasets.ImageFolder(str(folder), PLAIN)
    loader = torch.utils.data.DataLoader(data, batch_size=4, num_workers=4)
    network = models.resnet18(num_classes=len(data.classes)).eval()
    start = time.perf_counter()
    with torch.no_grad():
        for images, _ in loader:
            network(images).argmax(1)
    return (time.perf_counter() - start) / len(data)


def side(work: str, folder: Path, model: Path) -> float:
    """Measure one side in a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, str(folder), str(model), "--work", work]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def spread(values: Sequence[float], unit: str = "") -> str:
    """Give the median with the least and the most."""
    return f"{median(values):.2f}{unit} ({min(values):.2f} to {max(values):.2f})"


def compare(folder: Path, models: Sequence[Path], rounds: int) -> None:
    """Take turns and print ratios within a round."""
    plain: list[float] = []
    found = {(model, work): list[float]() for model in models for work in WORKS}
    for _ in range(rounds):
        plain.append(side("tutorial", folder, models[0]))
        for (model, work), values in found.items():
            values.append(side(work, folder, model))
    machine = describe_machine()
    print(f"{machine.processor.name}, {machine.cores} cores, onnxruntime {machine.onnxruntime}")
    print("tutorial, pictures/s:", spread([1 / value for value in plain]))
    for model in models:
        a, b, each = (found[model, work] for work in WORKS)
        bounds = [machine.cores / (x + y) for x, y in zip(a, b, strict=True)]
        print(f"\n{model.name}")
        print("  pictures/s:", spread([1 / value for value in each]))
        print(
            "  times as fast as the tutorial:",
            spread([x / y for x, y in zip(plain, each, strict=True)]),
        )
        print("  a, ms:", spread([1e3 * x for x in a]), " b, ms:", spread([1e3 * x for x in b]))
        print("  bound, pictures/s:", spread(bounds))
        shares = [1 / (value * bound) for value, bound in zip(each, bounds, strict=True)]
        print("  of the bound:", spread([100 * share for share in shares], " %"))


WORKS = {"inference": inference, "decoding": decoding, "pipeline": pipeline}


def main() -> None:
    """Run all, or one side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", choices=[*WORKS, "tutorial"])
    arguments = parser.parse_args()
    if arguments.work is None:
        compare(arguments.folder, arguments.models, arguments.rounds)
    elif arguments.work == "tutorial":
        print(tutorial(arguments.folder))
    else:
        print(WORKS[arguments.work](list(find_pictures(arguments.folder)), arguments.models[0]))


if __name__ == "__main__":
    main()
