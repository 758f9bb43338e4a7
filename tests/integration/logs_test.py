"""The files that the daemon writes: full disks, files that vanish, rotation by other programs, readers that
do not read, and signals sent by mistake. Requests are never affected; lost lines are counted and reported."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from stage import Gateway, RawClient, Simulator, beside, chat, chat_body, paid, post, wait_for

REPOSITORY = pathlib.Path(__file__).parents[2]
LOGROTATE = shutil.which("logrotate") or shutil.which("logrotate", path="/usr/sbin")


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = Simulator("--personality", "openai", "--tokens", "2")
        cls.addClassCleanup(cls.sim.stop)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-logs-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def gateway(self, log=None, recording=None, **server):
        sections = {"recording": {"file": str(recording)}} if recording else {}
        if log:
            server["access_log"] = str(log)
        gateway = Gateway({"far": paid(self.sim)}, server=server, **sections)
        self.addCleanup(gateway.stop)
        return gateway

    def ask(self, gateway, count=1):
        return [self.asked(gateway) for _ in range(count)]

    def asked(self, gateway):
        reply = chat(gateway.port)
        self.assertEqual(reply.status, 200)
        return reply.headers["x-request-id"]

    def said(self, gateway, message):
        """The lines of the operator's log with that message."""
        return [line for line in map(json.loads, gateway.stderr().splitlines()) if line["message"] == message]

    def wait_until_said(self, gateway, message):
        return wait_for(lambda: self.said(gateway, message), message)

    def dropped(self, gateway, log):
        return int(gateway.metrics().sum("headgate_log_lines_dropped_total", log=log))

    def ids(self, path):
        """The ids of the lines that can be read, and the number of lines that cannot."""
        found, torn = [], 0
        for line in path.read_bytes().split(b"\n")[:-1]:
            try:
                value = json.loads(line)
                found += [value["id"]] if "id" in value else []
            except ValueError:
                torn += 1
        return found, torn

    def wait_for_ids(self, path, wanted):
        wait_for(lambda: path.exists() and set(wanted) <= set(self.ids(path)[0]), f"lines in {path}")

    @contextlib.contextmanager
    def small_disk(self, size):
        """A file system of `size` bytes, if the system lets us mount it."""
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.folder],
                          capture_output=True, check=False).returncode != 0:
            self.skipTest("this test may not mount a tmpfs here")
        try:
            yield self.folder
        finally:
            subprocess.run(["umount", "-l", self.folder], check=True)

    def test_a_full_disk_is_told_once_and_again_when_it_is_over(self):
        with self.small_disk("256k") as disk:
            access, recording, filler = disk / "access.jsonl", disk / "traffic.jsonl", disk / "filler"
            gateway = self.gateway(access, recording)
            kept = self.ask(gateway, 3)
            self.wait_for_ids(access, kept)
            self.wait_for_ids(recording, kept)
            with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * 4096)
            lost = self.ask(gateway, 40)  # more than the last pages of both files hold
            for title in ("the access log", "the recording"):
                line, = self.wait_until_said(gateway, f"{title} loses lines")
                self.assertEqual(line["level"], "error")
                self.assertIn("No space left on device", line["detail"])
            self.ask(gateway, 2)
            filler.unlink()
            back = self.ask(gateway)
            self.wait_for_ids(access, back)
            self.wait_for_ids(recording, back)
            self.wait_until_said(gateway, "the access log is written again")
            self.wait_until_said(gateway, "the recording is written again")
            self.assertEqual(len(self.said(gateway, "the access log loses lines")), 1)
            total = 3 + 40 + 2 + 1
            for log, path in (("access", access), ("recording", recording)):
                found, torn = self.ids(path)
                self.assertEqual(len(found) + self.dropped(gateway, log), total, log)
                self.assertGreater(self.dropped(gateway, log), 0)
                self.assertLessEqual(torn, 3, "at most one torn line for each refused block")
                self.assertEqual(found[:3] + found[-1:], kept + back)
            self.assertTrue(lost)
            # The rest is still a valid recording.
            replayed = subprocess.run(
                [os.environ.get("HEADGATE", REPOSITORY / "build/release/bin/headgate"), "replay", "--json",
                 "--config", gateway.config_path, recording], capture_output=True, text=True, check=False)
            self.assertEqual(replayed.returncode, 0, replayed.stderr)
            self.assertIn(str(len(self.ids(recording)[0])), replayed.stdout)
            dropped = self.dropped(gateway, "access")
            gateway.send_signal(signal.SIGTERM)
            self.assertEqual(gateway.wait(), 0)
            line, = self.said(gateway, "the access log has lost lines")
            self.assertEqual(line["detail"], f"{dropped} since the start")

    def test_a_device_that_is_full_and_then_replaced(self):
        access = self.folder / "access.jsonl"
        access.symlink_to("/dev/full")
        gateway = self.gateway(access)
        self.ask(gateway, 2)
        line, = self.wait_until_said(gateway, "the access log loses lines")
        self.assertIn("No space left on device", line["detail"])
        self.assertEqual(wait_for(lambda: self.dropped(gateway, "access"), "a count"), 2)
        access.unlink()  # the new file is seen without a signal
        back = self.ask(gateway)
        self.wait_for_ids(access, back)
        over, = self.wait_until_said(gateway, "the access log is written again")
        self.assertRegex(over["detail"], "2 lines were lost$")

    def test_a_file_at_its_largest_size_is_an_error_and_not_the_end(self):
        access = self.folder / "access.jsonl"
        gateway = self.gateway(access)
        self.wait_for_ids(access, self.ask(gateway))
        subprocess.run(["prlimit", f"--pid={gateway.pid}", f"--fsize={access.stat().st_size + 10}:unlimited"], check=True)
        self.ask(gateway)
        line, = self.wait_until_said(gateway, "the access log loses lines")
        self.assertIn("File too large", line["detail"])
        subprocess.run(["prlimit", f"--pid={gateway.pid}", "--fsize=unlimited:unlimited"], check=True)
        back = self.ask(gateway)
        self.wait_for_ids(access, back)
        self.assertEqual(self.ids(access)[1], 1, "the torn line is a line of its own")

    def test_an_operators_log_that_cannot_be_written_counts_and_tells(self):
        gateway = self.gateway()
        room = 10  # bytes for the first line that is lost

        def limit(size):
            subprocess.run(["prlimit", f"--pid={gateway.pid}", f"--fsize={size}:unlimited"], check=True)

        def lines():
            """The whole lines, and the torn ones."""
            whole, torn = [], []
            for line in gateway.stderr().splitlines():
                try:
                    whole.append(json.loads(line))
                except ValueError:
                    torn.append(line)
            return whole, torn

        def told():
            gateway.send_signal(signal.SIGUSR2)
            return [line for line in lines()[0] if line["message"] == "the operator's log is written again"]

        before = lines()
        limit(gateway.stderr_path.stat().st_size + room)
        for count in (1, 2, 3):
            gateway.send_signal(signal.SIGUSR2)
            wait_for(lambda: self.dropped(gateway, "operator") == count, "a lost line is counted")
        self.assertEqual(lines()[0], before[0])
        limit("unlimited")
        line, = wait_for(told, "the loss is told")
        self.assertEqual(line["detail"], "stderr: 3 lines were lost: File too large")
        self.assertEqual([len(torn) for torn in lines()[1]], [room], "a torn line is a line of its own")
        self.assertEqual(self.dropped(gateway, "operator"), 3)

    def test_a_removed_file_or_folder_is_made_again(self):
        logs = self.folder / "logs"
        access, recording = logs / "access.jsonl", logs / "traffic.jsonl"
        gateway = self.gateway(access, recording)
        self.wait_for_ids(access, self.ask(gateway))
        for remove in (access.unlink, lambda: shutil.rmtree(logs)):
            remove()
            again = self.ask(gateway)
            self.wait_for_ids(access, again)
            self.wait_for_ids(recording, again)
        self.assertEqual(len(self.said(gateway, "the access log was removed, and is made again")), 2)
        self.assertEqual(len(self.said(gateway, "the recording was removed, and is made again")), 1)
        self.assertEqual(json.loads(recording.read_text().splitlines()[0])["recording"], 1)

    def test_signals_open_renamed_files_anew(self):
        access, recording = self.folder / "access.jsonl", self.folder / "traffic.jsonl"
        gateway = self.gateway(access, recording)
        for number in (signal.SIGUSR1, signal.SIGHUP):
            before = self.ask(gateway)
            for path in (access, recording):
                self.wait_for_ids(path, before)
                path.rename(path.with_suffix(".old"))
            gateway.send_signal(number)
            wait_for(lambda: access.exists() and recording.exists(), "new files")
            after = self.ask(gateway)
            for path in (access, recording):
                self.wait_for_ids(path, after)
                self.assertNotIn(before[0], self.ids(path)[0])
            self.assertEqual(json.loads(recording.read_text().splitlines()[0])["recording"], 1)
        self.assertEqual(self.dropped(gateway, "access"), 0)

    def test_a_file_truncated_in_place_has_no_hole(self):
        access = self.folder / "access.jsonl"
        gateway = self.gateway(access)
        self.wait_for_ids(access, self.ask(gateway, 3))
        os.truncate(access, 0)
        after = self.ask(gateway)
        self.wait_for_ids(access, after)
        self.assertEqual(self.ids(access), (after, 0))
        self.assertNotIn(b"\0", access.read_bytes())

    @unittest.skipUnless(LOGROTATE, "logrotate is not installed")
    def test_logrotate_with_the_stanza_that_ships_and_with_copytruncate(self):
        access = self.folder / "access.log"
        gateway = self.gateway(access)
        stanza = (REPOSITORY / "deploy/logrotate/headgate").read_text()
        stanza = stanza.replace("/var/log/headgate/access.log", str(access))
        stanza, count = re.subn("systemctl .*", f"kill -USR1 {gateway.pid}", stanza)
        self.assertEqual(count, 1)
        config = self.folder / "logrotate.conf"

        def rotate(text):
            config.write_text(text)
            done = subprocess.run([LOGROTATE, "--force", "--state", self.folder / "state", config],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

        os.chmod(self.folder, 0o700)
        first = self.ask(gateway)
        self.wait_for_ids(access, first)
        rotate(stanza)
        second = self.ask(gateway)
        self.wait_for_ids(access, second)
        self.assertEqual(self.ids(access.with_name("access.log.1"))[0], first)
        self.assertEqual(self.ids(access)[0], second)
        rotate(f"{access} {{\n rotate 3\n copytruncate\n}}\n")
        third = self.ask(gateway)
        self.wait_for_ids(access, third)
        self.assertEqual(self.ids(access), (third, 0))
        self.assertEqual(self.ids(access.with_name("access.log.1"))[0], second)

    def test_signals_sent_by_mistake_end_nothing(self):
        access = self.folder / "access.jsonl"
        gateway = self.gateway(access)
        mistakes = [signal.SIGUSR2, signal.SIGALRM, signal.SIGPIPE, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO,
                    signal.SIGPWR, signal.SIGSTKFLT, signal.SIGXCPU, signal.SIGXFSZ, signal.SIGWINCH, signal.SIGURG,
                    signal.SIGCHLD, signal.SIGCONT, signal.SIGRTMIN, signal.SIGRTMIN + 5, signal.SIGRTMAX]
        simulator_too = [number for number in mistakes] + [signal.SIGUSR1]
        for number in mistakes:
            gateway.send_signal(number)
            self.asked(gateway)
        for number in simulator_too:
            self.sim.send_signal(number)
            self.asked(gateway)
        self.wait_until_said(gateway, "SIGUSR2 means nothing here")

    def test_quit_ends_it_with_a_core(self):
        gateway = self.gateway(self.folder / "access.jsonl")
        subprocess.run(["prlimit", f"--pid={gateway.pid}", "--core=0"], check=True)
        gateway.send_signal(signal.SIGQUIT)
        self.assertEqual(gateway.wait(), -signal.SIGQUIT)
        gateway.last_words = ""
        with self.assertRaises(AssertionError):  # the stage requires a clean end
            gateway.stop()

    def test_a_stdout_that_nobody_reads_blocks_neither_requests_nor_the_end(self):
        gateway = self.gateway("stdout", self.folder / "traffic.jsonl", drain_timeout="1s")
        ids = []
        for _ in range(250):  # about 600 bytes each, more than a pipe holds
            ids.append(self.asked(gateway))
        self.wait_for_ids(self.folder / "traffic.jsonl", ids)
        begun = time.monotonic()
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(), 0)
        self.assertLess(time.monotonic() - begun, 5)
        line, = self.said(gateway, "the access log has lost lines")
        self.assertGreater(int(line["detail"].split()[0]), 0)

    def test_a_stdout_that_is_read_late_has_every_line(self):
        gateway = self.gateway("stdout")
        ids = self.ask(gateway, 250)
        with beside(lambda: list(gateway.process.stdout)) as (reader,):
            gateway.send_signal(signal.SIGTERM)
            self.assertEqual(gateway.wait(), 0)
            self.assertEqual([json.loads(line)["id"] for line in reader.result()], ids)
        self.assertEqual(self.said(gateway, "the access log has lost lines"), [])

    def test_a_stdout_whose_reader_has_gone_is_told(self):
        gateway = self.gateway("stdout")
        gateway.process.stdout.close()
        self.ask(gateway, 2)
        line, = self.wait_until_said(gateway, "the access log loses lines")
        self.assertEqual(line["detail"], "stdout: Broken pipe")

    def test_a_named_pipe_that_nobody_reads_loses_no_line_uncounted(self):
        access, recording = self.folder / "access", self.folder / "traffic"
        for path in (access, recording):
            os.mkfifo(path)
        gateway = self.gateway(access, recording, drain_timeout="1s")
        self.ask(gateway, 3)
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(), 0)
        for title in ("the access log", "the recording"):
            line, = self.said(gateway, f"{title} has lost lines")
            self.assertEqual(line["detail"], "3 since the start")

    def test_a_named_pipe_that_is_read_late_has_every_line(self):
        access = self.folder / "access"
        os.mkfifo(access)
        gateway = self.gateway(access)
        ids = self.ask(gateway, 3)
        with open(access, encoding="utf-8") as reader:
            gateway.send_signal(signal.SIGTERM)
            self.assertEqual(gateway.wait(), 0)
            self.assertEqual([json.loads(line)["id"] for line in reader], ids)
        self.assertEqual(self.said(gateway, "the access log has lost lines"), [])

    def test_a_stderr_that_nobody_reads_does_not_keep_the_end(self):
        ends = os.pipe()
        self.addCleanup(os.close, ends[0])
        gateway = self.gateway("stderr")
        # The second process writes its operator's log to a pipe that is already full.
        with contextlib.closing(os.fdopen(ends[1], "wb", buffering=0)) as full:
            os.set_blocking(full.fileno(), False)
            with contextlib.suppress(BlockingIOError):
                while full.write(b"x" * 4096):
                    pass
            os.set_blocking(full.fileno(), True)
            other = subprocess.Popen([os.environ.get("HEADGATE", REPOSITORY / "build/release/bin/headgate"), "serve",
                                      "--config", gateway.config_path], stderr=full, stdout=subprocess.DEVNULL)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        listens = re.compile(r"^Threads:\s+([3-9]|\d\d)$", re.MULTILINE)
        wait_for(lambda: listens.search(pathlib.Path(f"/proc/{other.pid}/status").read_text()), "it runs")
        time.sleep(0.3)
        other.send_signal(signal.SIGTERM)
        self.assertEqual(other.wait(10), 0)

    def test_a_client_that_streams_is_not_held_by_a_stuck_log(self):
        gateway = self.gateway("stdout")
        self.ask(gateway, 250)
        with RawClient(gateway.port) as client:
            client.send(post(chat_body("tokens=20;interval=10ms", stream=True))).head()
            begun = time.monotonic()
            b"".join(iter(client.chunk, b""))
            self.assertLess(time.monotonic() - begun, 2)


if __name__ == "__main__":
    unittest.main()
