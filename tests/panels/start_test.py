"""deploy/prometheus/start.sh runs Prometheus and Alertmanager with the shipped rules, and ends both."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from stack import free_ports

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
START = DEPLOY / "prometheus/start.sh"
WITHIN_S = 30


@unittest.skipUnless(shutil.which("prometheus") and shutil.which("prometheus-alertmanager"),
                     "Debian's packages prometheus and prometheus-alertmanager are not installed")
class StartTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-start-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.prometheus, self.alertmanager, *self.gateways = free_ports(4)

    def get(self, port, path):
        """The answer as JSON, once there is one."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    return json.load(answer)
            except (urllib.error.URLError, OSError):
                self.assertLess(time.monotonic(), deadline, f"{path} does not answer: {self.log.read_text()}")
                time.sleep(0.1)

    def start(self):
        self.log = self.folder / "log"
        gateways = ",".join(f"127.0.0.1:{port}" for port in self.gateways)
        command = [START, "--data", self.folder / "data", "--gateways", gateways,
                   "--prometheus", str(self.prometheus), "--alertmanager", str(self.alertmanager)]
        with open(self.log, "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(self.stop, process)
        return process

    def stop(self, process):
        process.terminate()  # it ends both servers
        self.assertEqual(process.wait(timeout=WITHIN_S), 0)

    def until(self, find):
        """What `find` returns once that is not empty: Prometheus finds its targets some seconds after its start."""
        deadline = time.monotonic() + WITHIN_S
        while not (found := find()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def test_prometheus_has_the_rules_the_gateways_and_its_alertmanager(self):
        process = self.start()
        groups = self.get(self.prometheus, "/api/v1/rules")["data"]["groups"]
        alerts = {rule["name"] for group in groups for rule in group["rules"] if rule["type"] == "alerting"}
        written = re.findall(r"- alert: (\w+)", (DEPLOY / "prometheus/alerts.yml").read_text())
        self.assertEqual(alerts, set(written))
        targets = self.until(lambda: self.get(self.prometheus, "/api/v1/targets")["data"]["activeTargets"])
        self.assertEqual({target["labels"]["instance"] for target in targets},
                         {f"127.0.0.1:{port}" for port in self.gateways})
        found = self.until(lambda: self.get(self.prometheus, "/api/v1/alertmanagers")["data"]["activeAlertmanagers"])
        self.assertIn(f":{self.alertmanager}/", found[0]["url"])
        status = self.get(self.alertmanager, "/api/v2/status")
        self.assertIn("HeadgateBackendDown", status["config"]["original"])
        self.stop(process)
        for port in (self.prometheus, self.alertmanager):
            with self.assertRaises(urllib.error.URLError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5)

    def test_an_unknown_option_is_refused(self):
        done = subprocess.run([START, "--gateway", "x"], capture_output=True, text=True, timeout=10, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("unknown option --gateway", done.stderr)


if __name__ == "__main__":
    unittest.main()
