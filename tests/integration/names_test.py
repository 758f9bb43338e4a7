"""Replicas by name (`dns://`): what joins gets work, what leaves gets none, and rent follows.

The gateway runs in a mount namespace of its own, where /etc/hosts is a file of the test."""

import os
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

import stage
from stage import Gateway, Simulator, call, chat, own, wait_for

FIRST, SECOND = "127.0.0.1", "127.0.0.2"
NAME = "pool.test"
WITHIN_S = 15  # a name is looked up every 10 s


def unshare():
    """The words that give a program mounts of its own; None if this machine does not permit it."""
    words = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    try:
        ended = subprocess.run([*words, "mount", "--bind", "/etc/hosts", "/etc/hosts"], capture_output=True,
                               check=False)
    except FileNotFoundError:
        return None
    return words if ended.returncode == 0 else None


class Names(unittest.TestCase):
    def setUp(self):
        words = unshare()
        if words is None:
            self.skipTest("this machine does not permit mounts of one's own (unshare --mount)")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.hosts = pathlib.Path(folder.name, "hosts")
        self.program = pathlib.Path(folder.name, "headgate")
        self.program.write_text(
            f'#!/bin/sh\nexec {" ".join(words)} sh -c \'mount --bind {self.hosts} /etc/hosts && exec "$@"\' sh '
            f'{stage.HEADGATE} "$@"\n', encoding="ascii")
        self.program.chmod(0o755)
        self.first = Simulator("--personality", "vllm", "--tokens", "3")
        self.addCleanup(self.first.stop)
        self.second = Simulator("--personality", "vllm", "--tokens", "3", "--listen",
                                f"{SECOND}:{self.first.port}", listeners=0)
        self.addCleanup(self.second.stop)

    def name(self, *addresses):
        """Says which addresses the name has. The file stays the same one, because it is mounted."""
        with open(self.hosts, "w", encoding="ascii") as hosts:
            hosts.write("".join(f"{address} {NAME}\n" for address in addresses))

    def gateway(self):
        backend = own(f"dns://{NAME}:{self.first.port}")
        program, stage.HEADGATE = stage.HEADGATE, str(self.program)
        try:
            gateway = Gateway({"pool": backend})
        finally:
            stage.HEADGATE = program
        self.addCleanup(gateway.stop)
        return gateway

    def calls(self):
        return [call(self.first.port, "/sim/stats", host=host).json["requests"] for host in (FIRST, SECOND)]

    def test_joins_and_leaves_without_a_lost_request(self):
        self.name(FIRST)
        gateway = self.gateway()
        self.assertEqual(chat(gateway.port).status, 200)
        wrong, done = [], threading.Event()

        def ask():
            while not done.is_set():
                reply = chat(gateway.port)
                if reply.status != 200:
                    wrong.append((reply.status, reply.body))
                time.sleep(0.01)

        with stage.beside(ask, ask, ask):
            try:
                self.assertEqual(self.calls()[1], 0)
                self.name(FIRST, SECOND)
                wait_for(lambda: self.calls()[1] > 20, "the replica that joined has work", WITHIN_S)
                self.name(SECOND)
                wait_for(lambda: "left=1" in gateway.stderr() or '"left":1' in gateway.stderr(),
                         "the log says what left", WITHIN_S)
                time.sleep(0.5)  # what ran there has ended
                before = self.calls()
                time.sleep(1)
                after = self.calls()
            finally:
                done.set()
        self.assertEqual(wrong, [])
        self.assertEqual(after[0], before[0], "what has left gets nothing")
        self.assertGreater(after[1], before[1] + 20)

    def test_a_name_that_is_lost_keeps_its_addresses(self):
        self.name(FIRST)
        gateway = self.gateway()
        self.assertEqual(chat(gateway.port).status, 200)
        self.name()
        wait_for(lambda: "the name of replicas cannot be looked up" in gateway.stderr(), "the log says so", WITHIN_S)
        self.assertEqual(chat(gateway.port).status, 200)
        self.name(FIRST)
        wait_for(lambda: "the name of replicas is looked up again" in gateway.stderr(), "the log says so", WITHIN_S)

    def test_starts_before_its_name_is_known(self):
        self.name()
        gateway = self.gateway()
        self.assertEqual(chat(gateway.port).status, 503)
        self.name(FIRST)
        wait_for(lambda: chat(gateway.port).status == 200, "the pool serves once it has a name", WITHIN_S)


if __name__ == "__main__":
    unittest.main()
