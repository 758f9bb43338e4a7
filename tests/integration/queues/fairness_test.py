"""Teams in one band: a flood hurts only the team that sends it, shares divide the slot time, deadlines order a team."""

import hashlib
import time
import unittest

import pool
import stage
from stage import SANITIZED, beside, own, wait_for

SLOTS = 8
KEYS = {team: f"sk-{team}-0123456789" for team in ("flood", "light", "small", "three", "one", "other")}


def keys(hints):
    return [{"name": team, "team": team, "trust_hints": hints,
             "hash": ["sha256:" + hashlib.sha256(key.encode()).hexdigest()]} for team, key in KEYS.items()]


def gateway(engine, slots=SLOTS, hints=("class", "slo"), **sections):
    return pool.gateway({"gpu": own(engine.urls(), slots=slots, queue={"limit": 100000})},
                        [{"name": "all", "spill": "never", "timeouts": {"total": "1h"}}],
                        server={"auth": "keys"}, keys=keys(list(hints)), **sections)


def kind(team, weight):
    return {"name": team, "weight": weight, "key": KEYS[team]}


@unittest.skipIf(SANITIZED, "measures waits")
class Fairness(unittest.TestCase):
    # With the flood beside them the two light teams wait for the next slot that becomes free, as they would if they were
    # alone on a pool of which every slot is busy. The others' requests are few: simulated_pool_test has enough of them, in
    # virtual time, to hold 20 %.
    def test_a_flood_hurts_only_its_own_team(self):
        service_s = pool.SERVICE_S / 20
        capacity = SLOTS / service_s
        with pool.engine(SLOTS, service_s=service_s) as engine, gateway(engine) as running:
            pool.load(running, [kind("flood", 50), kind("light", 1), kind("small", 1)], rate=1.6 * capacity,
                      seconds=pool.SECONDS / 2)
            lines = running.log()
            flood = [float(line.get("queued_ms", 0)) for line in lines if line["team"] == "flood"]
            others = [float(line.get("queued_ms", 0)) for line in lines if line["team"] in ("light", "small")]
            mean = sum(others) / len(others)
            print(f"\nwaits: flood {sum(flood) / len(flood):.0f} ms, others {mean:.0f} ms, "
                  f"a slot becomes free every {1000 / capacity:.0f} ms; {len(others)} requests of the others")
            deviations = 3 / len(others) ** 0.5  # of the mean of so many waits
            self.assertLess(mean, (1.2 + deviations) * 1000 / capacity + 2)
            self.assertLess(mean * 5, sum(flood) / len(flood))

    def test_shares_divide_the_slot_time(self):
        service_s = pool.SERVICE_S / 20
        rate = 3 * SLOTS / service_s
        seconds = pool.SECONDS / 2
        with pool.engine(SLOTS, service_s=service_s) as engine, \
             gateway(engine, teams={"three": {"share": 3}}) as running:
            with beside(lambda: pool.load(running, [kind("three", 1), kind("one", 1), kind("other", 1)], rate,
                                          seconds=seconds)) as (sender,):
                began = time.monotonic()
                wait_for(lambda: running.metrics().sum("headgate_queue_depth") > 3 * SLOTS, "all teams wait")
                first = len(running.log(0))
                time.sleep(max(seconds - (time.monotonic() - began) - 0.3, 1))
                lines = running.log(0)[first:]
                total = sender.result()["total"]
            self.assertEqual((total["ok"], total["errors"]), (total["sent"], {}))
            held = {team: pool.slot_seconds(lines, team=team) for team in ("three", "one", "other")}
            whole = sum(held.values())
            print("\nslot time: " + ", ".join(f"{team} {time / whole:.1%}" for team, time in held.items()))
            tolerance = 0.05 + 1.5 / max(len(lines) / 5, 1) ** 0.5  # of five shares, and of so few requests
            for team, share in (("three", 0.6), ("one", 0.2), ("other", 0.2)):
                self.assertAlmostEqual(held[team] / whole, share, delta=share * tolerance)

    def test_the_earlier_deadline_is_first(self):
        with stage.Simulator("--personality", "vllm", "--slots", "1", "--service", "1500ms", "--tokens", "1") as engine, \
             pool.gateway({"gpu": own(engine.urls(), slots=1)}, [{"name": "all", "spill": "never"}]) as running:
            order = []
            kinds = [("runs", None), ("late", "9000"), ("soon", "2000"), ("sooner", "1000")]

            # Each comes when those before it have come.
            def ask(number):
                name, slo = kinds[number]
                headers = {"x-headgate-class": "general", **({"x-slo-ttft-ms": slo} if slo else {})}
                wait_for(lambda: running.metrics().sum("headgate_in_flight_requests") == number, "the others have come")
                reply = stage.chat(running.port, headers=headers, timeout=60)
                order.append((name, reply.status))

            stage.in_parallel(len(kinds), ask)
            self.assertEqual(order, [(name, 200) for name in ("runs", "sooner", "soon", "late")])

    # The keys of the first run may not ask for deadlines, so that all requests have that of their class.
    def test_deadlines_are_met_at_ninety_percent_load(self):
        slots, service_s = 16, 0.125
        kinds = [kind("one", 8), {**kind("other", 2), "key": KEYS["one"], "slo_ttft": "25ms"}]
        for one in kinds:
            one.update({"stream": True, "class": "general"})
        met = []
        for hints in (["class"], ["class", "slo"]):
            with pool.engine(slots, service_s=service_s) as engine, gateway(engine, slots, hints) as running:
                report = pool.load(running, kinds, rate=0.9 * slots / service_s)
                total = report["total"]
                self.assertEqual((total["ok"], total["errors"]), (total["sent"], {}))
                slo = report["mix"]["other"]["slo"]
                self.assertGreater(slo["met"] + slo["missed"], 10 * pool.SECONDS)
                met.append(slo["share_met"])
        print(f"\ndeadlines that clients saw met: first come {met[0]:.1%}, earliest deadline {met[1]:.1%}")
        self.assertGreaterEqual(met[1], 0.95)
        if pool.SECONDS >= 60:
            self.assertLess(met[0], 0.7)


if __name__ == "__main__":
    unittest.main()
