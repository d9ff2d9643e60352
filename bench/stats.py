"""From nanoseconds to the numbers and targets that the bench promises.

A percentile is the smallest sample that this share of all samples does not exceed (nearest rank): no interpolation,
so that a p99 is a decision that somebody really waited for.
"""

import math
from collections.abc import Sequence


def percentile(samples: Sequence[int], share: float) -> int:
    """The nearest-rank percentile of at least one sample; 0 < share <= 1."""
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


def ratio(ours: Sequence[int], theirs: Sequence[int], share: float) -> float:
    return round(percentile(ours, share) / percentile(theirs, share), 3)


TARGETS = {  # what each number may be at most
    "decision_p50_vs_c": 1.25,
    "decision_p99_vs_c": 1.5,
    "syncs_per_decision": 1,
    "decision_p50_5m_vs_1m": 1.3,
    "decision_sdcard_vs_floor": 1.15,
    "start_warm_ms": 150,
    "start_cold_ms": 400,
    "rss_mb": 35,
    "idle_cpu_percent": 0.0,
    "list_swap_1m_s": 0.3,
    "decision_p99_during_swap_vs_idle": 10,
    "verify_1m_s": 3,
}
NAMES = (
    "decision_p50_vs_c",
    "decision_p99_vs_c",
    "decision_p50_vs_c_tuned",
    "decision_p50_vs_floor",
    "decision_p50_vs_nodered",
    "decision_p50_vs_homeassistant",
    "syncs_per_decision",
    "decision_p50_5m_vs_1m",
    "decision_sdcard_vs_floor",
    "start_warm_ms",
    "start_cold_ms",
    "rss_mb",
    "idle_cpu_percent",
    "list_swap_1m_s",
    "decision_p99_during_swap_vs_idle",
    "verify_1m_s",
)


def met(name: str, value: float) -> bool | None:
    """Whether a number keeps its target; None where it has none. Idle CPU is judged at one decimal."""
    if name not in TARGETS:
        return None
    return round(value, 1 if name == "idle_cpu_percent" else 6) <= TARGETS[name]
