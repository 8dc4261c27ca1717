"""From the first millisecond to the last: early signals, reloads under load, the grace before the end."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

import pictures
import wire
from server import Failure, Server, expect


def run(binary):
    scene = pictures.SCENE.read_bytes()
    early(binary)
    grace(binary, scene)
    model = binary_model()
    with tempfile.TemporaryDirectory() as folder:
        reload(binary, scene, model, pathlib.Path(folder) / "model.safetensors")


def binary_model():
    root = pathlib.Path(__file__).resolve().parents[2]
    return (root / "Sources/CBuiltInModel/BuiltIn.safetensors").read_bytes()


def early(binary):
    """A SIGTERM that comes while the program begins ends it: none is lost."""
    statuses = set()
    for milliseconds in range(20):
        process = begin(binary)
        time.sleep(milliseconds / 1000)
        process.terminate()
        statuses.add(process.wait(timeout=10))
    # Until the loader has found the libraries the kernel ends it: that is no loss either.
    expect(statuses <= {0, -signal.SIGTERM}, f"exit statuses {statuses}")
    print(f"  20 early SIGTERMs: exit statuses {sorted(statuses)}")

    first = []
    for _ in range(20):
        process = begin(binary)
        begun = time.monotonic()
        while not holds_back(process.pid, signal.SIGTERM):
            expect(process.poll() is None and time.monotonic() < begun + 10, "SIGTERM is never held back")
        first.append(time.monotonic() - begun)
        process.terminate()
        status = process.wait(timeout=10)
        expect(status == 0, f"exit status {status} after a SIGTERM that was held back")
    print(f"  held back {1000 * min(first):.1f} ms after the start: 20 more end with status 0")
    first_process(binary)


def first_process(binary):
    """As process 1 of a container, for which the kernel drops a SIGTERM that would end it by itself."""
    alone = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        print("  not tried as process 1: this user may not make namespaces")
        return
    for _ in range(5):
        outer = begin(binary, *alone)
        children = pathlib.Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
        until = time.monotonic() + 10
        while not (inner := children.read_text().split()):
            expect(time.monotonic() < until, "there is no process 1")
        inner = int(inner[0])
        # Before it is the server, it is unshare itself, which holds SIGTERM back and forgets it.
        while not os.path.samefile(f"/proc/{inner}/exe", binary) or not holds_back(inner, signal.SIGTERM):
            expect(time.monotonic() < until, "as process 1 it never holds SIGTERM back")
        os.kill(inner, signal.SIGTERM)
        try:
            status = outer.wait(timeout=10)
        except subprocess.TimeoutExpired:
            outer.kill()
            raise Failure("an early SIGTERM is lost on process 1") from None
        expect(status == 0, f"exit status {status} of process 1")
    print("  5 early SIGTERMs to it as process 1: exit status 0")


def begin(binary, *within):
    return subprocess.Popen(
        [*within, binary, "serve", "--port", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def holds_back(pid, number):
    """Whether a process has blocked a signal (proc(5), SigBlk)."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
    return int(re.search(r"SigBlk:\s+(\w+)", status)[1], 16) >> (number - 1) & 1 == 1


def grace(binary, scene):
    """Not ready, and serving, until the grace is over."""
    server = Server(binary, "--grace", "1")
    server.process.terminate()
    begun = time.monotonic()
    ready = 200
    while ready == 200 and time.monotonic() < begun + 1:
        ready = server.ask(wire.request("GET", "/readyz")).status
    expect(ready == 503, "it is ready after SIGTERM")
    count = 0
    while time.monotonic() < begun + 0.8:
        reply = server.ask(wire.request("POST", "/detect", body=scene))
        expect(reply.status == 200, f"{reply.status} within the grace: {reply.body[:200]}")
        count += 1
    status = server.process.wait(timeout=30)
    expect(status == 0, f"exit status {status} after the grace: {server.tail()}")
    expect(time.monotonic() - begun > 1, "the grace was cut short")
    print(f"  a grace of a second: not ready, {count} pictures answered, exit status 0")


def reload(binary, scene, model, path):
    """20 reloads by request and by signal, some of a bad file, under load: no request fails."""
    put(model, path)
    with Server(binary, "--model", str(path)) as server:
        replies, failures, stopped = [], [], threading.Event()

        def client():
            with wire.Connection(server.port) as connection:
                while not stopped.is_set():
                    connection.send(wire.request("POST", "/detect", body=scene))
                    reply = connection.read()
                    if reply.status != 200:
                        failures.append((reply.status, reply.body[:300]))
                    replies.append(reply.status)

        threads = [threading.Thread(target=client) for _ in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(20):
            is_bad = turn % 4 == 3
            put(model[: len(model) // 2] if is_bad else model, path)
            if turn % 2:
                reply = server.ask(wire.request("POST", "/models/reload"))
                expect(reply.status == (422 if is_bad else 200), f"{reply.status}: {reply.body}")
            else:
                done = count(server)
                server.process.send_signal(signal.SIGHUP)
                until = time.monotonic() + 20
                while count(server) == done and time.monotonic() < until:
                    time.sleep(0.02)
                expect(count(server) > done, "SIGHUP did not reload")
        stopped.set()
        for thread in threads:
            thread.join()
        expect(not failures, f"{len(failures)} requests failed: {failures[:3]}")
        server.check_alive(scene, "20 reloads")
        print(f"  20 reloads, 5 of a bad file, under {len(replies)} pictures: none failed")


def put(model, path):
    """As one should: whole, then renamed; the server may have the old file mapped."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(model)
    fresh.replace(path)


def count(server):
    """Reloads that have ended, well or not."""
    return sum(
        value for name, value in server.metrics().items()
        if name.startswith("dynadetect_reloads_total")
    )
