"""A reload takes the whole new configuration or nothing, and running requests do not notice.

HEADGATE_RELOADS, HEADGATE_RELOAD_RATE and HEADGATE_RELOAD_STREAMS scale the test under load.
"""

import collections
import contextlib
import decimal
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import stage
from stage import (Gateway, RawClient, Simulator, call, chat, chat_body, merged, nano, own, paid,
                   post, trusting, wait_for)
from tls_test import make_certificates

RELOADS = int(os.environ.get("HEADGATE_RELOADS", "20" if stage.SANITIZED else "100"))
RATE = int(os.environ.get("HEADGATE_RELOAD_RATE", "100" if stage.SANITIZED else "2000"))
STREAMS = int(os.environ.get("HEADGATE_RELOAD_STREAMS", "40" if stage.SANITIZED else "500"))
BETWEEN_S = 0.15
JSON = {"Content-Type": "application/json"}
SLOW = "tokens=60;interval=25ms"  # a second and a half


def read(gateway):
    return json.loads(gateway.config_path.read_text())


def write(gateway, config):
    """Replaces the configuration in one step, as a good editor does."""
    fresh = gateway.config_path.with_suffix(".new")
    fresh.write_text(json.dumps(config, indent=1))
    fresh.rename(gateway.config_path)


def reload(gateway, headers=None, **request):
    return call(gateway.admin, "/reload", b"", {**JSON, **(headers or {})}, method="POST", **request)


def generation(gateway):
    return int(gateway.metrics().sum("headgate_config_generation"))


class Base(unittest.TestCase):
    def simulator(self, *options, **more):
        simulator = Simulator("--personality", "openai", "--tokens", "4", *options, **more)
        self.addCleanup(simulator.stop)
        return simulator

    def gateway(self, *arguments, **more):
        gateway = Gateway(*arguments, **more)
        self.addCleanup(gateway.stop)
        return gateway

    def quiet(self, gateway, changes):
        """Writes a changed configuration and waits until the watch has taken it."""
        before = generation(gateway)
        write(gateway, merged(read(gateway), changes))
        wait_for(lambda: generation(gateway) == before + 1, "the changed file is in force")

    def assert_asked(self, gateway, reply_status=200, **config):
        """Changes the file and asks for a reload at once. The file watch may load it too; a second
        reload of the same file changes nothing."""
        write(gateway, {**read(gateway), **config})
        reply = reload(gateway)
        self.assertEqual(reply.status, reply_status, reply.body)
        return reply


class Warnings(Base):
    """A probable mistake: one route matches everything, so the other routes can never match."""

    @staticmethod
    def routes(behind, **more):
        return [{"name": "all"}] + [{"name": f"behind-{i}", "when": {"class": "code"}, **more} for i in range(behind)]

    @staticmethod
    def logged(gateway):
        return [json.loads(line)["detail"] for line in gateway.stderr().splitlines()
                if line.startswith("{") and json.loads(line)["message"] == "the configuration has a warning"]

    def test_are_logged_at_start_and_reload_and_shown_in_the_status(self):
        gateway = self.gateway({"far": paid(self.simulator())}, routes=self.routes(2))
        self.assertEqual(len(self.logged(gateway)), 2)
        self.assertRegex(self.logged(gateway)[0],
                         r": routes.behind-0: route behind-0 can never match.*\[route_unreachable\]$")
        shown = gateway.status()["warnings"]
        self.assertEqual([(w["warning"], w["path"]) for w in shown],
                         [("route_unreachable", "routes.behind-0"), ("route_unreachable", "routes.behind-1")])
        self.assertEqual(set(shown[0]), {"warning", "file", "line", "path", "problem", "fix"})

        self.quiet(gateway, {"routes": self.routes(1, allow_warnings="route_unreachable") + self.routes(25)[2:]})
        wait_for(lambda: "the configuration has more warnings" in gateway.stderr(), "the reload's warnings")
        self.assertEqual(len(self.logged(gateway)), 2 + 20)
        self.assertIn("4 are not listed here", gateway.stderr())
        self.assertEqual(len(gateway.status()["warnings"]), 24)
        self.quiet(gateway, {"allow_warnings": ["route_unreachable"]})
        self.assertEqual(gateway.status()["warnings"], [])


class Triggers(Base):
    def setUp(self):
        self.sim = self.simulator()
        self.serving = self.gateway({"far": paid(self.sim)}, aliases={"name-1": "auto"})

    def edited(self, number):
        return merged(read(self.serving), {"aliases": {f"name-{number}": "auto"}})

    def assert_in_force(self, number):
        def known():
            return call(self.serving.port, f"/v1/models/name-{number}").status == 200
        wait_for(known, f"name-{number} is known")

    def test_a_post(self):
        self.assertEqual(generation(self.serving), 1)
        reply = reload(self.serving)  # of an unchanged file
        self.assertEqual((reply.status, reply.json), (200, {"reloaded": True, "generation": 2, "changes": []}))
        self.assertEqual(generation(self.serving), 2)
        wait_for(lambda: "what its files say is the same" in self.serving.stderr(), "the line of the reload")
        self.assertEqual(self.serving.status()["generation"], 2)

    def test_a_hang_up_signal(self):
        self.serving.send_signal(signal.SIGHUP)
        wait_for(lambda: generation(self.serving) == 2, "a new generation")
        wait_for(lambda: "because of SIGHUP" in self.serving.stderr(), "the reason in the log")

    def test_what_was_decided_before_is_explained_by_what_was_in_force_then(self):
        line = self.serving.log_of(chat(self.serving.port))

        for new in (2, 3):  # generations of an unchanged file
            self.assertEqual(reload(self.serving).json["generation"], new)
            wait_for(lambda: self.serving.log_of(chat(self.serving.port))["generation"] == new, "the new generation")
            reply = call(self.serving.admin, "/explain", {"id": line["id"]}, JSON)
            self.assertEqual((reply.json["route"], reply.json["generation"]), (line["route"], 1))

    def test_a_file_replaced_by_rename(self):
        for number in (2, 3):  # the watch must survive the first replacement
            write(self.serving, self.edited(number))
            self.assert_in_force(number)

    def test_a_file_written_in_place(self):
        for number in (2, 3):
            self.serving.config_path.write_text(json.dumps(self.edited(number)))
            self.assert_in_force(number)

    def test_a_file_that_was_away(self):
        text = json.dumps(self.edited(2))
        self.serving.config_path.unlink()
        wait_for(lambda: self.serving.metrics().sum("headgate_config_last_reload_successful") == 0,
                 "its absence is noticed")
        self.assertEqual(chat(self.serving.port).status, 200)
        self.serving.config_path.write_text(text)
        self.assert_in_force(2)

    def test_an_included_file_that_comes_later(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        later = pathlib.Path(folder.name) / "later.yaml"
        write(self.serving, {**read(self.serving), "include": str(later)})
        wait_for(lambda: self.serving.metrics().sum("headgate_config_last_reload_successful") == 0,
                 "its absence is noticed")
        later.write_text(json.dumps({"aliases": {"name-2": "auto"}}))
        self.assert_in_force(2)

    def test_another_file_in_the_folder_is_none_of_ours(self):
        beside = self.serving.config_path.with_suffix(".swp")
        for _ in range(5):
            beside.write_text("x")
            beside.unlink()
        self.serving.config_path.with_suffix(".new").write_text(json.dumps(self.edited(2)))
        self.serving.config_path.with_suffix(".new").rename(self.serving.config_path)
        self.assert_in_force(2)
        self.assertEqual(generation(self.serving), 2)

    def test_a_volume_of_kubernetes(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)

            def publish(number):
                version = folder / f"..{number}"
                version.mkdir()
                (version / "headgate.yaml").write_text(json.dumps(self.edited(number)))
                (folder / "..data_tmp").symlink_to(version.name)
                (folder / "..data_tmp").rename(folder / "..data")

            publish(1)
            (folder / "headgate.yaml").symlink_to("..data/headgate.yaml")
            self.serving.config_path.unlink()
            self.serving.config_path.symlink_to(folder / "headgate.yaml")
            self.serving.config_path, real = folder / "headgate.yaml", self.serving.config_path
            self.assertEqual(reload(self.serving).status, 200)
            for number in (2, 3):
                publish(number)
                self.assert_in_force(number)
            self.serving.config_path = real

    def test_a_secret_file(self):
        secret = self.serving.log_path.with_suffix(".secret")
        self.addCleanup(secret.unlink)
        secret.write_text("provider-key-one\n")
        self.quiet(self.serving, {"backends": {"far": {"api_key": f"file:{secret}"}}})

        def sent():
            self.assertEqual(chat(self.serving.port).status, 200)
            return dict(self.sim.last_head()[1])["authorization"]

        self.assertEqual(sent(), "Bearer provider-key-one")
        secret.write_text("provider-key-two\n")
        wait_for(lambda: sent() == "Bearer provider-key-two", "the new key is sent")


    def test_a_secret_file_that_becomes_a_named_pipe_is_refused_at_once(self):
        secret = self.serving.log_path.with_suffix(".secret")
        self.addCleanup(secret.unlink)
        secret.write_text("provider-key-one")
        self.quiet(self.serving, {"backends": {"far": {"api_key": f"file:{secret}"}}})
        secret.unlink()
        os.mkfifo(secret)
        reply = reload(self.serving)
        self.assertEqual(reply.status, 422)
        self.assertIn("names a file that cannot be read", reply.json["diagnostics"][0]["problem"])
        self.assertEqual(chat(self.serving.port).status, 200)
        self.assertEqual(dict(self.sim.last_head()[1])["authorization"], "Bearer provider-key-one")
        self.serving.send_signal(signal.SIGTERM)
        self.assertEqual(self.serving.wait(), 0)


class Broken(Base):
    def test_a_broken_file_changes_nothing_and_is_told(self):
        serving = self.gateway({"far": paid(self.simulator())})
        good = serving.config_path.read_text()
        before = serving.metrics()
        self.assertIsNone(serving.status()["last_reload"])
        serving.config_path.write_text(
            'server: {listen: "127.0.0.1:0", auth: none, workers: 3}\nrutes: []\n'
            'backends:\n  far: {hosting: paid_api, url: "http://127.0.0.1:1"}\n')
        reply = reload(serving)
        self.assertEqual(reply.status, 422)
        self.assertEqual((reply.json["reloaded"], reply.json["generation"]), (False, 1))
        told = {(problem["line"], problem["path"]) for problem in reply.json["diagnostics"]}
        self.assertLessEqual({(2, "rutes"), (1, "server.workers"), (4, "backends.far")}, told)
        for problem in reply.json["diagnostics"]:
            self.assertTrue(problem["problem"] and problem["fix"])
            # The log is written by a thread of its own.
            wait_for(lambda: json.dumps(problem["text"])[1:-1] in serving.stderr(), problem["text"])
        metrics = serving.metrics()
        self.assertEqual(metrics.sum("headgate_config_last_reload_successful"), 0)
        self.assertEqual(metrics.sum("headgate_config_generation"), 1)
        since = "headgate_config_last_reload_success_timestamp_seconds"
        self.assertEqual(metrics.sum(since), before.sum(since))
        last = serving.status()["last_reload"]
        self.assertEqual((last["successful"], last["diagnostics"]), (False, reply.json["diagnostics"]))
        self.assertIn(last["cause"], ("POST /reload", "a changed file"))
        self.assertRegex(last["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(chat(serving.port).status, 200)
        self.assertEqual(serving.ready(), 200)
        serving.config_path.write_text(good)
        wait_for(lambda: serving.metrics().sum("headgate_config_last_reload_successful") == 1,
                 "mended")
        last = serving.status()["last_reload"]
        self.assertEqual((last["successful"], last["cause"]), (True, "a changed file"))
        self.assertNotIn("diagnostics", last)
        self.assertGreater(serving.metrics().sum(since), before.sum(since))

    def test_what_takes_a_restart_is_refused(self):
        serving = self.gateway({"far": paid(self.simulator())})
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            listen = "127.0.0.1:%d" % free.getsockname()[1]
        for key, value in (("listen", listen), ("workers", 2), ("access_log", "off"),
                           ("admin", listen)):
            with self.subTest(key):
                good = read(serving)
                write(serving, merged(good, {"server": {key: value}}))
                reply = reload(serving)
                self.assertEqual(reply.status, 422)
                self.assertEqual([problem["path"] for problem in reply.json["diagnostics"]],
                                 [f"server.{key}"])
                self.assertIn("restart headgate", reply.json["diagnostics"][0]["fix"])
                write(serving, good)
        self.assertEqual(reload(serving).status, 200)

    def test_a_certificate_that_cannot_be_used_leaves_everything(self):
        with tempfile.TemporaryDirectory() as name:
            make_certificates(name)
            far = self.simulator()
            serving = self.gateway({"far": paid(far)})
            bad = pathlib.Path(name, "bad.pem")
            bad.write_text("no certificate\n")
            write(serving, merged(read(serving), {"backends": {"far": {
                "url": "https://127.0.0.1:1/v1", "ca": str(bad)}}}))
            reply = reload(serving)
            self.assertEqual(reply.status, 422)
            self.assertIn("bad.pem", reply.json["diagnostics"][0]["text"])
            self.assertEqual(chat(serving.port).status, 200)


class TakesEffect(Base):
    def test_keys_are_rotated(self):
        def key(text):
            return [{"name": "app", "team": "shop",
                     "hash": "sha256:" + hashlib.sha256(text.encode()).hexdigest()}]

        def asked(text):
            return chat(serving.port, headers={"Authorization": f"Bearer {text}"}).status

        serving = self.gateway({"far": paid(self.simulator())}, server={"auth": "keys"},
                               keys=key("old-key-1"))
        self.assertEqual((asked("old-key-1"), asked("new-key-2")), (200, 401))
        self.assert_asked(serving, keys=key("new-key-2"))
        self.assertEqual((asked("old-key-1"), asked("new-key-2")), (401, 200))

    def test_prices_aliases_routes_and_limits(self):
        serving = self.gateway({"far": paid(self.simulator())})
        first = serving.log_of(chat(serving.port))
        changed = read(serving)
        changed["backends"]["far"]["models"]["gpt-4.1"]["price"] = {"input": 4, "output": 16}
        changed["server"]["limits"] = {"body": "1KiB"}
        self.assert_asked(serving, backends=changed["backends"], server=changed["server"],
                          aliases={"old-name": "gpt-4.1"}, routes=[{"name": "renamed"}])
        second = serving.log_of(chat(serving.port, model="old-name"))
        self.assertEqual((first["route"], second["route"]), ("all", "renamed"))
        self.assertGreater(second["generation"], first["generation"])
        self.assertEqual(second["cost_usd"], 2 * first["cost_usd"])
        self.assertEqual(chat(serving.port, text="x" * 2000).status, 413)
        metrics = serving.metrics()  # counters of a removed route stay
        for route in ("all", "renamed"):
            self.assertEqual(metrics.sum("headgate_requests_total", route=route, outcome="ok"), 1)

    def test_the_drain_timeout(self):
        serving = self.gateway({"far": paid(self.simulator())}, server={"drain_timeout": "60s"})
        self.assert_asked(serving, server=merged(read(serving)["server"], {"drain_timeout": "1ms"}))
        with RawClient(serving.port) as client:
            client.send(post(chat_body("tokens=100000;interval=20ms", stream=True))).head()
            begun = time.monotonic()
            serving.send_signal(signal.SIGTERM)
            self.assertEqual(serving.wait(), 0)
        self.assertLess(time.monotonic() - begun, 30)

    def test_a_reload_while_it_drains(self):
        serving = self.gateway({"far": paid(self.simulator())}, server={"drain_timeout": "60s"})
        with RawClient(serving.port) as client:
            client.send(post(chat_body(SLOW, stream=True))).head()
            serving.send_signal(signal.SIGTERM)
            wait_for(lambda: serving.ready() == 503, "it drains")
            self.assertEqual(reload(serving).status, 200)
            self.assertEqual(serving.ready(), 503)
            body = b"".join(iter(client.chunk, b""))
            self.assertEqual(stage.stream_events(body)[-1], "[DONE]")
            self.assertEqual(serving.wait(), 0)

    def test_a_certificate_is_replaced(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            make_certificates(one)
            make_certificates(two)
            tls = {"certificate": f"{one}/server.pem", "private_key": f"{one}/server.key"}
            serving = self.gateway({"far": paid(self.simulator())}, server={"tls": tls})
            old, new = (trusting(pathlib.Path(folder, "authority.pem")) for folder in (one, two))
            with RawClient(serving.port, tls=old, host="localhost") as client:
                client.send(post(chat_body(SLOW, stream=True))).head()
                for name in ("server.pem", "server.key"):
                    fresh = pathlib.Path(one, name + ".new")
                    fresh.write_bytes(pathlib.Path(two, name).read_bytes())
                    fresh.rename(pathlib.Path(one, name))

                def renewed():
                    with contextlib.suppress(OSError):
                        return chat(serving.port, tls=new, host="localhost").status == 200
                wait_for(renewed, "new handshakes get the new certificate")
                with self.assertRaises(OSError):
                    chat(serving.port, tls=old, host="localhost")
                body = b"".join(iter(client.chunk, b""))
                self.assertEqual(stage.stream_events(body)[-1], "[DONE]")

    def test_another_authority_for_a_backend_ends_its_connections(self):
        with tempfile.TemporaryDirectory() as name:
            make_certificates(name)
            far = self.simulator("--tls-certificate", f"{name}/server.pem", "--tls-key",
                                 f"{name}/server.key")
            ca = pathlib.Path(name, "ca.pem")
            ca.write_bytes(pathlib.Path(name, "authority.pem").read_bytes())
            serving = self.gateway({"far": paid(far, url=far.url(scheme="https", host="localhost"),
                                                ca=str(ca))})
            for _ in range(2):
                self.assertEqual(chat(serving.port).status, 200)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "other.key", "-out",
                            "ca.pem", "-subj", "/CN=Another"], cwd=name, check=True,
                           capture_output=True)
            self.assertEqual(reload(serving).status, 200)
            reply = chat(serving.port)  # an old, trusted connection would still serve it
            self.assertEqual(serving.log_of(reply)["attempts"][0]["result"], "tls_failed")


class Survives(Base):
    def test_learned_state_and_health_stay(self):
        far, pool = self.simulator(), self.simulator(listeners=2)
        serving = self.gateway({"far": paid(far), "near": own(pool.urls())},
                               [{"name": "near", "when": {"header": {"x-near": "yes"}},
                                 "targets": ["qwen-2.5-32b@near"]},
                                {"name": "far", "targets": ["gpt-4.1@far"]}])
        for _ in range(12):
            self.assertEqual(chat(serving.port, text="learn this " * 30, stream=True).status, 200)
        # Silence ejects at once. Only this replica, which is asked first, is silent.
        dead = pool.urls()[0]
        config = read(serving)
        config["backends"]["near"]["replicas"] = ["http://127.0.0.1:1", dead]
        self.assert_asked(serving, backends=config["backends"])
        # The replica that joined starts slowly, so it takes some requests until it is asked.
        for _ in range(200):
            self.assertEqual(chat(serving.port, headers={"x-near": "yes"}).status, 200)
            if serving.metrics().sum("headgate_backend_up", replica="127.0.0.1:1") == 0:
                break
        before = serving.status()

        def of(status):
            target = next(t for t in status["targets"] if t["name"] == "gpt-4.1@far")
            near = next(b for b in status["backends"] if b["name"] == "near")
            return ({key: target[key] for key in
                     ("ttft_samples", "ttft_median_ms", "tokens_per_byte")},
                    {replica["address"]: replica["circuit"] for replica in near["replicas"]})

        self.assertEqual(of(before)[0]["ttft_samples"], 12)
        self.assertEqual(of(before)[1]["127.0.0.1:1"], "open")
        config["backends"]["near"]["slots"] = 3
        config["backends"]["more"] = paid(far, model="gpt-4.1-mini")
        self.assert_asked(serving, backends=dict(reversed(config["backends"].items())))
        after = serving.status()
        self.assertGreater(after["generation"], before["generation"])
        self.assertEqual(of(after), of(before))

    def test_a_request_in_flight_counts_in_the_next_generation(self):
        pool = self.simulator(listeners=1)
        serving = self.gateway({"near": own(pool.urls())})
        with RawClient(serving.port) as client:
            client.send(post(chat_body(SLOW, stream=True))).head()
            self.assertEqual(reload(serving).status, 200)
            self.assertEqual(serving.metrics().sum("headgate_slots_busy"), 1)
            b"".join(iter(client.chunk, b""))
        wait_for(lambda: serving.metrics().sum("headgate_slots_busy") == 0, "given back")
        line = serving.log(1)[0]
        self.assertEqual((line["generation"], line["outcome"]), (1, "ok"))


class Removed(Base):
    def assert_no_counter_fell(self, before, after):
        names = {name for name, _, _ in before.samples
                 if name.endswith(("_total", "_bucket", "_sum", "_count"))}
        later = {(name, tuple(sorted(labels.items()))): value
                 for name, labels, value in after.samples}
        for name, labels, value in before.samples:
            if name in names:
                key = (name, tuple(sorted(labels.items())))
                if "replica" in labels:
                    # Such a series ends with its replica (decision 44); the backend's sums go on.
                    configured = any(sample == "headgate_backend_up" and has.items() <= labels.items()
                                     for sample, has, _ in after.samples)
                    self.assertEqual(key in later, configured, key)
                    if not configured:
                        continue
                self.assertIn(key, later)
                self.assertGreaterEqual(later[key], value, key)

    def test_a_removed_backend_drains_and_its_books_stay(self):
        price = ("0.57", "0.143", "2.19")
        far = self.simulator("--price", "*=" + ",".join(price))
        pool = self.simulator(listeners=2)
        spare = self.simulator()
        serving = self.gateway(
            {"far": paid(far, models={"gpt-4.1": {"name": "g", "price": {
                "input": price[0], "cached_input": price[1], "output": price[2]}}}),
             "near": own(pool.urls())},
            [{"name": "near", "when": {"header": {"x-near": "yes"}}, "targets": ["qwen-2.5-32b@near"]},
             {"name": "far", "targets": ["gpt-4.1@far"]}], server={"drain_timeout": "20s"})
        for _ in range(5):
            self.assertEqual(chat(serving.port).status, 200)
            self.assertEqual(chat(serving.port, headers={"x-near": "yes"}).status, 200)
        with RawClient(serving.port) as paid_stream, RawClient(serving.port) as own_stream:
            paid_stream.send(post(chat_body(SLOW, stream=True))).head()
            own_stream.send(post(chat_body(SLOW, stream=True), head=["x-near: yes"])).head()
            before = serving.metrics()
            self.assert_asked(serving, backends={"spare": paid(spare)}, routes=[{"name": "all"}])
            # Both streams run on, but the removed backends get no new requests.
            asked = (far.stats()["requests"], [pool.stats(i)["requests"] for i in (0, 1)])
            for _ in range(10):
                self.assertEqual(chat(serving.port).status, 200)
            self.assertEqual(asked, (far.stats()["requests"],
                                     [pool.stats(i)["requests"] for i in (0, 1)]))
            self.assertEqual(serving.status()["removed_replicas"]["near"]["in_flight"], 1)
            self.assert_no_counter_fell(before, serving.metrics())
            for client in (paid_stream, own_stream):
                body = b"".join(iter(client.chunk, b""))
                self.assertEqual(stage.stream_events(body)[-1], "[DONE]")
        lines = serving.log(22)
        sums = collections.Counter()
        for line in lines:
            self.assertEqual(line["outcome"], "ok")
            sums[line["target"]] += nano(line["cost_usd"])
        self.assertEqual(sums["gpt-4.1@far"], far.bill()["total_nano_usd"])
        metrics = serving.metrics()
        self.assert_no_counter_fell(before, metrics)
        self.assertEqual(round(metrics.sum("headgate_cost_usd_total", target="gpt-4.1@far") * 10**9),
                         sums["gpt-4.1@far"])

        # The rent has ended with the last request there, and stays in the books.
        def rent():
            totals = serving.status()["removed_replicas"]["near"]
            self.assertEqual(totals["in_flight"], 0)
            usd = {kind: decimal.Decimal(text) for kind, text in totals["rent_usd"].items()}
            self.assertEqual(usd["allocated"] + usd["idle"], usd["accrued"])
            return usd

        first = rent()
        self.assertAlmostEqual(first["allocated"] * 10**9, decimal.Decimal(sums["qwen-2.5-32b@near"]),
                               delta=2)
        until = time.monotonic() + 1.5  # old generations are dropped after a second
        wait_for(lambda: time.monotonic() > until, "some time")
        self.assertEqual(rent(), first)
        self.assert_no_counter_fell(metrics, serving.metrics())

    def test_rent_and_slots_change_without_a_counter_falling(self):
        pool = self.simulator(listeners=2)
        serving = self.gateway({"near": own(pool.urls(), slots=2)})
        with contextlib.ExitStack() as streams:
            for _ in range(6):
                client = streams.enter_context(RawClient(serving.port))
                client.send(post(chat_body(SLOW, stream=True))).head()
            before = serving.metrics()
            for slots, rent, replicas in ((1, "5.00", 2), (8, "0.50", 2), (3, "2.10", 1), (2, "1", 2)):
                self.assert_asked(serving, backends={"near": own(
                    pool.urls()[:replicas], slots=slots, cost={"per_replica_hour": rent})})
                after = serving.metrics()
                self.assert_no_counter_fell(before, after)
                before = after


class Safety(Base):
    def test_only_a_program_that_means_it_can_post(self):
        serving = self.gateway({"far": paid(self.simulator())},
                               server={"admin_hosts": ["headgate.internal"]})
        for headers, status in (
                ({"Content-Type": "text/plain"}, 415),
                ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
                ({"Content-Type": ""}, 415),
                ({"Host": "attacker.example"}, 403),
                ({"Host": f"attacker.example:{serving.admin}"}, 403),
                ({"Host": "127.0.0.1.attacker.example"}, 403),
                ({"Host": "localhost"}, 200),
                ({"Host": f"[::1]:{serving.admin}"}, 200),
                ({"Host": "HEADGATE.internal:9464"}, 200),
                ({"Content-Type": "Application/JSON; charset=utf-8"}, 200)):
            with self.subTest(headers):
                self.assertEqual(reload(serving, headers).status, status)
        self.assertEqual(generation(serving), 5)

    def test_a_post_is_a_post(self):
        serving = self.gateway({"far": paid(self.simulator())})
        reply = call(serving.admin, "/reload")
        self.assertEqual((reply.status, reply.headers["allow"]), (405, "POST"))
        reply = call(serving.admin, "/status", b"{}", JSON)
        self.assertEqual((reply.status, reply.headers["allow"]), (405, "GET, HEAD"))
        reply = call(serving.admin, "/reload", b"x" * (1 << 17), JSON)
        self.assertEqual(reply.status, 413)
        self.assertEqual(call(serving.port, "/reload", b"{}", JSON).status, 404)
        self.assertEqual(generation(serving), 1)

    def test_off_loopback_it_takes_the_token(self):
        serving = self.gateway({"far": paid(self.simulator())},
                               server={"admin": "0.0.0.0:0", "admin_token": "admin-token-1"})
        self.assertEqual(reload(serving).status, 401)
        self.assertEqual(reload(serving, {"Authorization": "Bearer admin-token-2"}).status, 401)
        self.assertEqual(generation(serving), 1)
        self.assertEqual(reload(serving, {"Authorization": "Bearer admin-token-1"}).status, 200)


class UnderLoad(Base):
    def start_load(self, folder, name, scenario):
        path = pathlib.Path(folder, name)
        path.with_suffix(".yaml").write_text(json.dumps(scenario))
        process = subprocess.Popen(
            [stage.LOAD, "--url", f"http://127.0.0.1:{self.serving.port}", "--scenario",
             path.with_suffix(".yaml"), "--json", path.with_suffix(".json"), "--timeout", "120s"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def finish(self, process, folder, name):
        _, words = process.communicate(timeout=240)
        result = json.loads(pathlib.Path(folder, name).with_suffix(".json").read_text())
        self.assertEqual((process.returncode, result["total"]["errors"]), (0, {}), words)
        return result["total"]

    def configurations(self, pool, api):
        """Three configurations with other replicas and slots, with another backend and an alias, and with other
        timeouts, headers and route names; then the first configuration."""
        base = read(self.serving)
        fewer = merged(base, {"backends": {"near": {"replicas": pool.urls()[:1], "slots": 3}}})
        more = merged(base, {"backends": {"extra": paid(api, model="gpt-4.1-mini")},
                             "aliases": {"old": "gpt-4.1"}})
        other = merged(base, {"backends": {"far": {"timeouts": {"connect": "3s"},
                                                   "headers": {"x-team": "a"}}}})
        other["routes"] = [merged(route, {"name": route["name"] + "-2"}) for route in base["routes"]]
        return [fewer, more, other, base]

    def test_reloads_under_load_are_not_noticed(self):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            fast = ["--ttft", "1ms", "--interval", "200ms", "--tokens", "1"]
            pool = stack.enter_context(Simulator("--personality", "vllm", "--slots", "2000", *fast,
                                                 listeners=2))
            api = stack.enter_context(Simulator("--personality", "openai", *fast))
            self.serving = self.gateway(
                {"near": own(pool.urls(), slots=STREAMS), "far": paid(api)},
                [{"name": "streams", "when": {"stream": True}, "targets": ["qwen-2.5-32b@near"]},
                 {"name": "rest", "targets": ["gpt-4.1@far", "qwen-2.5-32b@near"]}],
                server={"limits": {"connections": 8 * STREAMS + 8 * RATE}})
            warm_up_s, reloading_s = 3, RELOADS * BETWEEN_S
            tokens = int((warm_up_s + reloading_s + 12) / 0.2)
            streams = self.start_load(folder, "streams", {
                "duration": "2s", "rate": STREAMS / 2, "arrivals": "constant",
                "mix": [{"stream": True, "prompt_bytes": 500,
                         "extra": {"x_sim": f"tokens={tokens};interval=200ms"}}]})
            wait_for(lambda: self.serving.metrics().sum("headgate_in_flight_requests") == STREAMS,
                     "all streams run", 60)
            duration = warm_up_s + reloading_s + 1
            requests = self.start_load(folder, "requests", {
                "duration": f"{duration}s", "rate": RATE, "arrivals": "constant",
                "mix": [{"prompt_bytes": 200}]})
            until = time.monotonic() + warm_up_s
            wait_for(lambda: time.monotonic() > until, "a warm-up", 60)
            configurations = self.configurations(pool, api)
            memory, configuration_of = self.reload_all(configurations)
            total = self.finish(requests, folder, "requests")
            still = self.serving.metrics().sum("headgate_in_flight_requests")
            streamed = self.finish(streams, folder, "streams")
            self.assertEqual(streamed["ok"], STREAMS)
            # An old generation is dropped with its last request.
            settled_kib = self.settled_kib()
            lines = self.serving.log(total["ok"] + STREAMS)
            if not stage.SANITIZED:
                self.assert_generations_leave_nothing(configurations, settled_kib)
        by_generation = collections.Counter(line["generation"] for line in lines)
        last = max(configuration_of)
        print(f"\n{RELOADS} reloads under {total['ok'] / duration:.0f} requests/s and {STREAMS} "
              f"streams ({still} open after the last reload): {total['ok']} + {streamed['ok']} whole, "
              f"none failed, under {len(by_generation)} generations; p99 "
              f"{total['latency_ms']['p99']:.1f} ms; resident {memory[0] / 1024:.1f} MiB after the "
              f"first tenth, {memory[1] / 1024:.1f} after the last, {settled_kib / 1024:.1f} when idle")
        self.assertEqual(still, STREAMS)
        self.assertEqual(len(lines), total["ok"] + STREAMS)
        self.assertEqual(len({line["id"] for line in lines}), len(lines))
        self.assertEqual({line["outcome"] for line in lines}, {"ok"})
        self.assertLessEqual(set(by_generation), set(range(1, last + 1)))
        # On a busy machine a generation may end before a request begins under it.
        self.assertGreater(len(by_generation), RELOADS * 0.7)
        self.assertTrue(all(line["generation"] == 1 for line in lines if line["stream"]))
        self.assert_rightly_served(lines, configuration_of)
        # Requests that wait for a busy processor take memory too, and the heap keeps some of it for a while. A
        # generation that stays is found above, where nothing else runs.
        if not stage.SANITIZED:
            self.assertLess(settled_kib - memory[0], 12 << 10)

    def assert_generations_leave_nothing(self, configurations, settled_kib):
        """As many generations again, which no request uses."""
        self.reload_all(configurations, between_s=0)
        self.assertLess(self.settled_kib() - settled_kib, 4096)

    def reload_all(self, configurations, between_s=BETWEEN_S):
        """Reloads in turn. Returns the resident KiB after the first tenth of the reloads and after the last, and the
        index of the configuration by generation."""
        last = generation(self.serving)
        configuration_of = {}
        memory = []
        for number in range(RELOADS):
            begun = time.monotonic()
            target = configurations[number % len(configurations)]
            # This reload comes ahead of the file watch, which on a busy machine reloads the same bytes again.
            write(self.serving, target)
            reply = reload(self.serving, timeout=60)
            self.assertEqual(reply.status, 200, reply.body)
            now = json.loads(reply.body)["generation"]
            for made in range(last + 1, now + 1):
                configuration_of[made] = number % len(configurations)
            last = now
            if number == RELOADS // 10:
                memory.append(self.serving.resident_kib())
            wait_for(lambda: time.monotonic() > begun + between_s, "the next one", 60)
        memory.append(self.serving.resident_kib())
        self.assertGreaterEqual(len(configuration_of), RELOADS)
        return memory, configuration_of

    def settled_kib(self):
        until = time.monotonic() + 2.5
        wait_for(lambda: time.monotonic() > until, "old generations have gone", 60)
        return self.serving.resident_kib()

    def assert_rightly_served(self, lines, configuration_of):
        """The route's name must belong to the configuration of the line's generation."""
        for line in lines:
            if not line["stream"]:
                renamed = configuration_of.get(line["generation"]) == 2
                self.assertEqual(line["route"], "rest-2" if renamed else "rest", line["generation"])


if __name__ == "__main__":
    unittest.main()
