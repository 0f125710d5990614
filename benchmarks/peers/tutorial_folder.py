"""The loop of PyTorch's tutorials on a folder, in eager mode or with torch.compile.

python tutorial_folder.py FOLDER BATCH [--compile]

ImageFolder, torchvision's usual transforms, a DataLoader with four workers, fp32. With --compile
the batch shapes that occur are compiled before the clock starts, with inductor's freezing of the
weights for inference.
"""

import argparse
import json
import time

import torch
from torchvision import datasets, models, transforms

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("batch", type=int)
parser.add_argument("--compile", action="store_true")
arguments = parser.parse_args()

transform = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
data = datasets.ImageFolder(arguments.folder, transform)
loader = torch.utils.data.DataLoader(data, batch_size=arguments.batch, num_workers=4)
network = models.resnet18(num_classes=len(data.classes)).eval()
if arguments.compile:
    import torch._inductor.config as inductor

    inductor.freezing = True
    network = torch.compile(network, dynamic=False)
right = 0
with torch.no_grad():
    for size in {arguments.batch, len(data) % arguments.batch or arguments.batch}:
        network(torch.zeros(size, 3, 224, 224))  # a warm network, as on every side
    start = time.perf_counter()
    for images, truth in loader:
        right += int((network(images).argmax(1) == truth).sum())
seconds = time.perf_counter() - start
print(json.dumps({"pictures": len(data), "seconds": seconds, "right": right}))
