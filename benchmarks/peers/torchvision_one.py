"""One picture with torchvision, as in its documentation: weights, preset, network, answer.

python torchvision_one.py WEIGHTS.pth PICTURE
"""

import sys

import torch
from torchvision.io import decode_image
from torchvision.models import ResNet18_Weights, resnet18

network = resnet18()
network.load_state_dict(torch.load(sys.argv[1], weights_only=True))
network.eval()
prepare = ResNet18_Weights.DEFAULT.transforms()
with torch.inference_mode():
    scores = network(prepare(decode_image(sys.argv[2], mode="RGB")).unsqueeze(0)).softmax(1)
print(int(scores.argmax()), float(scores.max()))
