"""Printed words, rendered once from the fonts and pasted at any size and colour."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .symbols import digits

WORDS = """lot exp net wt made in ref no qty box date batch serial contents keep dry fragile scan me visit us order ship to
from total price tax milk sugar organic energy size color model part warning ingredients best before store cool open here
recycle paper glass pull tear press hold use only once per day not for sale sample fresh new free since the and with of
water salt whole wheat juice garden book library member card ticket row seat gate flight parcel return address""".split()
UNITS = "g ml kg mm cm % € $ V W".split()


class TextStrips:
    """Lines of text as masks, 255 where there is ink."""

    def __init__(self, rng, fonts, count=360):
        self.lines = [self._line(rng, fonts) for _ in range(count)]
        self.digit_fonts = [ImageFont.truetype(str(f), 28) for f in fonts[:: max(1, len(fonts) // 8)]]
        self._digits = {}

    @staticmethod
    def _line(rng, fonts):
        font = ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), int(rng.integers(16, 40)))
        words = []
        for _ in range(rng.integers(1, 7)):
            chance = rng.random()
            if chance < 0.7:
                words.append(str(rng.choice(WORDS)))
            elif chance < 0.85:
                words.append(digits(rng, rng.integers(2, 9)))
            else:
                words.append(digits(rng, rng.integers(1, 4)) + str(rng.choice(UNITS)))
        line = " ".join(words)
        return render(line.upper() if rng.random() < 0.4 else line.capitalize(), font)

    def pick(self, rng, height):
        """A line of that height in pixels."""
        line = self.lines[rng.integers(len(self.lines))]
        return scaled(line, height)

    def number(self, rng, text, height, width):
        """These digits, letter-spaced to about the width."""
        key = int(rng.integers(len(self.digit_fonts)))
        if rng.random() < 0.6:
            text = " ".join(text)
        mask = scaled(render(text, self.digit_fonts[key]), height)
        if mask.shape[1] > width:
            mask = cv2.resize(mask, (max(2, int(width)), height), interpolation=cv2.INTER_AREA)
        return mask


def render(text, font):
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(4, right - left), max(4, bottom - top)), 0)
    ImageDraw.Draw(image).text((-left, -top), text, fill=255, font=font)
    return np.array(image)


def scaled(mask, height):
    factor = height / mask.shape[0]
    size = (max(2, round(mask.shape[1] * factor)), max(2, int(height)))
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)


def ink(image, mask, x, y, colour):
    """Prints a mask at (x, y); what lies outside is cut off."""
    h, w = image.shape[:2]
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(w, x + mask.shape[1]), min(h, y + mask.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    part = mask[y0 - y : y1 - y, x0 - x : x1 - x, None].astype(np.float32) / 255
    area = image[y0:y1, x0:x1]
    area[:] = (area * (1 - part) + np.asarray(colour, np.float32) * part).astype(np.uint8)


def paragraph(rng, image, strips, colour, height, box=None):
    """Fills a box of the image with lines of text."""
    x0, y0, x1, y1 = box or (0, 0, image.shape[1], image.shape[0])
    area = image[y0:y1, x0:x1]
    step = max(height + 1, int(height * rng.uniform(1.15, 1.9)))
    indent = int(rng.integers(0, max(1, (x1 - x0) // 10)))
    for y in range(int(rng.integers(0, step)), y1 - y0 - height, step):
        x = indent
        end = (x1 - x0) * (1 if rng.random() < 0.8 else rng.uniform(0.3, 1))
        while x < end:
            mask = strips.pick(rng, height)
            ink(area, mask, x, y, colour)
            x += mask.shape[1] + height // 2
