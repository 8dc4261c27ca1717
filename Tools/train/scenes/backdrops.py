"""What stands behind codes, and what might be taken for one.

Photographs, plain and uneven surfaces, and textures that a detector of codes is fooled by: text, stripes, grids,
grilles, weave, ribs, brick, ornament, scrolls, marbling, blots, shelves, keys, mosaics, targets.
"""

import cv2
import numpy as np

from .text import paragraph

PHOTOGRAPH_SIDE_MAX = 1100


def load_photographs(files):
    pictures = []
    for file in files:
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        scale = PHOTOGRAPH_SIDE_MAX / max(picture.shape[:2])
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        pictures.append(np.ascontiguousarray(picture[..., ::-1]))
    return pictures


class Backdrops:
    """Draws surfaces of any size: `plain` ones for codes to lie on, `hard` ones to be wrong about."""

    def __init__(self, photographs, strips):
        self.photographs, self.strips = photographs, strips

    def draw(self, rng, h, w):
        chance = rng.random()
        if chance < 0.34:
            return self.photograph(rng, h, w)
        if chance < 0.56:
            return surface(rng, h, w)
        if chance < 0.70:
            return flat(rng, h, w)
        if chance < 0.82:
            return self.page(rng, h, w)
        return self.hard(rng, h, w)

    def hard(self, rng, h, w):
        """A texture to be told from codes."""
        pick = rng.random()
        if pick < 0.24:
            image = self.page(rng, h, w)
        elif pick < 0.32:
            image = self.photograph(rng, h, w)
        else:
            texture = TEXTURES[rng.integers(len(TEXTURES))]
            image = tinted(rng, texture(rng, h, w))
        return image

    def photograph(self, rng, h, w):
        picture = self.photographs[rng.integers(len(self.photographs))]
        ph, pw = picture.shape[:2]
        most = min(ph / h, pw / w)
        scale = max(min(most, 0.12), most * rng.uniform(0.2, 1))
        ch, cw = max(8, min(ph, int(h * scale))), max(8, min(pw, int(w * scale)))
        y, x = rng.integers(0, ph - ch + 1), rng.integers(0, pw - cw + 1)
        part = picture[y : y + ch, x : x + cw]
        if rng.random() < 0.5:
            part = part[:, ::-1]
        area = scale > 1.2
        return cv2.resize(part, (w, h), interpolation=cv2.INTER_AREA if area else cv2.INTER_LINEAR)

    def page(self, rng, h, w):
        """Text on paper, sometimes light on dark, sometimes in columns, sometimes with rules."""
        image = flat(rng, h, w, rng.uniform(175, 255))
        colour = rng.uniform(0, 90, 3)
        columns = int(rng.choice([1, 1, 2, 3]))
        size = float(np.exp(rng.uniform(np.log(6), np.log(34))))
        for i in range(columns):
            x0, x1 = int(w * i / columns) + 4, int(w * (i + 1) / columns) - 4
            y = 0
            while y < h - 12:
                block = int(h * rng.uniform(0.2, 0.9))
                height = max(5, int(size * rng.uniform(0.7, 1.4)))
                if rng.random() < 0.85:
                    paragraph(rng, image, self.strips, colour, height, (x0, y, x1, min(h, y + block)))
                y += block + int(rng.integers(0, 20))
        for _ in range(rng.integers(0, 4) if rng.random() < 0.4 else 0):
            y = int(rng.integers(0, h))
            cv2.line(image, (0, y), (w, y), colour.tolist(), int(rng.integers(1, 3)))
        return 255 - image if rng.random() < 0.2 else image


def flat(rng, h, w, level=None):
    level = rng.uniform(10, 250) if level is None else level
    spread = 45 if rng.random() < 0.4 else 8
    colour = np.clip(level + rng.uniform(-spread, spread, 3), 0, 255)
    return np.full((h, w, 3), colour, np.uint8)


def surface(rng, h, w):
    """Uneven: cloudy light, grain, sometimes brushed in one direction."""
    image = np.zeros((h, w), np.float32)
    for cells in (3, 8, 24):
        image += cloud(rng, h, w, cells) * rng.uniform(2, 16)
    grain = rng.normal(0, rng.uniform(1, 14), (h, w)).astype(np.float32)
    if rng.random() < 0.4:
        grain = cv2.blur(grain, (int(rng.integers(2, 40)), 1)) * 3
    image += grain
    level = rng.uniform(25, 235)
    spread = 45 if rng.random() < 0.5 else 8
    return np.clip(image[..., None] + level + rng.uniform(-spread, spread, 3), 0, 255).astype(np.uint8)


def cloud(rng, h, w, cells):
    return cv2.resize(rng.normal(0, 1, (cells, cells)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)


def tinted(rng, mask):
    """A mask of 0…1 in two colours, mostly of good contrast, often greyish."""
    a, b = rng.uniform(0, 110), rng.uniform(120, 255)
    spread = 10 if rng.random() < 0.6 else 60
    colours = [np.clip(level + rng.uniform(-spread, spread, 3), 0, 255) for level in (a, b)]
    if rng.random() < 0.5:
        colours.reverse()
    mask = mask[..., None]
    return (colours[0] * (1 - mask) + colours[1] * mask).astype(np.uint8)


def plane(rng, h, w, spin=None):
    """Coordinates in pixels along and across a direction."""
    angle = rng.normal(0, 0.15) + rng.integers(0, 2) * np.pi / 2 if rng.random() < 0.6 else rng.uniform(0, np.pi)
    angle = angle if spin is None else spin
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    bend = rng.uniform(0, 12) * cloud(rng, h, w, 4) if rng.random() < 0.35 else 0
    return x * np.cos(angle) + y * np.sin(angle) + bend, y * np.cos(angle) - x * np.sin(angle) + bend


def soft(value, sharpness):
    return np.clip(value * sharpness + 0.5, 0, 1).astype(np.float32)


def stripes(rng, h, w):
    u, _ = plane(rng, h, w)
    pitch = np.exp(rng.uniform(np.log(4), np.log(50)))
    return soft(np.sin(u * 2 * np.pi / pitch) + rng.uniform(-0.6, 0.6), rng.uniform(0.6, pitch / 3))


def shelves(rng, h, w):
    """Upright bands of uneven width and shade, as of books, blinds or boards; too wide and grey for a code."""
    u, v = plane(rng, h, w, rng.normal(0, 0.1))
    widths = rng.uniform(0.4, 1.6, 64) * max(h, w) / rng.uniform(6, 26)
    edges = np.cumsum(widths) - widths.sum() * 0.3
    shade = rng.random(65).astype(np.float32)
    image = shade[np.searchsorted(edges, u)]
    tall = max(h, w) / rng.uniform(1.2, 5)
    return np.where(v % tall < tall * 0.06, 0.05, image).astype(np.float32)


def grid(rng, h, w):
    u, v = plane(rng, h, w)
    pitch = np.exp(rng.uniform(np.log(5), np.log(60)))
    line = rng.uniform(0.08, 0.35) * pitch
    return ((u % pitch < line) | (v % (pitch * rng.uniform(0.6, 1.6)) < line)).astype(np.float32)


def grille(rng, h, w):
    """Round or square holes in rows, sometimes staggered."""
    u, v = plane(rng, h, w)
    pitch = np.exp(rng.uniform(np.log(5), np.log(40)))
    row = np.floor(v / pitch)
    u = u + (row % 2) * pitch / 2 * (rng.random() < 0.5)
    x, y = u % pitch - pitch / 2, v % pitch - pitch / 2
    far = np.hypot(x, y) if rng.random() < 0.7 else np.maximum(abs(x), abs(y))
    return soft(pitch * rng.uniform(0.2, 0.42) - far, 1)


def checks(rng, h, w):
    u, v = plane(rng, h, w)
    pitch = np.exp(rng.uniform(np.log(5), np.log(45)))
    return ((np.floor(u / pitch) + np.floor(v / pitch)) % 2).astype(np.float32)


def brick(rng, h, w):
    u, v = plane(rng, h, w, rng.normal(0, 0.1))
    tall = rng.uniform(8, 40)
    long = tall * rng.uniform(1.6, 3.5)
    row = np.floor(v / tall)
    u = u + (row % 2) * long / 2
    shade = np.sin(row * 12.9 + np.floor(u / long) * 78.2) * 43758.5
    joint = (v % tall < tall * 0.12) | (u % long < tall * 0.12)
    return np.where(joint, 1, (shade - np.floor(shade)) * 0.5).astype(np.float32)


def weave(rng, h, w):
    """Threads over and under, with irregular strength."""
    u, v = plane(rng, h, w)
    pitch = np.exp(rng.uniform(np.log(3), np.log(14)))
    a, b = np.sin(u * np.pi / pitch), np.sin(v * np.pi / pitch * rng.uniform(0.7, 1.4))
    noise = cv2.blur(rng.normal(0, 1, (h, w)).astype(np.float32), (int(rng.integers(1, 9)), int(rng.integers(1, 4))))
    return soft(a * b * 0.5 + noise * rng.uniform(0.2, 1.2), 0.5)


def ribs(rng, h, w):
    """Uneven ridges side by side, in patches that turn the direction: carpet, corduroy, cardboard, brushed wood."""
    u, v = plane(rng, h, w)
    pitch = np.exp(rng.uniform(np.log(2.5), np.log(16)))
    if rng.random() < 0.6:
        wide, tall = np.exp(rng.uniform(np.log(8), np.log(40), 2)) * pitch
        turned = (np.floor(u / wide) + np.floor(v / tall)) % 2 == 1
        u, v = np.where(turned, v, u), np.where(turned, u, v)
    ridge = np.sin(u * 2 * np.pi / pitch) * rng.uniform(0, 1)
    # The strength of a ridge changes along it, and from one to the next.
    strength = rng.normal(0, 1, (97, 89)).astype(np.float32)
    along = pitch * rng.uniform(2, 30)
    ridge = ridge + strength[np.floor(u / pitch * 2).astype(int) % 97, np.floor(v / along).astype(int) % 89]
    fibre = cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), float(rng.uniform(0.5, 1.2)))
    ridge = cv2.GaussianBlur(ridge.astype(np.float32), (0, 0), float(rng.uniform(0.4, 1.2))) + fibre * rng.uniform(0.2, 1.5)
    return soft(ridge / (ridge.std() + 1e-6), np.exp(rng.uniform(np.log(0.06), np.log(0.4))))


def blots(rng, h, w):
    """Crisp blots that touch here and there, as on a notebook's cover."""
    fine = np.exp(rng.uniform(np.log(1.2), np.log(9)))
    noise = cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), sigmaX=fine * rng.uniform(0.6, 1.6), sigmaY=fine)
    noise = noise - cv2.GaussianBlur(noise, (0, 0), fine * 1.7)
    return soft(noise / (noise.std() + 1e-6) - rng.uniform(-0.3, 1.1), rng.uniform(2, 8))


def scrolls(rng, h, w):
    """Tendrils, leaves and rows of dots: printed ornament that repeats nowhere."""
    image = np.zeros((h, w), np.float32)
    size = max(h, w) * np.exp(rng.uniform(np.log(0.04), np.log(0.25)))
    stroke = max(1, round(size * rng.uniform(0.03, 0.12)))
    for _ in range(int(np.clip(h * w / size**2, 3, 90))):
        centre, turns = rng.uniform(0, 1, 2) * (w, h), np.linspace(0, rng.uniform(1.5, 7), 40)
        reach = size * rng.uniform(0.3, 1.2) * np.linspace(1, rng.uniform(0, 0.6), 40)
        angle = rng.uniform(0, 2 * np.pi) + turns * rng.choice([-1, 1])
        points = centre + np.stack([np.cos(angle), np.sin(angle)], -1) * reach[:, None]
        kind = rng.random()
        if kind < 0.5:
            cv2.polylines(image, [points.astype(np.int32)], False, 1, stroke)
        elif kind < 0.75:
            for point in points[:: int(rng.integers(2, 6))]:
                cv2.circle(image, tuple(int(c) for c in point), stroke, 1, -1)
        else:
            for spin in np.arange(0, 360, int(rng.integers(20, 60))):
                at = centre + size * 0.4 * np.array([np.cos(np.radians(spin)), np.sin(np.radians(spin))])
                axes = (max(2, int(size * 0.22)), max(1, int(size * 0.09)))
                width = -1 if rng.random() < 0.5 else max(1, stroke // 2)
                cv2.ellipse(image, tuple(int(c) for c in at), axes, float(spin), 0, 360, 1, width)
    return image


def marbling(rng, h, w):
    """Noise of one scale, cut at a level: veins, wood, fur."""
    fine = np.exp(rng.uniform(np.log(0.8), np.log(7)))
    wide = fine * (1 if rng.random() < 0.5 else rng.uniform(1, 8))
    noise = cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), sigmaX=wide, sigmaY=fine)
    broad = cv2.GaussianBlur(noise, (0, 0), sigmaX=wide * 2, sigmaY=fine * 2)
    noise = noise - broad
    return soft(noise / (noise.std() + 1e-6) + rng.uniform(-0.5, 0.5), rng.uniform(0.3, 2))


def ornament(rng, h, w):
    """A small random figure, mirrored and repeated."""
    side = int(rng.integers(6, 26))
    cell = cv2.resize(rng.random((5, 5)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    cell = np.block([[cell, cell[:, ::-1]], [cell[::-1], cell[::-1, ::-1]]])
    cell = soft(cell - 0.5, rng.uniform(2, 20))
    return np.tile(cell, (h // (2 * side) + 1, w // (2 * side) + 1))[:h, :w]


def facade(rng, h, w):
    """Windows, keys, tiles: equal boxes in rows, each of its own shade."""
    u, v = plane(rng, h, w, rng.normal(0, 0.08))
    across, down = np.exp(rng.uniform(np.log(8), np.log(60), 2))
    shade = rng.random((64, 64)).astype(np.float32) ** rng.uniform(0.5, 3)
    image = shade[np.floor(v / down).astype(int) % 64, np.floor(u / across).astype(int) % 64]
    gap = rng.uniform(0.08, 0.4)
    return np.where((u % across < gap * across) | (v % down < gap * down), rng.random(), image).astype(np.float32)


def mosaic(rng, h, w):
    """Squares of many greys, as of a picture hidden by large pixels."""
    pitch = rng.uniform(5, 40)
    rows, columns = int(h / pitch) + 2, int(w / pitch) + 2
    cells = cv2.resize(rng.random((rows, columns)).astype(np.float32), (columns, rows))
    cells = cells * 0.5 + 0.5 * cv2.resize(rng.random((4, 4)).astype(np.float32), (columns, rows))
    size = (int(columns * pitch), int(rows * pitch))
    return cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST)[:h, :w]


def targets(rng, h, w):
    """Rings, lone or many, round or square: a finder pattern without a code."""
    image = np.full((h, w), rng.random(), np.float32)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    for _ in range(rng.integers(1, 5)):
        cx, cy, radius = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(8, 60)
        dx, dy = x - cx, y - cy
        far = np.hypot(dx, dy) if rng.random() < 0.6 else np.maximum(abs(dx), abs(dy))
        rings = (np.floor(far / radius * rng.integers(2, 7)) % 2).astype(np.float32)
        image = np.where(far < radius, rings, image)
    return image


def table(rng, h, w):
    """Ruled boxes of uneven widths, some filled."""
    image = np.ones((h, w), np.float32)
    xs = np.sort(rng.integers(0, w, rng.integers(3, 12)))
    ys = np.sort(rng.integers(0, h, rng.integers(3, 14)))
    for x in xs:
        image[:, x : x + int(rng.integers(1, 4))] = 0
    for y in ys:
        image[y : y + int(rng.integers(1, 4))] = 0
    for _ in range(rng.integers(0, 8)):
        i, j = rng.integers(0, len(xs) - 1), rng.integers(0, len(ys) - 1)
        image[ys[j] : ys[j + 1], xs[i] : xs[i + 1]] = rng.random()
    return image


TEXTURES = (
    stripes, shelves, grid, grille, checks, brick, weave, weave, ribs, ribs, marbling, marbling, blots, ornament, ornament,
    scrolls, facade, mosaic, targets, table,
)  # fmt: skip


def clutter(rng, image, strips, count):
    """Things lying about: patches, rings, words, small pieces of hard texture."""
    h, w = image.shape[:2]
    for _ in range(count):
        colour = rng.uniform(0, 255, 3).tolist()
        pick = rng.random()
        if pick < 0.3:
            points = rng.uniform(-0.1, 1.1, (int(rng.integers(3, 6)), 2)) * (w, h)
            cv2.fillConvexPoly(image, cv2.convexHull(points.astype(np.int32)), colour, cv2.LINE_AA)
        elif pick < 0.45:
            centre = (int(rng.integers(w)), int(rng.integers(h)))
            axes = tuple(int(v) for v in rng.integers(4, max(6, min(h, w) // 3), 2))
            width = -1 if rng.random() < 0.6 else int(rng.integers(1, 8))
            cv2.ellipse(image, centre, axes, rng.uniform(0, 360), 0, 360, colour, width, cv2.LINE_AA)
        elif pick < 0.75:
            height = int(rng.integers(6, 36))
            x, y = int(rng.integers(-20, w - 10)), int(rng.integers(0, max(1, h - height)))
            paragraph(rng, image, strips, colour, height, (max(0, x), y, w, min(h, y + height * rng.integers(2, 6))))
        else:
            ph, pw = int(rng.integers(14, max(16, h // 2))), int(rng.integers(14, max(16, w // 2)))
            y, x = int(rng.integers(0, h - ph + 1)), int(rng.integers(0, w - pw + 1))
            image[y : y + ph, x : x + pw] = tinted(rng, TEXTURES[rng.integers(len(TEXTURES))](rng, ph, pw))
