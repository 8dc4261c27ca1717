"""A server's memory over many pictures of fifty frames: python3 Benchmarks/memory.py PROGRAM [PICTURES]

Fifty frames are more than the plans that are kept, so plans and arenas come and go all the while. Two clients ask; the
server's resident memory is printed every tenth of the way. Ends with 1 if it grew after the first tenth by more than a
hundredth or 2 MB, which is what the allocator's own fragments come to.
"""

import re
import sys
import threading
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "Tools/trial"))

import wire  # noqa: E402
from pictures import SCENE, read_png, to_png  # noqa: E402
from server import Server  # noqa: E402

#: The longer side of a frame; the shorter is one of its 26 multiples of 32, lying or standing.
SIDE = 832
FRAMES = 50
CLIENTS = 2


def pictures():
    """A quarter of the frame's size each, so that what is measured is not decoding."""
    scene = read_png(SCENE.read_bytes())
    sides = [(SIDE, short) for short in range(32, SIDE + 1, 32)]
    sides += [(height, width) for width, height in sides[:-1]]
    return [to_png(scene.crop(0, 0, width // 4, height // 4)) for width, height in sides[:FRAMES]]


def resident(server):
    """Megabytes that the process holds."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def ask(server, bodies, order, failures):
    for i in order:
        answer = server.ask(wire.request("POST", "/detect", body=bodies[i % len(bodies)]))
        if answer.status != 200:
            failures.append(answer.status)


def main(program, count=10_000):
    bodies, held = pictures(), []
    with Server(program, "--imgsz", str(SIDE), "--log", "warning") as server:
        for tenth in range(10):
            first, last = count * tenth // 10, count * (tenth + 1) // 10
            failures = []
            clients = [
                threading.Thread(target=ask, args=(server, bodies, range(first + i, last, CLIENTS), failures))
                for i in range(CLIENTS)
            ]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            if failures:
                raise SystemExit(f"not answered with 200: {failures[:5]}")
            held.append(resident(server))
            print(f"{last:6d} pictures  {held[-1]:7.1f} MB", flush=True)
    growth = max(held) - held[0]
    print(f"{FRAMES} frames: {growth:+.1f} MB after the first {count // 10}")
    return growth > max(held[0] / 100, 2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
