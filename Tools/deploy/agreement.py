"""Numbers of deploy/ that must fit each other, wherever they are said: python Tools/deploy/agreement.py BASE.yaml

BASE.yaml is kubernetes/base as kustomize writes it.
"""

import configparser
import pathlib
import re
import sys

import yaml

import image

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
MARGIN = 5  # seconds
UNITS = {"": 1, "m": 2**20, "Mi": 2**20, "M": 2**20, "g": 2**30, "Gi": 2**30, "G": 2**30}
PROGRAM_BYTES = image.PROGRAM_MEBIBYTES * 2**20  # with the built-in model, warm
WORKER_BYTES = 256 * 2**20  # the least that a worker should have


def main():
    objects = {thing["kind"]: thing for thing in yaml.safe_load_all(pathlib.Path(sys.argv[1]).read_text())}
    pod = objects["Deployment"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    limits = container["resources"]["limits"]
    expect(container["resources"]["requests"] == limits, "kubernetes/base: requests are not limits")
    expect(limits["cpu"].isdecimal(), f"kubernetes/base: {limits['cpu']} CPUs are no whole number")
    settings = objects["ConfigMap"]["data"]
    check_administrators(container, settings, objects)
    check_memory("kubernetes/base", settings, limits["memory"], int(limits["cpu"]))
    check_end(
        "kubernetes/base", settings, pod["terminationGracePeriodSeconds"],
        container["lifecycle"]["preStop"]["sleep"]["seconds"])

    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    replica = services["dynadetect"]
    check_scrape(replica["environment"])
    check_memory("compose.yaml", replica["environment"], replica["mem_limit"], int(replica["cpus"]))
    check_end("compose.yaml", replica["environment"], seconds(replica["stop_grace_period"]))
    check_balancer(services["balancer"], replica["environment"])

    text = (DEPLOY / "dynadetect.service").read_text()
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string(text)
    settings = dict(re.findall(r"^Environment=(\w+)=(\w+)$", text, re.M))
    check_memory(
        "dynadetect.service", settings, unit["Service"]["MemoryMax"], int(settings["DYNADETECT_WORKERS"]),
        has_administrators="DYNADETECT_ADMIN_PORT" in settings)
    check_end("dynadetect.service", settings, int(unit["Service"]["TimeoutStopSec"]))

    command = re.search(r"docker run -d .*?\n```", (DEPLOY / "README.md").read_text(), re.S)[0]
    tried = " ".join(image.PRODUCTION).replace("--env ", "-e ")
    for option in re.findall(r"--?[a-z-]+ [^-\s]\S*|--read-only", tried):
        expect(option in command, f"README.md: one container is tried with {option}, but not shown with it")
    settings = dict(re.findall(r"-e (\w+)=(\w+)", tried))
    check_memory("README.md", settings, re.search(r"--memory (\w+)", tried)[1], int(re.search(r"--cpus (\d+)", tried)[1]))
    rows = re.findall(
        r"^\| (\d+ [MG])iB \| (\d+) \| (\d+)[\w ]* \| (\d+) MiB \| (\d+) MiB.*? \| (\d+).*? \|$",
        (DEPLOY / "README.md").read_text(), re.M)
    expect(len(rows) == 3, f"README.md: the table of memory has {len(rows)} rows that can be read")
    for memory, workers, megapixels, bytes_each, body, connections in rows:
        limit, workers = memory.replace(" ", ""), int(workers)
        settings = {
            "DYNADETECT_QUEUE_BYTES": int(bytes_each) << 20, "DYNADETECT_RECEIVING_BYTES": int(bytes_each) << 20,
            "DYNADETECT_MAX_BODY_BYTES": int(body) << 20, "DYNADETECT_MAX_CONNECTIONS": connections}
        check_memory(f"README.md, {memory}iB", settings, limit, workers)
        largest = size(limit) / 24 / workers / 1e6
        expect(int(megapixels) == int(largest), f"README.md, {memory}iB: the largest picture is {largest:.1f} megapixels")
    print("deploy/: grace, drain, memory, queue, connections and balancer fit each other")


def check_administrators(container, settings, objects):
    """Probes ask, and Prometheus finds, the port that clients cannot fill; others are kept out of it."""
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    port = int(settings["DYNADETECT_ADMIN_PORT"])
    expect(ports["admin"] == port, f"kubernetes/base: the port admin is {ports['admin']}, the setting {port}")
    expect(settings["DYNADETECT_ADMIN_HOST"] == "0.0.0.0", "kubernetes/base: nobody hears the port admin outside of the pod")
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        expect(container[name]["httpGet"]["port"] == "admin", f"kubernetes/base: clients can fill the port of the {name}")
    expect(
        [there["targetPort"] for there in objects["Service"]["spec"]["ports"]] == ["http"],
        "kubernetes/base: the Service has more than the clients' port")
    doors = {
        rule["ports"][0]["port"]: rule["from"][0]["namespaceSelector"]["matchLabels"]
        for rule in objects["NetworkPolicy"]["spec"]["ingress"]}
    expect(set(doors) == set(ports) and doors["http"] != doors["admin"], f"kubernetes/base: who may ask where: {doors}")
    monitor = yaml.safe_load((DEPLOY / "kubernetes/overlays/prometheus-operator/service-monitor.yaml").read_text())
    expect(monitor["spec"]["endpoints"][0]["targetPort"] == "admin", "overlays/prometheus-operator: metrics are at the port admin")


def check_scrape(environment):
    """Prometheus asks where the image says that administrators do, and is let in."""
    jobs = yaml.safe_load((DEPLOY / "prometheus.yaml").read_text())["scrape_configs"]
    asked = next(job for job in jobs if job["job_name"] == "dynadetect")["dns_sd_configs"][0]["port"]
    expect(asked == image_port(), f"prometheus.yaml: asks port {asked}, the image's for administrators is {image_port()}")
    expect(environment["DYNADETECT_ADMIN_HOST"] == "0.0.0.0", "compose.yaml: Prometheus cannot reach the replicas' metrics")


def image_port():
    """The administrators' port that the image sets."""
    return int(re.search(r"DYNADETECT_ADMIN_PORT=(\d+)", (ROOT / "Dockerfile").read_text())[1])


def check_memory(place, environment, memory, workers, has_administrators=True):
    """All that clients can make a replica hold has its share of the memory, and the largest body fits each of them."""
    limit = size(memory)
    expect(limit >= workers * WORKER_BYTES, f"{place}: {limit} bytes are too few for {workers} workers")
    queue = int(environment["DYNADETECT_QUEUE_BYTES"])
    receiving = int(environment["DYNADETECT_RECEIVING_BYTES"])
    body = setting(environment, "MAX_BODY_BYTES", "bodyBytesMax")
    connections = setting(environment, "MAX_CONNECTIONS", "connectionsMax") + default("turnedAwayMax")
    if has_administrators:
        connections += of_administrators("connectionsMax") + of_administrators("turnedAwayMax")
    pictures = limit // 2  # as the largest picture is chosen
    held = PROGRAM_BYTES + pictures + queue + receiving + connections * (default("readBytes") + 4 * default("headerBytesMax"))
    expect(held <= limit, f"{place}: clients can make it hold {held >> 20} of {limit >> 20} MiB")
    # Base64 and what it decodes to wait together.
    expect(2 * body <= queue and body <= receiving, f"{place}: a body of {body} bytes never fits {queue} and {receiving}")


def check_end(place, environment, killed_after, before=0):
    """What is told to drain has the time for it."""
    takes = before + setting(environment, "GRACE", "graceSeconds") + setting(environment, "DRAIN_SECONDS", "drainSeconds")
    expect(killed_after >= takes + MARGIN, f"{place}: killed after {killed_after} s, but it may take {takes}")


def check_balancer(service, environment):
    """The balancer stays below what replicas take, outlasts them, and has memory for what it buffers."""
    text = (DEPLOY / "haproxy.cfg").read_text()
    told = {
        name: int(re.search(rf"^ +(?:default-server .*)?{name} (\d+)", text, re.M)[1])
        for name in ("hard-stop-after", "tune.bufsize", "maxconn")
    }
    of_replica = int(re.search(r"default-server .*maxconn (\d+)", text)[1])
    milliseconds, failures = map(int, re.search(r"default-server check inter (\d+)ms fall (\d+)", text).groups())
    grace = setting(environment, "GRACE", "graceSeconds")
    expect(grace * 1000 > milliseconds * failures, f"haproxy.cfg: a replica that leaves serves on for {grace} s and is asked for longer")
    connections = setting(environment, "MAX_CONNECTIONS", "connectionsMax")
    expect(of_replica < connections, f"haproxy.cfg: {of_replica} connections to a replica that takes {connections}")
    drain = setting(environment, "DRAIN_SECONDS", "drainSeconds")
    end, killed = told["hard-stop-after"], seconds(service["stop_grace_period"])
    expect(drain < end <= killed - MARGIN, f"haproxy.cfg: ends after {end} s; replicas drain {drain}, it is killed after {killed}")
    buffers, limit = told["maxconn"] * 3 * told["tune.bufsize"], size(service["mem_limit"])
    expect(buffers <= limit * 3 / 4, f"haproxy.cfg: buffers of {buffers >> 20} MiB, mem_limit is {limit >> 20}")


def setting(environment, variable, name):
    """What a replica is told, or the default."""
    return int(environment.get(f"DYNADETECT_{variable}") or default(name))


def default(name):
    """A number as the sources say it: `var drainSeconds = 25`."""
    for file in ("Sources/DetectionService/Configuration.swift", "Sources/HTTPServer/Limits.swift"):
        found = re.search(rf"^ +(?:package |static )?(?:var|let) {name} = ([\d_ *]+)$", (ROOT / file).read_text(), re.M)
        if found:
            product = 1
            for factor in found[1].split("*"):
                product *= int(factor)
            return product
    sys.exit(f"no default of {name} in the sources")


def of_administrators(name):
    """A limit of theirs as the sources say it: `limits.connectionsMax = 16`."""
    text = (ROOT / "Sources/DetectionService/Configuration.swift").read_text()
    return int(re.search(rf"^ +limits\.{name} = (\d+)$", text, re.M)[1])


def size(text):
    number, unit = re.fullmatch(r"(\d+)(\w*)", str(text)).groups()
    return int(number) * UNITS[unit]


def seconds(text):
    return int(text.removesuffix("s"))


def expect(condition, words):
    if not condition:
        sys.exit(f"deploy/{words}")


if __name__ == "__main__":
    main()
