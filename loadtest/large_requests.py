#!/usr/bin/env python3
"""Measures memory and processor time of large requests, and compares them with limits. Exits with 1 if a limit is
exceeded.

    large_requests.py                      both parts, about a minute
    large_requests.py --only memory        --requests 1500 --body-bytes 150000
    large_requests.py --only cpu           --cpu-body-bytes 32000; needs nginx and wrk

Memory: --requests requests of --body-bytes are in flight at once. The gateway has read each request and sent it
upstream whole, and the upstream has not answered. Limits: resident memory (VmRSS) of the gateway is then at most 1.35
times the bytes in flight, and at most 40 MiB ten seconds after the last answer.

CPU: user and system time of the process for each request, compared with an nginx that proxies to the same upstream. The
two take turns in one run. Gateway (one worker) and nginx run on CPU 0, wrk and the upstream on CPU 1. Limit: the minimum
of the gateway's rounds is at most 1.4 times the minimum of nginx's rounds. Other work on the machine can only make a
round longer, so the minimum repeats best; the medians are printed as well.

All programs listen on loopback and are stopped at the end. The environment variable HEADGATE names the gateway; the
default is the one in build/release."""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

RESIDENT_BAR = 1.35  # times the bytes in flight
LEFT_BAR_MIB = 40
LEFT_AFTER_S = 10
CPU_BAR = 1.4  # times nginx
MIB = 1 << 20
ANSWER = json.dumps({
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "The quick brown fox. " * 6}}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 30, "total_tokens": 50}}).encode()


def chat_body(size):
    """A chat request of about `size` bytes."""
    sentence = "Explain how a binary search tree works and write a function. "
    content = (sentence * (size // len(sentence) + 1))[:size]
    return json.dumps({"model": "auto", "max_tokens": 256, "temperature": 0.7,
                       "messages": [{"role": "user", "content": content}]}).encode()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Gateway:
    """A headgate with one paid backend, on loopback."""

    def __init__(self, folder, upstream_port, workers, cpu=None):
        binary = os.environ.get("HEADGATE", pathlib.Path(__file__).parents[1] / "build/release/bin/headgate")
        config = {
            "server": {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "auth": "none", "workers": workers,
                       "access_log": f"{folder}/access.log", "drain_timeout": "1s"},
            "models": {"m": {"context": 131072, "max_output": 8192}},
            "backends": {"up": {
                "hosting": "paid_api", "url": f"http://127.0.0.1:{upstream_port}/v1", "api_key": "k",
                "models": {"m": {"name": "m", "price": {"input": 0.55, "output": 2.19}}}}},
            "routes": [{"name": name, "when": {"class": name}, "targets": ["m@up"]}
                       for name in ("latency_critical", "code", "batch")] + [{"name": "general"}]}
        path = pathlib.Path(folder, "headgate.yaml")
        path.write_text(json.dumps(config), encoding="utf-8")
        pinned = ["taskset", "-c", str(cpu)] if cpu is not None else []
        self.log_path = pathlib.Path(folder, "gateway.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([*pinned, binary, "serve", "--config", path], stdout=log,
                                            stderr=log)
        deadline = time.monotonic() + 10
        while not (serving := re.search(r" on [^ ]+:(\d+), admin", self.log_path.read_text("utf-8"))):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the gateway did not start: {self.log_path.read_text('utf-8')}")
            time.sleep(0.01)
        self.port = int(serving[1])

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class HoldingBackend:
    """Reads whole requests and does not answer before `release` is set."""

    def __init__(self):
        self.received = 0
        self.release = asyncio.Event()

    async def serve(self, reader, writer):
        # The end of the event loop cancels this coroutine while it waits for another request.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                left = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
                while left > 0:
                    left -= len(await reader.read(min(left, 1 << 16)))
                self.received += 1
                await self.release.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                             % len(ANSWER) + ANSWER)
        writer.close()


async def client(port, request):
    """Sends one request on a connection of its own and returns the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
    writer.close()
    return int(head.split()[1])


async def measure_memory(options, folder):
    """Returns the figures of the memory part."""
    backend = HoldingBackend()
    server = await asyncio.start_server(backend.serve, "127.0.0.1", 0, backlog=4096)
    gateway = Gateway(folder, server.sockets[0].getsockname()[1], options.workers)
    try:
        body = chat_body(options.body_bytes)
        request = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        base = gateway.resident_mib()
        clients = []
        for _ in range(options.requests):
            clients.append(asyncio.create_task(client(gateway.port, request)))
            if len(clients) % 50 == 0:
                await asyncio.sleep(0.02)  # a full accept queue would delay connections by a second
        deadline = time.monotonic() + 120
        while backend.received < options.requests:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {backend.received} of {options.requests} requests arrived in 120 s")
            await asyncio.sleep(0.1)
        in_flight = gateway.resident_mib()
        backend.release.set()
        statuses = await asyncio.gather(*clients)
        if statuses != [200] * options.requests:
            raise SystemExit(f"some answers were not 200: {sorted(set(statuses))}")
        await asyncio.sleep(LEFT_AFTER_S)
        left = gateway.resident_mib()
    finally:
        gateway.stop()
        server.close()
    sent = options.requests * len(body) / MIB
    return {"requests": options.requests, "bytes_in_flight_mib": round(sent, 1), "resident_before_mib": round(base, 1),
            "resident_in_flight_mib": round(in_flight, 1), "resident_over_bytes": round(in_flight / sent, 3),
            "resident_after_10s_mib": round(left, 1)}


def nginx(folder, name, cpu, server):
    """Starts an nginx; `server` is the text inside its http block."""
    path = pathlib.Path(folder, f"{name}.conf")
    temporary = " ".join(f"{kind}_temp_path {folder}/{name}.{kind};"
                         for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path.write_text(f"worker_processes 1; daemon off; master_process off; pid {folder}/{name}.pid;\n"
                    f"error_log {folder}/{name}.log; events {{ worker_connections 4096; }}\n"
                    f"http {{ access_log off; keepalive_requests 1000000000; client_body_buffer_size 1m;\n"
                    f"client_max_body_size 64m; {temporary}\n{server} }}\n", encoding="utf-8")
    return subprocess.Popen(["taskset", "-c", str(cpu), "nginx", "-c", path],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def drive(pid, port, script, seconds):
    """Returns the microseconds of CPU for each request."""
    before = cpu_seconds(pid)
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", "-c32", f"-d{seconds}", "-s", script,
                          f"http://127.0.0.1:{port}/v1/chat/completions"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"requests failed:\n{out}")
    return (cpu_seconds(pid) - before) * 1e6 / int(re.search(r"(\d+) requests in", out)[1])


def measure_cpu(options, folder):
    """Returns the figures of the CPU part."""
    upstream_port, proxy_port = free_port(), free_port()
    body = chat_body(options.cpu_body_bytes).decode()
    script = pathlib.Path(folder, "post.lua")
    script.write_text(f'wrk.method="POST" wrk.body=[==[{body}]==]\nwrk.headers["Content-Type"]="application/json"\n',
                      encoding="utf-8")
    processes = []
    gateway = None
    try:
        processes.append(nginx(folder, "upstream", 1, f"server {{ listen 127.0.0.1:{upstream_port} backlog=4096; "
                               f"location / {{ default_type application/json; return 200 '{ANSWER.decode()}'; }} }}"))
        processes.append(nginx(folder, "proxy", 0, f"upstream u {{ server 127.0.0.1:{upstream_port}; keepalive 256; "
                               f"keepalive_requests 1000000000; }}\nserver {{ listen 127.0.0.1:{proxy_port}; location / "
                               f"{{ proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }}"))
        gateway = Gateway(folder, upstream_port, 1, cpu=0)
        time.sleep(0.5)
        subjects = {"nginx": (processes[1].pid, proxy_port), "headgate": (gateway.process.pid, gateway.port)}
        times = {name: [] for name in subjects}
        for name, subject in subjects.items():
            drive(*subject, script, 1)
        for _ in range(options.rounds):
            for name, subject in subjects.items():
                times[name].append(drive(*subject, script, options.seconds))
    finally:
        if gateway:
            gateway.stop()
        for process in processes:
            process.terminate()
            process.wait(10)
    figures = {"body_bytes": len(body), "rounds": options.rounds}
    for word, of in (("least", min), ("median", statistics.median)):
        value = {name: of(values) for name, values in times.items()}
        figures |= {f"nginx_cpu_us_{word}": round(value["nginx"], 1),
                    f"headgate_cpu_us_{word}": round(value["headgate"], 1),
                    f"headgate_over_nginx_{word}": round(value["headgate"] / value["nginx"], 2)}
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["memory", "cpu"])
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--body-bytes", type=int, default=150_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cpu-body-bytes", type=int, default=32_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=2, help="length of one round of one program")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    missed = []

    def hold(figures, name, bar):
        if figures[name] > bar:
            missed.append(f"{name} is {figures[name]}; the limit is {bar}")

    if options.only != "cpu":
        with tempfile.TemporaryDirectory(prefix="large-requests-") as folder:
            figures = asyncio.run(measure_memory(options, folder))
        print(json.dumps(figures), flush=True)
        hold(figures, "resident_over_bytes", RESIDENT_BAR)
        hold(figures, "resident_after_10s_mib", LEFT_BAR_MIB)
    if options.only != "memory":
        with tempfile.TemporaryDirectory(prefix="large-requests-") as folder:
            figures = measure_cpu(options, folder)
        print(json.dumps(figures), flush=True)
        hold(figures, "headgate_over_nginx_least", CPU_BAR)
    for line in missed:
        print(f"large_requests: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
