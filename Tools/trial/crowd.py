"""64 clients at once: each gets what it gets alone, and a SIGTERM in the middle loses nobody's answer."""

import base64
import collections
import json
import random
import socket
import threading
import time

import pictures
import wire
from server import Failure, Server, expect

CLIENTS = 64
SIZES = [(320, 320), (320, 180), (180, 320), (97, 211), (640, 360), (211, 33)]
TARGET = "/detect?conf=0.01&max_det=50"


def make_pictures(binary):
    """Every size in every format: {(size, format): bytes}."""
    scene = pictures.read_png(pictures.SCENE.read_bytes())
    made = {}
    for number, size in enumerate(SIZES):
        pixels = scene.crop(9 * number, 7 * number, *size)
        made[size, "png"] = pictures.to_png(pixels)
        made[size, "webp"] = pictures.to_webp(pixels)
        made[size, "jpeg"] = pictures.to_jpeg(binary, made[size, "png"])
    return made


def make_requests(made):
    """Every picture in every kind of body: {(size, format, kind): request}."""
    requests = {}
    for (size, kind), picture in made.items():
        text = json.dumps({"image": base64.b64encode(picture).decode()}).encode()
        form = (
            b'--7f3a\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
            + picture + b"\r\n--7f3a--\r\n"
        )
        for body, content, type in (
            ("raw", picture, f"image/{kind}"),
            ("form", form, "multipart/form-data; boundary=7f3a"),
            ("json", text, "application/json"),
        ):
            fields = [("Content-Type", type)]
            if body == "raw":  # half of them in chunks
                requests[size, kind, "chunks"] = wire.request(
                    target=TARGET, fields=[*fields, "Transfer-Encoding: chunked"]
                ) + wire.chunked(content)
            requests[size, kind, body] = wire.request(target=TARGET, fields=fields, body=content)
    return requests


def run(binary):
    requests = make_requests(make_pictures(binary))
    with Server(binary, "--max-batch", "8") as server:
        alone = {key: server.ask(request).detections for key, request in requests.items()}
        check_alone(alone)
        compare(server, requests, alone)
    for _ in range(3):
        drain(binary, requests, alone)


def check_alone(alone):
    """The body's kind makes no difference, nor does a lossless format."""
    expect(any(len(text) > 30 for text in alone.values()), "nothing is found on any picture")
    for (size, kind, body), text in alone.items():
        expect(text == alone[size, kind, "raw"], f"{size} {kind} differs as {body}")
        if kind == "webp":
            expect(text == alone[size, "png", "raw"], f"{size} differs as WebP")


def compare(server, requests, alone, rounds=16):
    """Each client asks for its share of everything, in an order of its own, on one connection."""
    batches, lock, failures = collections.Counter(), threading.Lock(), []
    start = threading.Barrier(CLIENTS)

    def client(number):
        keys = sorted(requests, key=str)
        random.Random(number).shuffle(keys)
        try:
            with wire.Connection(server.port) as connection:
                start.wait(timeout=30)
                for key in keys[:rounds]:
                    connection.send(requests[key])
                    reply = connection.read()
                    expect(reply.status == 200, f"{key}: {reply.status} {reply.body[:300]}")
                    expect(reply.detections == alone[key], f"{key} differs in the crowd")
                    with lock:
                        batches[reply.json["batch_size"]] += 1
        except Exception as error:
            failures.append(f"client {number}: {error!r}")

    begun = time.monotonic()
    gather(client)
    seconds = time.monotonic() - begun
    expect(not failures, f"{len(failures)} clients failed: {failures[:3]}")
    expect(batches.total() == CLIENTS * rounds, "answers are missing")
    expect(max(batches) > 1, f"no batch is larger than one: {batches}")
    together = sum(count for size, count in batches.items() if size > 1)
    print(
        f"  {CLIENTS} clients, {batches.total()} answers, all equal to those alone"
        f" ({len(alone)} kinds), {batches.total() / seconds:.0f} a second;"
        f" {together} of them in batches of 2 to {max(batches)};"
        f" at most {server.memory_peak()} MB"
    )


def drain(binary, requests, alone):
    """SIGTERM in the middle: whoever has sent a whole request gets a whole answer."""
    server = Server(binary)
    counts, lock, failures = collections.Counter(), threading.Lock(), []
    busy, stopped, signalled = threading.Barrier(CLIENTS + 1), threading.Event(), []

    def client(number):
        keys = sorted(requests, key=str)
        random.Random(1000 + number).shuffle(keys)
        try:
            with wire.Connection(server.port) as connection:
                for turn in range(100_000):
                    if turn == 2:
                        busy.wait(timeout=60)
                    key = keys[turn % len(keys)]
                    is_sent = connection.send(requests[key])
                    try:
                        reply = connection.read()
                    except wire.Lost:
                        expect(not is_sent, "a whole request, and no answer")
                        break
                    expect(
                        reply.status == 200
                        and reply.detections == alone[key]
                        or reply.status == 503
                        and reply.json["code"] == "draining"
                        and reply.fields["retry-after"],
                        f"{key}: {reply.status} {reply.body[:300]}",
                    )
                    with lock:
                        counts[reply.status] += 1
                        counts["after"] += stopped.is_set()
                    if reply.closes:
                        expect(connection.is_ended(), "more bytes behind the last answer")
                        return
                raise Failure("the connection was never closed by an answer")
        except Exception as error:
            failures.append(f"client {number}: {error!r}")

    def stop():
        busy.wait(timeout=60)
        time.sleep(0.1)  # into the middle of the load
        server.process.terminate()
        signalled.append(time.monotonic())
        stopped.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    watcher = threading.Thread(target=watch_port, args=(server, stopped, failures))
    watcher.start()
    gather(client)
    stopper.join()
    watcher.join()
    status = server.process.wait(timeout=30)
    expect(not failures, f"{len(failures)} failed: {failures[:3]} {server.tail()}")
    seconds = time.monotonic() - signalled[0]
    expect(status == 0, f"exit status {status} after SIGTERM: {server.tail()}")
    expect(seconds < 25, f"the drain took {seconds:.0f} s")
    expect(counts["after"] > CLIENTS // 2, f"SIGTERM did not come in the middle: {counts}")
    print(
        f"  SIGTERM under load: {counts[200] + counts[503]} whole answers and none lost,"
        f" {counts['after']} of them after it ({counts[503]} told 'draining');"
        f" new clients refused; exit status 0 after {seconds:.1f} s"
    )


def watch_port(server, stopped, failures):
    """Once it is told to stop, new clients are refused soon."""
    stopped.wait(timeout=60)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except ConnectionRefusedError:
            return
        except OSError:
            continue
    failures.append("new connections are still taken 5 s after SIGTERM")


def gather(client):
    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
