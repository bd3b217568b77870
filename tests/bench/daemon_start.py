"""A start: until the first right answer, until all is in memory, and how much memory that is."""
import os
import time

import loads
from measure import best, head, median, memory, ratios, rounds, row, say, scaled
from servers import Apexd, BindRaw, Gdnsd, Knot, Nsd, Powerdns, Yadifa

ZONES = 100000
SETTLE_S = .5     # for what is given back after a load
TARGET_FIRST, TARGET_COMPLETE, TARGET_MEMORY = 1, .7, 1


def measure_starts(servers):
    """Of each server, by name: seconds to the first answer and until complete, MiB anonymous and mapped."""
    first, complete, anonymous, mapped = ({s.name: [] for s in servers} for _ in range(4))
    for _ in range(rounds(5)):
        for s in servers:
            first[s.name].append(s.start())
            complete[s.name].append(s.wait_complete())
            time.sleep(SETTLE_S)
            a, m = memory(s.pids())
            anonymous[s.name].append(a)
            mapped[s.name].append(m)
            s.stop()
    return first, complete, anonymous, mapped


def tell_all(first, complete, anonymous, mapped):
    for name in first:
        say(f"{name}: first answer {median(first[name]):.3f} s, complete {median(complete[name]):.2f} s; "
            f"{median(anonymous[name]):.0f} MiB anonymous, {median(mapped[name]):.0f} mapped")


def against(title, figures, peers, target):
    """apexd's figures beside the best of the peers that are there."""
    there = {kind.name: figures[kind.name] for kind in peers if kind.name in figures}
    if there:
        row(f"{title} / {best(there)}'s", ratios(figures["apexd"], there[best(there)]), target)


def measure_big(bench):
    zone = bench.zone("big")
    found = measure_starts(bench.prepare([Apexd, Gdnsd, Yadifa, BindRaw, Powerdns], [zone], 2))
    first, complete, anonymous, _ = found
    head(f"start, {len(zone.names):,} A RRsets")
    against("first right answer", first, [Powerdns], TARGET_FIRST)
    against("complete", complete, [Gdnsd, Yadifa, BindRaw], TARGET_COMPLETE)
    against("anonymous memory", anonymous, [Gdnsd], TARGET_MEMORY)
    tell_all(*found)


def measure_small_zones(bench):
    count = scaled(ZONES, 10)
    where = os.path.join(bench.where, "zones")
    os.mkdir(where)
    zones = [loads.SmallZone(i, where) for i in range(count)]
    found = measure_starts(bench.prepare([Apexd, Knot, Nsd], zones, 2))
    first, complete, anonymous, _ = found
    head(f"start, {count:,} zones of five records")
    against("first right answer", first, [Knot, Nsd], TARGET_FIRST)
    against("complete", complete, [Knot, Nsd], TARGET_COMPLETE)
    against("anonymous memory", anonymous, [Knot, Nsd], TARGET_MEMORY)
    tell_all(*found)
