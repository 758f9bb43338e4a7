"""Leaving a full pool for an API: as late as possible, in time for the client, at a cost that is known."""

import decimal
import unittest

import pool
import stage
from stage import SANITIZED, Simulator, chat, own, paid, wait_for

SLOTS = 16


def routes(**spill):
    return [{"name": "all", "targets": ["qwen-2.5-32b@gpu", "gpt-4.1@api"], "prefer": "ordered", **spill}]


class Spill(unittest.TestCase):
    @unittest.skipIf(SANITIZED, "measures times to first token")
    def test_a_route_keeps_its_time_to_first_token(self):
        service_s = pool.SERVICE_S / 5
        with pool.engine(SLOTS, service_s=service_s, tokens=20) as engine, \
             Simulator("--personality", "openai", "--ttft", "100ms", "--interval", "1ms", "--tokens", "20",
                       "--price", "*=2,2,8") as api, \
             pool.gateway({"gpu": own(engine.urls(), slots=SLOTS), "api": paid(api)},
                          routes(spill={"when_wait_over": "500ms"}), baseline="gpt-4.1@api") as gateway:
            rate = 1.5 * SLOTS / service_s
            report = pool.load(gateway, [{"name": "chat", "stream": True}], rate)
            total = report["total"]
            self.assertLessEqual(engine.page("/sim/engine").json["total"]["peak_in_flight"], SLOTS)
            self.assertEqual((total["ok"], total["errors"]), (total["sent"], {}))
            lines = gateway.log(total["sent"])
            spilled = [line for line in lines if line.get("spilled")]
            cost = sum(line["cost_usd"] for line in spilled)
            metrics = gateway.metrics()
            print(f"\ntime to first token p50 {total['ttft_ms']['p50']:.0f} ms, p95 {total['ttft_ms']['p95']:.0f} ms; "
                  f"{len(spilled) / len(lines):.1%} spilled for {cost} USD")
            self.assertLess(total["ttft_ms"]["p95"], 1000)
            # A third of the load is too much; the pool stays full.
            self.assertGreater(len(spilled) / len(lines), 0.15)
            self.assertLess(len(spilled) / len(lines), 0.6)
            self.assertEqual(metrics.sum("headgate_spilled_total"), sum(len(line["spilled"]) for line in spilled))
            self.assertAlmostEqual(metrics.sum("headgate_spilled_cost_usd_total"), cost, delta=decimal.Decimal("1e-6"))
            self.assertEqual(stage.nano(sum(line["cost_usd"] for line in lines if line["target"] == "gpt-4.1@api")),
                             api.bill()["total_nano_usd"])

    def test_after_a_time_and_at_once(self):
        for spill, least_s, most_s in (({"after": "300ms"}, 0.3, 2), ({"after": "0s"}, 0, 0.25 if not SANITIZED else 5)):
            with self.subTest(spill=spill), \
                 Simulator("--personality", "vllm", "--slots", "1", "--ttft", "5s", "--tokens", "1") as engine, \
                 Simulator("--personality", "openai") as api, \
                 stage.Gateway({"gpu": own(engine.urls(), slots=1), "api": paid(api)},
                               routes(spill=spill)) as gateway, \
                 stage.RawClient(gateway.port) as first:
                first.send(stage.post(stage.chat_body(stream=True)))
                wait_for(lambda: gateway.metrics().sum("headgate_slots_busy", backend="gpu") == 1, "the slot is taken")
                reply = chat(gateway.port)
                line = gateway.log_of(reply)
                self.assertEqual((reply.status, line["target"]), (200, "gpt-4.1@api"))
                queued_s = float(line.get("queued_ms", 0)) / 1000
                self.assertGreaterEqual(queued_s, least_s)
                self.assertLess(queued_s, most_s)

    def test_a_full_queue_turns_away_the_lowest_class_first(self):
        with Simulator("--personality", "vllm", "--slots", "1", "--ttft", "3s", "--tokens", "1") as engine, \
             stage.Gateway({"gpu": own(engine.urls(), slots=1, queue={"limit": 1})}) as gateway:
            def post(kind):
                return stage.RawClient(gateway.port, timeout=60).send(
                    stage.post(stage.chat_body(), head=[f"x-headgate-class: {kind}"]))

            def waiting(**labels):
                return gateway.metrics().sum("headgate_queue_depth", **labels)

            with post("general") as running:
                wait_for(lambda: gateway.metrics().sum("headgate_slots_busy") == 1, "the slot is taken")
                with post("batch") as batch:
                    wait_for(lambda: waiting(band="batch") == 1, "batch waits")
                    with post("general") as normal:
                        shed = batch.reply()
                        self.assertEqual((shed.status, shed.error["code"]), (429, "queue_full"))
                        self.assertGreaterEqual(int(shed.headers["retry-after"]), 1)
                        turned_away = chat(gateway.port, headers={"x-headgate-class": "batch"})
                        self.assertEqual((turned_away.status, turned_away.error["type"]), (429, "rate_limit_error"))
                        self.assertEqual(running.reply().status, 200)
                        self.assertEqual(normal.reply().status, 200)
            for reason in ("shed", "queue_full"):
                self.assertEqual(gateway.metrics().sum("headgate_rejected_total", reason=reason), 1)


if __name__ == "__main__":
    unittest.main()
