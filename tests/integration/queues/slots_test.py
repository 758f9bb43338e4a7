"""Slots are a promise, over reloads, workers and clients that leave."""

import json
import os
import threading
import time
import unittest

import pool
import stage
from stage import SANITIZED, call, own, wait_for

DISCONNECTS = int(os.environ.get("HEADGATE_DISCONNECTS", "10000"))


class Slots(unittest.TestCase):
    def reload_slots(self, gateway, slots):
        config = json.loads(gateway.config_path.read_text())
        config["backends"]["gpu"]["slots"] = slots
        gateway.config_path.write_text(json.dumps(config))
        reply = call(gateway.admin, "/reload", b"{}", {"content-type": "application/json"})
        self.assertEqual(reply.status, 200, reply.body)

    def test_never_more_than_slots_while_reloads_change_them(self):
        service_s = 0.05 if not SANITIZED else 0.2
        with pool.engine(100, service_s=service_s) as engine, \
             pool.gateway({"gpu": own(engine.urls(), slots=4)}, [{"name": "all", "spill": "never"}],
                          server={"workers": 2}) as gateway:
            over, peaks = threading.Event(), []

            def reload_again_and_again():
                slots = [4, 2, 6, 1, 4, 3]
                turn = 0
                while not over.wait(0.5):
                    turn += 1
                    now, then = slots[turn % len(slots)], slots[(turn - 1) % len(slots)]
                    engine.reset()
                    self.reload_slots(gateway, now)
                    if now < then:  # what ran beyond the new limit may end
                        wait_for(lambda: gateway.metrics().sum("headgate_slots_busy") <= now, "the surplus has ended")
                    peaks.append((max(now, then), peak()))
                    engine.reset()
                    over.wait(0.7)
                    peaks.append((now, peak()))

            def peak():
                return engine.page("/sim/engine").json["total"]["peak_in_flight"]

            with stage.beside(reload_again_and_again):
                try:
                    report = pool.load(gateway, [{"name": "chat", "stream": True}], rate=64 / service_s / 8,
                                       seconds=pool.SECONDS, concurrency=64)
                finally:
                    over.set()
            total = report["total"]
            self.assertEqual(set(total["errors"]) - {"not_sent"}, set())
            self.assertEqual(total["ok"], total["sent"])
            self.assertGreater(len(peaks), 6)
            for slots, most in peaks:
                self.assertLessEqual(most, slots)
            reached = sum(most == slots for slots, most in peaks)
            print(f"\n{total['ok']} requests; {len(peaks) // 2} reloads, {len(peaks)} peaks of which {reached} are the "
                  "number of slots and none is more")
            self.assertGreater(reached, len(peaks) / 2)

    def test_waiters_that_leave_leave_nothing_behind(self):
        rate = 1000 if not SANITIZED else 150
        with pool.engine(4, service_s=0.02 if not SANITIZED else 0.2) as engine, \
             pool.gateway({"gpu": own(engine.urls(), slots=4, queue={"limit": 100000})},
                          [{"name": "all", "spill": "never"}], server={"workers": 2}) as gateway:
            kinds = [{"name": name, "class": name, "stream": name != "batch", "abort_after": "0ms..300ms"}
                     for name in ("latency_critical", "general", "batch")]
            # Some are served before they leave.
            report = pool.load(gateway, kinds, rate, seconds=1.5 * DISCONNECTS / rate)
            self.assertGreaterEqual(report["total"]["aborted"], DISCONNECTS)
            wait_for(lambda: pool.idle(gateway), "nothing runs and nothing waits")
            queue = gateway.status()["backends"][0]["queue"]
            self.assertEqual((queue["busy"], queue["running_batch"]), (0, 0))
            began = time.monotonic()
            self.assertEqual(stage.chat(gateway.port).status, 200)
            self.assertLess(time.monotonic() - began, stage.PATIENCE_S)
            print(f"\n{report['total']['aborted']} of {report['total']['sent']} clients left")


if __name__ == "__main__":
    unittest.main()
