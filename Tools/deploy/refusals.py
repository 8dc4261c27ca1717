"""A replica that refuses what comes while it works, beside one that does not: the balancer asks the other, and no client learns of it."""

from fleet import Load, balanced, start
from podman import expect, wait_until

REQUESTS_MIN = 400
REFUSALS_MIN = 20


def run():
    with balanced() as (network, balancer), start(network, "DYNADETECT_QUEUE=1"), start(network):
        wait_until(lambda: balancer.active() == 2, "the balancer does not find two replicas")
        with Load(balancer.port()) as load:
            wait_until(lambda: load.answered >= REQUESTS_MIN, "no answers", 120)
        retries, redispatches = balancer.count("retry_warnings"), balancer.count("redispatch_warnings")
        expect(retries >= REFUSALS_MIN, f"only {retries:.0f} requests were sent again: nothing is shown")
        expect(redispatches >= REFUSALS_MIN, f"only {redispatches:.0f} requests went to the other replica")
        expect(not load.failures, f"{len(load.failures)} of {load.answered} failed: {load.failures[:5]}")
        print(
            f"  {load.answered} requests, {len(load.failures)} failed; {retries:.0f} were refused and sent again,"
            f" {redispatches:.0f} of them to the other replica")
