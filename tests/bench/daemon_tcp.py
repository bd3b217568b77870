"""Answers a second over TCP and TLS, of the load big, by clients that keep ten queries under way on each connection."""
from measure import GENERATOR_CPU, SERVER_CPU, blast, head, median, pin, ratios, rounds, row, say, scaled, seconds
from servers import Apexd, Bind, Gdnsd, Knot, Nsd, Yadifa

SECONDS, QUERIES, CONNECTIONS, PIPELINED = 1, 100000, (10, 100), 10
TARGET = 1


def ask(bench, server, queries, connections):
    """Answers a second."""
    tally = blast(bench.build + "/tests/bench/blast_tcp", server, queries, seconds(SECONDS), "-c", str(connections),
                  "-w", str(PIPELINED), cpus=GENERATOR_CPU if server.workers == 1 else None)
    return tally["answered"] / tally["seconds"]


def measure_connections(bench, running, queries, connections):
    rate = {s.name: [] for s in running}
    for _ in range(rounds(5)):
        for s in running:
            if s.name not in rate:
                continue
            try:
                rate[s.name].append(ask(bench, s, queries, connections))
            except RuntimeError as e:
                say(f"{connections} connections: {e}")
                del rate[s.name]
    if "gdnsd" in rate:
        row(f"gdnsd's / apexd's, {connections} connections", ratios(rate["gdnsd"], rate["apexd"]), TARGET)
    say(", ".join(f"{name} {median(of) / 1000:.0f}k/s" for name, of in rate.items()))


def measure_tcp(bench):
    zone = bench.zone("big")
    queries = zone.queries(scaled(QUERIES, 1000))
    for workers in 1, 2:
        running = bench.run([Apexd, Gdnsd, Knot, Nsd, Yadifa, Bind], [zone], workers)
        for s in running:
            if workers == 1:
                pin(s.process.pid, SERVER_CPU)
        head(f"answers a second, TCP, {workers} worker{'s' if workers > 1 else ''}")
        for connections in CONNECTIONS:
            measure_connections(bench, running, queries, connections)
        bench.stop_all()
