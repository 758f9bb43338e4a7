"""Teams in one band: a flood hurts only the team that sends it, shares divide the slot time, deadlines order a team."""

import hashlib
import threading
import time
import unittest

import pool
import stage
from stage import SANITIZED, own, wait_for

SLOTS = 8
KEYS = {team: f"sk-{team}-0123456789" for team in ("flood", "light", "small", "three", "one", "other")}


def keys():
    return [{"name": team, "team": team, "trust_hints": ["class", "slo"],
             "hash": ["sha256:" + hashlib.sha256(key.encode()).hexdigest()]} for team, key in KEYS.items()]


def gateway(engine, **sections):
    return pool.gateway({"gpu": own(engine.urls(), slots=SLOTS, queue={"limit": 100000})},
                        [{"name": "all", "spill": "never", "timeouts": {"total": "1h"}}],
                        server={"auth": "keys"}, keys=keys(), **sections)


def kind(team, weight):
    return {"name": team, "weight": weight, "key": KEYS[team]}


@unittest.skipIf(SANITIZED, "measures waits")
class Fairness(unittest.TestCase):
    # Two light teams use a tenth of the pool each; with the flood beside them they wait for the next slot that becomes
    # free, as they would if they were alone on a pool of which every slot is busy.
    def test_a_flood_hurts_only_its_own_team(self):
        service_s = pool.SERVICE_S / 4
        capacity = SLOTS / service_s
        with pool.engine(SLOTS, service_s=service_s) as engine, gateway(engine) as running:
            pool.load(running, [kind("flood", 50), kind("light", 1), kind("small", 1)], rate=1.6 * capacity,
                      seconds=pool.SECONDS / 2)
            lines = running.log()
            flood = [float(line.get("queued_ms", 0)) for line in lines if line["team"] == "flood"]
            others = [float(line.get("queued_ms", 0)) for line in lines if line["team"] in ("light", "small")]
            mean = sum(others) / len(others)
            print(f"\nwaits: flood {sum(flood) / len(flood):.0f} ms, others {mean:.0f} ms, "
                  f"a slot becomes free every {1000 / capacity:.0f} ms")
            self.assertLess(mean, 3 * 1000 / capacity)
            self.assertLess(mean * 5, sum(flood) / len(flood))

    def test_shares_divide_the_slot_time(self):
        service_s = pool.SERVICE_S / 20
        rate = 3 * SLOTS / service_s
        seconds = pool.SECONDS / 2
        with pool.engine(SLOTS, service_s=service_s) as engine, \
             gateway(engine, teams={"three": {"share": 3}}) as running:
            report = {}
            sender = threading.Thread(target=lambda: report.update(pool.load(
                running, [kind("three", 1), kind("one", 1), kind("other", 1)], rate, seconds=seconds)))
            sender.start()
            began = time.monotonic()
            wait_for(lambda: running.metrics().sum("headgate_queue_depth") > 3 * SLOTS, "all teams wait")
            first = len(running.log(0))
            time.sleep(max(seconds - (time.monotonic() - began) - 0.3, 1))
            lines = running.log(0)[first:]
            sender.join()
            held = {team: pool.slot_seconds(lines, team=team) for team in ("three", "one", "other")}
            whole = sum(held.values())
            print("\nslot time: " + ", ".join(f"{team} {time / whole:.1%}" for team, time in held.items()))
            tolerance = 0.05 + 1.5 / max(len(lines) / 5, 1) ** 0.5  # of five shares, and of so few requests
            for team, share in (("three", 0.6), ("one", 0.2), ("other", 0.2)):
                self.assertAlmostEqual(held[team] / whole, share, delta=share * tolerance)

    def test_the_earlier_deadline_is_first(self):
        with stage.Simulator("--personality", "vllm", "--slots", "1", "--service", "1500ms", "--tokens", "1") as engine, \
             pool.gateway({"gpu": own(engine.urls(), slots=1)}, [{"name": "all", "spill": "never"}]) as running:
            order, threads = [], []

            def ask(name, headers):
                reply = stage.chat(running.port, headers=headers, timeout=60)
                order.append((name, reply.status))

            for number, (name, slo) in enumerate((("runs", None), ("late", "9000"), ("soon", "2000"), ("sooner", "1000"))):
                headers = {"x-headgate-class": "general", **({"x-slo-ttft-ms": slo} if slo else {})}
                threads.append(threading.Thread(target=ask, args=(name, headers)))
                threads[-1].start()
                wait_for(lambda count=number: running.metrics().sum("headgate_in_flight_requests") > count,
                         "the request has come")
            for thread in threads:
                thread.join()
            self.assertEqual(order, [(name, 200) for name in ("runs", "sooner", "soon", "late")])


if __name__ == "__main__":
    unittest.main()
