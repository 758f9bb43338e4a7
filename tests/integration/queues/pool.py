"""A pool of GPUs, a load on it, and what became of the requests. Times are in proportion to SECONDS: a load of 60 s has a
mean service time of 5 s."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import stage  # noqa: E402

SECONDS = float(os.environ.get("HEADGATE_QUEUES_SECONDS", "60"))
SERVICE_S = 5 * SECONDS / 60


def duration(seconds):
    return f"{max(round(seconds * 1000), 1)}ms" if seconds < 600 else f"{round(seconds)}s"


def engine(slots, *options, service_s=SERVICE_S, listeners=1, tokens=4, **more):
    """A simulated engine with exponential service times."""
    return stage.Simulator("--personality", "vllm", "--slots", str(slots), "--service",
                           f"exp:{duration(service_s)}", "--tokens", str(tokens), *options, listeners=listeners,
                           **more)


def load(gateway, mix, rate, seconds=SECONDS, within=None, **scenario):
    """Sends requests and returns the report, with an entry for each name of the mix under `mix`."""
    with tempfile.TemporaryDirectory() as folder:
        plan, report = pathlib.Path(folder, "plan.yaml"), pathlib.Path(folder, "report.json")
        plan.write_text(json.dumps({"duration": duration(seconds), "rate": rate, "mix": mix, **scenario}))
        done = subprocess.run([stage.LOAD, "--url", f"http://127.0.0.1:{gateway.port}", "--scenario", plan,
                               "--json", report, "--timeout", "600s"],
                              capture_output=True, timeout=within or seconds * 4 + 120, check=False)
        assert done.returncode >= 0 and report.exists(), (done.returncode, done.stderr.decode())
        result = json.loads(report.read_text())
        if isinstance(result["mix"], list):
            result["mix"] = {entry["name"]: entry for entry in result["mix"]}
        return result


def quantile(values, part):
    """The value below which `part` of the values lie."""
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)] if ordered else 0


def waits(lines, **wanted):
    """The seconds that requests waited in queues, of the lines of an access log with these members."""
    return [float(line.get("queued_ms", 0)) / 1000 for line in lines
            if all(line.get(name) == value for name, value in wanted.items())]


def slot_seconds(lines, **wanted):
    """The time that attempts held slots, of the lines with these members."""
    return sum(float(attempt["ms"]) / 1000 for line in lines
               if all(line.get(name) == value for name, value in wanted.items())
               for attempt in line["attempts"])


def idle(gateway):
    """Whether nothing runs and nothing waits."""
    metrics = gateway.metrics()
    return (metrics.sum("headgate_queue_depth") == 0 and metrics.sum("headgate_slots_busy") == 0
            and metrics.sum("headgate_in_flight_requests") == 0)


@contextlib.contextmanager
def gateway(backends, routes=None, **sections):
    """A gateway that must be idle in the end."""
    with stage.Gateway(backends, routes, **sections) as running:
        yield running
        stage.wait_for(lambda: idle(running), "nothing runs and nothing waits")
