"""Contact sheets: many small pictures with boxes drawn, as one PNG to look at.

    python3 Tools/train/contact.py OUT.png [--seed 1] [--count 60]
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

COLOURS = ((255, 60, 60), (40, 200, 40), (60, 140, 255), (255, 60, 255), (255, 170, 0), (0, 220, 220))


def drawn(image, boxes, side, labels=None):
    """The picture with its boxes (class, corners), fitted into a square tile."""
    scale = side / max(image.shape[:2])
    size = (max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    for i, (kind, *corners) in enumerate(boxes):
        x1, y1, x2, y2 = (int(round(v * scale)) for v in corners)
        colour = COLOURS[int(kind) % len(COLOURS)]
        cv2.rectangle(small, (x1, y1), (x2, y2), colour, 1)
        if labels:
            cv2.putText(small, labels[i], (max(0, x1), max(9, y1 - 2)), cv2.FONT_HERSHEY_SIMPLEX, 0.33, colour, 1)
    tile = np.full((side, side, 3), 40, np.uint8)
    tile[: size[1], : size[0]] = small
    return tile


def sheet(tiles, columns=10):
    """Tiles of equal size in rows."""
    tiles = list(tiles)
    while len(tiles) % columns:
        tiles.append(np.zeros_like(tiles[0]))
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])


def save(path, image):
    cv2.imwrite(str(path), image[..., ::-1])


if __name__ == "__main__":
    from scenes.materials import Materials
    from scenes.scene import INPUT_SIDE, SceneMaker, canvas

    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--materials", default=Path.home() / ".cache/dynadetect/train/materials")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--side", type=int, default=INPUT_SIDE)
    options = parser.parse_args()
    maker = SceneMaker(Materials(options.materials))
    begun = time.process_time()
    rng = np.random.default_rng(options.seed)
    scenes = [maker.make(options.seed, i, canvas(rng, options.side), mosaic=True) for i in range(options.count)]
    print(f"{options.count / (time.process_time() - begun):.0f} scenes a second")
    save(options.out, sheet([drawn(s.image, s.boxes, 200) for s in scenes]))
