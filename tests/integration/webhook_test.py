"""Alerts of budgets at a webhook: receivers that take them, fail, hang, redirect, or are not there."""

import json
import pathlib
import shutil
import socket
import ssl
import tempfile
import threading
import time
import unittest

from scripted import Listener
from stage import Gateway, Process, Simulator, call, chat, paid, wait_for
from tls_test import make_certificates

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
TINY = "0.000000001"
TRIES_S = 20  # three tries and the pauses between them


class Receiver(Listener):
    """Keeps each POST: its head, its JSON, when it came. `answers` are given in turn, the last one for ever; None hangs."""

    def __init__(self, *answers, tls=None):
        self.answers, self.tls = list(answers), tls
        self.heads, self.alerts, self.times = [], [], []
        self.open = threading.Event()
        super().__init__()

    def _serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                self._answer(connection)
        except OSError:
            connection.close()  # the gateway did not trust us, or left

    def _answer(self, connection):
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(1 << 16)
        head, _, body = received.partition(b"\r\n\r\n")
        fields = {name.lower(): value.strip() for name, _, value in
                  (line.partition(":") for line in head.decode().split("\r\n")[1:])}
        while len(body) < int(fields["content-length"]):
            body += connection.recv(1 << 16)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.times.append(time.monotonic())
        self.heads.append((head.decode().split(" ")[1], fields))
        self.alerts.append(json.loads(body))
        if answer is None:
            self.open.wait(TRIES_S)
        else:
            connection.sendall(answer)

    def stop(self):
        self.open.set()
        self.listener.close()


class Webhook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator("--personality", "openai", "--tokens", "5")
        cls.addClassCleanup(cls.simulator.stop)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-webhook-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def receiver(self, *answers, **more):
        receiver = Receiver(*answers, **more)
        self.addCleanup(receiver.stop)
        return receiver

    def gateway(self, url, limit=TINY, environment=None, **alerts):
        budgets = [{"limit": limit, "per": "day", "warn_at": ["50%", "80%"], "when_spent": "cheapest"}]
        gateway = Gateway({"far": paid(self.simulator)}, ledger={"path": str(self.folder / "ledger")}, budgets=budgets,
                          alerts={"webhook": url, **alerts}, environment=environment)
        self.addCleanup(Process.stop, gateway)
        return gateway

    def count(self, gateway, result):
        return gateway.metrics().sum("headgate_webhook_alerts_total", result=result)

    def losses(self, gateway):
        return [line for line in map(json.loads, gateway.stderr().splitlines())
                if line["message"] == "the webhook was not told of a budget"]

    def test_a_receiver_is_told_once_of_each_share(self):
        receiver = self.receiver(OK)
        self.simulator.reset()
        chat_cost = self.cost_of_a_chat()
        gateway = self.gateway("${HOOK}", limit=f"{chat_cost * 1.5 / 1e9:.9f}", token="hook-token-1",
                               environment={"HOOK": f"http://127.0.0.1:{receiver.port}/services/T0?x=y"})
        chat(gateway.port)  # 67 %
        wait_for(lambda: receiver.alerts, "the first alert")
        chat(gateway.port)  # 133 %
        wait_for(lambda: len(receiver.alerts) == 2, "the second alert")
        chat(gateway.port)
        first, second = receiver.alerts
        self.assertEqual((first["event"], first["share"]), ("budget_nearly_spent", "50%"))
        self.assertEqual((second["event"], second["share"]), ("budget_spent", "100%"))
        self.assertEqual(second["spent_usd"], f"{chat_cost * 2 / 1e9:.9f}")
        for name, value in {"budget": "per=day", "scope": {}, "per": "day", "zone": "UTC", "when_spent": "cheapest",
                            "counts": "paid"}.items():
            self.assertEqual(first[name], value)
        self.assertIn("Budget per=day is spent to 50%", first["text"])
        self.assertTrue(first["instance"].endswith(f":{gateway.port}"), first["instance"])
        target, fields = receiver.heads[0]
        self.assertEqual(target, "/services/T0?x=y")
        self.assertEqual(fields["authorization"], "Bearer hook-token-1")
        self.assertEqual(fields["content-type"], "application/json")
        wait_for(lambda: self.count(gateway, "delivered") == 2, "the metric")
        gateway.stop()

        again = self.gateway(f"http://127.0.0.1:{receiver.port}/", limit=f"{chat_cost * 1.5 / 1e9:.9f}")
        chat(again.port)
        time.sleep(2.5)  # two rounds of the watch
        self.assertEqual(len(receiver.alerts), 2, "a restart tells nothing again")
        self.assertNotIn("a budget is", again.stderr())

    def cost_of_a_chat(self):
        """Nano-dollars."""
        with Gateway({"far": paid(self.simulator)}) as gateway:
            return round(float(gateway.log_of(chat(gateway.port))["cost_usd"]) * 1e9)

    def test_a_receiver_that_fails_gets_three_tries(self):
        receiver = self.receiver(FAILED)
        gateway = self.gateway(f"http://127.0.0.1:{receiver.port}/")
        chat(gateway.port)
        loss = wait_for(lambda: self.losses(gateway), "the loss", within=TRIES_S)[0]
        self.assertEqual((loss["budget"], loss["share"]), ("per=day", "100%"))
        self.assertEqual(loss["detail"], "it answered 500 (3 tries)")
        self.assertEqual(len(receiver.alerts), 3)
        first, second, third = receiver.times
        self.assertLess(second - first, third - second, "pauses grow")
        self.assertEqual(self.count(gateway, "failed"), 1)
        self.assertEqual({alert["time"] for alert in receiver.alerts}, {receiver.alerts[0]["time"]})

    def test_a_receiver_that_hangs_delays_nobody_and_is_tried_again(self):
        receiver = self.receiver(None, OK)
        gateway = self.gateway(f"http://127.0.0.1:{receiver.port}/")
        chat(gateway.port)
        wait_for(lambda: receiver.alerts, "the alert")
        began = time.monotonic()
        for _ in range(20):
            self.assertEqual(chat(gateway.port).status, 200)
        self.assertEqual(call(gateway.admin, "/status").status, 200)
        self.assertLess(time.monotonic() - began, 4, "requests and the admin port go on")
        wait_for(lambda: self.count(gateway, "delivered") == 1, "the second try", within=TRIES_S)
        self.assertEqual(self.losses(gateway), [])
        self.assertEqual(len(receiver.alerts), 2)

    def test_what_a_dead_gateway_did_not_deliver_is_told_after_its_restart(self):
        receiver = self.receiver(None)
        gateway = self.gateway(f"http://127.0.0.1:{receiver.port}/")
        chat(gateway.port)
        wait_for(lambda: receiver.alerts, "the alert")
        gateway.stop()
        taking = self.receiver(OK)
        self.gateway(f"http://127.0.0.1:{taking.port}/")
        wait_for(lambda: taking.alerts, "the alert, again")
        self.assertEqual(taking.alerts[0]["event"], "budget_spent")

    def test_redirects_are_not_followed(self):
        other = self.receiver(OK)
        moved = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{other.port}/\r\nContent-Length: 0\r\n\r\n".encode()
        receiver = self.receiver(moved)
        gateway = self.gateway(f"http://127.0.0.1:{receiver.port}/")
        chat(gateway.port)
        loss = wait_for(lambda: self.losses(gateway), "the loss")[0]
        self.assertIn("it answered 307; redirects are not followed", loss["detail"])
        self.assertEqual((len(receiver.alerts), len(other.alerts)), (1, 0))

    def test_a_webhook_to_nowhere_costs_a_line(self):
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        gateway = self.gateway(f"http://127.0.0.1:{port}/secret-path")
        chat(gateway.port)
        loss = wait_for(lambda: self.losses(gateway), "the loss", within=TRIES_S)[0]
        self.assertIn("connect_failed", loss["detail"])
        self.assertNotIn("secret-path", gateway.stderr())
        self.assertEqual(chat(gateway.port).status, 200)

    def test_certificates_are_checked(self):
        make_certificates(self.folder)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        receiver = self.receiver(OK, tls=tls)
        url = f"https://localhost:{receiver.port}/"
        trusted = self.gateway(url, ca=str(self.folder / "authority.pem"))
        chat(trusted.port)
        wait_for(lambda: receiver.alerts, "the alert")
        trusted.stop()
        shutil.rmtree(self.folder / "ledger")
        gateway = self.gateway(url)
        chat(gateway.port)
        loss = wait_for(lambda: self.losses(gateway), "the loss", within=TRIES_S)[0]
        self.assertIn("tls_failed", loss["detail"])
        self.assertEqual(len(receiver.alerts), 1)


if __name__ == "__main__":
    unittest.main()
