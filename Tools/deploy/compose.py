"""deploy/compose.yaml from `up` to `down`: both replicas serve, Prometheus sees them and all that is asked of it."""

import contextlib
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import urllib.parse

import bases
import podman
import queries
from image import SCENE
from podman import IMAGE, ROOT, expect, wait_until

PROJECT = "dynadetect-trial"
REQUESTS = 40


def run():
    ports = free_ports(2)
    environment = {
        **podman.environment(),
        "DYNADETECT_IMAGE": IMAGE,
        "HAPROXY_IMAGE": bases.image(bases.HAPROXY),
        "PROMETHEUS_IMAGE": bases.image(bases.PROMETHEUS),
        "DYNADETECT_PORT": str(ports[0]),
        "PROMETHEUS_PORT": str(ports[1]),
    }
    with hurried() as folder:
        def compose(*arguments):
            return podman_compose(folder / "compose.yaml", *arguments, environment=environment)

        compose("down", "--volumes")
        try:
            compose("up", "--detach")
            check(*ports)
        except podman.Failure:
            print(compose("logs")[-4000:])
            raise
        finally:
            compose("down", "--volumes")


@contextlib.contextmanager
def hurried():
    """A copy of deploy/ whose alerts wait for seconds, not minutes, and whose Prometheus looks each second."""
    with tempfile.TemporaryDirectory() as parent:
        folder = pathlib.Path(shutil.copytree(ROOT / "deploy", f"{parent}/deploy"))
        for file, pattern, there in (
                ("alerts.yaml", r"^( +for:) \d+m$", r"\1 2s"), ("prometheus.yaml", r"^( +\w+_interval:) \d+s$", r"\1 1s")):
            text, count = re.subn(pattern, there, (folder / file).read_text(), flags=re.M)
            expect(count, f"{file} has no time to shorten")
            (folder / file).write_text(text)
        yield folder


def podman_compose(file, *arguments, environment):
    done = subprocess.run(
        ["podman-compose", "--file", file, "--project-name", PROJECT, *arguments],
        env=environment, text=True, timeout=300, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    expect(done.returncode == 0, f"podman-compose {' '.join(arguments)}: {done.stdout[-1500:]}")
    return done.stdout


def check(port, prometheus_port):
    prometheus = Prometheus(prometheus_port)
    wait_until(lambda: get(port, "/readyz")[0] == 200, "nobody is ready behind the balancer", 60)
    expect(get(port, "/metrics")[0] == 404, "/metrics is open to all")
    wait_until(
        lambda: prometheus.values('up{job="dynadetect"}') == [1, 1], "Prometheus does not see two replicas", 60)
    wait_until(lambda: prometheus.values('up{job="balancer"}') == [1], "Prometheus does not see the balancer")

    for _ in range(REQUESTS):
        status, body = post(port)
        expect(status == 200 and b'"detections":[{' in body, f"/detect: {status} {body[:300]}")
    wait_until(
        lambda: sum(prometheus.values("dynadetect_pictures_total")) == REQUESTS, "pictures are not counted", 30)
    shares = prometheus.values("dynadetect_pictures_total")
    expect(min(shares) > 0, f"one replica got nothing: {shares}")
    print(f"  {REQUESTS} pictures through the balancer, {' and '.join(f'{share:.0f}' for share in shares)} by replica")

    asked = queries.check(prometheus)
    for query in queries.panels():
        found = lambda: prometheus.query(queries.filled(query)) or query.endswith("> 0")  # noqa: B023
        wait_until(found, f"a panel stays empty: {query}", 30)
    print(f"  Prometheus finds what {asked} selectors ask for; each panel of the dashboard shows something")

    expect("DynaDetectGone" not in prometheus.alerts("firing"), "DynaDetectGone fires while two replicas serve")
    replicas = podman.run(
        "ps", "--quiet", "--filter", f"label=io.podman.compose.project={PROJECT}", "--filter", f"ancestor={IMAGE}").split()
    podman.run("stop", *replicas)
    wait_until(lambda: "DynaDetectGone" in prometheus.alerts("firing"), "no alert fires when the last replica ends", 60)
    print("  without replicas DynaDetectGone fires")


class Prometheus:
    """Its HTTP interface."""

    def __init__(self, port):
        self.port = port

    def ask(self, path, **query):
        status, body = get(self.port, f"/api/v1/{path}?{urllib.parse.urlencode(query)}")
        expect(status in (0, 200), f"Prometheus: {status} {body[:500]} to {path} {query}")
        return json.loads(body)["data"] if status else {}

    def query(self, text):
        return self.ask("query", query=text).get("result", [])

    def values(self, text):
        return [float(series["value"][1]) for series in self.query(text)]

    def alerts(self, state):
        """The names of those that are `pending` or `firing`."""
        return {
            alert["labels"]["alertname"] for alert in self.ask("alerts").get("alerts", []) if alert["state"] == state}


def get(port, path):
    """Status and body; status 0 when nobody answers."""
    return ask(port, "GET", path)


def post(port):
    return ask(port, "POST", "/detect", SCENE.read_bytes(), {"Content-Type": "image/png"})


def ask(port, method, path, body=None, fields=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, fields or {})
        reply = connection.getresponse()
        return reply.status, reply.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def free_ports(count):
    """Ports that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports
