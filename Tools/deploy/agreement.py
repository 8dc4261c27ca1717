"""Numbers of deploy/ that must fit each other, wherever they are said: python Tools/deploy/agreement.py BASE.yaml

BASE.yaml is kubernetes/base as kustomize writes it.
"""

import configparser
import pathlib
import re
import sys

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy"
DRAIN_DEFAULT, GRACE_DEFAULT = 25, 0  # of `dynadetect serve`
MARGIN = 5
UNITS = {"": 1, "m": 2**20, "Mi": 2**20, "M": 2**20, "Gi": 2**30, "G": 2**30}


def main():
    objects = {thing["kind"]: thing for thing in yaml.safe_load_all(pathlib.Path(sys.argv[1]).read_text())}
    pod = objects["Deployment"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    limits = container["resources"]["limits"]
    check(
        "kubernetes/base", objects["ConfigMap"]["data"], limits["memory"], pod["terminationGracePeriodSeconds"],
        container["lifecycle"]["preStop"]["sleep"]["seconds"])
    expect(container["resources"]["requests"] == limits, "kubernetes/base: requests are not limits")
    expect(limits["cpu"].isdecimal(), f"kubernetes/base: {limits['cpu']} CPUs are no whole number")

    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["dynadetect"]
    check(
        "compose.yaml", service["environment"], service["mem_limit"],
        int(service["stop_grace_period"].removesuffix("s")))

    text = (DEPLOY / "dynadetect.service").read_text()
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string(text)
    check(
        "dynadetect.service", dict(re.findall(r"^Environment=(\w+)=(\w+)$", text, re.M)),
        unit["Service"]["MemoryMax"], int(unit["Service"]["TimeoutStopSec"]))
    print("deploy/: grace, drain, memory and queue fit each other")


def check(place, environment, memory, killed_after, before=0):
    """What is told to drain has the time for it; what waits and what comes in have their share of the memory."""
    seconds = before + sum(
        int(environment.get(f"DYNADETECT_{name}", default))
        for name, default in (("GRACE", GRACE_DEFAULT), ("DRAIN_SECONDS", DRAIN_DEFAULT)))
    expect(killed_after >= seconds + MARGIN, f"{place}: killed after {killed_after} s, but it may take {seconds}")
    number, unit = re.fullmatch(r"(\d+)(\w*)", str(memory)).groups()
    limit = int(number) * UNITS[unit]
    for name, share in (("QUEUE", 4), ("RECEIVING", 8)):
        bytes_max = int(environment[f"DYNADETECT_{name}_BYTES"])
        expect(bytes_max * share == limit, f"{place}: {name} is {bytes_max}, not 1/{share} of {limit}")


def expect(condition, words):
    if not condition:
        sys.exit(f"deploy/{words}")


main()
