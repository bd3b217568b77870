#!/usr/bin/env python3
"""Many processes at once on two mounts of a repository and its command line.

    race.py BUILD [--saves N] [--kill] [--seed N]

Each save has a number of its own in all of its records, and as many records as its TTL says, so that half a text or
two mixed are told from a whole one. What must hold, whatever the order: every read is a save's whole text; a record that
nobody deletes is never missing; each acknowledged save is one commit, in order, and there is no other; `fsck` is clean.
With --kill one of the mounts is killed now and then, and made anew."""
import argparse
import errno
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from modelfs import real

WRITERS, OWN, RECORDS_MOST = 4, 3, 250
SLOW_S = 0.5  # between two halves of a save: what was renamed away may have been deleted by then
DOWN = (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO, errno.ENOENT, errno.ENODEV, errno.EBADF, errno.ENOTDIR)
# what others do to a name that is everybody's
BUSY = ("ENOENT", "EEXIST", "ENOTEMPTY", "ESTALE", "EBADMSG", "ENOTDIR", "EISDIR", "EINVAL", "EPERM")


def owner(writer, n):
    """Of a writer's own record. The first is only ever replaced by rename: its mount's readers see it whole, too."""
    return "w%dr%d" % (writer, n)


def text(writer, number, records):
    return "".join("%d IN A %d.%d.%d.%d\n" % (60 + records, 10 + writer, number >> 8, number & 255, n + 1)
                   for n in range(records))


def number_of(data):
    """Of the save that a text is of, or None if it is not the whole of one."""
    lines = data.decode("ascii", "replace").splitlines()
    words = lines[0].split() if lines else []
    try:
        writer, high, low, _ = (int(x) for x in words[3].split("."))
        whole = text(writer - 10, high << 8 | low, int(words[0]) - 60)
    except (IndexError, ValueError):
        return None
    return high << 8 | low if whole == data.decode() else None


class Shared:
    """What the processes share."""

    def __init__(self, folder, build, saves):
        self.folder, self.build, self.saves = folder, build, saves
        self.mounts = [folder + "/mnt0", folder + "/mnt1"]
        self.stop = multiprocessing.Event()
        self.lives = [multiprocessing.Value("i", 1) for _ in self.mounts]  # odd: it is mounted


class Worker(multiprocessing.Process):
    """A process that notes what it saw in a file of JSON lines."""

    def __init__(self, shared, name, seed):
        super().__init__(name=name)
        self.shared = shared
        self.random = random.Random("%s %d" % (name, seed))
        self.notes = None

    def run(self):
        with open("%s/%s.notes" % (self.shared.folder, self.name), "w", encoding="ascii") as self.notes:
            self.work()

    def note(self, what, **more):
        self.notes.write(json.dumps(dict(more, what=what, at=time.monotonic())) + "\n")
        self.notes.flush()

    def life(self, m):
        """Which life the mount is in; waits for it to be there."""
        while not self.shared.lives[m].value & 1 and not self.shared.stop.is_set():
            time.sleep(0.01)
        return self.shared.lives[m].value

    def died(self, m, life, error):
        return error.errno in DOWN and self.shared.lives[m].value != life


class Writer(Worker):
    """Saves its own records, each in the ways that programs save, and plays with names that are everybody's."""

    def __init__(self, shared, number, seed):
        super().__init__(shared, "writer%d" % number, seed)
        self.number = number
        self.m = number % len(shared.mounts)
        self.heads = shared.mounts[self.m] + "/heads/main/"

    def work(self):
        for number in range(1, self.shared.saves + 1):
            self.save(number)
            if self.random.random() < 0.5:
                self.play()

    def save(self, number):
        n = self.random.randrange(OWN)
        path = self.heads + owner(self.number, n) + "/A"
        data = text(self.number, number, self.random.choice((1, 2, 7, RECORDS_MOST))).encode()
        ways = [self.by_rename] if n == 0 else [self.by_rename, self.truncating, self.syncing, self.anew, self.like_vim,
                                                self.in_place]
        life = self.life(self.m)
        try:
            self.random.choice(ways)(path, data)
        except OSError as e:
            if self.died(self.m, life, e):
                self.note("doubt", owner=owner(self.number, n), number=number)
            else:
                self.note("failed", owner=owner(self.number, n), number=number, error=str(e))
            return
        self.note("saved", owner=owner(self.number, n), number=number)
        self.look(path, data, life)

    def look(self, path, data, life):
        """Who saved sees it at once."""
        try:
            with open(path, "rb") as f:
                got = f.read()
        except OSError as e:
            if not self.died(self.m, life, e):
                self.note("failed", error="after a save: %s" % e)
            return
        if got != data and self.shared.lives[self.m].value == life:
            self.note("failed", error="%s is not what was saved: %d bytes for %d" % (path, len(got), len(data)))

    # -- ways to save -------------------------------------------------------------------------------------------

    def put(self, path, flags, data, sync=False):
        """Open, write in pieces, close; the errors of all three count."""
        fd = os.open(path, flags, 0o644)
        try:
            while data:
                n = self.random.choice((len(data), len(data) // 2 + 1))
                data = data[os.write(fd, data[:n]):]
            if sync:
                os.fsync(fd)
        except OSError:
            try:
                os.close(fd)
            except OSError:
                pass
            raise
        os.close(fd)

    def truncating(self, path, data):
        self.put(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, data)

    def syncing(self, path, data):
        self.put(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, data, True)

    def by_rename(self, path, data):
        self.put(path + "~new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, data)
        os.rename(path + "~new", path)

    def in_place(self, path, data):
        fd = os.open(path, os.O_WRONLY)
        os.pwrite(fd, data, 0)
        os.ftruncate(fd, len(data))
        os.close(fd)

    def anew(self, path, data):
        self.after(path, lambda: os.unlink(path), data)

    def like_vim(self, path, data):
        self.after(path, lambda: os.rename(path, path + "~"), data)
        os.unlink(path + "~")

    def after(self, path, leave, data):
        begin = time.monotonic()
        leave()
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        if time.monotonic() - begin > SLOW_S:
            self.note("slow", path=path[len(self.heads):])
        os.close(fd) if not data else self.finish(fd, data)

    def finish(self, fd, data):
        os.write(fd, data)
        os.close(fd)

    # -- what is everybody's ------------------------------------------------------------------------------------

    def play(self):
        name, other = (self.heads + self.random.choice(("c0", "c1", "c2")) for _ in range(2))
        life = self.life(self.m)
        play = self.random.choice((
            lambda: os.mkdir(name), lambda: os.rmdir(name), lambda: os.unlink(name + "/A"),
            lambda: os.rename(name + "/A", other + "/A"), lambda: os.rename(name, other),
            lambda: self.truncating(name + "/A", b"192.0.2.%d\n" % self.random.randrange(250)),
            lambda: self.truncating(name + "/A", b"bad\n"), lambda: self.truncating(name + "/TXT", b'"t"\n'),
            lambda: self.truncating(name + "/.A.swp", b"scratch"), lambda: os.rename(name + "/.A.swp", other + "/x~"),
            lambda: self.by_rename(self.heads + "shared/A", b"198.51.100.%d\n" % self.random.randrange(250)),
            lambda: os.listdir(name)))
        try:
            play()
        except OSError as e:
            if errno.errorcode[e.errno] not in BUSY and not self.died(self.m, life, e):
                self.note("failed", error="play: %s" % e)


class Reader(Worker):
    """Reads all writers' records on a mount, as `apex` shows them if it has none, and lists them."""

    def __init__(self, shared, m, seed):
        super().__init__(shared, "reader%d" % m, seed)
        self.m = m

    def work(self):
        while not self.shared.stop.is_set():
            writer, n = self.random.randrange(WRITERS), self.random.randrange(OWN)
            # a draft shows on its own mount: only what is replaced by rename is always whole there
            if writer % len(self.shared.mounts) == self.m and n:
                continue
            life = self.life(self.m)
            try:
                self.read("%s/heads/main/%s/A" % (self.shared.mounts[self.m], owner(writer, n)))
                if self.random.random() < 0.05:
                    self.list(self.shared.mounts[self.m] + "/heads/main")
            except OSError as e:
                if not self.died(self.m, life, e):
                    self.note("missing", path="%s/A" % owner(writer, n), error=str(e))

    def read(self, path):
        fd = os.open(path, os.O_RDONLY)
        try:
            data = real.read_all(fd)
        finally:
            os.close(fd)
        if number_of(data) is None:
            self.note("failed", error="%s is no save's whole text: %d bytes, %r..." % (path, len(data), data[:100]))

    def list(self, path):
        names = set(os.listdir(path))
        for writer in range(WRITERS):
            for n in range(OWN):
                if owner(writer, n) not in names:
                    self.note("missing", path="%s/A" % owner(writer, n), error="not listed")


class Door(Worker):
    """Commits by the command line, and reads by it."""

    def work(self):
        apex = real.Repository(self.shared.build, self.shared.folder + "/repo")
        made = 0
        while not self.shared.stop.is_set():
            verb = self.random.randrange(6)
            name = "x%d" % self.random.randrange(3)
            if verb < 2:
                made += 1
                status = apex.run("set", name, "A", "300", "203.0.%d.%d" % (made >> 8 & 255, made & 255))[0]
            elif verb == 2:
                status = apex.run("delete", name)[0]
                status = 0 if status == 1 else status
            elif verb == 3:
                status = apex.run("--branch", "side", "set", name, "TXT", "300", str(made))[0]
            elif verb == 4:
                status = apex.run("merge", "side", "--theirs")[0]
            else:
                status, out = apex.run("cat-object", "main:%s/A" % owner(0, 1))
                if status == 0 and number_of(out.encode()) is None:
                    self.note("failed", error="apex shows no save's whole text: %r" % out[:100])
            if status not in (0, 5):
                self.note("failed", error="apex: verb %d, status %d" % (verb, status))


def zone():
    lines = ["$ORIGIN example.com.", "$TTL 300", "@ SOA ns1 host 1 3600 600 86400 300", "@ NS ns1", "ns1 A 192.0.2.1",
             "shared A 192.0.2.2"]
    lines += ["n%d.filler A 10.0.%d.%d" % (n, n >> 8, n & 255) for n in range(2000)]
    lines += ["%s 61 A %d.0.0.1" % (owner(w, n), 10 + w) for w in range(WRITERS) for n in range(OWN)]
    return "\n".join(lines) + "\n"


def history(apex, mount, name):
    """The saves that the commits of a record are, oldest first; its first text is save 0."""
    out = []
    for line in reversed(apex.must("log", "--porcelain", "main", "--", name, "A").splitlines()):
        try:
            out.append(number_of(mount.read("commits/%s/%s/A" % (line.split("\t")[0], name))))
        except FileNotFoundError:
            out.append("deleted")  # a slow save's first half
    return out


def judge(apex, mount, notes):
    """What is wrong, one line each."""
    slow = {n["path"] for n in notes if n["what"] == "slow"}
    wrong = [n["error"] for n in notes if n["what"] == "failed"]
    wrong += ["%s: %s" % (n["path"], n["error"]) for n in notes if n["what"] == "missing" and n["path"] not in slow]
    for writer in range(WRITERS):
        for n in range(OWN):
            name = owner(writer, n)
            own = [x for x in notes if x.get("owner") == name]
            saved = [0] + [x["number"] for x in own if x["what"] == "saved"]
            doubt = {x["number"] for x in own if x["what"] == "doubt"}
            made = [x for x in history(apex, mount, name) if x not in doubt]
            if made != saved and name + "/A" not in slow:
                wrong.append("%s: history has %s, acknowledged were %s" % (name, made[-20:], saved[-20:]))
    status, out = apex.run("fsck")
    return wrong + (["fsck: " + out] if status else [])


def kill_now_and_then(shared, mount, workers, source):
    killed = 0
    while any(w.is_alive() for w in workers):
        end = time.monotonic() + source.uniform(0.2, 1.5)
        while time.monotonic() < end and any(w.is_alive() for w in workers):
            time.sleep(0.02)
        life = shared.lives[0]
        life.value += 1
        mount.kill()
        mount.start()
        life.value += 1
        killed += 1
    return killed


def race(args, folder):
    apex = real.Repository(args.build, folder + "/repo")
    apex.make(zone())
    apex.must("branch", "side")
    mounts = [real.Mount(args.build, folder + "/repo", "%s/mnt%d" % (folder, m), "%s/fs%d.log" % (folder, m))
              for m in range(2)]
    for mount in mounts:
        mount.start()
    shared = Shared(folder, args.build, args.saves)
    writers = [Writer(shared, n, args.seed) for n in range(WRITERS)]
    others = [Reader(shared, 0, args.seed), Reader(shared, 1, args.seed), Door(shared, "door", args.seed)]
    try:
        for worker in writers + others:
            worker.start()
        killed = kill_now_and_then(shared, mounts[0], writers, random.Random(args.seed)) if args.kill else 0
        for worker in writers:
            worker.join()
        shared.stop.set()
        for worker in others:
            worker.join()
        notes = []
        for worker in writers + others:
            with open("%s/%s.notes" % (folder, worker.name), encoding="ascii") as f:
                notes += [json.loads(line) for line in f]
            if worker.exitcode:
                notes.append({"what": "failed", "error": "%s ended with %s" % (worker.name, worker.exitcode)})
        wrong = judge(apex, mounts[1], notes)
        for mount in mounts:
            mount.check()
            mount.stop()
        saved = sum(n["what"] == "saved" for n in notes)
        return wrong, "%d saves, %d killed, %d commits" % (saved, killed, len(apex.must("log", "--oneline").splitlines()))
    finally:
        for worker in writers + others:
            worker.kill()
        for mount in mounts:
            mount.abandon()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--saves", type=int, default=50, help="of each of %d writers" % WRITERS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--kill", action="store_true")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="apexrace.")
    try:
        wrong, told = race(args, folder)
    except (real.Crash, subprocess.CalledProcessError) as e:
        wrong, told = [str(e)], ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    name = "many at once%s, seed %d" % (" and a mount that is killed" if args.kill else "", args.seed)
    print("%s %s: %s" % ("not ok" if wrong else "ok", name, told))
    for line in wrong[:20]:
        print("  " + line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
