"""tlx on a folder: each thread reads, prepares and classifies pictures of its own.

python tlx_folder.py FOLDER MODEL.onnx
"""

import json
import sys
import time
from pathlib import Path

from tlx.inference.classifier import Classifier

paths = sorted(Path(sys.argv[1]).glob("*/*"))
classifier = Classifier(sys.argv[2], many=True)
list(classifier.classify_files(paths[:1]))  # a warm network, as on every side
start = time.perf_counter()
right = sum(
    answer.prediction is not None and answer.prediction.label == path.parent.name
    for path, answer in zip(paths, classifier.classify_files(paths), strict=True)
)
seconds = time.perf_counter() - start
print(json.dumps({"pictures": len(paths), "seconds": seconds, "right": right}))
