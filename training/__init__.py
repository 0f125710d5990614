"""Fine-tuning of torchvision's ResNets: from samples to a checkpoint."""

import os

# GNU OpenMP, which torch comes with on Linux, lets threads that wait spin for long. Beside any
# other busy process that makes training up to 20 times slower; short spinning costs a network of
# 32 px up to a fifth on a quiet machine, and one of 160 px nothing (docs/benchmarks.md). It is
# read when torch is imported, so it must be set before; whoever has set it knows better.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
