#!/usr/bin/env python3
"""User instructions that apexd spends on a query, by callgrind: two runs of different length, the difference.

    tests/bench/instructions.py BUILD        prints a row for each load, the target beside it

The loads are those of the peers' table, with 20,000 names where that has more, as its instructions were counted:
small (10 names, all hits), big (A records, one in ten NXDOMAIN), deleg (delegations with two NS and glue, one in ten
NXDOMAIN), signed (ECDSA, NSEC, DO set, one in ten NXDOMAIN). Targets are half of the best peer's.
Needs valgrind and dnssec-signzone."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from loads import Zone, message, run
from measure import free_port

NAMES, SHORT, LONG, BURST = 20000, 1024, 21504, 64
TARGET = {"small": 641, "big": 704, "deleg": None, "signed": 1816}


def ask(port, names, dnssec):
    """Ask in bursts, so that the daemon has batches to take; returns how many were answered."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", port))
    s.settimeout(5)
    answered = 0
    for at in range(0, len(names), BURST):
        burst = [message(n, at + i & 0xffff, dnssec) for i, n in enumerate(names[at:at + BURST])]
        for q in burst:
            s.send(q)
        try:
            for q in burst:
                s.recv(4096)
                answered += 1
        except TimeoutError:
            pass
    return answered


def wait_ready(port, p, log):
    """Until each zone has its image."""
    while True:
        if p.poll() is not None:
            sys.exit("apexd ended: " + open(log).read())
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60):
                return
        except OSError:
            time.sleep(.5)


def instructions(build, repo, where, names, dnssec):
    """Those of a whole run of the daemon that answers these names, and how many it answered."""
    port, metrics = free_port(), free_port() # callgrind writes a file at the end: no sandbox
    out, log = os.path.join(where, "callgrind"), os.path.join(where, "log")
    with open(log, "w") as f:
        p = subprocess.Popen(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, build + "/apexd", "--repo",
                              repo, "--listen", f"127.0.0.1:{port}", "--threads", "1",
                              "--metrics", f"127.0.0.1:{metrics}", "--no-sandbox"], stdout=f, stderr=f)
    try:
        wait_ready(metrics, p, log)
        answered = ask(port, names, dnssec)
    finally:
        p.send_signal(signal.SIGTERM)
        p.wait()
    for line in open(out):
        if line.startswith(("summary:", "totals:")):
            return int(line.split()[1]), answered
    sys.exit("callgrind has no summary")


def measure(build, load, where):
    zone = Zone(load, where, 10 if load == "small" else NAMES)
    names = list(zone.asked(LONG))
    repo = os.path.join(where, "repo-" + load)
    env = dict(os.environ, APEX_REPO=repo, APEX_AUTHOR_NAME="Bench", APEX_AUTHOR_EMAIL="bench@example.org")
    run(build + "/apex", "init", zone.apex, env=env)
    run(build + "/apex", "--zone", zone.apex, "import", zone.path, env=env)
    first, few = instructions(build, repo, where, names[:SHORT], load == "signed")
    second, many = instructions(build, repo, where, names, load == "signed")
    return (second - first) / (many - few)


def main():
    if not shutil.which("valgrind") or not shutil.which("dnssec-signzone"):
        sys.exit("instructions.py: valgrind and dnssec-signzone are needed")
    build = os.path.abspath(sys.argv[1])
    where = tempfile.mkdtemp(prefix="apexbench.")
    try:
        print(f"\n{'user instructions a query (callgrind), half of the best peer':62} {'measured':>9} {'target':>9}")
        for load, target in TARGET.items():
            n = measure(build, load, where)
            limit = f"<={target:8d}" + ("   MISSED" if n > target else "") if target else "        -"
            print(f"  {load:60} {n:9.0f} {limit}", flush=True)
    finally:
        shutil.rmtree(where)


main()
