"""From a change to its answer: one A RRset of a zone, again and again, each when the one before is answered.

apexd's changes are commits by libapex from a process that goes on, its peers' are UPDATE messages; in both cases time
runs until the change is acknowledged, so durable, and answered. (A bare time of `apex set`, a process a change, stands
below.) All of it depends on the disk: how long a flush takes there is told beside."""
import os
import time

from loads import run
from measure import best, head, median, percentile, ratios, rounds, row, say, scaled
from servers import Apexd, Bind, Yadifa

SIZES = 10000, 1000000
HUGE = 10000000
ROUNDS, CHANGES, SETS, PAUSE_MS = 25, 40, 20, 2  # short rounds: a disk that others use is fast one second, slow the next
TARGET, TARGET_P99 = .7, 10


def changes(bench, server, count, *door):
    """Microseconds until each change was acknowledged, and until it was answered."""
    out = run(bench.build + "/tests/bench/change", str(server.port), server.zones[0].apex, str(count), str(PAUSE_MS),
              *door).stdout.split()
    return [float(us) for us in out[::2]], [float(us) for us in out[1::2]]


def flushes(where, count):
    """Microseconds of a write of 4 KiB to blocks that the file has, and its flush."""
    path, took = os.path.join(where, "flushed"), []
    fd = os.open(path, os.O_CREAT | os.O_WRONLY)
    for _ in range(count + 1):
        begun = time.perf_counter()
        os.pwrite(fd, os.urandom(4096), 0)
        os.fdatasync(fd)
        took.append((time.perf_counter() - begun) * 1e6)
        time.sleep(PAUSE_MS / 1000)
    os.close(fd)
    return took[1:]


def door(server):
    return ["core", server.repo] if server.name == "apexd" else ["update"]


def measure_zone(bench, names):
    zone = bench.zone("big", names)
    running = bench.run([Apexd, Yadifa, Bind], [zone])
    took = {s.name: [] for s in running}      # a list of every round
    acknowledged = {s.name: [] for s in running}
    flushed = []
    for _ in range(rounds(ROUNDS)):
        flushed += flushes(bench.where, scaled(CHANGES, 10))
        for s in running:
            a, b = changes(bench, s, scaled(CHANGES, 10), *door(s))
            acknowledged[s.name] += a
            took[s.name].append(b)
    set_took = changes(bench, running[0], scaled(SETS, 3), "run", bench.build + "/apex", "--repo", running[0].repo, "set",
                       "change", "A", "3600")[1]
    tell(names, took, acknowledged, flushed, set_took)
    bench.stop_all()


def tell(names, took, acknowledged, flushed, set_took):
    p50 = {name: [median(times) for times in of] for name, of in took.items()}
    ours = p50.pop("apexd")
    head(f"from change to answer, {names:,} A RRsets")
    if p50:
        peer = best(p50)
        row(f"p50 / {peer}'s UPDATE", ratios(ours, p50[peer]), TARGET)
    every = {name: [us for times in of for us in times] for name, of in took.items()}
    row("p99 / p50", [percentile(every["apexd"], 99) / median(every["apexd"])], TARGET_P99)
    for name, us in every.items():
        since = [answered - done for answered, done in zip(us, acknowledged[name])]
        say(f"{name}: p50 {median(us):.0f} us, p99 {percentile(us, 99):.0f}; acknowledged after "
            f"{median(acknowledged[name]):.0f}, answered {median(since):.0f} after that")
    say(f"`apex set`, a process a change: p50 {median(set_took):.0f} us")
    say(f"a flush to this disk: p50 {median(flushed):.0f} us, p99 {percentile(flushed, 99):.0f}")


def measure_changes(bench):
    for names in SIZES:
        measure_zone(bench, scaled(names, 100))
    if os.environ.get("APEX_BENCH_HUGE"):
        measure_zone(bench, scaled(HUGE, 100))
