"""Figures of boxes found against boxes there, in words; and the pictures behind the mistakes."""

from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np

from contact import drawn, save, sheet
from scenes.symbols import CLASSES

from .metrics import class_precisions, interval, matches

#: What a default confidence must hold: negatives that fire, and precision where codes are.
NEGATIVES_MAX, PRECISION_MIN = 0.05, 0.93


@dataclass
class Counts:
    """At one confidence and IoU 0.5, by the names of ``Picture.names``."""

    there: Counter = field(default_factory=Counter)
    found: Counter = field(default_factory=Counter)  # with the right class
    seen: Counter = field(default_factory=Counter)  # with any class
    called: Counter = field(default_factory=Counter)  # by class
    right: Counter = field(default_factory=Counter)  # by class
    mistaken: Counter = field(default_factory=Counter)
    negatives: int = 0
    fired: int = 0

    @staticmethod
    def at(pictures, found, confidence):
        counts = Counts()
        for picture, rows in zip(pictures, found):
            counts.add(picture, rows[rows[:, 4] > confidence])
        return counts

    def add(self, picture, rows):
        if picture.is_negative:
            self.negatives += 1
            self.fired += len(rows) > 0
            return
        of = matches(rows[:, :4], picture.there[:, 1:], 0.5)
        answers = {int(j): int(rows[i, 5]) for i, j in enumerate(of) if j >= 0}
        for j, (kind, *_) in enumerate(picture.there):
            for name in picture.names(j):
                self.there[name] += 1
                self.seen[name] += j in answers
                self.found[name] += answers.get(j) == kind
            if answers.get(j) != kind:
                self.mistaken[CLASSES[int(kind)], CLASSES[answers[j]] if j in answers else "missed"] += 1
        for i, j in enumerate(of):
            name = CLASSES[int(rows[i, 5])]
            self.called[name] += 1
            self.right[name] += j >= 0 and picture.there[j, 0] == rows[i, 5]

    @property
    def recall(self):
        return sum(self.found[name] for name in CLASSES), sum(self.there[name] for name in CLASSES)

    @property
    def precision(self):
        return self.right.total(), self.called.total()


def share(hits, total):
    low, high = interval(hits, total)
    return f"{hits / max(1, total):.3f} [{low:.2f}, {high:.2f}] {hits}/{total}"


def summary(name, pictures, found, confidence, scored=True):
    """One line for one detector."""
    counts = Counts.at(pictures, found, confidence)
    figures = "      –       –"
    if scored:
        mean = np.array(list(precisions(pictures, found).values()))
        figures = f"{mean[:, 0].mean():7.4f} {mean.mean():7.4f}"
    fired = f"{counts.fired}/{counts.negatives}"
    return f"{name:8} {figures}  {share(*counts.recall):28} {share(*counts.precision):28} {fired}"


def precisions(pictures, found):
    return class_precisions([(rows, p.there) for rows, p in zip(found, pictures)], range(len(CLASSES)))


def details(pictures, found, confidence):
    """Lines by class, group and size, then what was mistaken for what."""
    counts = Counts.at(pictures, found, confidence)
    yield f"at confidence {confidence:.2f}, IoU 0.5, with 95 % intervals:"
    yield f"{'':14} {'AP50':>6} {'AP50-95':>7}  {'recall':28} {'of any class':>12}  precision"
    for number, row in precisions(pictures, found).items():
        name = CLASSES[number]
        yield (
            f"{name:14} {row[0]:6.3f} {np.mean(row):7.3f}  {share(counts.found[name], counts.there[name]):28} "
            f"{counts.seen[name] / counts.there[name]:12.3f}  {share(counts.right[name], counts.called[name])}"
        )
    for name in sorted(set(counts.there) - set(CLASSES)):
        recall = share(counts.found[name], counts.there[name])
        yield f"{name:14} {'':14}  {recall:28} {counts.seen[name] / counts.there[name]:12.3f}"
    yield "mistaken: " + ", ".join(f"{a} as {b} {n}" for (a, b), n in counts.mistaken.most_common())


def curve(pictures, found):
    """Recall, precision and negatives over the confidence, and the lowest that holds what a default must."""
    yield "confidence  recall  precision  negatives"
    chosen = None
    for confidence in np.arange(0.05, 0.901, 0.01):
        counts = Counts.at(pictures, found, confidence)
        recall, precision = (hits / max(1, total) for hits, total in (counts.recall, counts.precision))
        if round(confidence * 100) % 5 == 0:
            yield f"{confidence:10.2f} {recall:7.3f} {precision:10.3f}  {counts.fired}/{counts.negatives}"
        if chosen is None and precision >= PRECISION_MIN and counts.fired <= NEGATIVES_MAX * counts.negatives:
            chosen = f"{confidence:.2f}, with recall {recall:.3f} and precision {precision:.3f}"
    yield f"lowest with precision ≥ {PRECISION_MIN} and 1 of 20 negatives at most: {chosen or 'none'}"


def mistakes(out, pictures, found, confidence, most=80):
    """A sheet of pictures with a miss, a wrong class or a false alarm: to the left what is there, to the right what is
    found with its score. Gives the files' names in the sheet's order."""
    tiles, names = [], []
    for picture, rows in zip(pictures, found):
        rows = rows[rows[:, 4] > confidence]
        of = matches(rows[:, :4], picture.there[:, 1:], 0.5)
        well = [j >= 0 and rows[i, 5] == picture.there[j, 0] for i, j in enumerate(of)]
        if len(tiles) == most or (all(well) and len(rows) == len(picture.there)):
            continue
        image = cv2.imread(str(picture.file))[..., ::-1]
        boxes = [(int(row[5]), *row[:4]) for row in rows]
        words = [f"{CLASSES[int(row[5])]} {row[4]:.2f}" for row in rows]
        tiles.append(np.hstack([drawn(image, picture.there, 260), drawn(image, boxes, 260, words)]))
        names.append(picture.file.name)
    if tiles:
        save(out, sheet(tiles, 5))
    return names
