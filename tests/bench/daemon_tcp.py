"""Answers a second over TCP and TLS, of the load big, by clients that keep ten queries under way on each connection."""
from measure import GENERATOR_CPU, SERVER_CPU, best, blast, head, median, pin, ratios, rounds, row, say, scaled, seconds
from servers import Apexd, Bind, Gdnsd, Knot, Nsd, Yadifa, certificate

SECONDS, QUERIES, CONNECTIONS, PIPELINED = 1, 100000, (10, 100), 10
TARGET = 1


def ask(bench, server, queries, connections):
    """Microseconds an answer."""
    tls = ["-t"] if server.tls_port else []
    tally = blast(bench.build + "/tests/bench/blast_tcp", server, queries, seconds(SECONDS), "-c", str(connections),
                  "-w", str(PIPELINED), *tls, cpus=GENERATOR_CPU if server.workers == 1 else None, port=server.tls_port)
    return tally["seconds"] * 1e6 / tally["answered"]


def measure_connections(bench, running, queries, connections, title):
    took = {s.name: [] for s in running}
    for _ in range(rounds(5)):
        for s in running:
            if s.name not in took:
                continue
            try:
                took[s.name].append(ask(bench, s, queries, connections))
            except RuntimeError as e:
                say(f"{s.name} with {connections} connections: {e}")
                del took[s.name]
    peers = {name: us for name, us in took.items() if name != "apexd"}
    if peers:
        row(f"{title}, {connections} connections / {best(peers)}'s", ratios(took["apexd"], peers[best(peers)]), TARGET)
    say(", ".join(f"{name} {1000 / median(us):.0f}k/s" for name, us in took.items()))


def measure_stream(bench, title, kinds, key=None):
    zone = bench.zone("big")
    queries = zone.queries(scaled(QUERIES, 1000))
    head(f"time an answer, {title}")
    for workers in 1, 2:
        running = bench.run(kinds, [zone], workers, key)
        for s in running:
            if workers == 1:
                pin(s.process.pid, SERVER_CPU)
        for connections in CONNECTIONS:
            measure_connections(bench, running, queries, connections, f"{workers} worker{'s' if workers > 1 else ''}")
        bench.stop_all()


def measure_tcp(bench):
    measure_stream(bench, "TCP", [Apexd, Gdnsd, Knot, Nsd, Yadifa, Bind])


def measure_tls(bench):
    """Of those that speak it in Debian 12."""
    measure_stream(bench, "TLS", [Apexd, Nsd, Bind], certificate(bench.where))
