"""Average precision, recall and precision from boxes found and boxes there."""

import numpy as np

THRESHOLDS = np.arange(0.5, 0.96, 0.05)


def overlaps(a, b):
    """IoU of every row of a with every row of b; corners."""
    both, area = shared(a, b), [np.prod(x[:, 2:] - x[:, :2], 1) for x in (a, b)]
    return both / (area[0][:, None] + area[1][None] - both + 1e-9)


def inside(a, b):
    """What part of every row of a lies in every row of b; corners."""
    a = a[:, :4]
    return shared(a, b) / (np.prod(a[:, 2:] - a[:, :2], 1)[:, None] + 1e-9)


def shared(a, b):
    """Area of every row of a within every row of b; corners."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.prod(np.clip(high - low, 0, None), 2)


def matches(found, there, threshold):
    """For each box found, best first, the index of the box it answers for, or −1. Each is answered once."""
    result = np.full(len(found), -1)
    if not len(found) or not len(there):
        return result
    table = overlaps(found, there)
    for i in range(len(found)):
        best = int(table[i].argmax())
        if table[i, best] >= threshold:
            result[i] = best
            table[:, best] = -1
    return result


def average_precision(scores, right, total):
    """Area under the curve of precision over recall, at 101 points, precision made falling."""
    if not total:
        return float("nan")
    order = np.argsort(-np.asarray(scores), kind="stable")
    hits = np.cumsum(np.asarray(right, float)[order])
    recall, precision = hits / total, hits / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101) - 1e-12)
    return float(np.append(precision, 0)[np.minimum(at, len(precision))].mean())


def interval(hits, total, z=1.96):
    """Wilson's interval of a share, 95 %."""
    if not total:
        return (0.0, 1.0)
    p = hits / total
    middle = (p + z * z / 2 / total) / (1 + z * z / total)
    half = z / (1 + z * z / total) * np.sqrt(p * (1 - p) / total + z * z / 4 / total**2)
    return (float(middle - half), float(middle + half))


def class_precisions(pictures, kinds):
    """AP of each class at each threshold: {kind: [10]}; pictures are (found rows x1 y1 x2 y2 score kind, there rows)."""
    table = {}
    for kind in kinds:
        total = sum(int((there[:, 0] == kind).sum()) for _, there in pictures)
        if not total:
            continue
        row = []
        for threshold in THRESHOLDS:
            scores, right = [], []
            for found, there in pictures:
                mine = found[found[:, 5] == kind]
                mine = mine[np.argsort(-mine[:, 4], kind="stable")]
                hit = matches(mine[:, :4], there[there[:, 0] == kind][:, 1:], threshold) >= 0
                scores.extend(mine[:, 4])
                right.extend(hit)
            row.append(average_precision(scores, right, total) if scores else 0.0)
        table[kind] = row
    return table
