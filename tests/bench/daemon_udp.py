"""CPU an answer over UDP: user and system time of all of a server's processes, by answers that came.

With one worker the server is on one CPU and the generator on the other, with two they share both."""
from concurrent.futures import ThreadPoolExecutor

from loads import LOADS
from measure import (GENERATOR_CPU, SERVER_CPU, blast, cpu_seconds, head, median, pin, ratios, rounds, row, say, scaled,
                     seconds)
from servers import Apexd, Gdnsd, Knot, Nsd, Reflector, Yadifa

SECONDS, QUERIES = 1, 1000000
TARGET = {"big": 1.15, "deleg": 1.15, "signed": 1.25}  # of the reflector's; small's is gdnsd


def ask(bench, server, queries):
    """Microseconds of CPU an answer, and answers a second."""
    program, cpus = bench.build + "/tests/bench/blast_udp", GENERATOR_CPU if server.workers == 1 else None
    pids = server.pids()
    before = cpu_seconds(pids)
    with ThreadPoolExecutor(server.workers) as pool:
        tallies = list(pool.map(lambda _: blast(program, server, queries, seconds(SECONDS), cpus=cpus),
                                range(server.workers)))
    answered = sum(t["answered"] for t in tallies)
    return (cpu_seconds(pids) - before) * 1e6 / answered, sum(t["answered"] / t["seconds"] for t in tallies)


def measure_load(bench, running, load):
    """Of each server that serves it, by name, the rounds' figures of ask()."""
    queries = bench.zone(load).queries(scaled(QUERIES, 1000))
    serving = [s for s in running if s.signed or load != "signed"]
    cpu, rate = {s.name: [] for s in serving}, {s.name: [] for s in serving}
    for _ in range(rounds(5)):
        for s in serving:
            us, answers = ask(bench, s, queries)
            cpu[s.name].append(us)
            rate[s.name].append(answers)
    return cpu, rate


def tell(load, cpu, rate):
    floor = cpu["reflector"]
    for name, us in cpu.items():
        target = TARGET.get(load) if name == "apexd" else None
        if name != "reflector":
            row(f"{load}: {name} / reflector", ratios(us, floor), target)
    if load == "small" and "gdnsd" in cpu:
        beyond_spread = max(cpu["gdnsd"]) / median(cpu["gdnsd"])
        row("small: apexd / gdnsd, beyond gdnsd's spread", ratios(cpu["apexd"], cpu["gdnsd"]), beyond_spread)
    say(f"{load}: " + ", ".join(f"{name} {median(cpu[name]):.2f} us {median(rate[name]) / 1000:.0f}k/s" for name in cpu))


def measure_udp(bench):
    zones = [bench.zone(load) for load in LOADS]
    for workers in 1, 2:
        running = bench.run([Reflector, Apexd, Gdnsd, Nsd, Knot, Yadifa], zones, workers)
        head(f"CPU an answer, UDP, {workers} worker{'s' if workers > 1 else ''}")
        for s in running:
            if workers == 1:
                pin(s.process.pid, SERVER_CPU)
        for load in LOADS:
            tell(load, *measure_load(bench, running, load))
        bench.stop_all()
