"""Replicas behind the balancer of deploy/haproxy.cfg, replaced one after another under load: nobody notices."""

import contextlib
import http.client
import random
import re
import threading
import time

import bases
import podman
from image import PRODUCTION, SCENE
from podman import IMAGE, ROOT, Container, expect, wait_until

REPLICAS = 2
CLIENTS = 8
REPLACEMENTS = 2 * REPLICAS
REQUESTS_MIN = 2400
NAME = "dynadetect"  # what haproxy.cfg asks the network for


def run():
    with balanced() as (network, balancer):
        replace_under_load(network, balancer)


@contextlib.contextmanager
def balanced():
    """A network, and a balancer in it that has no replicas yet."""
    room = int(re.search(r"tune\.bufsize (\d+)", (ROOT / "deploy/haproxy.cfg").read_text())[1])
    expect(SCENE.stat().st_size + 4096 < room, f"{SCENE.name} does not fit the balancer's buffer: nothing would be retried")
    network = f"dynadetect-{random.randrange(1 << 32):08x}"
    podman.run("network", "create", network)
    try:
        with Balancer(network) as balancer:
            yield network, balancer
    finally:
        podman.run("network", "rm", "--force", network)


class Balancer(Container):
    """haproxy with the shipped configuration."""

    def __init__(self, network):
        super().__init__(
            "--network", network, "--publish", "127.0.0.1::8080", "--publish", "127.0.0.1::8404",
            "--volume", f"{ROOT}/deploy/haproxy.cfg:/etc/dynadetect/haproxy.cfg:ro", "--read-only",
            "--stop-signal", "SIGUSR1", bases.image(bases.HAPROXY),
            "haproxy", "-f", "/etc/dynadetect/haproxy.cfg")

    def active(self):
        """How many replicas it sends requests to."""
        return sum(
            line.endswith(" 1") for line in self.metrics().splitlines()
            if line.startswith("haproxy_server_status{") and 'state="UP"' in line)

    def count(self, name):
        """What it has counted of the replicas together."""
        return sum(
            float(line.split()[-1]) for line in self.metrics().splitlines()
            if line.startswith(f'haproxy_backend_{name}_total{{proxy="replicas"'))

    def metrics(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port(8404), timeout=5)
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        except OSError:
            return ""


def start(network, *settings, cpus=1):
    """A replica, with settings such as `DYNADETECT_QUEUE=1`."""
    # As in compose.yaml: the balancer sees it before connections close.
    settings = [word for setting in ("DYNADETECT_GRACE=2", *settings) for word in ("--env", setting)]
    return Container(*PRODUCTION, *settings, "--cpus", cpus, "--network", network, "--network-alias", NAME, IMAGE)


def replace_under_load(network, balancer):
    replicas = [start(network) for _ in range(REPLICAS)]
    try:
        wait_until(lambda: balancer.active() == REPLICAS, f"the balancer does not find {REPLICAS} replicas")
        seconds = []
        with Load(balancer.port()) as load:
            for turn in range(REPLACEMENTS):
                wait_until(lambda: load.answered > REQUESTS_MIN * turn / REPLACEMENTS, "no answers", 120)
                replicas.append(start(network))
                wait_until(replicas[-1].is_healthy, "the new replica is not healthy")
                wait_until(lambda: balancer.active() == REPLICAS + 1, "the new replica is not taken in")
                old = replicas.pop(0)
                with old:
                    status, time_taken = old.stop()
                    expect(status == 0, f"a replica ended with status {status}: {old.logs()[-500:]}")
                wait_until(lambda: balancer.active() == REPLICAS, "the old replica is not let go")
                seconds.append(time_taken)
            wait_until(lambda: load.answered >= REQUESTS_MIN, "no answers", 120)
        expect(not load.failures, f"{len(load.failures)} of {load.answered} failed: {load.failures[:5]}")
        print(
            f"  {load.answered} requests, {len(load.failures)} failed, {load.rate():.0f} a second; {len(seconds)} replicas"
            f" replaced meanwhile, each stopped with status 0 in at most {max(seconds):.1f} s;"
            f" 50%, 99%, all of the answers in {load.percentile(50):.0f}, {load.percentile(99):.0f},"
            f" {load.percentile(100):.0f} ms")
    finally:
        for replica in replicas:
            with replica:
                pass


class Load:
    """Clients that ask one after another on connections they keep, and take no refusal for an answer."""

    def __init__(self, port):
        self.port, self.picture = port, SCENE.read_bytes()
        self.answered, self.failures, self.times = 0, [], []
        self.lock, self.is_over = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]

    def __enter__(self):
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        """Every client finishes its request, and asks no more."""
        self.is_over.set()
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.begun

    def rate(self):
        return self.answered / self.seconds

    def percentile(self, percent):
        times = sorted(self.times)
        return times[min(len(times) - 1, len(times) * percent // 100)] * 1000

    def _client(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.is_over.is_set():
            begun = time.monotonic()
            try:
                connection.request("POST", "/detect", self.picture, {"Content-Type": "image/png"})
                reply = connection.getresponse()
                body = reply.read()
                failure = None if reply.status == 200 and b'"detections":[{' in body else (reply.status, body[:200])
            except Exception as error:  # whatever it is, the client goes on and it counts
                failure = repr(error)
                connection.close()
            with self.lock:
                self.answered += 1
                self.times.append(time.monotonic() - begun)
                if failure:
                    self.failures.append(failure)
