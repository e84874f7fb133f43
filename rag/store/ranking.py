"""The best of many scores."""

import numpy as np
import numpy.typing as npt


def best(
    slots: npt.NDArray[np.int64], scores: npt.NDArray[np.floating], k: int
) -> list[tuple[int, float]]:
    """The `k` slots with the highest scores, best first; of equal ones the lower slot first."""
    if len(scores) > k:
        is_high = scores >= np.partition(scores, -k)[-k]
        slots, scores = slots[is_high], scores[is_high]
    order = np.lexsort((slots, -scores))[:k]
    return list(zip(slots[order].tolist(), scores[order].tolist(), strict=True))
