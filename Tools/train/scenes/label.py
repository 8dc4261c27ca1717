"""A code as printed: on paper, packaging or a screen, with what stands around it."""

from dataclasses import dataclass

import cv2
import numpy as np

from .symbols import RETAIL
from .text import ink, paragraph


@dataclass
class Label:
    """Pixels and how much they cover; `box` is the code's extent in the label's own pixels."""

    kind: int
    image: np.ndarray
    alpha: np.ndarray
    box: tuple
    ink: np.ndarray
    #: Modules across and down.
    modules: tuple
    #: Printed straight on what it lies on, without paper.
    is_bare: bool


def print_label(rng, symbol, extent, strips):
    """Prints a symbol whose longer side is about `extent` pixels."""
    dark, light = colours(rng, symbol)
    ink_map, module = raster(rng, symbol, extent)
    h, w = ink_map.shape
    quiet = max(1, round(module * (rng.uniform(2, 11) if symbol.is_linear else rng.uniform(1, 5))))
    wide = rng.random() < 0.45
    left, right = (quiet + int(w * rng.uniform(0, 0.5) * wide) for _ in range(2))
    caption = caption_height(rng, symbol, h)
    top = max(1, round(quiet * (rng.uniform(0.2, 1) if symbol.is_linear else 1)))
    bottom = top + caption
    if rng.random() < 0.45:
        top, bottom = top + int(h * rng.uniform(0, 0.8)), bottom + int(h * rng.uniform(0, 0.8))
    extra = add_on(symbol, module, h)
    right += 0 if extra is None else extra.shape[1] + int(9 * module)
    image = np.empty((top + h + bottom, left + w + right, 3), np.uint8)
    image[:] = light.astype(np.uint8)
    if rng.random() < 0.06:
        shade = np.linspace(0, 1, image.shape[1], dtype=np.float32)[None, :, None]
        light = np.clip(light * (1 - shade) + np.clip(light + rng.uniform(-50, 30, 3), 0, 255) * shade, 0, 255)
        image[:] = light.astype(np.uint8)
        light = light[:, left : left + w]
    code = image[top : top + h, left : left + w]
    amount = ink_map[..., None].astype(np.float32) / 255
    ink_colour = gradient(rng, dark, h, w) if rng.random() < 0.06 else dark
    code[:] = (light * (1 - amount) + ink_colour * amount).astype(np.uint8)
    if extra is not None:
        rise = int(extra.shape[0] * rng.uniform(0.05, 0.2))
        mask = extra[rise:]
        ink(image, mask, left + w + int(9 * module), top + rise, dark)
    alpha = np.full(image.shape[:2], 255, np.uint8)
    if symbol.kind == 1 and rng.random() < 0.12 and symbol.format == "QRCode":
        logo(rng, code, strips)
    is_bare = rng.random() < 0.07 and symbol.kind != 4
    if is_bare:
        alpha[:] = 0
        alpha[top : top + h, left : left + w] = ink_map
    else:
        surroundings(rng, image, strips, dark, (left, top, left + w, top + h), caption)
    if caption and not is_bare:
        write_caption(rng, image, strips, symbol, dark, (left, top, left + w, top + h), caption)
    return Label(symbol.kind, image, alpha, (left, top, left + w, top + h), dark, symbol.size, is_bare)


def colours(rng, symbol):
    """Ink and paper; matrix codes are sometimes light on dark."""
    if rng.random() < 0.68:
        dark = np.clip(rng.uniform(0, 75) + rng.uniform(-15, 15, 3), 0, 255)
        light = np.clip(rng.uniform(150, 255) + rng.uniform(-15, 15, 3), 0, 255)
    else:
        light = rng.uniform(110, 255, 3)
        dark = light * rng.uniform(0, 0.5) * rng.uniform(0.4, 1, 3)
    inverted = symbol.kind != 0 and symbol.kind != 4 and rng.random() < 0.09
    return (light, dark) if inverted else (dark, light)


def gradient(rng, dark, h, w):
    """Ink that changes its colour over the code."""
    corners = np.clip(dark + rng.uniform(0, 120, (2, 2, 3)) * rng.uniform(0, 1, 3), 0, 160).astype(np.float32)
    return cv2.resize(corners, (w, h), interpolation=cv2.INTER_LINEAR)


def raster(rng, symbol, extent):
    """How much ink each pixel has, 0…255, and how many pixels a module is."""
    modules = symbol.modules
    if symbol.is_linear and not symbol.is_stacked:
        modules = bars(rng, modules, symbol)
    h, w = modules.shape
    scale = extent / max(h, w)
    module = scale * symbol.pitch
    inked = 255 - modules
    if symbol.kind in (1, 2, 3) and rng.random() < (0.16 if symbol.kind == 2 else 0.07):
        inked = dots(rng, inked, keep_finders=symbol.format == "QRCode")
    elif symbol.pitch == 1:
        times = max(1, int(np.ceil(scale)))
        inked = np.repeat(np.repeat(inked, times, 0), times, 1)
    size = (max(4, round(w * scale)), max(4, round(h * scale)))
    inked = cv2.resize(inked, size, interpolation=cv2.INTER_AREA)
    if module > 1.5 and rng.random() < 0.2:  # ink that spreads or is missing
        kernel = np.ones((2, 2) if rng.random() < 0.5 else (1, 2), np.uint8)
        inked = (cv2.dilate if rng.random() < 0.6 else cv2.erode)(inked, kernel)
    if rng.random() < 0.1:
        inked = worn(rng, inked)
    return inked, module


def bars(rng, modules, symbol):
    """A linear code is as tall as its label has room: stack its row, with longer guards on retail codes."""
    row = modules[len(modules) // 2]
    w = len(row)
    tall = max(4, round(w * np.exp(rng.uniform(np.log(0.12), np.log(1.0)))))
    if symbol.format == "EAN8" or symbol.format == "UPCE":
        tall = max(4, round(w * np.exp(rng.uniform(np.log(0.3), np.log(1.5)))))
    image = np.repeat(row[None], tall, 0)
    if symbol.format in RETAIL and rng.random() < 0.7:
        guard = np.zeros(w, bool)
        guard[:3] = guard[-3:] = True
        if symbol.format != "UPCE":
            guard[w // 2 - 2 : w // 2 + 3] = True
        image[-max(1, round(tall * rng.uniform(0.04, 0.12))) :, ~guard] = 255
    if symbol.format == "ITF14" and rng.random() < 0.6 or symbol.format == "ITF" and rng.random() < 0.08:
        bearer = max(1, round(tall * rng.uniform(0.03, 0.09)))
        image[:bearer] = image[-bearer:] = 0
    return image


def dots(rng, inked, keep_finders):
    """Modules as separate dots, as peened, etched or styled."""
    h, w = inked.shape
    times = 8
    large = np.repeat(np.repeat(inked, times, 0), times, 1)
    y, x = np.mgrid[0:times, 0:times] - (times - 1) / 2
    size = rng.uniform(0.34, 0.55) * times
    far = np.hypot(x, y) if rng.random() < 0.75 else np.maximum(abs(x), abs(y))
    dot = np.tile((np.clip(size - far + 0.5, 0, 1) * 255).astype(np.uint8), (h, w))
    dotted = np.minimum(large, dot)
    if keep_finders and rng.random() < 0.7:
        side = 7 * times
        for rows, columns in ((slice(side), slice(side)), (slice(side), slice(-side, None)), (slice(-side, None), slice(side))):
            dotted[rows, columns] = large[rows, columns]
    return dotted


def worn(rng, inked):
    """Ink lost in blotches, or along lines as a printer's dead dots leave."""
    h, w = inked.shape
    if rng.random() < 0.5:
        noise = cv2.resize(rng.random((max(2, h // 6), max(2, w // 6))).astype(np.float32), (w, h))
        return (inked * np.clip((noise - rng.uniform(0.1, 0.3)) * 6, rng.uniform(0, 0.6), 1)).astype(np.uint8)
    out = inked.copy()
    for _ in range(rng.integers(1, 5)):
        if rng.random() < 0.5:
            out[int(rng.integers(h))] = 0
        else:
            out[:, int(rng.integers(w))] = 0
    return out


def add_on(symbol, module, h):
    if symbol.add_on is None:
        return None
    row = 255 - symbol.add_on[0]
    size = (max(2, round(len(row) * module)), h)
    return cv2.resize(np.repeat(row[None], 2, 0), size, interpolation=cv2.INTER_AREA)


def logo(rng, code, strips):
    """A picture or letter in the middle of a QR code."""
    h, w = code.shape[:2]
    r = int(min(h, w) * rng.uniform(0.09, 0.16))
    centre = (w // 2, h // 2)
    cv2.circle(code, centre, r, rng.uniform(180, 255, 3).tolist(), -1, cv2.LINE_AA)
    cv2.circle(code, centre, max(1, int(r * 0.7)), rng.uniform(0, 255, 3).tolist(), -1, cv2.LINE_AA)


def caption_height(rng, symbol, h):
    """Room for the contents in writing; most linear codes have it."""
    if rng.random() > (0.75 if symbol.is_linear else 0.12):
        return 0
    return int(np.clip(h * rng.uniform(0.1, 0.3), 5, 30))


def write_caption(rng, image, strips, symbol, colour, box, height):
    left, top, right, bottom = box
    contents = "".join(c for c in symbol.text if c.isalnum())[:24] or "0"
    if symbol.format in ("EAN13", "UPCA") and len(contents) > 8:
        # The digits stand in two groups between the guards, the first outside.
        w = right - left
        half = (len(contents) - 1) // 2
        parts = [(contents[0], left - int(w * 0.08), 0.07), (contents[1 : 1 + half], left + int(w * 0.05), 0.4)]
        parts.append((contents[1 + half :], left + int(w * 0.54), 0.4))
        rise = int(height * rng.uniform(0, 0.5)) if rng.random() < 0.5 else 0
        for part, x, share in parts:
            mask = strips.number(rng, part, height, w * share)
            y = bottom + 1 - rise
            if rise and share > 0.1:  # the digits cut into the bars
                image[y : y + height, x : x + mask.shape[1]] = image[0, 0]
            ink(image, mask, x, y, colour)
        return
    mask = strips.number(rng, contents, height, right - left)
    above = rng.random() < 0.12 and top > height + 2
    x = left + (right - left - mask.shape[1]) // 2 if rng.random() < 0.7 else left
    ink(image, mask, x, top - height - 1 if above else bottom + 1 + int(rng.integers(0, 3)), colour)


def surroundings(rng, image, strips, colour, box, caption):
    """A border, lines of text above and below, a block of colour."""
    h, w = image.shape[:2]
    left, top, right, bottom = box
    bottom += caption + 2
    for y0, y1 in ((0, top - 2), (bottom, h)):
        if y1 - y0 > 8 and rng.random() < 0.75:
            height = int(np.clip((y1 - y0) * rng.uniform(0.15, 0.9), 5, 28))
            paragraph(rng, image, strips, colour, height, (0, max(0, y0), w, y1))
    for x0, x1 in ((0, left - 4), (right + 4, w)):
        if x1 - x0 > 24 and rng.random() < 0.3:
            paragraph(rng, image, strips, colour, int(rng.integers(5, 16)), (x0, top, x1, bottom))
    if rng.random() < 0.25:
        cv2.rectangle(image, (0, 0), (w - 1, h - 1), colour.tolist(), int(rng.integers(1, 4)))
