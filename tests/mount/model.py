#!/usr/bin/env python3
"""A random operation fuzzer over the whole mount, against a model of what must be seen.

    model.py BUILD [--steps N] [--seed N] [--replay FILE]

Each step is a few calls, as a program that saves or a person makes them, on one of two mounts of a repository, or by
another door. After each call the answer, the commits, `errors` and what is to be seen there must be the model's; now
and then all that is to be seen. What went wrong is made small and printed as a trace that --replay reads."""
import argparse
import json
import random
import re
import shutil
import sys
import tempfile
import time
import traceback

from modelfs import choose, real
from modelfs.both import Mismatch
from modelfs.doors import Doors

COMPARE_EVERY = 10  # steps


class Failed(Exception):
    def __init__(self, trace, reason):
        super().__init__(reason)
        self.trace = trace
        self.reason = reason
        self.kind = re.sub("[0-9a-f]{12,}|/[^ ']*", "", reason.splitlines()[-1]).split(":")[0]


class Run:
    """One repository and its mounts, from begin to end."""

    def __init__(self, build):
        self.folder = tempfile.mkdtemp(prefix="apexmodel.")
        self.trace = []
        self.both = None
        self.build = build

    def __enter__(self):
        self.both = Doors(self.build, self.folder)
        return self

    def __exit__(self, *_):
        for mount in self.both.mounts if self.both else []:
            mount.abandon()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, call, keep=True):
        if keep:
            self.trace.append(call)
        try:
            self.both.do(*call)
        except (Mismatch, real.Crash) as e:
            raise Failed(self.trace, str(e)) from e
        except Exception as e:
            self.check_alive()
            raise Failed(self.trace, "".join(traceback.format_exception(e, chain=False))) from e

    def check_alive(self):
        """Was it that a mount ended?"""
        time.sleep(0.1)
        try:
            for mount in self.both.mounts:
                mount.check()
        except real.Crash as e:
            raise Failed(self.trace, str(e)) from e

    def finish(self):
        """Close all; unmounted, checked and exported it is what the model says."""
        both = self.both
        for m in range(len(both.mounts)):
            self.call(("compare", m), False)
            self.call(("stop", m), False)
        for m in range(len(both.mounts)):
            self.call(("compare", m), False)
        for mount in both.mounts:
            mount.stop()
        both.repository.must("fsck")


def steps(build, seed, count):
    """Run so many steps from a seed; what was done how often."""
    with Run(build) as run:
        chooser = choose.Chooser(random.Random(seed), run.both)
        for n in range(count):
            for call in chooser.step():
                run.call(call)
            if n % COMPARE_EVERY == 0:
                run.call(("compare", n // COMPARE_EVERY % len(run.both.mounts)))
        run.finish()
        return run.both.counts


def replay(build, trace):
    """None if it goes well, else Failed."""
    with Run(build) as run:
        try:
            for call in trace:
                run.call(call)
            run.finish()
        except Failed as e:
            return e
    return None


def reduce(build, failed, seconds):
    """The shortest trace found in that time that fails still."""
    end = time.monotonic() + seconds
    best, size = list(failed.trace), max(1, len(failed.trace) // 2)
    while size and time.monotonic() < end:
        at, smaller = len(best), False
        while at > 0 and time.monotonic() < end:
            at -= size
            shorter = best[:max(0, at)] + best[max(0, at) + size:]
            again = replay(build, shorter)
            if again and again.kind == failed.kind:
                best, failed, smaller = again.trace, again, True
                at = min(at, len(best))
        if not smaller or size > 1:
            size //= 2
    return failed


def tell(failed, name):
    print("not ok %s" % name)
    for line in failed.reason.splitlines():
        print("  " + line)
    print("  replay with: model.py BUILD --replay FILE, where FILE has these %d lines:" % len(failed.trace))
    for call in failed.trace:
        print("  " + json.dumps(call))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--reduce", type=int, default=60, metavar="SECONDS")
    parser.add_argument("--replay", metavar="FILE")
    args = parser.parse_args()
    if args.replay:
        with open(args.replay, encoding="ascii") as file:
            failed = replay(args.build, [tuple(json.loads(line)) for line in file if line.strip()])
        if failed:
            tell(failed, "replay")
        sys.exit(bool(failed))
    name = "%d steps from seed %d" % (args.steps, args.seed)
    try:
        counts = steps(args.build, args.seed, args.steps)
    except Failed as failed:
        print("failed after %d calls: %s" % (len(failed.trace), failed.reason))
        tell(reduce(args.build, failed, args.reduce), name)
        sys.exit(1)
    print("ok %s: %s" % (name, ", ".join("%s %d" % x for x in sorted(counts.items()))))


if __name__ == "__main__":
    main()
