"""From the first millisecond to the last: early signals, reloads under load, the grace before the end."""

import pathlib
import signal
import subprocess
import tempfile
import threading
import time

import pictures
import wire
from server import Server, expect


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
        process = subprocess.Popen(
            [binary, "serve", "--port", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(milliseconds / 1000)
        process.terminate()
        statuses.add(process.wait(timeout=10))
    # Before the program's own first instruction the kernel ends it: that is no loss either.
    expect(statuses <= {0, -signal.SIGTERM}, f"exit statuses {statuses}")
    print(f"  20 early SIGTERMs: exit statuses {sorted(statuses)}")


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
    page = server.ask(wire.request("GET", "/metrics")).body.decode()
    lines = [line for line in page.splitlines() if line.startswith("dynadetect_reloads_total")]
    return sum(float(line.split()[-1]) for line in lines)
