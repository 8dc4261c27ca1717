"""The image's program under control groups of version 2, by a kernel of its own in a virtual machine: it reads their limits.

What this machine has may be version 1. The kernel is Debian's; its root is the image's, with busybox for what a container engine
does: groups within groups, as a pod and its container have, with the CPU's limit on the outer one and the memory's on the inner.
"""

import base64
import json
import pathlib
import re
import struct
import subprocess
import tempfile
import zlib

import podman
from image import SCENE
from podman import IMAGE, ROOT, expect

SECONDS_MAX = 180  # emulated, for not every machine lends its virtualisation
CPUS, MEGABYTES = 3, 240
WIDTH, HEIGHT = 4000, 2500  # within what the machine's memory allows, beyond what the group's does
INIT = f"""\
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
cd /sys/fs/cgroup
mkdir -p pod/container
for group in . pod; do echo '+cpu +memory' >$group/cgroup.subtree_control; done
echo '250000 100000' >pod/cpu.max
echo {MEGABYTES}M >pod/container/memory.max
(echo 0 >pod/container/cgroup.procs; exec dynadetect serve) &
until dynadetect healthcheck 2>/dev/null; do sleep 0.1; done
cat /proc/$!/cgroup
for request in scene large; do
    wget -q -O - --header 'Content-Type: application/json' --post-file /$request.json http://127.0.0.1:8080/detect
done
kill $!
wait $!
echo "ended with $?"
poweroff -f
"""


def run():
    with tempfile.TemporaryDirectory() as folder:
        said = boot(kernel(), root(pathlib.Path(folder)))
    workers = f"workers  2 (2 threads: cpu.max allows 2.5 of {CPUS} CPUs)"
    for words in ("0::/pod/container", workers, '"detections":[{"label"', '"code":"too_many_pixels"', "ended with 0"):
        expect(words in said, f"not said: {words}\n{said[-3000:]}")
    print(f"  {workers}; a picture that the machine's memory would hold and memory.max does not is refused; exit status 0")


def kernel():
    """The newest of Debian's small kernels."""
    name = re.search(r"Depends: (linux-image-\S+)", told("apt-cache", "depends", "linux-image-cloud-amd64"))[1]
    return next(unpacked(name).glob("boot/vmlinuz-*"))


def root(folder):
    """The image's files, busybox and what to do, as the archive that a kernel starts from."""
    tree = folder / "root"
    tree.mkdir()
    container = podman.run("create", IMAGE)
    try:
        podman.run("export", "--output", folder / "image.tar", container)
    finally:
        podman.run("rm", container)
    told("tar", "-C", tree, "-xf", folder / "image.tar")
    for name in ("bin", "dev", "proc", "sys"):
        (tree / name).mkdir(exist_ok=True)
    told("cp", unpacked("busybox-static") / "bin/busybox", tree / "bin/busybox")
    (tree / "scene.json").write_text(request(SCENE.read_bytes()))
    (tree / "large.json").write_text(request(empty(WIDTH, HEIGHT)))
    (tree / "init").write_text(INIT)
    (tree / "init").chmod(0o755)
    archive = folder / "root.cpio"
    told("sh", "-c", f"cd {tree} && find . | cpio --quiet -o -H newc >{archive}")
    return archive


def request(picture):
    """A body without null bytes, for busybox sends nothing behind one."""
    return json.dumps({"image": base64.b64encode(picture).decode()})


def empty(width, height):
    """A PNG that says its size and has no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def boot(kernel, archive):
    """What it says until it ends."""
    return told(
        "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", str(CPUS), "-m", "1024", "-display", "none", "-no-reboot", "-nodefaults", "-serial", "stdio",
        "-kernel", kernel, "-initrd", archive, "-append", "console=ttyS0 quiet panic=-1")


def unpacked(package):
    """Where a Debian package lies."""
    return pathlib.Path(told(ROOT / "scripts/unpacked", package).splitlines()[-1])


def told(*command):
    done = subprocess.run(
        [*map(str, command)], text=True, timeout=SECONDS_MAX, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL)
    expect(done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}")
    return done.stdout
