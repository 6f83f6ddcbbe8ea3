# SPDX-License-Identifier: Apache-2.0
"""Of few and skewed samples: median, p10, p90; and ratios of medians."""


def quantile(values, part):
    """Between the two nearest samples, linearly."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no samples")
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def summary(values):
    return {"median": quantile(values, 0.5), "p10": quantile(values, 0.1), "p90": quantile(values, 0.9)}


def ratio(theirs, ours):
    """How many times as much they need; None where there is nothing to divide."""
    return theirs / ours if theirs is not None and ours else None
