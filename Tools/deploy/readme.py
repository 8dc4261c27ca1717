"""deploy/README.md followed word by word: its blocks are run as they are written, with podman for docker.

One container and one machine are played as they stand; the systemd unit's block is played by unit.py. There is no cluster here: of the
commands for Kubernetes, what would be applied is made and checked, and what the others name must be in it.
"""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import tempfile

import yaml

import bases
import build
import podman
from image import SCENE
from podman import IMAGE, ROOT, expect

README = (ROOT / "deploy/README.md").read_text()
NAME = "dynadetect"  # of the container, in the text
PROJECT = "dynadetect-readme"
PORTS = {"One container": [8080], "One machine": [8080, 9090]}
FOUND = '"detections":[{"label"'
SECONDS_MAX = 600  # where the image is not in the cache, it is built
DOCKER = """\
#!/bin/sh
# What README.md asks of docker, done by podman.
command="$1"
shift
case "$command" in
build) exec podman build {options} "$@" ;;
compose) exec podman-compose "$@" ;;
*) exec podman "$command" "$@" ;;
esac
"""
PROGRAM = f"""\
#!/bin/sh
exec podman run --rm --network none --volume "$PWD:/here:ro" --workdir /here {IMAGE} "$@"
"""


def run():
    with commands() as environment:
        one_container(environment)
        one_machine(environment)
        capacity(environment)
    kubernetes()
    print("  README.md: one container, compose, the measurement and Kubernetes' commands do as written")


def blocks(heading, language="sh"):
    """The blocks of a language below a heading, in their order."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", README, re.M | re.S)
    expect(section, f"README.md has no heading {heading!r}")
    found = re.findall(rf"^```{language}\n(.*?)^```$", section[1], re.M | re.S)
    expect(found, f"README.md has no block of {language} below {heading!r}")
    return found


@contextlib.contextmanager
def commands():
    """Variables under which the commands of the text are there."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("docker", DOCKER.format(options=shlex.join(map(str, build.options())))), (NAME, PROGRAM)):
            file = pathlib.Path(folder, name)
            file.write_text(text)
            file.chmod(0o755)
        yield {
            **podman.environment(), "PATH": f"{folder}:{os.environ['PATH']}", "COMPOSE_PROJECT_NAME": PROJECT,
            "HAPROXY_IMAGE": bases.image(bases.HAPROXY), "PROMETHEUS_IMAGE": bases.image(bases.PROMETHEUS),
        }


def follow(block, environment, folder=ROOT):
    """What a block says, line by line, up to the first that fails."""
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environment, text=True, timeout=SECONDS_MAX,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired as late:
        raise podman.Failure(f"README.md: not over within {SECONDS_MAX} s: {block}{(late.stdout or b'')[-2000:]}") from late
    expect(done.returncode == 0, f"README.md: status {done.returncode} of {block}{done.stdout[-2000:]}")
    return done.stdout


def one_container(environment):
    block = blocks("One container")[0]
    expect(not podman.succeeds("container", "exists", NAME), f"a container {NAME} is in the way")
    expect_free(PORTS["One container"])
    try:
        expect(FOUND in follow(block, environment), "README.md: one container finds nothing")
    finally:
        podman.run("rm", "--force", "--ignore", "--time", 0, NAME)


def one_machine(environment):
    block = blocks("One machine")[0]
    expect_free(PORTS["One machine"])
    try:
        expect(FOUND in follow(block, environment), "README.md: compose finds nothing")
        left = podman.run("ps", "--all", "--quiet", "--filter", f"label=io.podman.compose.project={PROJECT}")
        expect(not left, f"README.md: `down` leaves {left}")
    finally:
        follow("docker compose -f deploy/compose.yaml down --volumes", environment)


def expect_free(ports):
    """The text names its ports, so they must be free."""
    for port in ports:
        try:
            socket.create_server(("0.0.0.0", port)).close()
        except OSError as error:
            raise podman.Failure(f"port {port}, which README.md uses, is taken: {error}") from error


def capacity(environment):
    """The measurement prints what the text calls c."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        pictures = pathlib.Path(folder, "some-pictures")
        pictures.mkdir()
        shutil.copy(SCENE, pictures)
        block = blocks("Capacity")[0]
        name = re.search(r"# ([\w ]+): c$", block, re.M)[1]
        said = follow(block, environment, folder)
        expect(re.search(rf"^{name}: [1-9]\d*\.\d", said, re.M), f"README.md: no {name} in {said}")


def kubernetes():
    """The overlay of the text is made of each thing that it may stand on; its commands name what is there."""
    text = blocks("Kubernetes", "yaml")[0]
    commands = blocks("Kubernetes")[0]
    other = re.findall(r"overlays/[\w-]+", text)
    expect("deploy/kubernetes/base" in text and other, "README.md: the overlay does not say what it may stand on")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "deploy", f"{folder}/dynadetect/deploy")
        mine = pathlib.Path(folder, "my-cluster")
        mine.mkdir()
        for base in ("base", *other):
            (mine / "kustomization.yaml").write_text(text.replace("deploy/kubernetes/base", f"deploy/kubernetes/{base}"))
            made = subprocess.run(["kubectl", "kustomize", mine], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            expect(made.returncode == 0, f"README.md: an overlay on {base}: {made.stderr}")
            check_commands(list(yaml.safe_load_all(made.stdout)), commands)


def check_commands(objects, commands):
    """What kubectl is told to watch, label and forward to is among the objects."""
    named = {(thing["kind"].lower(), thing["metadata"]["name"]): thing for thing in objects}
    image = named["deployment", NAME]["spec"]["template"]["spec"]["containers"][0]["image"]
    expect(image.startswith("registry.example.com/") and not image.endswith("latest"), f"README.md: the image is {image}")
    for line in commands.splitlines():
        words = shlex.split(line, comments=True)
        expect(words[0] == "kubectl", f"README.md: no command of kubectl: {line}")
        for space in re.findall(r"-n (\S+)", line):
            expect(("namespace", space) in named, f"README.md: no namespace {space}: {line}")
        for kind, name in re.findall(r"\b(deployment|service)/(\S+)", line):
            expect((kind, name) in named, f"README.md: no {kind} {name}: {line}")
        if "port-forward" in words:
            port = int(words[-1].partition(":")[2])
            there = [entry["port"] for entry in named["service", NAME]["spec"]["ports"]]
            expect(port in there, f"README.md: the service has no port {port}")
        if "label" in words:
            label = dict([words[-1].split("=")])
            doors = [rule["from"][0]["namespaceSelector"]["matchLabels"] for rule in named["networkpolicy", NAME]["spec"]["ingress"]]
            expect(label in doors, f"README.md: the label {label} opens nothing")
