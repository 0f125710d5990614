"""Training on a GPU: from JPEGs against pictures that lie on the GPU already, and against timm.

    python benchmarks/training_gpu.py DATA [--models resnet18 resnet50] [--timm PATH/train.py]

DATA has train/ and validation/ of label folders. For each model it measures, in bf16 at 224 px:
tlx from real JPEGs (the second epoch's rate, pictures cached in memory), the same step on random
pictures on the GPU (the most that the network allows), and timm's train script with `--amp
--amp-dtype bfloat16 --channels-last` (its own log's rate) if a clone of timm is given. Peak memory
and utilisation are read from torch and from nvidia-smi. It also trains once on the CPU and once on
the GPU with the same seed and compares the accuracies with their binomial noise.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from torchvision.models import get_model

BATCH = 128


def synthetic(model: str, seconds: float = 10.0) -> dict[str, float]:
    """Pictures a second of forward, backward and step on random pictures that stay on the GPU."""
    network = get_model(model, num_classes=10).cuda().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    images = torch.rand(BATCH, 3, 224, 224, device="cuda").to(memory_format=torch.channels_last)
    truth = torch.randint(0, 10, (BATCH,), device="cuda")
    torch.cuda.reset_peak_memory_stats()

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            loss = cross_entropy(network(images).float(), truth)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    for _ in range(10):
        step()
    torch.cuda.synchronize()
    start, steps = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        for _ in range(10):
            step()
        torch.cuda.synchronize()
        steps += 10
    rate = steps * BATCH / (time.perf_counter() - start)
    return {"per_second": rate, "peak_gib": torch.cuda.max_memory_allocated() / 2**30}


class Utilisation:
    """Mean utilisation of the GPU while a block runs, by nvidia-smi, in percent."""

    def __enter__(self) -> "Utilisation":
        self._values: list[float] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self.mean = sum(self._values) / max(1, len(self._values))

    def _watch(self) -> None:
        query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self._end.wait(0.5):
            told = subprocess.run(query, capture_output=True, text=True, check=False).stdout
            self._values += [float(line) for line in told.splitlines()[:1]]


def tlx(data: Path, model: str, *options: object, epochs: int = 3) -> dict[str, float]:
    """Train with tlx: the rate of the last epoch, the best accuracy, utilisation."""
    with tempfile.TemporaryDirectory() as folder, Utilisation() as watched:
        command = [sys.executable, "-m", "tlx", "train", data, "--model", model, "--json"]
        command += ["--weights", "none", "--epochs", epochs, "--batch", BATCH]
        command += ["--out", f"{folder}/run", *options]
        told = subprocess.run(
            [str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
    lines = [json.loads(line) for line in told.splitlines()]
    return {
        "per_second": lines[-2]["pictures_per_second"],
        "validation_accuracy": lines[-1]["best"]["validation_accuracy"],
        "utilisation_percent": watched.mean,
    }


def timm(script: Path, data: Path, model: str) -> float:
    """Train an epoch or two with timm's script: the rate that its log gives last."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, script, "--data-dir", data, "--model", model]
        command += ["--num-classes", 10, "--batch-size", BATCH, "--epochs", 2, "--amp"]
        command += ["--amp-dtype", "bfloat16", "--channels-last", "--workers", 8]
        command += ["--opt", "adamw", "--lr", "1e-4", "--output", folder]
        ended = subprocess.run(
            [str(word) for word in command], check=True, capture_output=True, text=True
        )
    rates = re.findall(r"([\d.]+)/s", ended.stdout + ended.stderr)
    return float(rates[-1])


def same_accuracy(data: Path) -> dict[str, object]:
    """Train with one seed on the GPU and on the CPU; the difference against binomial noise."""
    gpu, cpu = (
        tlx(data, "resnet18", "--device", device, "--imgsz", 96, epochs=5)["validation_accuracy"]
        for device in ("cuda", "cpu")
    )
    pictures = sum(1 for path in (data / "validation").rglob("*") if path.is_file())
    noise = 1.96 * math.sqrt((gpu * (1 - gpu) + cpu * (1 - cpu)) / pictures)
    return {"gpu": gpu, "cpu": cpu, "noise": noise, "within": abs(gpu - cpu) <= noise}


def main() -> None:
    """Run everything and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", nargs="+", default=["resnet18", "resnet50"])
    parser.add_argument("--timm", type=Path)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("there is no GPU here; nothing was measured")
    found: dict[str, object] = {"gpu": torch.cuda.get_device_name()}
    for model in arguments.models:
        limit, real = synthetic(model), tlx(arguments.data, model)
        row: dict[str, object] = {"synthetic": limit, "tlx": real}
        row["share_of_synthetic"] = real["per_second"] / limit["per_second"]
        if arguments.timm:
            row["timm_per_second"] = timm(arguments.timm, arguments.data, model)
        found[model] = row
    found["gpu_and_cpu"] = same_accuracy(arguments.data)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
