"""Pictures made without a picture library: PNG and WebP by hand, JPEG by dynadetect itself; headers that lie."""

import pathlib
import struct
import subprocess
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCENE = ROOT / "Tests/DetectionServiceTests/Goldens/scene.png"
GOLDENS = ROOT / "Tests/ImagingTests/Goldens/pictures"


class Pixels:
    """Rows of RGB bytes."""

    def __init__(self, width, rows):
        self.width, self.height, self.rows = width, len(rows), rows

    def crop(self, left, top, width, height):
        """A window, which may reach over the right and lower end: there the picture begins anew."""
        rows = []
        for y in range(top, top + height):
            row = self.rows[y % self.height] * (1 + (left + width) // self.width)
            rows.append(row[3 * left : 3 * (left + width)])
        return Pixels(width, rows)


def read_png(data):
    """The pixels of a PNG of 8-bit RGB that is not interlaced."""
    width, height = struct.unpack(">II", data[16:24])
    packed, at = b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        packed += data[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    raw, rows, above = zlib.decompress(packed), [], bytes(3 * width)
    for y in range(height):
        line = raw[y * (3 * width + 1) : (y + 1) * (3 * width + 1)]
        above = _unfiltered(line[0], line[1:], above)
        rows.append(above)
    return Pixels(width, rows)


def _unfiltered(kind, line, above):
    """ISO/IEC 15948 §9."""
    row = bytearray(line)
    for x in range(len(row)):
        left, up, corner = (row[x - 3], above[x], above[x - 3]) if x > 2 else (0, above[x], 0)
        near = left + up - corner
        paeth = min((left, up, corner), key=lambda value: abs(near - value))
        row[x] = (row[x] + (0, left, up, (left + up) // 2, paeth)[kind]) & 255
    return bytes(row)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(
        ">I", zlib.crc32(kind + content)
    )


def png(width, height, lines, depth=8, color=2, before=b""):
    """A PNG of filtered `lines`; 2 is RGB. `before`: chunks in front of the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    packer = zlib.compressobj(6)
    packed = b"".join(packer.compress(line) for line in lines) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )


def to_png(pixels):
    return png(pixels.width, pixels.height, [b"\0" + row for row in pixels.rows])


def flat_png(width, height, depth=8, color=2, before=b""):
    """A picture of zeros, made in little memory."""
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    line = bytes(1 + (width * samples * depth + 7) // 8)
    return png(width, height, (line for _ in range(height)), depth, color, before)


def to_webp(pixels):
    """Lossless WebP (RFC 9649 §3) in its plainest form: no transform, every symbol of 8 bits."""
    bits, count = 0, 0

    def put(value, width):
        nonlocal bits, count
        bits |= value << count
        count += width

    put(0x2F, 8)
    put(pixels.width - 1, 14)
    put(pixels.height - 1, 14)
    put(0, 1 + 3)  # no alpha, version 0
    put(0, 1 + 1 + 1)  # no transform, no colour cache, one group of codes
    for symbols in (280, 256, 256):  # green and lengths, red, blue
        _put_equal_code(put, symbols)
    put(1 | 0 << 1 | 1 << 2 | 255 << 3, 3 + 8)  # alpha: one symbol, 255
    put(1 | 0 << 1 | 0 << 2 | 0 << 3, 3 + 1)  # distance: one symbol, 0
    turned = [int(f"{value:08b}"[::-1], 2) for value in range(256)]
    stream = bytearray(bits.to_bytes((count + 7) // 8, "little"))
    rest, filled = stream.pop() if count % 8 else 0, count % 8
    for row in pixels.rows:
        for x in range(0, len(row), 3):
            for value in (row[x + 1], row[x], row[x + 2]):
                rest |= turned[value] << filled
                stream.append(rest & 255)
                rest >>= 8
    stream.append(rest)
    return riff(b"VP8L", bytes(stream))


def _put_equal_code(put, symbols):
    """The first 256 of `symbols` get 8 bits each: a code of lengths that has one length alone, 8."""
    order = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8]
    put(0, 1)
    put(len(order) - 4, 4)
    for length in order:
        put(1 if length == 8 else 0, 3)
    if symbols == 256:
        put(0, 1)  # as many lengths as there are symbols
    else:
        put(1, 1)
        put(3, 3)  # the number is written in 2 + 2·3 bits
        put(256 - 2, 8)


def riff(kind, content):
    pad = b"\0" * (len(content) % 2)
    chunk = kind + struct.pack("<I", len(content)) + content + pad
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def to_jpeg(binary, picture):
    """What `dynadetect detect --annotate` writes when it finds nothing: the picture as a JPEG."""
    with tempfile.TemporaryDirectory() as folder:
        path, copy = pathlib.Path(folder, "a.png"), pathlib.Path(folder, "a.jpg")
        path.write_bytes(picture)
        subprocess.run(
            [binary, "detect", "--conf", "1", "--annotate", copy, path],
            check=True, stdout=subprocess.DEVNULL,
        )
        return copy.read_bytes()


# Headers alone, of pictures that are not there.


def png_header(width, height):
    return png(width, height, [b"\0"], depth=1, color=0)


def jpeg_header(width, height, marker=0xC0, precision=8, components=3):
    frame = struct.pack(">BHHB", precision, height, width, components)
    frame += b"".join(bytes([1 + i, 0x11, 0]) for i in range(components))
    scan = bytes([components]) + b"".join(bytes([1 + i, 0]) for i in range(components))
    scan += bytes([0, 63, 0])
    return (
        b"\xff\xd8\xff" + bytes([marker]) + struct.pack(">H", len(frame) + 2) + frame
        + b"\xff\xda" + struct.pack(">H", len(scan) + 2) + scan + bytes(16) + b"\xff\xd9"
    )


def webp_header(width, height):
    """The extended kind, which knows sides of up to 2^24."""
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return riff(b"VP8X", bytes(4) + sides)
