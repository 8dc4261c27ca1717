"""deploy/compose.yaml from `up` to `down`: both replicas serve, Prometheus sees them and all that is asked of it."""

import http.client
import json
import re
import socket
import subprocess
import urllib.parse

import bases
import podman
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
    compose("down", "--volumes", environment=environment)
    try:
        compose("up", "--detach", environment=environment)
        check(*ports)
    except podman.Failure:
        print(compose("logs", environment=environment)[-4000:])
        raise
    finally:
        compose("down", "--volumes", environment=environment)


def compose(*arguments, environment):
    done = subprocess.run(
        ["podman-compose", "--file", ROOT / "deploy/compose.yaml", "--project-name", PROJECT, *arguments],
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

    known = prometheus.names()
    for file in ("alerts.yaml", "dashboard.json", "kubernetes/overlays/queue-time/prometheus-adapter.yaml"):
        asked = set(re.findall(r"\b(?:dynadetect|process|haproxy)_[a-z_]+(?=[{\[ ])", (ROOT / "deploy" / file).read_text()))
        expect(asked and asked <= known, f"{file} asks for what is not measured: {sorted(asked - known)}")
    panels = [panel for panel in json.loads((ROOT / "deploy/dashboard.json").read_text())["panels"] if panel.get("targets")]
    for panel in panels:
        for target in panel["targets"]:
            query = target["expr"]
            for name, value in (("$job", "dynadetect"), ("$instance", ".*"), ("$__rate_interval", "1m")):
                query = query.replace(name, value)
            prometheus.query(query)
    print(f"  Prometheus scrapes all of it; {len(panels)} panels of the dashboard load")

    for name in podman.run("ps", "--quiet", "--filter", f"label=io.podman.compose.project={PROJECT}",
                           "--filter", f"ancestor={IMAGE}").split():
        podman.run("stop", name)
    wait_until(lambda: "DynaDetectGone" in prometheus.alerts(), "the last replica's end raises no alert", 60)
    print("  without replicas DynaDetectGone is pending or fires")


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

    def names(self):
        return set(self.ask("label/__name__/values"))

    def alerts(self):
        return {alert["labels"]["alertname"] for alert in self.ask("alerts").get("alerts", [])}


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
