"""From a checkpoint to model files that were proved to answer as it does."""
