"""podman, told to work wherever it stands: on a machine, or as root inside a container."""

import atexit
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
IMAGE = "localhost/dynadetect:dev"


class Failure(Exception):
    """Something is not as promised; the words say what."""


def expect(condition, words):
    """Like assert, but never optimised away."""
    if not condition:
        raise Failure(words)


def run(*arguments, check=True, seconds=120, **how):
    """A podman command's standard output, without the last line's end."""
    done = subprocess.run(
        ["podman", *map(str, arguments)], env=environment(), text=True, timeout=seconds,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how,
    )
    if check and done.returncode != 0:
        raise Failure(f"podman {' '.join(map(str, arguments))}: {done.stderr.strip()[-1500:]}")
    return done.stdout.rstrip("\n")


def status(*arguments, seconds=120):
    """The status that a podman command ends with."""
    return subprocess.run(
        ["podman", *map(str, arguments)], env=environment(), timeout=seconds,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ).returncode


def succeeds(*arguments, seconds=120):
    """Whether a podman command ends with status 0."""
    return status(*arguments, seconds=seconds) == 0


def wait_until(holds, words, seconds=20):
    """Asks again and again; `words` say what did not come to be."""
    until = time.monotonic() + seconds
    while not holds():
        expect(time.monotonic() < until, f"{words} within {seconds} s")
        time.sleep(0.02)


class Existing:
    """A container that others have made."""

    def __init__(self, name):
        self.id = name

    def inspect(self):
        return json.loads(run("inspect", self.id))[0]

    def logs(self, *options):
        """Standard output and error."""
        return subprocess.run(
            ["podman", "logs", *options, self.id], env=environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ).stdout

    def port(self, inside=8080):
        """Where a published port is heard on this machine."""
        return int(run("port", self.id, inside).splitlines()[0].rsplit(":", 1)[1])

    def health(self):
        """The status of the image's own health check now: 0 is healthy, 1 is not."""
        return status("healthcheck", "run", self.id)

    def is_healthy(self):
        return self.health() == 0

    def signal(self, name):
        run("kill", "--signal", name, self.id)

    def wait(self):
        """Its exit status, when it has ended."""
        return int(run("wait", self.id))

    def stop(self, seconds=30):
        """The stop signal; exit status, and the seconds it took."""
        begun = time.monotonic()
        run("stop", "--time", seconds, self.id)
        return self.inspect()["State"]["ExitCode"], time.monotonic() - begun


class Container(Existing):
    """`with Container(image, …) as container:` runs one in the background; leaving removes it."""

    def __init__(self, *arguments):
        super().__init__(run("run", "--detach", *arguments))

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            print(self.logs()[-2000:])
        run("rm", "--force", "--time", 0, self.id)


_environment = None


def environment():
    """Variables that podman is run with: settings for this machine, made once."""
    global _environment
    if _environment is None:
        file = tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False)
        atexit.register(os.unlink, file.name)
        with file:
            file.write(_settings())
        _environment = {**os.environ, "CONTAINERS_CONF": file.name}
    return _environment


def _settings():
    # podman raises these limits unless told, which needs a right that containers lack.
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    processes = pathlib.Path("/proc/sys/kernel/pid_max").read_text().strip()
    lines = [
        "[containers]",
        f'default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]',
        "[network]",
        'network_backend = "netavark"',
        "[engine]",
        'events_logger = "file"',
    ]
    if not pathlib.Path("/run/systemd/system").exists():
        lines.append('cgroup_manager = "cgroupfs"')
    if not pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists():
        lines.append('runtime = "runc"')  # crun refuses cgroup v1 beside v2
    return "\n".join(lines) + "\n"
