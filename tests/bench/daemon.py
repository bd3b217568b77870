#!/usr/bin/env python3
"""apexd beside its peers: gdnsd, YADIFA, NSD, Knot, BIND and PowerDNS from Debian, and a bare reflector of datagrams.

    tests/bench/daemon.py BUILD [WORD]    groups of rows whose name has the word; README.md tells how to read them

What a row compares is taken in turns in one run; measured is the median of the rounds, with the least and the greatest.
A server that is not installed is left out, with a line that says so."""
import os
import shutil
import sys
import tempfile

import daemon_change
import daemon_latency
import daemon_start
import daemon_tcp
import daemon_udp
import loads
import measure
import servers


class Bench:
    """What groups of rows share: the build, a folder, the loads, the servers that run."""

    def __init__(self, build, where):
        self.build, self.where = build, where
        self.zones, self.running = {}, []
        servers.Apexd.build = servers.Reflector.build = build

    def zone(self, load, names=None):
        names = names or measure.scaled(loads.NAMES[load], 10)
        if (load, names) not in self.zones:
            where = os.path.join(self.where, f"{load}.{names}")
            os.mkdir(where)
            self.zones[load, names] = loads.Zone(load, where, names)
        return self.zones[load, names]

    def prepare(self, kinds, zones, workers=1, certificate=None):
        """One of each server that is installed, not started, in this order."""
        made = [kind(zones, self.where, workers, certificate) for kind in kinds if kind.installed()]
        self.running += made
        return made

    def run(self, kinds, zones, workers=1, certificate=None):
        """The same, started and complete."""
        made = self.prepare(kinds, zones, workers, certificate)
        for s in made:
            s.start()
            s.wait_complete()
        return made

    def stop_all(self):
        """And remove what they have on disk."""
        for s in self.running:
            s.stop()
            shutil.rmtree(s.dir)
        self.running.clear()


GROUPS = {
    "daemon_change": daemon_change.measure_changes,
    "daemon_start": daemon_start.measure_big,
    "daemon_zones": daemon_start.measure_small_zones,
    "daemon_udp": daemon_udp.measure_udp,
    "daemon_tcp": daemon_tcp.measure_tcp,
    "daemon_tls": daemon_tcp.measure_tls,
    "daemon_latency": daemon_latency.measure_latency,
}


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: daemon.py BUILD [WORD]")
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    groups = [group for name, group in GROUPS.items() if word in name]
    if not groups:
        return
    absent = [kind.name for kind in servers.PEERS if not kind.installed()]
    if absent:
        print(f"daemon: not a run that counts, without {', '.join(absent)} (make bench-deps)")
    where = tempfile.mkdtemp(prefix="apexbench.")
    bench = Bench(os.path.abspath(sys.argv[1]), where)
    try:
        for group in groups:
            try:
                group(bench)
            finally:
                bench.stop_all()
    except RuntimeError as e:
        sys.exit(f"daemon.py: {e}")
    finally:
        shutil.rmtree(where)


main()
