"""A call at a time, on the real mount and on the model: both must answer alike, and show the same afterwards."""
import collections
import errno
import os
import stat
import time

from . import changes, real, store, text
from .nodes import Errno

MOST_S = 10.0  # after which a deletion is due, however many come
EARLY_S = 0.45  # one is due after a quiet second; what is about to fall due is made before the next call
LATE_S = 0.75  # a call that ends later than that may have seen it made
AGREE_S = 10.0  # what another process did is seen by then; half a second is much
LETTERS = {"record": "f", "file": "f", "label": "d", "dir": "d", "link": "l"}


class Mismatch(Exception):
    """The mount did what it must not."""


def zone_text(filler):
    """The zone that all begin with, and names beside that keep the guard against deletions quiet."""
    lines = ["$ORIGIN example.com.", "$TTL 300", "@ IN SOA ns1 hostmaster 1 3600 600 86400 300", "@ NS ns1", "@ NS ns2",
             "ns1 A 192.0.2.1", "ns2 A 192.0.2.2", "a A 192.0.2.10", "a MX 10 ns1", "b TXT \"one\" \"two\"",
             "c.a AAAA 2001:db8::1", "*.b TXT \"any\"", "alias CNAME a", "d.c.b A 192.0.2.11"]
    return "\n".join(lines + ["n%d.filler A 10.0.%d.%d" % (n, n >> 8, n & 255) for n in range(filler)]) + "\n"


class Both:
    def __init__(self, build, folder, mounts=2, filler=1000):
        self.repository = real.Repository(build, folder + "/repo")
        self.mounts = [real.Mount(build, folder + "/repo", "%s/mnt%d" % (folder, n), "%s/fs%d.log" % (folder, n))
                       for n in range(mounts)]
        self.repo = store.Repo()
        self.trees = [changes.Mount(self.repo) for _ in self.mounts]
        self.stale = [False] * mounts
        self.told = [[] for _ in self.mounts]  # the lines of `errors`
        self.slots = {}  # open files: number -> (fd, handle of the model, mount)
        self.lives = [0] * mounts  # how often they were started again
        self.seen = {}  # (mount, path) -> (identity, mtime, inode number)
        self.was = collections.deque(maxlen=40)  # paths that were there
        self.waited = {}  # (mount, view) -> when its deletions began, when the last came
        self.counts = collections.Counter()
        self.m = 0  # the mount of the call that is made
        self.repository.make(zone_text(filler))
        for mount in self.mounts:
            mount.start()
        self.learn("main")

    # -- answers ------------------------------------------------------------------------------------------------

    @property
    def real(self):
        return self.mounts[self.m]

    @property
    def tree(self):
        return self.trees[self.m]

    def same(self, what, got, wanted):
        if got != wanted:
            raise Mismatch("%s: got %s, wanted %s" % (what, shorten(got), shorten(wanted)))

    def call(self, model, call):
        """Make one call on both. Returns (the model's result, the mount's), or None if both refuse."""
        wanted, result = ("0",), None
        try:
            result = model()
        except Errno as e:
            wanted = e.names
        except changes.Done:
            pass
        try:
            got, answer = "0", call()
        except OSError as e:
            got, answer = errno.errorcode[e.errno], None
        if got not in wanted:
            raise Mismatch("answered %s, wanted %s" % (got, " or ".join(wanted)))
        self.counts[got] += 1
        return (result, answer) if got == "0" else None

    def learn(self, branch, before=None):
        """Ask the command line what a branch is."""
        status, out = self.repository.run("export", branch)
        if status:
            self.repo.branches.pop(branch, None)
            return
        records, serial = text.parse_zone(out)
        records = {key: value for key, value in records.items() if key[0][:1] != ("filler",)}
        self.repo.learn(branch, self.mounts[0].tip(branch), records, serial, before)

    # -- one step -----------------------------------------------------------------------------------------------

    def do(self, name, *args):
        """Make a call (calls.py), and look at what is to be seen of it."""
        self.settle_early()
        self.m = self.mount_of(name, args)
        if self.stale[self.m]:
            self.agree(self.m)
        before = {key: set(view.gone) for key, view in self.waiting()}
        start = time.monotonic()
        changed = self.repo.clock
        self.counts[name] += 1
        try:
            getattr(self, "do_" + name)(*args)
            self.note_waiting(before, start)
            if not self.was_late(before):
                self.after()
        except Mismatch:
            self.note_waiting(before, start)
            if not self.was_late(before):
                raise
        if self.was_late(before):
            self.relearn()
        for tree in self.trees:
            tree.forget_views()
        if self.repo.clock != changed:
            self.stale = [stale or name == "cli" or m != self.m for m, stale in enumerate(self.stale)]

    def waiting(self):
        return [((m, view.kind, view.name), view) for m, tree in enumerate(self.trees)
                for view in tree.views.values() if view.gone and tree.ref(view)]

    def settle_early(self):
        now = time.monotonic()
        for key, view in self.waiting():
            first, last = self.waited.get(key, (now, now))
            if view.waits() and (now - last > EARLY_S or now - first > MOST_S - 1.5):
                m, self.m = self.m, key[0]
                self.do_settle(key[0], view.kind, view.name)
                self.after()
                self.stale = [True] * len(self.mounts)
                self.m = m

    def note_waiting(self, before, start):
        for key, view in self.waiting():
            if view.touched:
                view.touched = False
                first = self.waited[key][0] if before.get(key) else start
                self.waited[key] = (first, start)

    def was_late(self, before):
        """Did the call take so long that deletions may have fallen due within it?"""
        now = time.monotonic()
        keys = [key for key in before if key in self.waited] + [key for key, _ in self.waiting()]
        return any(now - self.waited[key][1] > LATE_S or now - self.waited[key][0] > MOST_S - 0.5 for key in keys)

    def relearn(self):
        """What a slow call did is not known: close all, make what waits, and ask what there is."""
        self.counts["late"] += 1
        for slot in list(self.slots):
            fd, handle, m = self.slots.pop(slot)
            try:
                os.close(fd)
            except OSError:
                pass
            self.m = m
            try:
                self.tree.close(handle)
            except Errno:
                pass
        for m, tree in enumerate(self.trees):
            for view in tree.views.values():
                if tree.ref(view):
                    try:
                        self.mounts[m].fsync_dir(view.top.path())
                    except OSError:
                        pass
                    view.gone.clear()
        for branch in list(self.repo.branches):
            self.learn(branch)
        for m in range(len(self.mounts)):
            self.m = m
            self.learn_stages()
            self.told[m] = self.lines()
            self.tree.errors = 0
            self.tree.rejects.clear()
            self.agree(m, learn=True)

    def learn_stages(self):
        for name, stage in self.repo.stages.items():
            found = {}
            top = self.real.at("stage/" + name)
            for where, dirs, files in os.walk(top):
                dirs[:] = [d for d in dirs if d != "filler" and self.is_label(where, top)]
                labels = tuple(x for x in os.path.relpath(where, top).split("/") if x != ".")
                for file in files:
                    if file in text.TYPES or file == "SOA":
                        with open(os.path.join(where, file), "rb") as f:
                            found[labels, file] = text.read_shown(file, f.read().decode().splitlines())[0]
            records = {}
            self.repo.clock += 1
            for key, value in found.items():
                old = stage.records.get(key)
                records[key] = old if old and old.value == value else store.Record(value, self.repo.clock)
            stage.records = records

    @staticmethod
    def is_label(where, top):
        return ".~tmp~" not in os.path.relpath(where, top)

    # -- what is to be seen -------------------------------------------------------------------------------------

    def after(self):
        self.real.check()
        self.check_tips()
        self.check_errors()
        self.tree.rejects = [file for file in self.tree.rejects if not self.check_rejected(file)]

    def check_tips(self):
        for name, branch in self.repo.branches.items():
            if branch.tip is None:  # just made of what main is now
                branch.tip, branch.serial = self.repo.branches["main"].tip, self.repo.branches["main"].serial
            tip, n = self.real.tip(name), branch.commits
            if not n:
                self.same("tip of %s, without a commit" % name, tip, branch.tip)
                continue
            self.same("%d commits before the tip of %s (now %s)" % (n, name, tip), self.real.tip(name, n), branch.tip)
            serial = int(self.real.read("commits/%s/SOA" % tip).split()[5])
            if serial <= branch.serial or (branch.given or serial) != serial:
                raise Mismatch("serial of %s: %d after %d, asked for %s" % (name, serial, branch.serial, branch.given))
            self.repo.committed(branch, tip, serial)
        for stage in self.repo.stages.values():
            if stage.serial is None:  # begun at what its branch is now
                stage.serial = self.repo.branches[stage.branch].serial

    def lines(self):
        return self.real.read("errors").decode().splitlines()

    def check_errors(self):
        told, n = self.told[self.m], self.tree.errors
        now = self.lines()
        if now != (told + now[len(now) - n:])[-200:]:
            raise Mismatch("`errors` got other than %d lines: %s" % (n, "; ".join(now[-max(3, n):])))
        self.told[self.m] = now
        self.tree.errors = 0

    def check_rejected(self, file):
        """Read the refused text, as soon as its directory shows."""
        try:
            if not file.named or self.tree.lookup(file.path()) is not file:
                return not file.named
        except Errno:
            return False
        got = self.real.read(file.path())
        head, _, rest = got.partition(b"\n")
        if not head.startswith(b"; not committed: "):
            raise Mismatch("%s begins with %r" % (file.path(), head))
        self.same(file.path(), rest, self.tree.content(file))
        file.named_file().data = got
        return True

    def agree(self, m, learn=False):
        """What other processes did is seen here soon."""
        end = time.monotonic() + AGREE_S
        self.m, m = m, self.m
        while True:
            try:
                self.compare(learn)
                break
            except Mismatch:
                self.real.check()
                if time.monotonic() > end:
                    raise
                self.counts["looked again"] += 1
                time.sleep(0.002)
                self.settle_early()
        self.stale[self.m] = False
        self.m = m

    def compare(self, learn=False):
        """The whole of what this mount shows against the model."""
        for kind, refs in (("branch", self.repo.branches), ("stage", self.repo.stages)):
            self.same(kind + " names", set(self.real.names("stage" if kind == "stage" else "heads")), set(refs))
            for name in refs:
                self.compare_dir(self.tree.view(kind, name).top, learn)
        for path in list(self.was):
            try:
                self.tree.lookup(path)
            except Errno as e:
                try:
                    os.lstat(self.real.at(path))
                except OSError as got:
                    self.same(path, errno.errorcode[got.errno], e.names[0])
                else:
                    raise Mismatch(path + " is there still") from e

    def compare_dir(self, node, learn):
        path = node.path()
        wanted = {name: LETTERS[kind] for name, kind in self.tree.names(node).items()}
        got = self.real.names(path)
        if not node.parent:
            got.pop("filler", None)
        self.same(path, got, wanted)
        self.look_at(node, learn)
        for name in wanted:
            child = self.tree.find(node, name)
            if child is None:
                raise Mismatch("the model has %s/%s and does not find it" % (path, name))
            if child.is_dir():
                self.compare_dir(child, learn)
            else:
                self.look_at(child, learn)

    def look_at(self, node, learn=False):
        """One object: its content, size, time and number."""
        path = node.path()
        st = os.lstat(self.real.at(path))
        if node.kind == "link":
            self.same(path, os.readlink(self.real.at(path)), node.target)
        elif not node.is_dir():
            content = self.tree.content(node)
            self.same(path, self.real.read(path), content)
            self.same("size of " + path, st.st_size, len(content))
            self.same("kind of " + path, stat.S_ISREG(st.st_mode), True)
        self.check_times(node, path, st, learn)

    def identity(self, node):
        """What has another time when it is another."""
        view = node.top().view
        records = self.tree.ref(view).records
        if node.kind == "record" and node.key() in records and not (node.draft and node.draft.shown) and \
                self.tree.is_sure(view, node.key()):
            if node.name == "SOA" and view.kind == "stage":
                return None
            return "record", records[node.key()].changed if node.name != "SOA" else self.tree.ref(view).serial
        if node.kind == "label" and view.kind == "branch":
            return "label", self.tree.ref(view).below.get(node.labels(), self.begun(self.tree.ref(view), node.labels()))
        return None

    def begun(self, ref, labels):
        """Below a label that was only made there never was anything: it is as old as its mount."""
        held = any(key[0][:len(labels)] == labels for key in ref.records)
        return ref.begun if held else (ref.begun, self.lives[self.m])

    def check_times(self, node, path, st, learn):
        identity = self.identity(node)
        self.was.append(path) if path not in self.was else None
        if identity is None:
            self.seen.pop((self.m, path), None)
            return
        before = self.seen.get((self.m, path))
        given = self.tree.time_of(node.top().view, node.key()) if node.kind == "record" else None
        if before and not learn:
            self.same("inode number of " + path, st.st_ino, before[2])
            if before[0] == identity and given is None and before[3] is None and (node.parent or node.kind != "label"):
                self.same("time of " + path, st.st_mtime_ns, before[1])
            elif before[0] != identity and node.kind == "record" and st.st_mtime_ns == before[1]:
                raise Mismatch("%s changed, its time did not" % path)
        if given is not None:
            self.same("time given to " + path, st.st_mtime_ns, given)
        self.seen[self.m, path] = (identity, st.st_mtime_ns, st.st_ino, given)


def shorten(value):
    shown = repr(value)
    return shown if len(shown) < 800 else shown[:500] + " ... " + shown[-250:]
