"""How long an answer takes at half of what the slowest can, the load big over UDP, one worker, in quiet and while the
zone is changed ten times a second. Time counts from when a query was due."""
import subprocess

from daemon_change import door
from measure import GENERATOR_CPU, SERVER_CPU, best, blast, head, median, pin, ratios, rounds, row, say, scaled, seconds
from servers import Apexd, Bind, Gdnsd, Knot, Nsd, Yadifa

SECONDS, QUERIES, SOCKETS = 1, 1000000, 4
WRITER_PAUSE_MS = 100
TARGET = 1


def ask(bench, server, queries, rate=None):
    how = ["-c", str(SOCKETS)] + (["-r", str(rate)] if rate else [])
    return blast(bench.build + "/tests/bench/blast_udp", server, queries, seconds(SECONDS), *how,
                 cpus=GENERATOR_CPU)


def half_load(bench, running, queries):
    """Half of the answers a second of the slowest."""
    slowest = None
    for s in running:
        tally = ask(bench, s, queries)
        able = tally["answered"] / tally["seconds"]
        slowest = min(slowest or able, able)
    return slowest / 2


class Writer:
    """Changes the zone ten times a second while it is open."""

    def __init__(self, bench, server):
        self.command = [bench.build + "/tests/bench/change", str(server.port), server.zones[0].apex, "1000000",
                        str(WRITER_PAUSE_MS), *door(server)]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)

    def __exit__(self, *_):
        failed = self.process.poll()
        self.process.terminate()
        self.process.wait()
        if failed:
            raise RuntimeError(f"{self.command} ended")


def measure_rate(bench, running, queries, rate, writing):
    p50, p99 = {s.name: [] for s in running}, {s.name: [] for s in running}
    for _ in range(rounds(7)):
        for s in running:
            if writing:
                with Writer(bench, s):
                    tally = ask(bench, s, queries, rate)
            else:
                tally = ask(bench, s, queries, rate)
            p50[s.name].append(tally["p50_us"])
            p99[s.name].append(tally["p99_us"])
    for what, figures in ("p50", p50), ("p99", p99):
        peers = {name: of for name, of in figures.items() if name != "apexd"}
        if peers:
            row(f"{what} / {best(peers)}'s", ratios(figures["apexd"], peers[best(peers)]), TARGET)
    for name in p50:
        say(f"{name}: p50 {median(p50[name]):.0f} us, p99 {median(p99[name]):.0f}")


def measure_latency(bench):
    zone = bench.zone("big")
    queries = zone.queries(scaled(QUERIES, 1000))
    for title, kinds in (("", [Apexd, Gdnsd, Nsd, Knot, Yadifa]),
                         (", changed 10 times a second", [Apexd, Yadifa, Bind])):
        running = bench.run(kinds, [zone])
        for s in running:
            pin(s.process.pid, SERVER_CPU)
        rate = half_load(bench, running, queries)
        head(f"latency at {rate / 1000:.0f}k/s{title}")
        measure_rate(bench, running, queries, rate, bool(title))
        bench.stop_all()
