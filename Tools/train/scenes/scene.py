"""Composes scenes: seeded pictures of printed codes with a box for each."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from . import symbols
from .backdrops import Backdrops, clutter, load_photographs
from .camera import photograph
from .label import print_label
from .pose import Pose
from .text import TextStrips

#: Longer side of the pictures that the shipped network is asked with, pixels.
INPUT_SIDE = 352
#: The grey that letterboxing pads with.
PADDING = 114
#: Sides of the network's input are multiples of this.
STEP = 32
#: What part of a code must be in the picture.
VISIBLE_MIN = 0.62
#: Pixels; smaller codes are neither drawn nor asked for.
SIDE_MIN = 6
#: Pixels a module below which no code is printed; perspective and a coarser camera make it fewer.
MODULE_MIN = 0.5
#: Pixels a module, as seen, from which a code is asked for. A pattern is lost where a sample spans more than one of its
#: steps: what tells matrix codes apart (rings, clocks, finders) changes with every module, bars with every second.
BARS_ASKED, MATRIX_ASKED = 0.5, 1.0
#: Spread of grey levels inside a box below which nobody could see the code.
CONTRAST_MIN = 8

#: Kinds of scene and their shares.
NEGATIVE, FULL, SINGLE, SMALL, SEVERAL = range(5)
SHARES = (0.22, 0.18, 0.38, 0.07, 0.15)
MOSAIC_SHARE = 0.06


@dataclass
class Scene:
    image: np.ndarray
    #: One row a code: class, x1, y1, x2, y2 in pixels.
    boxes: np.ndarray
    #: Codes too coarse to be told: neither asked for nor wrong to find.
    smears: np.ndarray = field(default_factory=lambda: np.zeros((0, 5), np.float32))


class Maker:
    """Makes scene number i of a seed, always the same one; `compose` says how."""

    def make(self, seed, index, canvas, mosaic=False):
        """A scene of the canvas' width and height; with `mosaic` some are four small ones beside each other."""
        rng = np.random.default_rng([seed, index])
        if rng.random() < MOSAIC_SHARE and mosaic:
            return self._mosaic(rng, canvas)
        return self.compose(rng, canvas)

    def _mosaic(self, rng, canvas):
        w, h = (side // 2 for side in canvas)
        image = np.full((2 * h, 2 * w, 3), PADDING, np.uint8)
        boxes, smears = [], []
        for x, y in ((0, 0), (w, 0), (0, h), (w, h)):
            part = self.compose(rng, (w, h))
            image[y : y + h, x : x + w] = part.image
            move = np.array([0, x, y, x, y], np.float32)
            boxes.append(part.boxes + move)
            smears.append(part.smears + move)
        return Scene(image, np.concatenate(boxes), np.concatenate(smears))


class SceneMaker(Maker):
    """Composes printed codes on surfaces."""

    def __init__(self, materials, held_out=False):
        cv2.setNumThreads(1)
        rng = np.random.default_rng(20261124 + held_out)
        self.strips = TextStrips(rng, materials.fonts())
        self.backdrops = Backdrops(load_photographs(materials.photographs(held_out)), self.strips)

    def compose(self, rng, canvas):
        w, h = frame(rng, *canvas)
        finer = rng.uniform(1.3, 2.1) if rng.random() < 0.12 else 1
        while True:
            image, codes = self.picture(rng, round(w * finer), round(h * finer))
            image = photograph(rng, image)
            if all(contrast(image, code[1:5]) > CONTRAST_MIN for code in codes):
                break  # otherwise darkness, glare or haze has hidden a code
        codes = np.array(codes, np.float32).reshape(-1, 6)
        if finer > 1:  # as letterboxing makes a large picture small: without averaging
            codes[:, 1:] /= finer
            image = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
        left, top = (canvas[0] - w) // 2, (canvas[1] - h) // 2
        if (w, h) != canvas:
            padded = np.full((canvas[1], canvas[0], 3), PADDING, np.uint8)
            padded[top : top + h, left : left + w] = image
            image = padded
        table = codes[:, :5] + np.array([0, left, top, left, top], np.float32)
        asked = codes[:, 5] >= np.where(np.isin(codes[:, 0], symbols.BARS), BARS_ASKED, MATRIX_ASKED)
        return Scene(image, table[asked], table[~asked])

    def picture(self, rng, w, h):
        """An image and its codes: class, corners, pixels a module."""
        kind = int(rng.choice(len(SHARES), p=SHARES))
        if kind == NEGATIVE:
            image = self.backdrops.hard(rng, h, w).copy()
            clutter(rng, image, self.strips, int(rng.integers(0, 4)) if rng.random() < 0.5 else 0)
            return image, []
        image = np.ascontiguousarray(self.backdrops.draw(rng, h, w))
        if kind != FULL:
            clutter(rng, image, self.strips, int(rng.integers(0, 4)))
        count = int(rng.integers(2, 7)) if kind == SEVERAL else 1
        shared = turn(rng) if rng.random() < 0.6 else None
        placed = Placed(image)
        for _ in range(count):
            share = size(rng, kind, count)
            self.add(rng, placed, share, turn(rng) if shared is None else shared + rng.normal(0, 0.03), kind)
        for code in placed.codes:
            if rng.random() < 0.08:
                cover(rng, image, code[1:5])
        return image, placed.codes

    def add(self, rng, placed, share, angle, kind):
        """Prints a code whose box is `share` of the picture's width or height, and lays it where there is room."""
        h, w = placed.image.shape[:2]
        symbol = symbols.draw(rng)
        extent = share * (max(h, w) if symbol.modules.shape[1] > 2 * symbol.modules.shape[0] else min(h, w))
        least = MODULE_MIN * max(symbol.modules.shape) / symbol.pitch
        extent = max(extent, least, 10)
        label = print_label(rng, symbol, extent, self.strips)
        pose = Pose.random(rng, label, angle)
        outline = edge(label.box)
        reach = np.ptp(pose.forward(outline), axis=0)
        wanted = share / max(reach[0] / w, reach[1] / h)
        scale = max(wanted, least / extent)
        if scale > 1.6 or scale * max(reach / (w, h)) > 1.25:
            return
        for _ in range(6):
            if kind == FULL or share > 0.75:
                x, y = w / 2 + rng.normal(0, 0.06) * w, h / 2 + rng.normal(0, 0.06) * h
            else:
                room = np.clip(reach * scale / 2 / (w, h), 0, 0.5) * rng.choice([1, 1, 0.6])
                x, y = (rng.uniform(r, 1 - r) * v if r < 0.5 else v / 2 for r, v in zip(room, (w, h)))
            at = pose.placed(scale, x, y)
            if placed.lay(label, at, outline):
                return


class Placed:
    """A picture with the codes laid on it so far."""

    def __init__(self, image):
        self.image, self.codes, self.areas = image, [], []

    def lay(self, label, pose, outline):
        """Draws the label unless the code would be cut too much or something is in the way."""
        h, w = self.image.shape[:2]
        points = pose.forward(outline)
        (x1, y1), (x2, y2) = points.min(0), points.max(0)
        box = [max(x1, 0), max(y1, 0), min(x2, w), min(y2, h)]
        inside = max(0, box[2] - box[0]) * max(0, box[3] - box[1])
        if inside < VISIBLE_MIN * (x2 - x1) * (y2 - y1) or min(box[2] - box[0], box[3] - box[1]) < SIDE_MIN:
            return False
        sheet = pose.forward(edge((0, 0, label.image.shape[1], label.image.shape[0])))
        low, high = np.floor(sheet.min(0)).astype(int) - 1, np.ceil(sheet.max(0)).astype(int) + 1
        x0, y0 = np.clip(low, 0, (w, h))
        x9, y9 = np.clip(high, 0, (w, h))
        if any(x0 < b[2] and b[0] < x9 and y0 < b[3] and b[1] < y9 for b in self.areas):
            return False
        pixels, cover = pose.fetch(label.image, label.alpha, x0, y0, x9 - x0, y9 - y0)
        area = self.image[y0:y9, x0:x9]
        if label.is_bare and not stands_out(area, label.ink):
            return False
        cover = cover[..., None]
        area[:] = (area * (1 - cover) + pixels * cover).astype(np.uint8)
        self.codes.append((label.kind, *box, module_side(label, pose)))
        self.areas.append((x0, y0, x9, y9))
        return True


def module_side(label, pose):
    """Pixels that the code's modules have in the picture, along the direction and at the end where they have fewest."""
    x1, y1, x2, y2 = label.box
    corners = pose.forward([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])
    top, right, bottom, left = np.hypot(*(np.roll(corners, -1, 0) - corners).T)
    across, down = min(top, bottom) / label.modules[0], min(left, right) / label.modules[1]
    return across if label.kind in symbols.BARS else min(across, down)


def stands_out(area, colour):
    """Whether ink of that colour can be read on what is there."""
    levels = area.reshape(-1, 3).mean(1)
    return abs(levels.mean() - float(np.mean(colour))) > 2.2 * levels.std() + 45


def canvas(rng, side):
    """Width and height of a network's input whose longer side is `side`: as a picture's shape asks, in steps of 32."""
    ratio = float(rng.choice([1, 1, 1, 4 / 3, 4 / 3, 4 / 3, 3 / 2, 16 / 9, 2.4]))
    short = -(-round(side / ratio) // STEP) * STEP
    return (side, short) if rng.random() < 0.6 else (short, side)


def frame(rng, w, h):
    """Width and height of the picture inside its canvas: all of it, all but narrow bars, or of another shape."""
    chance = rng.random()
    if chance < 0.6:
        return w, h
    if chance < 0.88:
        bar = int(rng.integers(1, min(STEP, min(w, h) // 4)))
        return (w - bar, h) if w < h or w == h and rng.random() < 0.5 else (w, h - bar)
    ratio = float(rng.choice([4 / 3, 3 / 2, 16 / 9, 3]))
    ratio = ratio if rng.random() < 0.6 else 1 / ratio
    return (w, max(32, round(w / ratio))) if w / h < ratio else (max(32, round(h * ratio)), h)


def turn(rng):
    """An angle: mostly upright, sometimes sideways or upside down, sometimes any."""
    chance = rng.random()
    if chance < 0.58:
        return rng.normal(0, 0.1)
    if chance < 0.76:
        return rng.normal(0, 0.1) + np.pi / 2 * rng.integers(1, 4)
    return rng.uniform(0, 2 * np.pi)


def size(rng, kind, count):
    """The box's part of the picture's width or height."""
    if kind == FULL:
        return rng.uniform(0.78, 1.12)
    if kind == SINGLE:
        return rng.uniform(0.2, 0.9)
    low, high = (0.06, 0.25) if kind == SMALL else (0.1, 0.6 if count < 4 else 0.4)
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def edge(box, steps=9):
    """Points along a box's outline, enough to follow its bends."""
    x1, y1, x2, y2 = box
    x, y = np.linspace(x1, x2, steps), np.linspace(y1, y2, steps)
    sides = [(x, np.full(steps, y1)), (x, np.full(steps, y2)), (np.full(steps, x1), y), (np.full(steps, x2), y)]
    return np.concatenate([np.stack(one, -1) for one in sides])


def contrast(image, box):
    """Spread of grey levels inside a box, noise averaged away."""
    x1, y1, x2, y2 = (int(v) for v in box)
    part = cv2.cvtColor(image[y1 : y2 + 1, x1 : x2 + 1], cv2.COLOR_RGB2GRAY)
    return float(cv2.blur(part, (3, 3)).std())


def cover(rng, image, box):
    """Hides a part of a code: a finger, a sticker, a strap."""
    x1, y1, x2, y2 = box
    w, h = x2 - x1, y2 - y1
    colour = rng.uniform(0, 255, 3)
    if rng.random() < 0.5:  # skin
        colour = np.array([225, 170, 140]) * rng.uniform(0.3, 1.05)
    at = np.array([x1, y1]) + rng.uniform(0, 1, 2) * (w, h)
    side = int(rng.integers(4))
    at[side % 2] = (x1, y1, x2, y2)[side]
    axes = np.maximum(2, rng.uniform(0.08, 0.22, 2) * max(w, h))
    axes = np.minimum(axes, 0.3 * min(w, h) + 2).astype(int)
    centre = tuple(int(v) for v in at)
    cv2.ellipse(image, centre, tuple(int(v) for v in axes), rng.uniform(0, 180), 0, 360, colour.tolist(), -1, cv2.LINE_AA)
