"""Fine-tuning of torchvision's ResNets: from samples to a checkpoint."""
