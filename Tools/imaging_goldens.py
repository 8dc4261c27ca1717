"""Writes the golden pictures and letterboxes of ImagingTests: imaging_goldens.py FOLDER [SEED]

Needs numpy, Pillow (to encode) and OpenCV (what it gives is what is right). FOLDER gets

  pictures/NAME.EXT   a small picture, one for each variant of a format
  pictures/NAME.rgb   its pixels by cv2.imdecode(…, IMREAD_COLOR), as (height, width, 3) RGB
  pictures.txt        NAME.EXT WIDTH HEIGHT
  letterbox.txt       seed, source width and height, imgsz, shape, then target width and height,
                      left, top, resized width and height, and the CRC-32 of the target's pixels by
                      cv2.resize and cv2.copyMakeBorder
  boxes.txt           source width and height, imgsz, shape, then the bit patterns of a box on the
                      target (4 float32) and of the same box on the source

There is no tolerance: all of them are equal in every bit. With a SEED all is made of other noise, and
letterboxes of pictures ten times as large.
"""

import io
import pathlib
import struct
import sys
import zlib

import cv2
import numpy as np
from PIL import Image

WIDTH, HEIGHT = 13, 7
SEED, SCALE = (int(sys.argv[2]), 10) if len(sys.argv) > 2 else (2306, 1)
random = np.random.default_rng(SEED)
NOISE = random.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
SMOOTH = cv2.GaussianBlur(
    random.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8), (0, 0), 1.2
)
PHOTO = cv2.GaussianBlur(random.integers(0, 256, (37, 53, 3), dtype=np.uint8), (0, 0), 2)


# EXIF


def tiff(orientation, order="<", tag=0x112):
    """A directory with one tag."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(order + "HHIHH", tag, 3, 1, orientation, 0)
    return start + struct.pack(order + "IH", 8, 1) + entry + b"\0\0\0\0"


# PNG: written here, for Pillow writes few of the variants


def chunk(name, data):
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def packed_rows(samples, bits):
    """(height, width, channels) samples to bytes, rows filled up to whole bytes."""
    for row in samples.reshape(samples.shape[0], -1):
        if bits == 16:
            yield row.astype(">u2").tobytes()
        elif bits == 8:
            yield row.astype(np.uint8).tobytes()
        else:
            text = "".join(format(int(v), f"0{bits}b") for v in row)
            text += "0" * (-len(text) % 8)
            yield int(text, 2).to_bytes(len(text) // 8, "big")


def png_data(samples, bits, interlaced):
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
        passes += [(1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for left, top, x_step, y_step in passes:
        part = samples[top::y_step, left::x_step]
        if part.size:
            raw += b"".join(b"\0" + row for row in packed_rows(part, bits))
    return zlib.compress(raw)


def png(samples, bits=8, color=2, before=b"", after=b"", interlaced=False, pieces=1):
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, int(interlaced))
    data = png_data(samples, bits, interlaced)
    step = -(-len(data) // pieces)
    image = b"".join(chunk(b"IDAT", data[i : i + step]) for i in range(0, len(data), step))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + before + image + after + chunk(b"IEND", b"")


def png_pictures():
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    kinds = [(0, b) for b in (1, 2, 4, 8, 16)] + [(3, b) for b in (1, 2, 4, 8)]
    kinds += [(c, b) for c in (2, 4, 6) for b in (8, 16)]
    names = {0: "grey", 2: "rgb", 3: "palette", 4: "grey-alpha", 6: "rgb-alpha"}
    for color, bits in kinds:
        top = min(1 << bits, 200 if color == 3 else 1 << 16)
        samples = random.integers(0, top, (HEIGHT, WIDTH, channels[color]))
        colors = random.integers(0, 256, 3 * min(1 << bits, 200), dtype=np.uint8).tobytes()
        palette = chunk(b"PLTE", colors) if color == 3 else b""
        for interlaced in (False, True):
            name = f"png-{names[color]}-{bits}" + ("-interlaced" if interlaced else "")
            yield name, png(samples, bits, color, palette, interlaced=interlaced)
        if color in (0, 2, 3):
            clear = random.integers(0, 256, min(1 << bits, 200), dtype=np.uint8).tobytes()
            if color != 3:
                clear = samples[0, 0].astype(">u2").tobytes()
            yield f"png-{names[color]}-{bits}-transparent", png(
                samples, bits, color, palette + chunk(b"tRNS", clear)
            )
    few = chunk(b"PLTE", bytes(range(12)))
    yield "png-palette-index-outside", png(NOISE[:, :, :1] % 8, 8, 3, few)
    rgb = NOISE[:, :, :3]
    gamma = chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"sBIT", b"\5\5\5")
    gamma += chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    gamma += chunk(b"bKGD", struct.pack(">3H", 10, 20, 30))
    yield "png-gamma", png(rgb, before=gamma)
    yield "png-profile", png(rgb, before=chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile")))
    yield "png-text-bad-checksum", png(rgb, before=chunk(b"tEXt", b"a\0b")[:-1] + b"x")
    yield "png-many-data-chunks", png(rgb, pieces=7)
    yield "png-1x1", png(rgb[:1, :1])
    yield "png-bytes-behind", png(rgb) + b"more"
    for orientation in range(0, 10):
        yield f"png-orientation-{orientation}", png(rgb, before=chunk(b"eXIf", tiff(orientation)))
    yield "png-orientation-behind", png(rgb, after=chunk(b"eXIf", tiff(6, ">")))
    two = chunk(b"eXIf", tiff(6)) + chunk(b"eXIf", tiff(3))
    yield "png-orientation-twice", png(rgb, before=two)
    damaged = chunk(b"eXIf", tiff(6))[:-1] + b"x" + chunk(b"eXIf", tiff(3))
    yield "png-orientation-bad-checksum", png(rgb, before=damaged)
    prefixed = chunk(b"eXIf", b"Exif\0\0" + tiff(6)) + chunk(b"eXIf", tiff(3))
    yield "png-orientation-prefixed", png(rgb, before=prefixed)
    control = struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)
    later = struct.pack(">I", 1) + png_data(NOISE[:, :, 1:], 8, False)
    frames = chunk(b"fcTL", control) + chunk(b"fdAT", later)
    yield "png-animation", png(rgb, before=chunk(b"acTL", struct.pack(">II", 1, 0)), after=frames)
    filtered = io.BytesIO()
    Image.fromarray(PHOTO).save(filtered, "png")
    yield "png-filtered", filtered.getvalue()


# JPEG


def jpeg(image, **options):
    file = io.BytesIO()
    image.save(file, "jpeg", **options)
    return file.getvalue()


def jpeg_segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def behind_first_segment(data, extra):
    at = 4 + struct.unpack(">H", data[4:6])[0]
    return data[:at] + extra + data[at:]


def before_scan(data, extra):
    at = data.index(b"\xff\xda")
    return data[:at] + extra + data[at:]


def jpeg_pictures():
    photo = Image.fromarray(PHOTO)
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"jpeg-{name}", jpeg(photo, quality=90, subsampling=sampling)
        yield f"jpeg-{name}-progressive", jpeg(
            photo, quality=90, subsampling=sampling, progressive=True
        )
    for name, sampling in (
        ("440", cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440),
        ("411", cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411),
    ):
        options = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
        yield f"jpeg-{name}", cv2.imencode(".jpg", PHOTO, options)[1].tobytes()
    yield "jpeg-coarse", jpeg(photo, quality=10)
    yield "jpeg-rgb", jpeg(photo, quality=90, keep_rgb=True)
    yield "jpeg-grey", jpeg(photo.convert("L"), quality=90)
    yield "jpeg-grey-progressive", jpeg(photo.convert("L"), quality=90, progressive=True)
    yield "jpeg-restarts", jpeg(photo, quality=90, restart_marker_blocks=2)
    yield "jpeg-1x1", jpeg(photo.crop((0, 0, 1, 1)))
    inks = Image.fromarray(SMOOTH, "CMYK")
    cmyk = jpeg(inks, quality=95)
    yield "jpeg-cmyk", cmyk
    at = cmyk.index(b"Adobe")
    yield "jpeg-ycck", cmyk[: at + 11] + b"\2" + cmyk[at + 12 :]
    yield "jpeg-cmyk-unmarked", cmyk[: at - 4] + cmyk[at + 12 :]
    yield "jpeg-cmyk-progressive", jpeg(inks, quality=95, progressive=True)

    small = jpeg(Image.fromarray(np.ascontiguousarray(SMOOTH[:, :, :3])), quality=95)
    exif = lambda tiff: jpeg_segment(0xE1, b"Exif\0\0" + tiff)
    xmp = jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")
    for orientation in range(0, 10):
        yield f"jpeg-orientation-{orientation}", behind_first_segment(
            small, exif(tiff(orientation))
        )
    yield "jpeg-orientation-big-endian", behind_first_segment(small, exif(tiff(6, ">")))
    yield "jpeg-orientation-behind-xmp", behind_first_segment(small, xmp + exif(tiff(8)))
    yield "jpeg-orientation-before-scan", before_scan(small, exif(tiff(6)))
    yield "jpeg-orientation-twice", behind_first_segment(small, exif(tiff(6)) + exif(tiff(3)))
    yield "jpeg-orientation-second", behind_first_segment(
        small, exif(b"XXXX") + exif(tiff(6, tag=0x113)) + exif(tiff(3))
    )
    yield "jpeg-orientation-wrong-start", behind_first_segment(
        small, jpeg_segment(0xE1, b"EXIF\0\0" + tiff(6)) + jpeg_segment(0xE2, b"Exif\0\0" + tiff(6))
    )
    cut = (tiff(6)[:8] + b"\5\0" + tiff(6)[10:])[:22]
    yield "jpeg-orientation-cut-off", behind_first_segment(small, exif(cut))
    yield "jpeg-fill-bytes", behind_first_segment(small, b"\xff\xff\xff")
    yield "jpeg-bytes-before-end", small[:-2] + b"abc" + small[-2:]
    yield "jpeg-bytes-behind", small + b"more"


# WebP


def webp(image, **options):
    file = io.BytesIO()
    image.save(file, "webp", **options)
    return file.getvalue()


def webp_chunks(data):
    at = 12
    while at < len(data):
        count = struct.unpack("<I", data[at + 4 : at + 8])[0]
        yield data[at : at + 4], data[at + 8 : at + 8 + count]
        at += 8 + count + count % 2


def webp_file(chunks):
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_pictures():
    def u24(value):
        return struct.pack("<I", value)[:3]

    smooth = Image.fromarray(np.ascontiguousarray(SMOOTH[:, :, :3]))
    clear = Image.fromarray(SMOOTH, "RGBA")
    yield "webp-lossy", webp(Image.fromarray(PHOTO), quality=80)
    yield "webp-lossless", webp(Image.fromarray(NOISE[:, :, :3].copy()), lossless=True)
    yield "webp-lossy-alpha", webp(clear, quality=80)
    yield "webp-lossless-alpha", webp(clear, lossless=True, exact=True)
    yield "webp-1x1", webp(smooth.crop((0, 0, 1, 1)), lossless=True)
    yield "webp-bytes-behind", webp(smooth, quality=50) + b"more"
    for orientation in range(0, 10):
        yield f"webp-orientation-{orientation}", webp(
            smooth, quality=50, exif=tiff(orientation, ">")
        )
    chunks = list(webp_chunks(webp(smooth, lossless=True, exif=tiff(6))))
    flags, rest = chunks[0][1][0], chunks[0][1][1:]
    plain = (b"VP8X", bytes([flags & ~8]) + rest)
    yield "webp-orientation-no-flag", webp_file([plain] + chunks[1:])
    yield "webp-orientation-simple", webp_file(chunks[1:])
    yield "webp-orientation-before", webp_file([chunks[0], chunks[2], chunks[1]])
    yield "webp-orientation-twice", webp_file(chunks + [(b"EXIF", tiff(3))])
    prefixed = (b"EXIF", b"Exif\0\0" + tiff(3))
    yield "webp-orientation-prefixed", webp_file(chunks[:2] + [prefixed])
    for name, options in (
        ("lossy", {"quality": 60}),
        ("lossless", {"lossless": True, "exact": True}),
    ):
        later = [Image.fromarray(np.roll(SMOOTH, k, 0), "RGBA") for k in (1, 2)]
        yield f"webp-animation-{name}", webp(
            clear, save_all=True, append_images=later, duration=50, **options
        )
    picture = next(iter(webp_chunks(webp(clear, lossless=True, exact=True))))
    frame = b"".join([u24(1), u24(2), u24(WIDTH - 1), u24(HEIGHT - 1), u24(50), b"\0"])
    frame += picture[0] + struct.pack("<I", len(picture[1])) + picture[1]
    frame += b"\0" * (len(picture[1]) % 2)
    canvas = (b"VP8X", b"\x12\0\0\0" + u24(20) + u24(16))
    ground = (b"ANIM", bytes([10, 20, 30, 255]) + b"\0\0")
    yield "webp-animation-small-frame", webp_file([canvas, ground, (b"ANMF", frame)])


# Letterboxes: the source's bytes come from a hash of their place, so that only sizes are stored


def noise(seed, width, height):
    place = np.arange(width * height * 3, dtype=np.uint32)
    mixed = place * np.uint32(2654435761) + np.uint32(seed * 40503 & 0xFFFFFFFF)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(2246822519)
    mixed ^= mixed >> np.uint32(13)
    return (mixed & np.uint32(255)).astype(np.uint8).reshape(height, width, 3)


def geometry(width, height, image_size, shape):
    side = -(-image_size // 32) * 32
    ratio = min(side / height, side / width)
    inside = max(round(width * ratio), 1), max(round(height * ratio), 1)
    borders = []
    for length in inside:
        missing = (side - length) / 2 if shape == "square" else (side - length) % 32 / 2
        borders.append((round(missing - 0.1), round(missing + 0.1)))
    return inside, borders


def letterbox(seed, width, height, image_size, shape):
    inside, ((left, right), (top, bottom)) = geometry(width, height, image_size, shape)
    picture = cv2.resize(noise(seed, width, height), inside, interpolation=cv2.INTER_LINEAR)
    border = cv2.BORDER_CONSTANT
    picture = cv2.copyMakeBorder(
        picture, top, bottom, left, right, border, value=(114, 114, 114)
    )
    check = zlib.crc32(np.ascontiguousarray(picture).tobytes())
    return (picture.shape[1], picture.shape[0], left, top, *inside, check)


def letterboxes():
    sizes = [(1, 1), (1, 100), (100, 1), (2, 2), (3, 5), (64, 64), (32, 64), (128, 128), (96, 128)]
    sizes += [(1, 1000), (1000, 1), (5000, 1), (320, 2), (2, 321)]
    sizes += [tuple(int(v) for v in random.integers(1, 90 * SCALE, 2)) for _ in range(226)]
    sizes += [tuple(int(v) for v in random.integers(90, 200 * SCALE, 2)) for _ in range(20)]
    for seed, (width, height) in enumerate(sizes):
        image_size = int(random.choice([20, 32, 33, 64, 64, 90, 96])) * SCALE
        shape = ["rect", "square"][seed % 2]
        yield seed, width, height, image_size, shape


def boxes():
    sizes = [(1, 1), (1, 10000), (10000, 1), (2318, 465), (391, 2598), (1920, 1080)]
    sizes += [tuple(int(v) for v in random.integers(1, 4000, 2)) for _ in range(94)]
    for index, (width, height) in enumerate(sizes):
        image_size = int(random.choice([320, 640, 640, 1280]))
        shape = ["rect", "square"][index % 2]
        (new_width, new_height), borders = geometry(width, height, image_size, shape)
        target = new_width + sum(borders[0]), new_height + sum(borders[1])
        box = (random.random(4) * (image_size + 60) - 30).astype(np.float32)
        # The gain is taken anew from the two sizes, as the reference does.
        ratio = min(target[1] / height, target[0] / width)
        back = box.copy()
        for axis, length in enumerate((width, height)):
            inside = max(round(length * ratio), 1)
            pad = np.float32(round((target[axis] - inside) / 2 - 0.1))
            back[axis::2] = (back[axis::2] - pad) / np.float32(inside / length)
            back[axis::2] = back[axis::2].clip(0, length)
        bits = [*box.view(np.uint32), *back.view(np.uint32)]
        yield width, height, image_size, shape, *bits


def main(folder):
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    lines = []
    for make, extension in ((png_pictures, "png"), (jpeg_pictures, "jpg"), (webp_pictures, "webp")):
        for name, data in make():
            decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            assert decoded is not None, name
            (pictures / f"{name}.{extension}").write_bytes(data)
            (pictures / f"{name}.rgb").write_bytes(decoded[:, :, ::-1].tobytes())
            lines.append(f"{name}.{extension} {decoded.shape[1]} {decoded.shape[0]}")
    (folder / "pictures.txt").write_text("\n".join(lines) + "\n")
    rows = [(*case, *letterbox(*case)) for case in letterboxes()]
    (folder / "letterbox.txt").write_text("".join(" ".join(map(str, r)) + "\n" for r in rows))
    (folder / "boxes.txt").write_text("".join(" ".join(map(str, r)) + "\n" for r in boxes()))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
