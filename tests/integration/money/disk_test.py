"""What happens to the ledger when its disk is full or read-only, or when a file is held by another program or damaged. It
must fail closed, say so, and be well again without anybody's hands.

The test mounts a small tmpfs in a mount namespace of its own. Where that is not permitted, it is skipped.
"""

import ctypes
import os
import re
import shutil
import sqlite3
import subprocess
import time
import unittest

import books
import stage
from stage import PATIENCE_S, Gateway, Simulator, call, chat, paid, wait_for

CLONE_NEWNS = 0x20000
PAGE = 4096
DISK = "640k"
PRICE = {"input": "0.57", "output": "2.19"}
SET_ASIDE = "a damaged file of the ledger was set aside"


def setUpModule():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise unittest.SkipTest(f"no mount namespace of our own: {os.strerror(ctypes.get_errno())}")
    mount("--make-rprivate", "/")


def mount(*words):
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest(f"mount {' '.join(map(str, words))}: {done.stderr}")


def unmount(path):
    subprocess.run(["umount", str(path)], check=True)


def overwrite(path, first, last=None):
    """Replaces a page of a file, or the pages up to `last`, by noise."""
    with open(path, "r+b") as file:
        file.seek(first * PAGE)
        file.write(os.urandom(((last or first) - first + 1) * PAGE))


class Disk(books.Books):
    def setUp(self):
        super().setUp()
        mount("-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.folder)
        self.addCleanup(unmount, self.folder)
        self.folder.joinpath("ledger").mkdir(mode=0o700)
        self.simulator = self.started(Simulator("--personality", "openai", "--tokens", "5", "--price", "*=0.57,0.57,2.19"))
        self.gateway = self.serve()

    def serve(self):
        backend = paid(self.simulator, models={"gpt-4.1": {"name": "g", "price": PRICE}})
        gateway = self.started(Gateway({"far": backend}, ledger=self.ledger, budgets=[{"limit": 1, "per": "month"}]))
        self.addCleanup(gateway.stop)
        return gateway

    def written(self):
        return sum(self.gateway.status()["ledger"]["rows"].values())

    def ask(self, count=1):
        before = self.written()
        replies = [chat(self.gateway.port) for _ in range(count)]
        self.assertEqual({reply.status for reply in replies}, {200})
        wait_for(lambda: self.written() >= before + count, "all rows are written")

    def day(self):
        return next((self.folder / "ledger").glob("????-??-??.db"))

    def spent(self):
        """What the month's budget has, which must be what the reports have."""
        spent = books.budgets(self.gateway)["per=month"][0]
        self.assertEqual(spent, stage.nano(books.report(self.gateway)["total"]["cost_usd"]))
        return spent

    def bill(self):
        return self.simulator.bill()["total_nano_usd"]

    # --- closed and open ---------------------------------------------------------------------------

    def assert_fails_closed(self, reason):
        refused = wait_for(lambda: (reply := chat(self.gateway.port)).status == 503 and reply, "a refusal")
        self.assertEqual(refused.error["code"], "ledger_unavailable")
        self.assertIn("retry-after", refused.headers)
        asked = self.simulator.stats()["requests"]
        self.assertEqual({chat(self.gateway.port).status for _ in range(5)}, {503})
        self.assertEqual(self.simulator.stats()["requests"], asked)
        status, metrics = self.gateway.status()["ledger"], self.gateway.metrics()
        self.assertFalse(status["accepting"])
        self.assertGreater(status["commit_failures"], 0)
        self.assertEqual(metrics.sum("headgate_ledger_accepting"), 0)
        self.assertGreater(metrics.sum("headgate_rejected_total", reason="ledger"), 0)
        said = f"the ledger cannot be written, so requests are refused.*{reason}"
        wait_for(lambda: re.search(said, self.gateway.stderr()), "the operator is told")

    def assert_recovers(self):
        """Without anybody's hands, and with all rows that waited."""
        wait_for(lambda: chat(self.gateway.port).status == 200, "the ledger is well again")
        wait_for(lambda: "the ledger can be written again" in self.gateway.stderr(), "the operator is told")
        self.assertEqual(self.gateway.metrics().sum("headgate_ledger_accepting"), 1)
        self.assert_whole()

    def assert_whole(self):
        self.ask(3)
        wait_for(lambda: sum(cost for _, _, cost in self.rows()) == self.bill(), "all rows, and each once")
        self.assertEqual(self.spent(), self.bill())
        self.restart()
        self.assertEqual(self.spent(), self.bill())

    def restart(self):
        self.gateway.stop()
        self.gateway = self.serve()

    # --- disks -------------------------------------------------------------------------------------

    def test_full(self):
        self.ask()
        ballast = self.folder / "ballast"
        with open(ballast, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * PAGE):
                    pass
            except OSError:
                pass  # no space left
        self.assert_fails_closed("database or disk is full")
        ballast.unlink()
        self.assert_recovers()

    def test_full_from_the_start(self):
        self.gateway.stop()
        for path in (self.folder / "ledger").iterdir():
            path.unlink()
        with self.assertRaises(AssertionError) as refused:
            with open(self.folder / "ballast", "wb", buffering=0) as file:
                while file.write(b"x" * 16):
                    if shutil.disk_usage(self.folder).free == 0:
                        break
                self.serve()
        self.assertRegex(str(refused.exception), "ledger.*(full|No space left)")
        self.folder.joinpath("ballast").unlink()
        self.gateway = self.serve()
        self.assert_whole()

    def hold(self):
        """Another program holds the file, so that the gateway closes it."""
        holder = sqlite3.connect(self.day(), isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN IMMEDIATE")
        return holder

    def test_held_by_another_program(self):
        self.ask()
        holder = self.hold()
        self.assertEqual(chat(self.gateway.port).status, 200)  # it began before anything failed
        self.assert_fails_closed("database is locked")
        holder.execute("ROLLBACK")
        self.assert_recovers()

    def test_read_only_while_it_runs(self):
        self.ask()
        holder = self.hold()
        self.assert_fails_closed("database is locked")
        mount("--bind", self.day(), self.day())
        mount("-o", "remount,bind,ro", self.day())
        holder.close()
        time.sleep(0.5)  # two attempts to write
        self.assertEqual(chat(self.gateway.port).status, 503)
        unmount(self.day())
        self.assert_recovers()

    def test_read_only_from_the_start(self):
        self.ask()
        self.gateway.stop()
        mount("-o", "remount,ro", self.folder)
        with self.assertRaises(AssertionError) as refused:
            self.serve()
        self.assertRegex(str(refused.exception), "ledger.path: .*Read-only file system.*let the user of headgate write")
        mount("-o", "remount,rw", self.folder)
        self.gateway = self.serve()
        self.assert_whole()

    # --- damage ------------------------------------------------------------------------------------

    def root(self, name, table):
        """The first page of a table; the page of the header for None. Moves everything into the main file."""
        with sqlite3.connect(self.folder / "ledger" / name) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            found = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        database.close()
        return found[0] - 1 if table else 0

    def assert_set_aside(self, name):
        wait_for(lambda: SET_ASIDE in self.gateway.stderr(), "the operator is told")
        self.assertTrue((self.folder / "ledger" / f"{name}.damaged").exists())

    # The new file has what could be read: all that the old one had, or a part of it.
    def assert_goes_on(self, before):
        self.ask(3)
        spent = self.spent()
        self.assertLessEqual(spent, self.bill())
        self.assertGreaterEqual(spent, self.bill() - before)
        self.restart()
        self.assertEqual(self.spent(), spent)
        self.assertNotIn(SET_ASIDE, self.gateway.stderr())

    def begin_again(self):
        self.gateway.stop()
        for path in (self.folder / "ledger").iterdir():
            path.unlink()
        self.simulator.reset()
        self.gateway = self.serve()

    def test_damaged_while_it_is_stopped(self):
        for table in (None, "facts", "labels", "targets", "sums", "requests", "running"):
            with self.subTest(table):
                self.begin_again()
                self.ask(30)
                self.restart()  # which writes the sums
                self.ask(30)
                before = self.bill()
                self.gateway.stop()
                name = self.day().name
                overwrite(self.day(), self.root(name, table))
                self.gateway = self.serve()
                self.assert_set_aside(name)
                self.assert_goes_on(before)

    def test_damaged_while_it_runs(self):
        self.ask(30)
        name = self.day().name
        self.root(name, None)
        before = self.bill()
        overwrite(self.day(), 0, 9)
        for _ in range(30):  # the gateway may notice at any of them
            wait_for(lambda: chat(self.gateway.port).status == 200, "the ledger is well again")
        self.restart()
        self.assert_goes_on(before)

    def test_cut_off_while_it_runs(self):
        self.ask(30)
        before = self.bill()
        os.truncate(self.day(), 0)
        wait_for(lambda: chat(self.gateway.port).status == 200, "the ledger is well again")
        self.restart()
        self.assert_goes_on(before)

    def test_damaged_log_after_a_kill(self):
        """SQLite leaves out silently what is behind damage in its log. The operator must hear of it, and the access log
        has what is missing."""
        for _ in range(10):
            self.ask(6)
        self.gateway.log(60)
        self.gateway.process.kill()
        self.gateway.process.wait()
        log = self.day().with_name(f"{self.day().name}-wal")
        with open(log, "r+b") as file:
            file.seek(log.stat().st_size // 2)
            file.write(b"\xff" * 64)
        access_log, config = self.folder / "access.jsonl", self.folder / "gateway.yaml"
        shutil.copy(self.gateway.log_path, access_log)
        shutil.copy(self.gateway.config_path, config)
        before = self.bill()
        stage.Process.stop(self.gateway)
        self.gateway = self.serve()
        self.assertIn("rows of the ledger may be lost", self.gateway.stderr())
        self.assertTrue(log.with_name(f"{log.name}.damaged").exists())
        spent = self.spent()
        self.assertLess(spent, before)
        self.gateway.stop()
        done = subprocess.run([stage.HEADGATE, "ledger", "import", access_log, "--config", config],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        # What ran where the damage begins is estimated; its exact cost is among the lost rows.
        self.assertEqual(len({request for request, _, _ in self.rows()}), 60)
        exact = sum(cost for _, state, cost in self.rows() if state == 1)
        estimated = sum(state == 2 for _, state, _ in self.rows())
        self.assertLessEqual(estimated, 1)
        self.assertGreaterEqual(exact, before * (60 - estimated) // 60 * 9 // 10)
        self.gateway = self.serve()
        self.assertNotIn("may be lost", self.gateway.stderr())

    def keys(self):
        return [key["name"] for key in call(self.gateway.admin, "/keys").json["keys"]]

    def make_key(self, name):
        reply = call(self.gateway.admin, "/keys", {"team": "search", "name": name}, {"content-type": "application/json"})
        self.assertEqual(reply.status, 201)

    def test_damaged_keys(self):
        for table, kept in ((None, []), ("keys", []), ("events", ["web"])):
            with self.subTest(table):
                self.begin_again()
                self.make_key("web")
                self.gateway.stop()
                overwrite(self.folder / "ledger" / "keys.db", self.root("keys.db", table))
                self.gateway = self.serve()
                self.assertIn("a damaged file of keys was set aside", self.gateway.stderr())
                self.assertTrue((self.folder / "ledger" / "keys.db.damaged").exists())
                self.assertEqual(self.keys(), kept)
                self.make_key("app")
                self.restart()
                self.assertEqual(self.keys(), [*kept, "app"])

    # --- the archive -------------------------------------------------------------------------------

    def make_archive(self):
        """Lets a day of long ago move to the archive."""
        self.ask(30)
        self.gateway.stop()
        old = self.day().with_name("2026-01-15.db")
        shutil.copy(self.day(), old)
        with sqlite3.connect(old) as day:
            hours = (time.time() // 3600) - 490896  # since 2026-01-01
            day.execute("UPDATE sums SET hour = hour - ?", (int(hours),))
            day.execute("UPDATE facts SET value = 7 WHERE name = 'identity'")
        day.close()
        self.gateway = self.serve()
        self.ask()
        wait_for(lambda: not old.exists(), "the old day is in the archive")

    def everything(self):
        return books.report(self.gateway, "--since", "2026-01")["total"]

    def test_damaged_archive(self):
        for table in (None, "labels", "sums", "archived"):
            with self.subTest(table):
                self.begin_again()
                self.make_archive()
                self.assertEqual(self.everything()["requests"], 61)
                self.gateway.stop()
                overwrite(self.folder / "ledger" / "archive.db", self.root("archive.db", table))
                self.gateway = self.serve()
                self.assert_set_aside("archive.db")
                self.assert_goes_on(0)
                self.assertGreaterEqual(self.everything()["requests"], 34)


if __name__ == "__main__":
    unittest.main()
