"""Freezing: which stages stay as they are, and that nothing in them moves."""

from torch import nn
from torchvision.models import ResNet

from .config import GRADUAL, STAGES, TrainingConfig
from .resnet import stage_modules


def frozen_stage(config: TrainingConfig, epoch: int) -> str:
    """Find the stage up to which the network is frozen in an epoch (1-based).

    Gradual unfreezing (Howard and Ruder, 2018, arXiv:1801.06146) begins with the head alone and
    lets one more stage learn at even intervals over the first half of the epochs. It is a
    function of the epoch, so that a resumed run goes on as it would have.
    """
    if config.freeze != GRADUAL:
        return config.freeze
    stages = len(STAGES) - 1
    thawed = min(stages, (epoch - 1) * 2 * stages // config.epochs)
    return STAGES[stages - thawed]


def frozen_modules(network: ResNet, freeze: str) -> list[nn.Module]:
    """List the modules up to and including the stage `freeze`; none for "none"."""
    frozen = STAGES[1 : STAGES.index(freeze) + 1]
    stages = stage_modules(network)
    return [module for stage in frozen for module in stages[stage]]


def freeze_stages(network: ResNet, freeze: str) -> None:
    """Take the gradients from everything up to and including the stage, and give the rest's."""
    network.requires_grad_(True)
    for module in frozen_modules(network, freeze):
        module.requires_grad_(False)


def set_training(network: ResNet, freeze: str) -> None:
    """Go into training mode, but for frozen stages.

    A frozen BatchNorm must stay in eval mode: otherwise its running statistics move although
    its weights do not (pytorch#86590).
    """
    network.train()
    for module in frozen_modules(network, freeze):
        module.eval()
