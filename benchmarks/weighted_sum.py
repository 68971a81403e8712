"""Our additive core against the weighted sums of pymcdm and scikit-criteria on the same matrix, in one run.

The peers are not dependencies: pip install pymcdm scikit-criteria; a peer that is not installed is left out and named.
Run: python benchmarks/weighted_sum.py [repeats]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from bot.advice.scores import robustness
from bot.advice.sheet import Sheet
from knowledge.load import packaged


def microseconds(work: Callable[[], object], repeats: int) -> float:
    """Median time of one call."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(1e6 * (time.perf_counter() - start))
    return statistics.median(taken)


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    base = packaged()
    r = robustness(base, Sheet(), 256)
    matrix = r.criteria.T.copy()  # options × criteria, all to be maximised, on fixed 0-1 scales
    weights = r.weights.mean(axis=0)
    ours = weights @ matrix.T
    times = {"ours": microseconds(lambda: weights @ matrix.T, repeats)}
    try:
        from pymcdm.methods import WSM

        wsm = WSM(normalization_function=lambda column, _: column)  # the scales are fixed; nothing to normalise
        types = [1] * len(weights)
        assert abs(wsm(matrix, weights, types) - ours).max() < 1e-12
        times["pymcdm"] = microseconds(lambda: wsm(matrix, weights, types), repeats)
    except ImportError:
        print("pymcdm is not installed; left out")
    try:
        import skcriteria
        from skcriteria.agg.simple import WeightedSumModel

        model = WeightedSumModel()
        decision = skcriteria.mkdm(matrix, [max] * len(weights), weights=weights)
        assert abs(model.evaluate(decision).e_.score - ours).max() < 1e-12
        times["scikit-criteria"] = microseconds(lambda: model.evaluate(decision), repeats)
    except ImportError:
        print("scikit-criteria is not installed; left out")
    for name, median in times.items():
        print(f"{name:16} {median:9.1f} µs   {median / times['ours']:7.1f} × ours")


if __name__ == "__main__":
    main()
