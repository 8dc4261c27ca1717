"""One container as it would run in production: what it weighs, how it starts, what it may, how it ends."""

import collections
import contextlib
import datetime
import http.client
import json
import os
import re
import resource
import socket
import tempfile
import threading
import time

import podman
from podman import IMAGE, ROOT, Container, expect, wait_until

SCENE = ROOT / "Tests/DetectionServiceTests/Goldens/scene.png"
MODEL = ROOT / "Sources/CBuiltInModel/BuiltIn.safetensors"
MEBIBYTES, PROGRAM_MEBIBYTES, CONNECTIONS = 256, 48, 32
PRODUCTION = [
    "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--memory", f"{MEBIBYTES}m", "--pids-limit", "64", "--cpus", "1",
    "--env", "DYNADETECT_QUEUE_BYTES=33554432", "--env", "DYNADETECT_RECEIVING_BYTES=33554432",
    "--env", "DYNADETECT_MAX_BODY_BYTES=16777216", "--env", f"DYNADETECT_MAX_CONNECTIONS={CONNECTIONS}",
]
PUBLISHED = ["--publish", "127.0.0.1::8080", "--publish", "127.0.0.1::8081"]
BYTES_MAX = 45_000_000
READY_SECONDS_MAX = 0.3
STARTS = 5
GRACE = 4
UPLOADS, UPLOAD_BYTES = 48, 15_000_000

# Packages that every Debian has, or that it needs no more than any program.
EVERYWHERE = {"libc6", "libgcc-s1", "libstdc++6", "ca-certificates"}

# What podman ends with where the image has no such program.
NO_SUCH_PROGRAM = 127


def run():
    check_image()
    check_start()
    check_service()
    check_administrators()
    check_crowd()
    check_leaving()
    check_mounted_model()
    check_flood()


def check_image():
    image = json.loads(podman.run("image", "inspect", IMAGE))[0]
    settings = image["Config"]
    expect(image["Size"] <= BYTES_MAX, f"{image['Size']} bytes are more than {BYTES_MAX}")
    expect(re.fullmatch(r"[1-9]\d*:[1-9]\d*", settings["User"]), f"the user is {settings['User']!r}")
    expect(settings["StopSignal"] == "SIGTERM", f"it is stopped by {settings['StopSignal']}")
    labels = settings["Labels"]
    for name in ("title", "description", "licenses", "version", "revision"):
        expect(labels.get(f"org.opencontainers.image.{name}"), f"no label {name}")
    for shell in ("/bin/sh", "/bin/bash", "/bin/busybox"):
        expect(
            podman.status("run", "--rm", "--entrypoint", shell, IMAGE, "-c", "true") == NO_SUCH_PROGRAM,
            f"there is a {shell} inside")
    version = podman.run("run", "--rm", IMAGE, "--version")
    expect(
        version == f"dynadetect {labels['org.opencontainers.image.version']}",
        f"the label is not the version: {version}")
    check_packages()
    said = re.search(r"makes an image of (\d+) MB", (ROOT / "README.md").read_text())[1]
    expect(abs(image["Size"] / 1e6 - int(said)) < 1, f"README.md says {said} MB of {image['Size']} bytes")
    print(f"  {image['Size'] / 1e6:.1f} MB, user {settings['User']}, no shell, {version}")


def check_packages():
    """Who installs the program alone is told of each library that it loads."""
    container = podman.run("create", IMAGE)
    try:
        with tempfile.TemporaryDirectory() as folder:
            podman.run("cp", f"{container}:/var/lib/dpkg/status.d", folder)
            within = set(os.listdir(f"{folder}/status.d"))
    finally:
        podman.run("rm", container)
    told = set(re.search(r"built it: `apt-get install ([^`]*)`", (ROOT / "deploy/README.md").read_text())[1].split())
    expect(told == within - EVERYWHERE, f"deploy/README.md tells to install {sorted(told)}; the image has {sorted(within)}")


def check_start():
    """From the start of the process to its word `ready`, by the engine's clock."""
    seconds = []
    for _ in range(STARTS):
        with Container(*PRODUCTION, *PUBLISHED, IMAGE) as container:
            wait_until(lambda: "ready" in container.logs(), "not ready")
            begun = moment(container.inspect()["State"]["StartedAt"])
            said = next(line for line in container.logs("--timestamps").splitlines() if line.endswith(" ready"))
            seconds.append(moment(said.split()[0]) - begun)
            _, status = container.stop(), container.inspect()["State"]["ExitCode"]
            expect(status == 0, f"exit status {status} when stopped as soon as it was ready")
    middle = sorted(seconds)[STARTS // 2]
    expect(0 < middle <= READY_SECONDS_MAX, f"ready after {middle:.3f} s")
    print(f"  ready in {', '.join(f'{second * 1000:.0f}' for second in sorted(seconds))} ms")


def check_service():
    with Container(*PRODUCTION, *PUBLISHED, IMAGE) as container:
        port = container.port()
        wait_until(container.is_healthy, "not healthy")
        said = container.logs()
        workers = next((line for line in said.splitlines() if line.startswith("workers")), said)
        expect(re.search(r"\b1 \(1 thread: cpu\.\w+ allows 1\.0", workers), f"one CPU gave: {workers}")
        memory = next((line for line in said.splitlines() if line.startswith("memory")), "")
        held = sum(int(number) for number in re.findall(r"(\d+) MiB", memory))
        expect(0 < held <= MEBIBYTES - PROGRAM_MEBIBYTES, f"clients can make it hold too much: {memory}")
        status, reply = ask(port, "POST", "/detect", SCENE.read_bytes())
        expect(status == 200 and reply["detections"], f"/detect: {status} {reply}")
        expect(ask(port, "GET", "/readyz")[0] == 200, "/readyz does not answer 200")
        user = container.inspect()["Config"]["User"]
        status, seconds = container.stop()
        expect(status == 0, f"exit status {status} after SIGTERM")
    print(f"  {workers}")
    print(f"  /detect: {reply['detections'][0]['label']}; healthy; exit status 0 in {seconds:.1f} s, user {user}")


def check_administrators():
    """Their port is asked by the health check inside, and heard outside by those who say so alone."""
    for host, is_heard in (("127.0.0.1", False), ("0.0.0.0", True)):
        with Container(*PRODUCTION, *PUBLISHED, "--env", f"DYNADETECT_ADMIN_HOST={host}", IMAGE) as container:
            wait_until(container.is_healthy, "not healthy")
            expect(ask(container.port(), "GET", "/metrics")[0] == 404, "/metrics is open to clients")
            try:
                status = ask(container.port(8081), "GET", "/readyz")[0]
            except OSError:
                status = None
            expect(status == (200 if is_heard else None), f"administrators' port at {host}: {status}")
    print("  administrators' port: asked by the health check, heard outside only where it is told to be")


def check_crowd():
    """Clients who hold every connection, and say nothing, do not make it unhealthy."""
    with Container(*PRODUCTION, *PUBLISHED, IMAGE) as container:
        wait_until(container.is_healthy, "not healthy")
        with crowd(container.port(), CONNECTIONS):
            expect(container.is_healthy(), "clients who hold every connection make it unhealthy")
        wait_until(lambda: ask(container.port(), "GET", "/readyz")[0] == 200, "clients who have gone hold connections")
    print(f"  {CONNECTIONS} clients hold every connection: others are turned away, and it is healthy")


@contextlib.contextmanager
def crowd(port, count):
    """So many clients that say nothing, where no more than they may connect."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(count)]

    def is_full():
        status, reply = ask(port, "GET", "/healthz")
        return status == 503 and reply["code"] == "too_many_connections"

    try:
        wait_until(is_full, f"{count} clients do not take every connection")
        yield
        expect(is_full(), "clients were dropped meanwhile")
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def check_leaving():
    """Told to stop, it says at once that it takes no more, and serves on until balancers have seen it."""
    with Container(*PRODUCTION, *PUBLISHED, "--env", f"DYNADETECT_GRACE={GRACE}", IMAGE) as container:
        port = container.port()
        wait_until(container.is_healthy, "not healthy")
        expect(ask(port, "GET", "/readyz")[0] == 200, "not ready before it is told to stop")
        begun = time.monotonic()
        container.signal("TERM")
        wait_until(lambda: ask(port, "GET", "/readyz")[0] == 503, "still ready after SIGTERM", GRACE / 2)
        expect(container.health() == 1, "the health check passes while it leaves, or cannot be run")
        status, reply = ask(port, "POST", "/detect", SCENE.read_bytes())
        expect(status == 200 and reply["detections"], f"/detect within the grace: {status}")
        expect(time.monotonic() - begun < GRACE, f"the checks took longer than the grace of {GRACE} s")
        status = container.wait()
        expect(status == 0, f"exit status {status} after the grace")
    print(f"  after SIGTERM: not ready, not healthy, serves on for {GRACE} s, exit status 0")


def check_mounted_model():
    """Another model than the built-in one comes by a mount."""
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(renamed(MODEL.read_bytes(), "mounted"))
        file.flush()
        os.chmod(file.name, 0o644)  # the container's user reads it
        mount = ["--volume", f"{file.name}:/models/best.safetensors:ro"]
        with Container(*PRODUCTION, *PUBLISHED, *mount, IMAGE, "--model", "/models/best.safetensors") as container:
            wait_until(container.is_healthy, "not healthy with a mounted model")
            name = ask(container.port(), "GET", "/version")[1]["model"]["name"]
            expect(name == "mounted", f"the model is {name}")
    print("  a mounted model serves")


def renamed(model, name):
    """The bytes of a .safetensors model that calls itself `name`."""
    end = 8 + int.from_bytes(model[:8], "little")
    header = json.loads(model[8:end])
    header["__metadata__"]["name"] = name
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + model[end:]


def check_flood():
    """Uploads that together are larger than its memory are refused, and it lives on."""
    body = SCENE.read_bytes().ljust(UPLOAD_BYTES, b"\0")
    with Container(*PRODUCTION, *PUBLISHED, IMAGE) as container:
        wait_until(container.is_healthy, "not healthy")
        port, statuses = container.port(), collections.Counter()

        def upload():
            try:
                statuses[ask(port, "POST", "/detect", body)[0]] += 1
            except (OSError, http.client.HTTPException):
                statuses["closed"] += 1

        threads = [threading.Thread(target=upload) for _ in range(UPLOADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        state = container.inspect()["State"]
        expect(state["Status"] == "running", f"{UPLOADS} uploads ended it: {state['ExitCode']}, {dict(statuses)}")
        status, reply = ask(port, "POST", "/detect", SCENE.read_bytes())
        expect(status == 200 and reply["detections"], f"/detect after {UPLOADS} uploads: {status}")
    print(f"  {UPLOADS} uploads of {UPLOAD_BYTES // 1_000_000} MB at once: {dict(statuses)}, and it lives on")


def ask(port, method, path, body=None):
    """Status and JSON of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {"Content-Type": "image/png"} if body else {})
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply.status, json.loads(text)


def moment(text):
    """Seconds of a time such as 2026-01-31T09:00:00.123456789Z or with +01:00; Python knows six places."""
    return datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text).replace("Z", "+00:00")).timestamp()
