"""One's own pictures in place of scenes: a folder with labels in YOLO's format.

    FOLDER/classes.txt        a class's name on each line
    FOLDER/images/a.jpg       pictures; .jpg, .jpeg, .png or .webp
    FOLDER/labels/a.txt       a line for each object: class cx cy w h, as parts of the picture's width and height

A picture without a file of labels holds no object.
"""

import cv2
import numpy as np

from scenes.camera import photograph
from scenes.scene import PADDING, Maker, Scene

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
#: What part of an object must be left after cropping, and how many pixels a side.
VISIBLE_MIN, SIDE_MIN = 0.4, 4


def class_names(folder):
    return [line.strip() for line in (folder / "classes.txt").read_text().splitlines() if line.strip()]


class PictureMaker(Maker):
    """Fits pictures into the canvas at random: larger or smaller, moved, mirrored, some through a worse camera."""

    def __init__(self, folder):
        cv2.setNumThreads(1)
        self.classes = len(class_names(folder))
        files = sorted(file for file in (folder / "images").iterdir() if file.suffix.lower() in SUFFIXES)
        if not files:
            raise ValueError(f"{folder / 'images'} holds no pictures")
        self.pictures = [(file, self.labels(folder / "labels" / f"{file.stem}.txt")) for file in files]

    def labels(self, file):
        """Rows class x1 y1 x2 y2, as parts of the picture."""
        rows = []
        for number, line in enumerate(file.read_text().splitlines() if file.exists() else (), 1):
            try:
                kind, x, y, w, h = (float(word) for word in line.split())
                if kind not in range(self.classes):
                    raise ValueError(f"no class {kind:g} in classes.txt")
            except ValueError as reason:
                raise ValueError(f"{file}:{number}: {reason}") from None
            rows.append([kind, x - w / 2, y - h / 2, x + w / 2, y + h / 2])
        return np.array(rows).reshape(-1, 5)

    def compose(self, rng, canvas):
        file, labels = self.pictures[rng.integers(len(self.pictures))]
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if picture is None:
            raise ValueError(f"{file} is no picture that can be read")
        picture, boxes = picture[..., ::-1], labels.copy()
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
            boxes[:, [1, 3]] = 1 - boxes[:, [3, 1]]
        w, h = canvas
        ph, pw = picture.shape[:2]
        scale = min(w / pw, h / ph) * float(np.exp(rng.normal(0.05, 0.25)))
        size = np.maximum(1, np.round([pw * scale, ph * scale])).astype(int)
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        picture = cv2.resize(np.ascontiguousarray(picture), tuple(int(v) for v in size), interpolation=method)
        if rng.random() < 0.5:
            picture = photograph(rng, picture)
        left, top = (int(rng.integers(min(0, spare), max(0, spare) + 1)) for spare in (w - size[0], h - size[1]))
        image = np.full((h, w, 3), PADDING, np.uint8)
        x0, y0, x1, y1 = max(0, left), max(0, top), min(w, left + size[0]), min(h, top + size[1])
        image[y0:y1, x0:x1] = picture[y0 - top : y1 - top, x0 - left : x1 - left]
        whole = boxes[:, 1:] * np.tile(size, 2) + np.tile([left, top], 2)
        seen = whole.clip(0, np.tile(canvas, 2))
        area, rest = (np.prod(b[:, 2:] - b[:, :2], 1) for b in (whole, seen))
        keep = (rest >= VISIBLE_MIN * area) & ((seen[:, 2:] - seen[:, :2]).min(1, initial=np.inf) >= SIDE_MIN)
        return Scene(image, np.column_stack([boxes[:, :1], seen])[keep].astype(np.float32))
