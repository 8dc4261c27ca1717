"""Kubernetes' objects, as far as podman plays them: the pod of the base with its limits, probes and restarts."""

import os
import signal
import subprocess

import podman
from compose import free_ports, post
from podman import IMAGE, ROOT, expect, wait_until

OVERLAY = ROOT / "deploy/kubernetes/overlays/podman"
WRITTEN = "localhost/dynadetect:latest"  # as `docker build -t dynadetect` names it


def run():
    objects = subprocess.run(
        ["kubectl", "kustomize", OVERLAY], text=True, check=True, stdout=subprocess.PIPE).stdout
    port = free_ports(1)[0]
    for here, there in (("hostPort: 8080", f"hostPort: {port}"), (f"image: {WRITTEN}", f"image: {IMAGE}")):
        expect(here in objects, f"the overlay has no {here}")
        objects = objects.replace(here, there)
    try:
        check(podman.run("kube", "play", "-", input=objects), port)
    finally:
        podman.run("kube", "down", "-", input=objects, check=False)


def check(played, port):
    container = podman.Existing(played.partition("Container:")[2].strip())

    def is_healthy():
        return podman.succeeds("exec", container.id, "/usr/bin/dynadetect", "healthcheck")

    wait_until(is_healthy, "the pod is not healthy")
    status, body = post(port)
    expect(status == 200 and b'"detections":[{' in body, f"/detect: {status} {body[:300]}")

    settings = container.inspect()
    host = settings["HostConfig"]
    expect(settings["Config"]["User"].startswith("65532"), f"the user is {settings['Config']['User']}")
    expect(host["ReadonlyRootfs"], "the root can be written to")
    expect(host["Memory"] == 1024 * 1024 * 1024, f"the memory limit is {host['Memory']}")
    expect(not settings["EffectiveCaps"], f"it has rights: {settings['EffectiveCaps']}")
    expect("DYNADETECT_DRAIN_SECONDS=25" in settings["Config"]["Env"], "the ConfigMap is not in its environment")

    first = settings["State"]["Pid"]
    os.kill(first, signal.SIGKILL)  # podman's own kill would count as being told to stop
    wait_until(
        lambda: container.inspect()["State"]["Pid"] not in (0, first) and is_healthy(),
        "it does not come back after a crash")
    print("  played by podman: healthy, answers, keeps its limits, comes back after SIGKILL")
