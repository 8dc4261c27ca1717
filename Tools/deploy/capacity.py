"""How many requests a second one, two and three replicas answer behind the balancer, each with a fifth of a CPU.

Not a check but a measurement, for a machine that does nothing else: the client and the balancer need the rest of it.
"""

import contextlib
import time

from fleet import Load, balanced, start
from podman import expect, wait_until

REPLICAS = 3
CPUS = 0.2
SECONDS = 10


def run():
    with balanced() as (network, balancer), contextlib.ExitStack() as replicas:
        rates = []
        for count in range(1, REPLICAS + 1):
            replicas.enter_context(start(network, cpus=CPUS))
            wait_until(lambda: balancer.active() == count, f"the balancer does not find {count} replicas")
            with Load(balancer.port()) as load:
                time.sleep(SECONDS)
            expect(not load.failures, f"{len(load.failures)} of {load.answered} failed: {load.failures[:5]}")
            rates.append(load.rate())
    print(f"  {', '.join(f'{rate:.0f}' for rate in rates)} requests a second by 1 to {REPLICAS} replicas of {CPUS} CPUs")
