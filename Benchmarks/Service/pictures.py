"""640 x 480 pictures for a benchmark: drawn from a seed, written as PNG, turned into JPEG by dynadetect itself."""

import pathlib
import random
import struct
import subprocess
import zlib

WIDTH, HEIGHT = 640, 480


def jpegs(binary, folder, count=8, copies=16):
    """Paths of `count` JPEGs in a folder, which is made, each there so many times."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for seed in range(count):
        source, target = folder / f"{seed}.png.source", folder / f"{seed}.jpg"
        if not target.exists():
            source.write_bytes(png(rows(random.Random(seed))))
            subprocess.run(
                [binary, "detect", "--conf", "1", "--annotate", target, source],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            source.unlink()
        paths.append(target)
        for copy in range(1, copies):
            path = folder / f"{seed}-{copy}.jpg"
            if not path.exists():
                path.hardlink_to(target)
    return paths


def rows(random):
    """Patches of colour with grain on them: about as hard to decode as a photograph."""
    patches = [
        (random.randrange(WIDTH), random.randrange(HEIGHT), random.randrange(20, 200),
         random.randrange(20, 200), bytes(random.randrange(30, 226) for _ in range(3)))
        for _ in range(60)
    ]
    grain = [random.randbytes(WIDTH * 3) for _ in range(16)]
    for y in range(HEIGHT):
        row = bytearray(b"\x80" * WIDTH * 3)
        for x, top, width, height, colour in patches:
            if top <= y < top + height:
                end = min(x + width, WIDTH)
                row[3 * x : 3 * end] = colour * (end - x)
        noise = grain[random.randrange(16)]
        yield bytes((value & 0xF0) + (n >> 4) for value, n in zip(row, noise))


def png(rows):
    """RGB of 8 bits, without filters."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
