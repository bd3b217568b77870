"""What the daemon's benchmarks share: processes, clocks, tables of ratios."""
import json
import os
import random
import re
import socket
import statistics
import time

from loads import message, run

SCALE = int(os.environ.get("APEX_BENCH_SCALE", "1"))


def rounds(otherwise):
    return int(os.environ.get("APEX_BENCH_ROUNDS", otherwise))


def scaled(n, least=1):
    return max(n // SCALE, least)


def seconds(s):
    """How long a load lasts."""
    return max(s / SCALE, .1)


# -- processes -----------------------------------------------------------------------------------------------------


def family(pid):
    """The process and all that descend from it."""
    children = {}
    for d in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{d}/stat", encoding="utf8", errors="replace") as f:
                parent = int(f.read().rpartition(") ")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(d))
    found = [pid]
    for p in found:
        found += children.get(p, [])
    return found


def cpu_seconds(pids):
    """User and system, of all their threads, those that ended too."""
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


def memory(pids):
    """MiB of the processes together: anonymous, and mapped from files, shared pages divided."""
    sums = {"Pss_Anon": 0, "Pss_File": 0}
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            for key, kib in re.findall(r"^(\w+): +(\d+) kB", f.read(), re.M):
                if key in sums:
                    sums[key] += int(kib) / 1024
    return sums["Pss_Anon"], sums["Pss_File"]


def pin(pid, cpus):
    """All threads of the process and of those that descend from it."""
    for p in family(pid):
        for task in os.listdir(f"/proc/{p}/task"):
            try:
                os.sched_setaffinity(int(task), cpus)
            except OSError:
                pass  # it ended


def free_port():
    while True:
        port = random.randint(20000, 30000)
        try:
            for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
                with socket.socket(socket.AF_INET, kind) as s:
                    s.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue


def answers_right(port, name, wanted, timeout_s=.02):
    """Does it answer this name with this address?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout_s)
        try:
            s.connect(("127.0.0.1", port))
            s.send(message(name))
            answer = s.recv(4096)
        except OSError:
            return False
    return answer[3] & 15 == 0 and answer[6:8] != b"\0\0" and socket.inet_aton(wanted) in answer


# -- generators ----------------------------------------------------------------------------------------------------

SERVER_CPU, GENERATOR_CPU = {0}, {1}  # where one worker is measured


def blast(program, server, queries, lasting, *more, cpus=None, port=None):
    """Run a generator (blast.h) and return its tally. An answer that no load has is an error."""
    where = ["taskset", "-c", ",".join(map(str, cpus))] if cpus else []
    tally = json.loads(run(*where, program, *more, str(port or server.port), queries, str(lasting)).stdout)
    if not tally["answered"] or tally["noerror"] + tally["nxdomain"] < tally["answered"]:
        raise RuntimeError(f"{server.name}: wrong answers: {tally}")
    return tally


# -- tables --------------------------------------------------------------------------------------------------------


def head(title):
    print(f"\n{title:62} {'measured':>9} {'target':>9}", flush=True)


def row(name, ratios, target=None):
    """The median of the rounds' ratios, the least and the greatest of them, and what it should not pass."""
    measured = statistics.median(ratios)
    spread = f" [{min(ratios):.2f}, {max(ratios):.2f}]" if len(ratios) > 1 else ""
    limit = f"<={target:8.4g}" + ("   MISSED" if measured > target else "") if target is not None else "         -"
    print(f"  {name + spread:60} {measured:9.4g} {limit}", flush=True)


def say(text):
    print("  " + text, flush=True)


def median(values):
    return statistics.median(values)


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


def ratios(ours, theirs):
    """Round by round."""
    return [a / b for a, b in zip(ours, theirs)]


def best(columns):
    """The name of the column with the least median."""
    return min(columns, key=lambda name: median(columns[name]))
