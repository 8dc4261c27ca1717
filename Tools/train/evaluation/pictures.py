"""Pictures with the boxes that are there: a folder's, or held-out scenes."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from scenes.symbols import CLASSES

from .metrics import inside

KINDS = {"QR": 1, "MicroQR": 1, "RMQR": 1, "DataMatrix": 2, "Aztec": 3, "MaxiCode": 5}
RETAIL = ("EAN", "UPC")
#: Seed of the held-out scenes; training begins at 1.
SEED = 90001


@dataclass
class Picture:
    file: Path
    height: int
    width: int
    #: One row a code: class, x1, y1, x2, y2 in pixels.
    there: np.ndarray
    #: What each code is, as zxing-cpp names it.
    formats: list
    #: Codes too coarse to be told: neither asked for nor wrong to find. Rows as above.
    smears: np.ndarray = field(default_factory=lambda: np.zeros((0, 5)))

    @property
    def is_negative(self):
        return not len(self.there) and not len(self.smears)

    def judged(self, found):
        """The rows of found that count: all but those that lie on a smear by half."""
        return found[inside(found, self.smears[:, 1:]).max(1, initial=0) < 0.5]

    def names(self, j):
        """What code number j is counted as: its class, its group, its size."""
        kind, *box = self.there[j]
        part = max((box[2] - box[0]) / self.width, (box[3] - box[1]) / self.height)
        size = "small, < 0.2" if part < 0.2 else "medium, < 0.5" if part < 0.5 else "large"
        return CLASSES[int(kind)], group(self.formats[j]), size


def kind(format):
    """The class of a format as zxing-cpp names it."""
    if format.endswith("PDF417"):
        return 4
    return next((number for name, number in KINDS.items() if format.startswith(name)), 0)


def group(format):
    """The groups that results are asked for."""
    if kind(format) == 1:
        return "QR"
    if kind(format) > 1:
        return "other matrix"
    return "EAN/UPC" if format.startswith(RETAIL) else "other linear"


def of_folder(folder):
    """What gt.json lists: {file, width, height, boxes: [{x1, y1, x2, y2, format}]}, the files being in img/."""
    result = []
    for item in json.loads((folder / "gt.json").read_text()):
        rows = [[kind(b["format"]), b["x1"], b["y1"], b["x2"], b["y2"]] for b in item["boxes"]]
        there = np.array(rows, np.float64).reshape(-1, 5)
        formats = [b["format"] for b in item["boxes"]]
        result.append(Picture(folder / "img" / item["file"], item["height"], item["width"], there, formats))
    return result


def of_scenes(materials, work, count, side, every_code=False):
    """Scenes of photographs and seeds that training does not use, as PNG in the folder `work`; with `every_code` those too
    coarse to be told are asked for as well."""
    from scenes.materials import Materials
    from scenes.scene import SceneMaker, canvas

    maker = SceneMaker(Materials(materials), held_out=True)
    rng, result = np.random.default_rng(SEED), []
    for i in range(count):
        scene = maker.make(SEED, i, canvas(rng, side))
        file = Path(work) / f"{i}.png"
        cv2.imwrite(str(file), scene.image[..., ::-1])
        boxes, smears = scene.boxes.astype(np.float64), scene.smears.astype(np.float64)
        if every_code:
            boxes, smears = np.concatenate([boxes, smears]), smears[:0]
        names = [scene_format(int(number)) for number in boxes[:, 0]]
        result.append(Picture(file, *scene.image.shape[:2], boxes, names, smears))
    return result


def scene_format(number):
    """A format of that class; of scenes only the class is known."""
    return ("Code128", "QRCode", "DataMatrix", "Aztec", "PDF417", "MaxiCode")[number]
