"""From a folder of pictures with labels to an exported model, and on from that."""

import json
import tempfile
import unittest
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors import safe_open

import export
import train
from training.batches import Batches
from training.pictures import PictureMaker


def make_folder(folder):
    """Bright squares (class 1) and dark ones (class 0) on grey, one of each in every picture; one picture is empty."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder / "classes.txt").write_text("dark\nbright\n")
    rng = np.random.default_rng(3)
    for i in range(6):
        image = rng.integers(100, 140, (80, 120, 3), np.uint8)
        lines = []
        for kind, level, x in ((0, 0, 10), (1, 255, 70)):
            y = int(rng.integers(5, 40))
            image[y : y + 30, x : x + 30] = level
            lines.append(f"{kind} {(x + 15) / 120} {(y + 15) / 80} {30 / 120} {30 / 80}")
        (folder / "labels" / f"{i}.txt").write_text("\n".join(lines))
        cv2.imwrite(str(folder / "images" / f"{i}.png"), image)
    cv2.imwrite(str(folder / "images" / "none.jpg"), np.full((50, 50, 3), 90, np.uint8))


class OwnClassesTests(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = Path(work.name)
        make_folder(self.work / "data")

    def values(self, run, **more):
        names = ["dark", "bright"]
        values = train.STANDARD | {"size": "tiny", "steps": 2, "batch": 8, "sides": [96], "names": names} | more
        run.mkdir(exist_ok=True)
        return values | {"data": str(self.work / "data")}

    def trained(self, run, **more):
        values = self.values(run, **more)
        training = train.Training(run, values)
        for batch in Batches(self.work, values, 0, 0):
            training.learn(batch)
        training.save()
        return training

    def test_boxes_follow_their_objects(self):
        maker, objects = PictureMaker(self.work / "data"), 0
        for i in range(40):
            scene = maker.make(1, i, (128, 96))
            self.assertEqual(scene.image.shape, (96, 128, 3))
            for kind, *box in scene.boxes:
                x1, y1, x2, y2 = (int(v) for v in box)
                inside = scene.image[y1 : y2 + 1, x1 : x2 + 1].mean()
                objects += 1
                around = scene.image[max(0, y1 - 3) : y2 + 4, max(0, x1 - 3) : x2 + 4].mean()
                self.assertTrue(inside > around - 3 if kind == 1 else inside < around + 3, f"scene {i}, class {kind}")
        self.assertGreater(objects, 30)

    def test_a_wrong_label_is_refused_with_its_place(self):
        (self.work / "data/labels/0.txt").write_text("0 0.5 0.5 0.1 0.1\n7 0.5 0.5 0.1 0.1\n")
        with self.assertRaisesRegex(ValueError, "0.txt:2: no class 7"):
            PictureMaker(self.work / "data")

    def test_a_trained_folder_is_exported_with_its_names_and_gone_on_from(self):
        self.trained(self.work / "one")
        out = self.work / "m.safetensors"
        export.export(*export.load(self.work / "one/last.pt"), out, imgsz=96)
        with safe_open(out, "pt") as file:
            self.assertEqual(json.loads(file.metadata()["names"]), {"0": "dark", "1": "bright"})
            weight = file.get_tensor("model.0.conv.weight").float()
        again = train.Training(self.work / "two", self.values(self.work / "two"), out)
        self.assertTrue(torch.equal(again.network.model[0].conv.weight, weight))
        third = self.work / "three"
        third.mkdir()
        more = train.Training(third, train.STANDARD | {"size": "tiny"}, out)
        self.assertTrue(torch.equal(more.network.model[0].conv.weight, weight))

    def test_a_run_goes_on_where_it_was(self):
        one = self.trained(self.work / "one")
        again = train.Training(self.work / "one", self.values(self.work / "one", steps=4))
        self.assertEqual(again.step, 2)
        for a, b in zip(one.network.state_dict().values(), again.network.state_dict().values()):
            self.assertTrue(torch.equal(a, b))


if __name__ == "__main__":
    unittest.main()
