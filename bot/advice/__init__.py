"""The decision model: which option is best, how sure that is, why, and what would change it. Pure; numpy only."""

import os

# Two BLAS threads on a busy two-core machine raised the 95th percentile of a turn twentyfold; set before numpy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
