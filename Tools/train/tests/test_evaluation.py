"""Figures that can be reckoned by hand, and the shapes of scenes."""

import unittest
from pathlib import Path

import numpy as np

from evaluation.metrics import average_precision, interval, matches
from evaluation.pictures import Picture, group, kind
from evaluation.report import Counts
from scenes.scene import STEP, canvas, frame

FIRST, SECOND = [10, 10, 50, 50], [60, 10, 90, 40]


def picture(*rows):
    return Picture(Path("p.png"), 100, 100, np.array(rows, float).reshape(-1, 5), ["QRCode"] * len(rows))


class MetricsTests(unittest.TestCase):
    def test_a_box_is_answered_once_by_the_best(self):
        found = np.array([FIRST, FIRST, SECOND], float)
        self.assertEqual(matches(found, np.array([SECOND, FIRST], float), 0.5).tolist(), [1, -1, 0])

    def test_precision_is_averaged_over_recall(self):
        self.assertAlmostEqual(average_precision([0.9, 0.8], [True, True], 2), 1)
        # Right, wrong, right of two: precision 1 up to half of the recall, 2/3 beyond.
        wanted = (51 + 50 * 2 / 3) / 101
        self.assertAlmostEqual(average_precision([0.9, 0.8, 0.7], [True, False, True], 2), wanted)

    def test_an_interval_holds_the_share_and_stays_within_0_and_1(self):
        low, high = interval(9, 10)
        self.assertTrue(0 < low < 0.9 < high <= 1)


class CountsTests(unittest.TestCase):
    def test_a_wrong_class_is_seen_but_not_found(self):
        found = np.array([[*FIRST, 0.9, 2], [*SECOND, 0.8, 1], [0, 80, 9, 99, 0.7, 1]])
        counts = Counts.at([picture([1, *FIRST], [1, *SECOND])], [found], 0.5)
        self.assertEqual((counts.there["qr"], counts.found["qr"], counts.seen["qr"]), (2, 1, 2))
        self.assertEqual(counts.precision, (1, 3))
        self.assertEqual(counts.mistaken["qr", "datamatrix"], 1)

    def test_a_box_on_a_smear_is_neither_right_nor_wrong(self):
        blurred = picture([1, *FIRST])
        blurred.smears = np.array([[2, *SECOND]], float)
        found = np.array([[*FIRST, 0.9, 1], [*SECOND, 0.8, 1], [55, 0, 60, 9, 0.7, 1]])
        counts = Counts.at([blurred], [blurred.judged(found)], 0.5)
        self.assertEqual((counts.recall, counts.precision), ((1, 1), (1, 2)))
        blurred.there = blurred.there[:0]
        self.assertFalse(blurred.is_negative)
        self.assertEqual(len(picture([1, *FIRST]).judged(found)), 3)

    def test_a_box_must_exceed_the_confidence_to_fire(self):
        found = np.array([[*FIRST, 0.5, 0]])
        for confidence, fired in ((0.5, 0), (0.49, 1)):
            counts = Counts.at([picture()], [found], confidence)
            self.assertEqual((counts.negatives, counts.fired), (1, fired))

    def test_formats_belong_to_the_groups_that_are_asked_for(self):
        names = {"EAN13": "EAN/UPC", "DataBarLimited": "other linear", "MicroQRCode": "QR", "MicroPDF417": "other matrix"}
        self.assertEqual({name: group(name) for name in names}, names)
        self.assertEqual(kind("MicroPDF417"), 4)


class ShapeTests(unittest.TestCase):
    def test_a_canvas_is_a_frame_of_the_network(self):
        rng = np.random.default_rng(5)
        for _ in range(200):
            w, h = canvas(rng, 320)
            self.assertEqual((max(w, h), w % STEP, h % STEP), (320, 0, 0))
            inner = frame(rng, w, h)
            self.assertTrue(1 <= inner[0] <= w and 1 <= inner[1] <= h)
            self.assertTrue(inner[0] == w or inner[1] == h)


if __name__ == "__main__":
    unittest.main()
