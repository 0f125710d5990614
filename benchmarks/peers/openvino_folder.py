"""OpenVINO on a folder, with a file of tlx: its throughput mode and its asynchronous queue.

python openvino_folder.py FOLDER MODEL.onnx [--threads N] [--fp32]

Pictures are read with Pillow and prepared as the file's card says (the graph takes uint8 pixels and
normalises). One thread prepares them, as OpenVINO's examples do, or N threads. Left to itself it
computes in bf16 where the processor can; with --fp32 it does not.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray
from PIL import Image

SIDE, RESIZE = 224, 256


def prepare(path: Path) -> NDArray[np.uint8]:
    """Read, resize the short side and cut the middle: uint8 `[1, 224, 224, 3]`."""
    picture = Image.open(path).convert("RGB")
    scale = RESIZE / min(picture.size)
    size = [int(scale * side) for side in picture.size]
    left, top = ((side - SIDE) // 2 for side in size)
    picture = picture.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(picture.crop((left, top, left + SIDE, top + SIDE)))[None]


parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("model")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--fp32", action="store_true")
arguments = parser.parse_args()

core = openvino.Core()
options = {"PERFORMANCE_HINT": "THROUGHPUT"}
if arguments.fp32:
    options["INFERENCE_PRECISION_HINT"] = "f32"
compiled = core.compile_model(arguments.model, "CPU", options)
paths = sorted(arguments.folder.glob("*/*"))
labels = sorted({path.parent.name for path in paths})
answers = np.zeros(len(paths), int)


def keep(request: openvino.InferRequest, number: int) -> None:
    """Take the answer of one picture."""
    answers[number] = request.get_tensor("probabilities").data.argmax()


queue = openvino.AsyncInferQueue(compiled)
queue.set_callback(keep)
queue.start_async({0: prepare(paths[0])}, 0)
queue.wait_all()
start = time.perf_counter()
with ThreadPoolExecutor(arguments.threads) as threads:
    every = map(prepare, paths) if arguments.threads == 1 else threads.map(prepare, paths)
    for number, pixels in enumerate(every):
        queue.start_async({0: pixels}, number)
    queue.wait_all()
seconds = time.perf_counter() - start
right = sum(labels[answer] == path.parent.name for answer, path in zip(answers, paths, strict=True))
print(
    json.dumps(
        {
            "pictures": len(paths),
            "seconds": seconds,
            "right": int(right),
            "precision": str(compiled.get_property("INFERENCE_PRECISION_HINT").to_string()),
        }
    )
)
