"""Builds the image from a checkout, as `docker build .` does."""

import json
import subprocess

import bases
import podman
from podman import IMAGE, ROOT, expect


def run():
    done = subprocess.run(
        ["podman", "build", *options(), "--build-arg", f"REVISION={revision()}", "--tag", IMAGE, ROOT],
        env=podman.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    expect(done.returncode == 0, f"the build failed:\n{done.stdout[-4000:]}")
    print(f"  {IMAGE}, {json.loads(podman.run('image', 'inspect', IMAGE))[0]['Size'] / 1e6:.1f} MB")


def options():
    """What podman builds with, where it stands in for docker and the base image may have a stand-in."""
    base = bases.image(bases.SWIFT)
    lent = []
    if base != bases.SWIFT:
        folder = bases.toolchain()
        lent = ["--volume", f"{folder}:{folder}:ro"]
    return [
        "--layers", "--format", "docker", "--isolation", "chroot", "--pull=never", "--build-arg", f"BUILD_IMAGE={base}", *lent]


def revision():
    """The commit of the checkout."""
    return subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "HEAD"], text=True, stdout=subprocess.PIPE
    ).stdout.strip() or "unknown"
