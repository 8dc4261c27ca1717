"""What light, lens, sensor and file do to a scene."""

import cv2
import numpy as np


def photograph(rng, image):
    """The scene (uint8 RGB) as a camera of some quality would give it."""
    image = lit(rng, image)
    image = focused(rng, image)
    if rng.random() < 0.05:
        image = screen(rng, image)
    image = sensed(rng, image)
    if rng.random() < 0.2:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    if rng.random() < 0.5:
        quality = int(rng.integers(18, 95))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)  # as RGB were BGR: only the chroma differs a little
    return image


def lit(rng, image):
    """Uneven light, shadow, glare, exposure, colour of the lamp."""
    h, w = image.shape[:2]
    light = np.ones((h, w), np.float32)
    if rng.random() < 0.55:
        light *= cv2.resize(rng.uniform(0.5, 1.25, (2, 2)).astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.2:
        shadow = np.zeros((h, w), np.float32)
        points = cv2.convexHull((rng.uniform(-0.3, 1.3, (4, 2)) * (w, h)).astype(np.int32))
        cv2.fillConvexPoly(shadow, points, float(rng.uniform(0.2, 0.6)))
        side = int(rng.integers(3, 30))
        light *= 1 - cv2.blur(shadow, (side, side))
    if rng.random() < 0.12:
        y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        light *= 1 - rng.uniform(0.2, 0.6) * np.clip((x * x + y * y) / 2, 0, 1)
    exposure = rng.uniform(0.75, 1.3) if rng.random() < 0.9 else rng.uniform(0.2, 0.6)
    lamp = rng.uniform(0.82, 1.15, 3) if rng.random() < 0.5 else np.ones(3)
    out = image * (light[..., None] * (lamp * exposure).astype(np.float32)) + rng.uniform(-20, 30)
    if rng.random() < 0.14:
        out += glare(rng, h, w)[..., None]
    out = np.clip(out, 0, 255)
    if rng.random() < 0.3:
        out = 255 * (out / 255) ** rng.uniform(0.55, 1.8)
    if rng.random() < 0.12:  # weak contrast, as through haze or on thermal paper
        out = out * rng.uniform(0.25, 0.6) + rng.uniform(20, 120)
    return np.clip(out, 0, 255).astype(np.uint8)


def glare(rng, h, w):
    small = np.zeros((h // 4 + 1, w // 4 + 1), np.float32)
    centre = (int(rng.integers(small.shape[1])), int(rng.integers(small.shape[0])))
    axes = (int(rng.integers(2, max(4, w // 22))), int(rng.integers(2, max(4, h // 9))))
    cv2.ellipse(small, centre, axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
    small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.6, 6))
    return cv2.resize(small, (w, h)) * rng.uniform(60, 260)


def focused(rng, image):
    """Blur of focus or motion, or of a picture made larger than it was; or sharpening's halo."""
    h, w = image.shape[:2]
    strong = min(h, w) / 320
    chance = rng.random()
    if chance < 0.26:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 2.4) * strong)
    if chance < 0.38:
        length = max(3, int(rng.integers(3, 13) * strong))
        kernel = np.zeros((length, length), np.float32)
        reach = np.array([np.cos(a := rng.uniform(0, np.pi)), np.sin(a)]) * length / 2
        middle = np.array([length / 2, length / 2])
        ends = [tuple(int(v) for v in middle + s * reach) for s in (-1, 1)]
        cv2.line(kernel, *ends, 1.0)
        return cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1))
    if chance < 0.54:
        scale = rng.uniform(0.3, 0.85)
        size = (max(8, int(w * scale)), max(8, int(h * scale)))
        down = cv2.INTER_AREA if rng.random() < 0.6 else cv2.INTER_LINEAR
        up = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_CUBIC
        return cv2.resize(cv2.resize(image, size, interpolation=down), (w, h), interpolation=up)
    if chance < 0.66:
        halo = rng.uniform(0.4, 1.5)
        return cv2.addWeighted(image, 1 + halo, cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 2)), -halo, 0)
    return image


def screen(rng, image):
    """Lines of a display, and the moiré they make with the sensor."""
    h, w = image.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    angle, pitch = rng.uniform(0, np.pi), rng.uniform(1.9, 6)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / pitch)
    if rng.random() < 0.5:
        wave = wave * np.sin((y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / pitch)
    tint = rng.uniform(0.5, 1, 3).astype(np.float32) if rng.random() < 0.5 else np.ones(3, np.float32)
    return np.clip(image + wave[..., None] * rng.uniform(5, 35) * tint, 0, 255).astype(np.uint8)


def sensed(rng, image):
    """Noise, in each pixel or each channel of it; rarely only few levels are left."""
    if rng.random() < 0.5:
        spread = rng.uniform(1, 9) if rng.random() < 0.8 else rng.uniform(9, 28)
        noise = rng.standard_normal((*image.shape[:2], 1 if rng.random() < 0.5 else 3), np.float32)
        if rng.random() < 0.3:
            noise = cv2.GaussianBlur(noise, (0, 0), 0.8).reshape(noise.shape) * 2
        image = np.clip(image + noise * spread, 0, 255).astype(np.uint8)
    if rng.random() < 0.025:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        level = int(np.median(grey)) if rng.random() < 0.5 else 128
        return np.repeat(((grey > level) * 255).astype(np.uint8)[..., None], 3, 2)
    return image
