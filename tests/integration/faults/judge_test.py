"""The bench can fail: each verdict, from bytes that a bad or a good gateway would send."""

import socket
import threading
import unittest

import place  # noqa: F401  pylint: disable=unused-import
import witness
from stage import beside
from scripted import DONE, event, streamed, token, whole

WHOLE = "one two three"
USAGE = event({"id": "c", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}})
GOOD = [token("one"), token(" two"), token(" three", "stop"), USAGE, DONE]


class Judge(unittest.TestCase):
    def serve(self, pieces, keep=False):
        """What a client sees of a server that sends these bytes, then closes, or stays silent if `keep`."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            over = threading.Event()

            def answer():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1 << 16)
                    for piece in pieces:
                        connection.sendall(piece)
                    if keep:
                        over.wait(10)

            with beside(answer):
                try:
                    return witness.ask(listener.getsockname()[1], witness.question(), within=0.5)
                finally:
                    over.set()

    def verdict(self, pieces, keep=False, **more):
        return witness.judge(self.serve(pieces, keep), WHOLE, 0.4, **more)

    def test_pass(self):
        self.assertEqual(self.verdict(streamed(*GOOD)), (witness.PASS, "whole"))
        body = {"choices": [{"message": {"content": WHOLE}, "finish_reason": "stop"}], "usage": {"completion_tokens": 3}}
        self.assertEqual(self.verdict(whole(body)), (witness.PASS, "whole"))

    def test_partial(self):
        error = event({"error": {"message": "the backend broke", "code": "x"}})
        self.assertEqual(self.verdict(streamed(GOOD[0], error, last=False))[0], witness.PARTIAL)
        self.assertEqual(self.verdict(streamed(GOOD[0], error))[0], witness.PARTIAL)

    def test_safe(self):
        self.assertEqual(self.verdict(whole({"error": {"message": "all down", "code": "x"}}, status=503)),
                         (witness.SAFE, "503 x"))

    def test_a_truncated_answer_is_never_passed_off_as_whole(self):
        for name, pieces in {
                "finish, usage and [DONE]": streamed(GOOD[0], token("", "stop"), USAGE, DONE),
                "[DONE] alone": streamed(GOOD[0], DONE),
                "a clean end of HTTP": streamed(GOOD[0]),
                "a silent break": streamed(GOOD[0], last=False)}.items():
            with self.subTest(name):
                self.assertEqual(self.verdict(pieces)[0], witness.FAIL)

    def test_wrong_words(self):
        for name, pieces in {"repeated": [token("one"), *GOOD], "other": [token("zero"), *GOOD[1:]]}.items():
            with self.subTest(name):
                verdict, reason = self.verdict(streamed(*pieces))
                self.assertEqual(verdict, witness.FAIL)
                self.assertIn("wrong from byte", reason)

    def test_a_hang(self):
        for pieces in ([], streamed(GOOD[0], last=False)):
            self.assertEqual(self.verdict(pieces, keep=True)[0], witness.FAIL)

    def test_late(self):
        seen = self.serve(streamed(*GOOD))
        self.assertEqual(witness.judge(seen, WHOLE, seen.total_s / 2)[0], witness.FAIL)

    def test_what_else_is_not_an_answer(self):
        for name, pieces in {
                "two ids": streamed(GOOD[0], event({"id": "d", "choices": [
                    {"index": 0, "delta": {"content": " two three"}, "finish_reason": "stop"}]}), USAGE, DONE),
                "no usage": streamed(*GOOD[:3], DONE),
                "malformed": streamed(GOOD[0], event(b'{"broken'), *GOOD[1:]),
                "HTML": whole(b"<html>", "text/html"),
                "an error without words": whole(b"", status=503),
                "nothing": []}.items():
            with self.subTest(name):
                self.assertEqual(self.verdict(pieces)[0], witness.FAIL)

    def test_a_refusal_that_must_be(self):
        told = whole({"error": {"message": "our safety system says no", "code": "x"}}, status=400)
        self.assertEqual(self.verdict(told, refusal="safety system")[0], witness.PASS)
        other = whole({"error": {"message": "sorry", "code": "x"}}, status=503)
        self.assertEqual(self.verdict(other, refusal="safety system")[0], witness.SAFE)
        self.assertEqual(self.verdict(streamed(*GOOD), refusal="safety system")[0], witness.FAIL)


class Attempts(unittest.TestCase):
    class Counted:
        def __init__(self, requests, finished):
            self.counts = {"requests": requests, "finished": finished}

        def stats(self):
            return self.counts

    def test_attempts(self):
        line = {"attempts": [{"target": "a"}] * 6}
        self.assertIsNone(witness.judge_attempts(line, [self.Counted(6, 1)]))
        self.assertIn("7 attempts", witness.judge_attempts({"attempts": [{"target": "a"}] * 7}, []))
        self.assertIn("7 requests", witness.judge_attempts(line, [self.Counted(7, 1)]))
        self.assertIn("billed twice", witness.judge_attempts(line, [self.Counted(1, 1), self.Counted(1, 1)]))


if __name__ == "__main__":
    unittest.main()
