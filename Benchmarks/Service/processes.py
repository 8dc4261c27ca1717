"""What is measured and what measures: the server, the engine alone, and the client of load.c."""

import array
import collections
import json
import os
import pathlib
import re
import subprocess

Answer = collections.namedtuple("Answer", "due sent answered status waited worked total")
Run = collections.namedtuple("Run", "answers client_seconds connections is_real_time")


class Server:
    """`dynadetect serve`, ready; with the built-in model unless options say otherwise."""

    def __init__(self, command, workers, *options):
        self.process = subprocess.Popen(
            # The client stands for many, as a proxy does.
            [*command, "serve", "--port", "0", "--workers", str(workers), "--max-client-connections", "0",
             "--log", "warning", *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        for line in self.process.stdout:
            if found := re.search(rb"address +http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if line == b"ready\n":
                return
        raise SystemExit("the server did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def processor_seconds(self):
        """Time on a processor so far, of all threads that live."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def machine_seconds():
    """Processor time so far of all processes, and of other machines on the same hardware."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    user, nice, system, _, _, irq, softirq, stolen, *_ = map(int, fields)
    return (user + nice + system + irq + softirq + stolen) / os.sysconf("SC_CLK_TCK")


class Client:
    """load.c, with its pictures."""

    def __init__(self, command, port, paths):
        self.command, self.port, self.paths = command, port, paths

    def closed(self, connections, seconds, *options):
        """So many connections, each with the next request as soon as the last is answered."""
        return self.run(options, "closed", connections, seconds)

    def open(self, moments, folder, *options):
        """A request at each moment, in seconds from the start."""
        path = pathlib.Path(folder) / "moments"
        path.write_bytes(array.array("d", moments).tobytes())
        return self.run(options, "open", path)

    def run(self, options, *how):
        command = [*self.command, *options, str(self.port), *map(str, how), *map(str, self.paths)]
        output = array.array("d", subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        width = len(Answer._fields)
        answers = [Answer(*output[n : n + width]) for n in range(0, len(output) - 3, width)]
        seconds, connections, is_real_time = output[-3:]
        return Run(answers, seconds, int(connections), bool(is_real_time))


def bench(command, folder, workers, runs):
    """Pictures a second from bytes to boxes, without a socket."""
    command = command + ["bench", "--json", "--pictures", folder, "--threads", str(workers)]
    report = subprocess.check_output(command + ["--batch", "8", "--runs", str(runs)])
    return json.loads(report)["pictures_per_second"]


def bare(command, workers, rate, work, seconds):
    """Seconds from due to done of even work without a server (bare.c)."""
    command = [*command, *map(str, (workers, rate, work, seconds))]
    return array.array("d", subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
