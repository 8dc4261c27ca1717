"""Which networks a comparison trains when, and that two do not train the same one."""

import tempfile
import unittest
from pathlib import Path

from compare import KINDS, ORDER, claimed, runs, spread


class CompareTests(unittest.TestCase):
    def test_every_kind_is_trained_from_every_seed_once(self):
        planned = list(runs(3))
        trained = [kind for kind, made in KINDS.items() if not made.frozen_from]
        self.assertEqual(sorted(planned), sorted((kind, seed) for kind in trained for seed in (1, 2, 3)))
        self.assertEqual([kind for kind, _ in planned[: len(ORDER)]], list(ORDER))

    def test_a_run_belongs_to_one_at_a_time(self):
        with tempfile.TemporaryDirectory() as run:
            with claimed(Path(run)) as first, claimed(Path(run)) as second:
                self.assertEqual((first, second), (True, False))
            with claimed(Path(run)) as again:
                self.assertTrue(again)

    def test_one_seed_has_no_deviation(self):
        self.assertEqual(spread([0.25]), "0.250")
        self.assertEqual(spread([0.2, 0.3]), "0.250 ± 0.071")


if __name__ == "__main__":
    unittest.main()
