"""Images to build and test on: pulled, or where no registry can be reached, stand-ins made of Debian's packages.

A stand-in holds what the pulled image would offer to us, no more: it shows that a Dockerfile builds and a
configuration loads, not that some release of the original does. README.md beside this has the list.
"""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import podman

SWIFT = "docker.io/library/swift:6.3-bookworm"
HAPROXY = "docker.io/library/haproxy:3.2"
PROMETHEUS = "docker.io/prom/prometheus:v3.5.0"

STAND_INS = {
    SWIFT: "localhost/stand-in/swift:bookworm",
    HAPROXY: "localhost/stand-in/haproxy:bookworm",
    PROMETHEUS: "localhost/stand-in/prometheus:bookworm",
}
REAL_ALONE = os.environ.get("STAND_INS") == "never"
# One root for all stand-ins, made in one go: what Swift's image has beside the toolchain, two servers, an init.
ROOT = "localhost/stand-in/root:bookworm"
PACKAGES = [
    "binutils", "libc6-dev", "libcurl4", "libedit2", "libncurses6", "libpython3.11", "libsqlite3-0",
    "libstdc++-12-dev", "libxml2", "pkg-config", "zlib1g-dev", "haproxy", "prometheus", "systemd-sysv", "procps",
]


@functools.cache
def image(name):
    """The image of that name, or what stands in for it; which of them is said once."""
    if podman.succeeds("image", "exists", name):
        print(f"  {name} itself", flush=True)
        return name
    stand_in = STAND_INS[name]
    is_made = podman.succeeds("image", "exists", stand_in)
    # With a stand-in at hand nobody waits for a registry that is not there.
    if (REAL_ALONE or not is_made) and podman.succeeds("pull", "--quiet", name, seconds=1200):
        print(f"  {name} itself", flush=True)
        return name
    podman.expect(not REAL_ALONE, f"{name} cannot be pulled, and nothing may stand in for it (STAND_INS=never)")
    if not is_made:
        _make(stand_in, _changes(name))
    print(f"  {stand_in} stands in for {name}", flush=True)
    return stand_in


def root():
    """Debian with an init, to run what wants a whole machine."""
    if not podman.succeeds("image", "exists", ROOT):
        _make_root()
    return ROOT


def toolchain():
    """Where this machine's Swift toolchain lies; stand-ins have none of their own but see this one."""
    podman.expect(shutil.which("swift"), "no image with Swift can be pulled, and there is no Swift toolchain here")
    # Its own word, for `swift` in PATH may be a link, a script or an installer's proxy: FOLDER/usr/lib/swift.
    said = subprocess.run(["swift", "-print-target-info"], text=True, check=True, stdout=subprocess.PIPE).stdout
    folder = pathlib.Path(json.loads(said)["paths"]["runtimeResourcePath"]).resolve().parents[2]
    podman.expect((folder / "usr/bin/swift").exists(), f"no Swift toolchain in {folder}")
    podman.expect(folder != pathlib.Path("/"), "a toolchain in /usr cannot be lent to a stand-in")
    return folder


def _changes(name):
    if name == SWIFT:
        return f"ENV PATH={toolchain()}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if name == PROMETHEUS:
        return 'ENTRYPOINT ["prometheus"]'
    return "STOPSIGNAL SIGUSR1"


def _make(name, changes):
    with tempfile.TemporaryDirectory() as empty:
        podman.run(
            "build", "--quiet", "--format", "docker", "--isolation", "chroot", "--tag", name,
            "--file", "-", empty, input=f"FROM {root()}\n{changes}\n")


def _make_root():
    with tempfile.TemporaryDirectory() as folder:
        tar = f"{folder}/root.tar"
        made = subprocess.run(
            [
                "mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}",
                "--include=usr-is-merged", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
                "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                "--dpkgopt=path-exclude=/usr/share/doc/*",
                "--dpkgopt=path-include=/usr/share/doc/*/copyright",
                "bookworm", tar,
            ],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        podman.expect(made.returncode == 0, f"mmdebstrap: {made.stdout[-1500:]}")
        podman.run("import", "--quiet", tar, ROOT, seconds=600)
