"""Kubernetes' objects, as far as podman plays them: the pod of the base with its limits, its liveness probe and its restarts.

Of three probes podman 4 knows one, liveness. One that asks over HTTP becomes a `curl` inside the container, one that executes a
program becomes a line for a shell: the image has neither, so the probe here is the program's own health check, and the
image that is played has a shell beside what it has always. What kubelet does with the probes, no podman shows.
"""

import os
import signal
import subprocess

import yaml

import agreement
import bases
import podman
from compose import free_ports, post
from image import crowd
from podman import IMAGE, ROOT, expect, wait_until

OVERLAY = ROOT / "deploy/kubernetes/overlays/podman"
BASE = ROOT / "deploy/kubernetes/base/deployment.yaml"
PROBED = "localhost/dynadetect:shell"
CONTAINERFILE = f"""\
FROM {IMAGE}
COPY --from={bases.ROOT} /bin/sh /bin/sh
"""


def run():
    bases.root()
    podman.run(
        "build", "--quiet", "--format", "docker", "--isolation", "chroot", "--tag", PROBED, "--file", "-",
        ROOT / "deploy", input=CONTAINERFILE)
    port = free_ports(1)[0]
    objects = yaml.safe_dump_all(changed(written(), port))
    try:
        check(podman.run("kube", "play", "-", input=objects), port)
    finally:
        podman.run("kube", "down", "-", input=objects, check=False)


def written():
    """The overlay's objects."""
    text = subprocess.run(["kubectl", "kustomize", OVERLAY], text=True, check=True, stdout=subprocess.PIPE).stdout
    return list(yaml.safe_load_all(text))


def changed(objects, port):
    """The same on a port that is free, with the base's liveness probe by the program instead of by HTTP."""
    deployment = next(thing for thing in objects if thing["kind"] == "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    probe = yaml.safe_load(BASE.read_text())["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    del probe["httpGet"]
    container["livenessProbe"] = {**probe, "exec": {"command": ["/usr/bin/dynadetect", "healthcheck", "--live"]}}
    container["image"] = PROBED
    container["ports"][0]["hostPort"] = port
    return objects


def check(played, port):
    container = podman.Existing(played.partition("Container:")[2].strip())

    probe = container.inspect()["Config"]["Healthcheck"]["Test"]
    expect("--live" in " ".join(probe), f"podman asks {probe}, and not what the pod's probe is")
    wait_until(container.is_healthy, "the pod's probe does not pass")
    status, body = post(port)
    expect(status == 200 and b'"detections":[{' in body, f"/detect: {status} {body[:300]}")

    settings = container.inspect()
    host = settings["HostConfig"]
    expect(settings["Config"]["User"].startswith("65532"), f"the user is {settings['Config']['User']}")
    expect(host["ReadonlyRootfs"], "the root can be written to")
    expect(host["Memory"] == 1024 * 1024 * 1024, f"the memory limit is {host['Memory']}")
    expect(not settings["EffectiveCaps"], f"it has rights: {settings['EffectiveCaps']}")
    expect("DYNADETECT_DRAIN_SECONDS=25" in settings["Config"]["Env"], "the ConfigMap is not in its environment")

    connections = agreement.default("connectionsMax")
    with crowd(port, connections):
        expect(container.is_healthy(), "the probe fails where clients hold every connection")

    first = settings["State"]["Pid"]
    os.kill(first, signal.SIGSTOP)
    expect(not container.is_healthy(), "the probe passes when the program hangs")
    os.kill(first, signal.SIGCONT)
    wait_until(container.is_healthy, "the probe does not pass when the program goes on")

    os.kill(first, signal.SIGKILL)  # podman's own kill would count as being told to stop
    wait_until(
        lambda: container.inspect()["State"]["Pid"] not in (0, first) and container.is_healthy(),
        "it does not come back after a crash")
    print(
        f"  played by podman: its probe passes, also while {connections} clients hold every connection, fails while it hangs, passes again; answers, keeps its limits, comes back after SIGKILL")
