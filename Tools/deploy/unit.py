"""deploy/dynadetect.service under a systemd of its own, in a container: starts, answers, comes back, ends in peace."""

import json
import subprocess

import bases
import podman
import readme
from image import SCENE
from podman import IMAGE, ROOT, Container, expect, wait_until

MACHINE = "localhost/dynadetect:machine"
CONTAINERFILE = f"""\
FROM {bases.ROOT}
COPY --from={IMAGE} /usr/lib /usr/lib
COPY --from={IMAGE} /usr/bin/dynadetect /checkout/.build/release/
COPY dynadetect.service /checkout/deploy/
WORKDIR /checkout
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/sbin/init"]
"""
# More ends within ten seconds than systemd forgives by default, each followed by a start.
KILLS = 8
KILL_AND_START = f"""\
for _ in $(seq {KILLS}); do
    systemctl kill --signal=SIGKILL dynadetect
    systemctl start dynadetect || true  # the next kill may come first
done
"""


def run():
    bases.root()
    podman.run(
        "build", "--quiet", "--format", "docker", "--isolation", "chroot", "--tag", MACHINE, "--file", "-",
        ROOT / "deploy", input=CONTAINERFILE)
    with Container("--systemd", "always", "--privileged", "--network", "none", MACHINE) as machine:
        unit = Unit(machine)
        wait_until(unit.is_booted, "systemd does not come up", 60)
        unit.inside("bash", "-euo", "pipefail", "-c", installation())
        wait_until(unit.is_healthy, "the unit is not healthy", 60)
        first = unit.show("MainPID")
        found = unit.detect()
        expect(found["detections"], f"nothing found: {found}")

        unit.systemctl("reload", "dynadetect")
        wait_until(lambda: "model_reloaded" in unit.log(), "a reload is not noted")
        expect(unit.show("MainPID") == first and unit.is_healthy(), "a reload ends it")

        unit.systemctl("kill", "--signal=SIGKILL", "dynadetect")
        wait_until(lambda: unit.show("MainPID") not in ("0", first), "it does not come back after a crash")
        unit.inside("sh", "-c", KILL_AND_START)
        wait_until(unit.is_healthy, f"the unit is not healthy after {KILLS} crashes", 20)

        unit.systemctl("stop", "dynadetect")
        expect(unit.result() == ("success", "0"), f"it ended with {unit.result()}")

        unit.inside("sh", "-c", "echo DYNADETECT_QUEUE=long >/etc/dynadetect/environment")
        unit.systemctl("start", "dynadetect")
        wait_until(lambda: unit.show("ActiveState") == "failed", "a wrong setting is tried again and again")
        expect(unit.result() == ("exit-code", "64"), f"a wrong setting ended it with {unit.result()}")
        exposure = unit.inside("systemd-analyze", "security", "--no-pager", "dynadetect").splitlines()[-1]
        print(
            f"  installed by README.md's words and started by systemd, found {found['detections'][0]['label']}, reloaded, came back after SIGKILL, and after {KILLS} at once,"
            f" stopped with status 0, not tried again with a wrong setting; {exposure.removeprefix('→ ')}")


def installation():
    """README.md's block, without the commands that build the program: the image was built by the same."""
    lines = readme.blocks("One machine")[1].splitlines()
    dockerfile = (ROOT / "Dockerfile").read_text()
    builds = [line for line in lines if line.startswith(("scripts/", "swift "))]
    for line in builds:
        expect(f"RUN {line}" in dockerfile, f"README.md builds by what the Dockerfile does not: {line}")
    return "\n".join(line for line in lines if line not in builds)


class Unit:
    """The unit inside its machine."""

    def __init__(self, machine):
        self.machine = machine

    def inside(self, *arguments):
        return podman.run("exec", self.machine.id, *arguments)

    def systemctl(self, *arguments):
        return self.inside("systemctl", *arguments)

    def show(self, name):
        return self.systemctl("show", "--value", f"--property={name}", "dynadetect")

    def result(self):
        return self.show("Result"), self.show("ExecMainStatus")

    def log(self):
        return self.inside("journalctl", "--no-pager", "--unit", "dynadetect")

    def is_booted(self):
        """Whether systemd takes orders; some of its own units fail in a container."""
        return podman.succeeds("exec", self.machine.id, "systemctl", "list-units")

    def is_healthy(self):
        return podman.succeeds("exec", self.machine.id, "dynadetect", "healthcheck")

    def detect(self):
        """Asks from within the machine's network, which knows nobody else."""
        process = self.machine.inspect()["State"]["Pid"]
        answer = subprocess.run(
            [
                "nsenter", "--net", "--target", str(process), "curl", "-sS", "--max-time", "20",
                "--data-binary", f"@{SCENE}", "-H", "Content-Type: image/png", "http://127.0.0.1:8080/detect",
            ],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        expect(answer.returncode == 0, f"curl: {answer.stdout}{self.log()[-2000:]}")
        return json.loads(answer.stdout)
