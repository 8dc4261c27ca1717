"""What scenes promise: contents that decode, boxes where the code is, the same scene for the same seed."""

import unittest

import numpy as np
import zxingcpp

from scenes import symbols
from scenes.label import Label
from scenes.pose import Pose, Ripple, Roll
from scenes.scene import module_side


class SymbolTests(unittest.TestCase):
    def test_every_class_decodes_to_its_contents(self):
        rng = np.random.default_rng(4)
        for kind in range(len(symbols.CLASSES)):
            for _ in range(12):
                symbol = symbols.draw(rng, kind)
                if symbol.format in ("MaxiCode",):
                    continue  # its reader wants the writer's own size
                times = 4
                big = np.kron(symbol.modules, np.ones((times, times), np.uint8))
                found = zxingcpp.read_barcodes(np.pad(big, 12 * times, constant_values=255))
                self.assertTrue(found, f"{symbol.format} {symbol.text!r}")

    def test_the_same_seed_draws_the_same_code(self):
        one, two = (symbols.draw(np.random.default_rng(9)) for _ in range(2))
        self.assertEqual(one.text, two.text)


class PoseTests(unittest.TestCase):
    def test_each_bend_is_undone_exactly(self):
        points = np.random.default_rng(1).uniform(20, 80, (50, 2))
        for bend in (Roll(0, 50, 60, 9), Roll(1, 50, 45, -7), Ripple(0, 3, 0.1, 1), Ripple(1, 2, 0.2, 0)):
            np.testing.assert_allclose(bend.back(bend.forward(points)), points, atol=1e-9)

    def test_a_placed_pose_brings_the_centre_where_it_should(self):
        pose = Pose([], np.array([[1, 0, -10], [0, 1, -20], [0, 0, 1.0]])).placed(2, 100, 50)
        np.testing.assert_allclose(pose.forward([[10, 20]]), [[100, 50]])


class ModuleTests(unittest.TestCase):
    def test_modules_are_counted_where_and_along_what_they_are_smallest(self):
        def label(kind):
            return Label(kind, None, None, (0, 0, 40, 20), None, (20, 20), False)

        flat = Pose([], np.eye(3)).placed(2, 0, 0)
        self.assertAlmostEqual(module_side(label(1), flat), 2)  # 20 modules down on 40 pixels
        self.assertAlmostEqual(module_side(label(0), flat), 4)  # bars: across only
        leaning = Pose([], np.array([[1, 0, 0], [0, 1, 0], [0, 0.05, 1.0]]))  # its far side is half as long
        self.assertAlmostEqual(module_side(label(0), leaning), 1)


if __name__ == "__main__":
    unittest.main()
