"""What a machine runs out of, with well-behaved clients beside."""

import os
import pathlib
import re
import socket
import tempfile
import threading
import time

import clients
import neighbours
import pictures
import wire
from server import Server, expect

MB = 1 << 20
GREEDY = 12


def run(binary, size):
    descriptors(binary)
    descriptors_of_administrators(binary)
    full_log(binary)
    unread_log(binary)
    memory(binary, 3 if size.small else 20)
    bound(binary)


def descriptors(binary):
    """More clients than descriptors: the kernel keeps them waiting, those inside are served, the others when there is room."""
    with Server(binary, "--max-client-connections", "0", limits={"NOFILE": 64}) as server:
        before = server.memory()
        with neighbours.Neighbours(server, "no descriptors", comes_anew=False) as others, server.connect() as watcher:
            watcher.send(wire.request("GET", "/healthz"))
            watcher.read()
            crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(200)]
            time.sleep(1)
            used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
            expect(used == 64, f"{used} of 64 descriptors are used")
            # Even what is read of /proc for this page has no descriptor.
            watcher.send(wire.request("GET", "/metrics"))
            expect(watcher.read().status == 200, "no figures without descriptors")
            answered = others.answers
            time.sleep(0.5)
            expect(others.answers > answered, "those inside are not served")
            for client in crowd:
                client.close()
        neighbours.check_idle(server, "no descriptors", before)
        server.check_alive(pictures.SCENE.read_bytes(), "no descriptors")
    print(f"  64 descriptors, 200 clients more: {others.answers} answers beside", flush=True)


def descriptors_of_administrators(binary):
    """The same where administrators have a port: descriptors are kept for it, whatever comes to the other."""
    with Server(binary, "--max-client-connections", "0", "--admin-port", "0", limits={"NOFILE": 256}) as server:
        port = int(re.search(rb"^admin +http://127\.0\.0\.1:(\d+)", server.said, re.M)[1])
        most = int(re.search(rb"^clients +(\d+) connections at most", server.said, re.M)[1])
        crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(400)]
        time.sleep(1)
        used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        expect(most <= used <= 256, f"{used} of 256 descriptors are used, by {most} clients at most")
        expect(is_full(server), "there is room for more clients")
        for path in ("/healthz", "/readyz", "/metrics"):
            status = wire.ask(port, wire.request("GET", path)).status
            expect(status == 200, f"{status} to administrators who ask {path}")
        for client in crowd:
            client.close()
        until = time.monotonic() + 10
        while is_full(server) and time.monotonic() < until:
            time.sleep(0.02)
        server.check_alive(pictures.SCENE.read_bytes(), "no descriptors for clients")
    print(f"  256 descriptors, 400 clients of whom {most} are served: administrators are answered; {used} used", flush=True)


def is_full(server):
    """Whether a new client is turned away, or dropped because too many are being turned away already."""
    try:
        return server.ask(wire.request("GET", "/healthz")).status == 503
    except wire.Lost:
        return True


def full_log(binary):
    """Lines that cannot be written are lost; requests are not."""
    with Server(binary, log="/dev/full") as server:
        with neighbours.Neighbours(server, "a full disk") as others:
            time.sleep(1)
        server.check_alive(pictures.SCENE.read_bytes(), "a full disk")
    print(f"  no room for the log: {others.answers} answers, exit status 0", flush=True)


def unread_log(binary):
    """Who reads the log has stopped: the pipe is full, and nobody waits for it."""
    with tempfile.TemporaryDirectory() as folder:
        pipe = pathlib.Path(folder, "log")
        os.mkfifo(pipe)
        with Server(binary, log=pipe) as server:
            health = wire.request("GET", "/healthz")
            with neighbours.Neighbours(server, "a log that nobody reads") as others, server.connect() as busy:
                for _ in range(60):  # a pipe holds 64 KiB, a line has two hundred bytes
                    busy.send(health * 100)
                    for _ in range(100):
                        expect(busy.read().status == 200, "an answer waits for the log")
            seconds = server.stop()
            expect(seconds < 10, f"the end waits {seconds:.0f} s for the log")
            server.stop = lambda: 0
    print(f"  nobody reads the log: {6000 + others.answers} answers, exit status 0 after {seconds:.1f} s", flush=True)


def memory(binary, rounds):
    """An address space of 640 MB, and clients who want all of it: refused, in time to spare the others."""
    with Server(binary, "--workers", "2", "--max-client-connections", "0", limits={"AS": 640 * MB}) as server:
        before = server.memory()
        statuses, lock = {}, threading.Lock()
        large = wire.request(body=bytes(31 * MB))
        pixels = [
            wire.request(body=pictures.flat_png(3600, 3600)), wire.request(body=pictures.flat_png(9000, 9000)),
            wire.request(body=pictures.jpeg_header(3600, 3600, marker=0xC2)),
        ]

        def greedy(number):
            for turn in range(rounds):
                with server.connect() as client:
                    if number < 2:
                        client.send(pixels[turn % len(pixels)])
                    else:  # all but the last byte, and holds it
                        client.send(large[:-1])
                        time.sleep(0.5)
                        client.send(large[-1:])
                    try:
                        status = client.read().status
                    except wire.Lost:
                        status = "lost"
                    with lock:
                        statuses[status] = statuses.get(status, 0) + 1

        with neighbours.Neighbours(server, "little memory", may_be_refused=True) as others:
            clients.run(server, GREEDY, greedy)
        neighbours.check_idle(server, "little memory", before)
        expect(set(statuses) <= {200, 413, 415, 422, 429, 503, 504, "lost"}, f"{statuses}")
        expect(statuses.get(503), f"nobody was told to come back: {statuses}")
        expect(statuses.get("lost", 0) < sum(statuses.values()) / 2, f"most were dropped without a word: {statuses}")
        told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items(), key=str))
        print(
            f"  640 MB of address space, {GREEDY} greedy clients: {told}; {others.answers} answers"
            f" beside, and {others.refused} told to come back;"
            f" at most {server.memory_peak()} MB", flush=True)


def bound(binary):
    """Every buffer that clients can fill is filled: the sum that is said at start holds."""
    options = [
        "--max-connections", "300", "--max-client-connections", "0", "--max-body-bytes", f"{8 * MB}",
        "--queue-bytes", f"{32 * MB}", "--receiving-bytes", f"{32 * MB}", "--max-pixels", "1500000",
    ]
    picture = pictures.flat_png(1200, 1200)
    with Server(binary, *options) as server:
        line = re.search(rb"^memory .*$", server.said, re.M)[0]
        said = sum(int(number) for number in re.findall(rb"(\d+) MiB", line)) * MB / 1e6
        with neighbours.Neighbours(server, "nobody"):
            time.sleep(0.5)
        before = server.memory()
        crowd = [server.connect() for _ in range(280)]
        for number, client in enumerate(crowd):
            head = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + bytes([97]) * 15_000
            client.send((
                head,  # a head that is not over
                wire.request(body=picture) + head * 4,  # a picture, and more behind it than is read at once
                wire.request(body=bytes(7 * MB))[: 1 + number * 10_000],  # a part of a body
                wire.request(body=picture + bytes(2 * MB)),  # a body that waits
            )[number % 4])
        time.sleep(1)
        for client in crowd:
            client.reset()
        neighbours.check_idle(server, "full buffers", before)
        grown = (server.memory_peak() - before) * MB / 1e6
        expect(grown >= said / 4, f"only {grown:.0f} MB of {said:.0f} MB were filled, which shows little")
        expect(grown <= said, f"{grown:.0f} MB more were held, but {said:.0f} MB are said to be the most")
    print(f"  full buffers: {grown:.0f} MB more at the peak, of {said:.0f} MB that are said to be the most", flush=True)
