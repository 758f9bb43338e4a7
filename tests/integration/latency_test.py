"""Nothing waits for the kernel: with Nagle's algorithm on either side, a small write would wait for
the other side's delayed acknowledgement, 40 ms on Linux. Medians, so that a busy machine does not
matter."""

import ctypes
import os
import socket
import statistics
import time
import unittest

import stage
from stage import Gateway, RawClient, Simulator, chat_body, paid, post

PIDFD_GETFD = 438  # the same number on every architecture

STEP_S = 0.040
INTERVAL_S = 0.005
ROUNDS = 40


@unittest.skipIf(stage.SANITIZED, "speed means nothing under a sanitizer")
class Latency(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator("--personality", "openai", "--tokens", "20", "--interval",
                                  f"{INTERVAL_S * 1000:.0f}ms")
        cls.addClassCleanup(cls.simulator.stop)
        cls.gateway = Gateway({"far": paid(cls.simulator)})
        cls.addClassCleanup(cls.gateway.stop)

    def test_each_chunk_of_a_stream_comes_when_it_was_made(self):
        gaps = []
        with RawClient(self.gateway.port) as client:
            for _ in range(30):
                client.send(post(chat_body(stream=True))).head()
                last = time.monotonic()
                while client.chunk():
                    now = time.monotonic()
                    gaps.append(now - last)
                    last = now
        steps = sum(gap > STEP_S * 0.9 for gap in gaps)
        print(f"\n{len(gaps)} gaps: median {statistics.median(gaps) * 1000:.1f} ms, "
              f"{steps} of 40 ms or more (simulator: {INTERVAL_S * 1000:.0f} ms)")
        self.assertLess(statistics.median(gaps), 3 * INTERVAL_S)
        self.assertLess(steps, len(gaps) / 100)

    def sockets(self):
        """Copies of the gateway's connected sockets."""
        system = ctypes.CDLL(None, use_errno=True)
        pidfd = os.pidfd_open(self.gateway.pid)
        try:
            for name in os.listdir(f"/proc/{self.gateway.pid}/fd"):
                copy = system.syscall(PIDFD_GETFD, pidfd, int(name), 0)
                if copy < 0:
                    self.skipTest("this system does not show the sockets of others: "
                                  + os.strerror(ctypes.get_errno()))
                try:
                    one = socket.socket(fileno=copy)
                except OSError:
                    os.close(copy)
                    continue
                with one:
                    try:
                        one.getpeername()
                    except OSError:
                        continue
                    yield one
        finally:
            os.close(pidfd)

    def test_both_sides_have_tcp_nodelay(self):
        with RawClient(self.gateway.port) as client:
            client.send(post(chat_body("tokens=100", stream=True))).head()
            client.chunk()
            peers = {}
            for one in self.sockets():
                peers[one.getpeername()[1]] = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        self.assertIn(self.simulator.port, peers)
        self.assertGreaterEqual(len(peers), 2)
        self.assertEqual(set(peers.values()), {1})

    def round_trip(self, client, body):
        started = time.monotonic()
        self.assertEqual(client.send(post(body)).reply().status, 200)
        return time.monotonic() - started

    def test_requests_on_one_connection_have_no_step(self):
        """Requests of any size: a body of several segments ends in a small segment, which must not wait."""
        for size in (10, 3_000, 70_000, 300_000):
            with self.subTest(size), RawClient(self.gateway.port) as client:
                body = chat_body("tokens=1", text="x " * (size // 2))
                taken = [self.round_trip(client, body) for _ in range(ROUNDS)]
                self.assertLess(statistics.median(taken), STEP_S / 2)

    def test_an_answer_of_several_segments_has_no_step(self):
        for size in (3_000, 70_000, 300_000):
            with self.subTest(size), RawClient(self.gateway.port) as client:
                body = chat_body(f"huge={size};interval=0ms")
                taken = [self.round_trip(client, body) for _ in range(ROUNDS)]
                self.assertLess(statistics.median(taken), STEP_S / 2)

    def test_a_head_and_a_body_in_two_packets_have_no_step(self):
        with RawClient(self.gateway.port) as client:
            taken = []
            whole = post(chat_body("tokens=1"))
            cut = whole.index(b"\r\n\r\n") + 4
            for _ in range(ROUNDS):
                started = time.monotonic()
                client.send(whole[:cut])
                client.send(whole[cut:])
                client.reply()
                taken.append(time.monotonic() - started)
        self.assertLess(statistics.median(taken), STEP_S / 2)


if __name__ == "__main__":
    unittest.main()
