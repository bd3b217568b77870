"""Choosing what happens next: steps of calls, as programs and people make them."""
from . import text

LABELS = ("a", "b", "c", "d", "*", "_x")
SCRATCH = (".A.swp", "4913", "A~", "MX~", "tmp1", "sedAbC")
DIRS = (".~tmp~",)
REFUSED_FILES = ("aaaa", "mx", "AXFR", "TYPE1")
REFUSED_DIRS = ("New", "a.b", "x" * 64)
BRANCHES = ("main", "side", "third")
STAGES = ("s", "t@side")
TAGS = ("v1", "v2", "v3")
HOSTS = ("ns1", "ns2", "a", "b.c", "host.test.", "@")


class Chooser:
    """Draws steps from a random source, looking at what there is."""

    def __init__(self, random, both):
        self.r = random
        self.both = both
        self.next_slot = 100

    def pick(self, *weighted):
        values, weights = zip(*weighted)
        return self.r.choices(values, weights)[0]

    # -- places -------------------------------------------------------------------------------------------------

    def mount(self):
        return 0 if self.r.random() < 0.8 else self.r.randrange(len(self.both.mounts))

    def branch(self):
        return self.pick(("main", 6), ("side", 3), ("third", 1))

    def top(self):
        if self.r.random() < 0.15:
            return "stage/" + self.r.choice(STAGES)
        return "heads/" + self.branch()

    def labels(self):
        return [self.r.choice(LABELS) for _ in range(self.pick((0, 1), (1, 6), (2, 3), (3, 1)))]

    def known(self, m, kinds):
        """A path of one of these kinds that is there on a mount, if there is one."""
        tree, top = self.both.trees[m], self.top()
        kind, name = top.split("/")
        view = tree.view("stage" if kind == "stage" else "branch", name)
        found, todo = [], [view.top] if view else []
        while todo:
            node = todo.pop()
            for name in tree.names(node):
                child = tree.find(node, name)
                if child and child.is_dir():
                    todo.append(child)
                if child and child.kind in kinds:
                    found.append(child.path())
        return self.r.choice(sorted(found)) if found else None

    def directory(self, m):
        return self.r.random() < 0.7 and self.known(m, ("label", "dir")) or "/".join([self.top()] + self.labels())

    def record(self, m):
        """A record's path: mostly one that is there."""
        if self.r.random() < 0.55:
            path = self.known(m, ("record",))
            if path:
                return path
        if self.r.random() < 0.03:
            return self.top() + "/" + self.r.choice(("SOA", "NS"))
        return self.directory(m) + "/" + self.r.choice(text.TYPES)

    def scratch(self, m):
        if self.r.random() < 0.4:
            path = self.known(m, ("file", "link"))
            if path:
                return path
        if self.r.random() < 0.05:
            return self.record(m) + ".rejected"
        return self.directory(m) + "/" + self.r.choice(SCRATCH)

    def any_file(self, m):
        return self.pick((self.record, 6), (self.scratch, 4), (self.odd_file, 0.3))(m)

    def odd_file(self, m):
        return self.directory(m) + "/" + self.r.choice(REFUSED_FILES)

    def label(self, m):
        if self.r.random() < 0.6:
            path = self.known(m, ("label",))
            if path:
                return path
        name = self.pick((self.r.choice(LABELS), 12), (self.r.choice(DIRS), 2), (self.r.choice(REFUSED_DIRS), 1))
        return self.directory(m) + "/" + name

    # -- texts --------------------------------------------------------------------------------------------------

    def rdata(self, rtype):
        r = self.r
        if rtype == "A":
            return "10.%d.%d.%d" % (r.randrange(3), r.randrange(3), r.randrange(9))
        if rtype == "AAAA":
            return "2001:db8::%x" % r.randrange(1, 40)
        if rtype == "TXT":
            return " ".join('"%s"' % ("t" * r.choice((1, 3, 60, 255))) for _ in range(r.randrange(1, 3)))
        if rtype == "MX":
            return "%d %s" % (r.randrange(3) * 10, r.choice(HOSTS))
        if rtype == "SRV":
            return "%d 0 53 %s" % (r.randrange(3), r.choice(HOSTS))
        if rtype == "TYPE65280":
            return "\\# 2 %04x" % r.randrange(5)
        return r.choice(HOSTS)

    def rdatas(self, rtype):
        n = 1 if rtype in text.LONE else self.pick((1, 5), (2, 3), (4, 1))
        return [self.rdata(rtype) for _ in range(n)]

    def canonical(self, rtype):
        """(TTL, RDATA...) as it is shown."""
        ttl = self.r.choice((60, 300, 3600))
        said = "".join("%d IN %s %s\n" % (ttl, rtype, data) for data in self.rdatas(rtype))
        value, _ = text.parse(rtype, text.APEX, said.encode(), ttl)
        return value.ttl, list(value.rdatas)

    def text(self, path):
        """What is written to a file of that name, good or bad."""
        rtype = path.rsplit("/", 1)[1].split("~")[0]
        if rtype == "SOA":
            return self.soa()
        if rtype not in text.TYPES:
            rtype = "A"
        if self.r.random() < 0.15:
            return self.bad_text(rtype)
        ttl = self.r.choice(("", "", "60 ", "300 ", "3600 "))
        lines = []
        for data in self.rdatas(rtype):
            head = self.pick(("", 4), (ttl + "IN %s " % rtype, 4), (ttl + rtype + " ", 1))
            lines.append(head + data + self.pick(("", 5), ("  ; why", 1)))
            if self.r.random() < 0.1:
                lines.append(self.r.choice(("", "; a comment", "\t")))
        return "\n".join(lines) + self.pick(("\n", 9), ("", 1))

    def bad_text(self, rtype):
        good = "%s\n" % self.rdata(rtype)
        return self.r.choice(("bad one two three four\n", good + "60 IN %s\n" % rtype, "; nothing\n", "\n", good + "\0\n",
                              "60 IN %s %s300 IN %s %s" % (rtype, good, rtype, good), "other 60 IN %s %s" % (rtype, good),
                              good + "(", "60 CH %s %s" % (rtype, good)))

    def soa(self):
        serial = self.pick((1, 3), (self.both.repo.serial + self.r.randrange(1, 50), 2))
        return "%sns1 host%d %d 3600 600 86400 300\n" % (self.r.choice(("", "300 ", "600 IN SOA ")),
                                                         self.r.randrange(3), serial)

    def pieces(self, data):
        at = sorted(self.r.randrange(len(data) + 1) for _ in range(self.r.randrange(3)))
        return [data[a:b] for a, b in zip([0] + at, at + [len(data)])]

    def slot(self):
        self.next_slot += 1
        return self.next_slot

    # -- savers -------------------------------------------------------------------------------------------------

    def written(self, m, path, letters, data, sync=0.2):
        """Open, write in pieces, close."""
        s, calls = self.slot(), []
        for piece in self.pieces(data):
            calls.append(("write", s, piece))
            if self.r.random() < sync:
                calls.append(("fsync", s))
        return [("open", s, m, path, letters)] + calls + [("close", s)]

    def save_truncating(self, m, path):
        return self.written(m, path, "wct", self.text(path), self.r.choice((0, 0, 0.3)))

    def save_appending(self, m, path):
        return self.written(m, path, self.r.choice(("wca", "wa")), self.text(path), self.r.choice((0, 0.5)))

    def save_in_place(self, m, path):
        s, data = self.slot(), self.text(path)
        return [("open", s, m, path, self.r.choice(("w", "rw", "wc"))), ("pwrite", s, data, 0),
                ("ftruncate", s, len(data)), ("close", s)]

    def save_like_vim(self, m, path):
        s, data = self.slot(), self.text(path)
        return [("rename", m, path, path + "~"), ("open", s, m, path, "wc"), ("ftruncate", s, 0), ("write", s, data),
                ("fsync", s), ("chmod", m, path, 0o644), ("close", s), ("unlink", m, path + "~")]

    def save_replacing(self, m, path):
        scratch = self.scratch(m) if self.r.random() < 0.2 else path + "~"
        calls = self.written(m, scratch, self.r.choice(("wct", "wcx")), self.text(path))
        if self.r.random() < 0.3:
            calls.append(("utimens", m, scratch, self.r.randrange(10 ** 9, 2 * 10 ** 9) * 10 ** 9 + 5))
        return calls + [("rename", m, scratch, path)]

    def save_anew(self, m, path):
        return [("unlink", m, path)] + self.written(m, path, "wcx", self.text(path))

    def save_mapped(self, m, path):
        s = self.slot()
        return [("open", s, m, path, "rw"), ("map", s, self.r.choice(("1", "2", "99", "x")), self.r.randrange(12)),
                ("close", s)]

    def save_pieces(self, m, path):
        s, data = self.slot(), self.text(path)
        calls = [("open", s, m, path, self.r.choice(("w", "wct", "rw")))]
        for _ in range(self.r.randrange(1, 4)):
            at = self.r.randrange(len(data))
            calls.append(("pwrite", s, data[at:at + self.r.randrange(1, 20)], at))
            calls += [("fsync", s)] if self.r.random() < 0.4 else []
        return calls + [("close", s)]

    def save(self):
        m = self.mount()
        path = self.any_file(m)
        how = self.pick((self.save_truncating, 8), (self.save_appending, 2), (self.save_in_place, 2),
                        (self.save_like_vim, 3), (self.save_replacing, 4), (self.save_anew, 3), (self.save_mapped, 1),
                        (self.save_pieces, 2))
        return how(m, path) + [("look", m, path)]

    # -- files that stay open -----------------------------------------------------------------------------------

    def open_file(self):
        s = self.r.randrange(6)
        if s in self.both.slots:
            name = self.pick(("write", 4), ("pwrite", 2), ("ftruncate", 1), ("fsync", 3), ("close", 3), ("pread", 3),
                             ("map", 1))
            data = self.text(self.both.slots[s][1].node.path() if self.both.slots[s][1].node.named else "x/A")
            args = {"write": [data], "pwrite": [data, self.r.randrange(30)], "ftruncate": [self.r.randrange(40)],
                    "map": ["7", self.r.randrange(20)]}.get(name, [])
            return [(name, s, *args)]
        m = self.mount()
        return [("open", s, m, self.any_file(m), self.r.choice(("r", "r", "w", "rw", "wc", "wct", "rwct", "wca", "wcx")))]

    # -- names --------------------------------------------------------------------------------------------------

    def change_name(self):
        m = self.mount()
        call = self.pick((self.unlink, 6), (self.rename, 6), (self.mkdir, 4), (self.rmdir, 3), (self.rename_label, 3),
                         (self.link, 1), (self.symlink, 1), (self.attribute, 3))
        return [call(m)]

    def unlink(self, m):
        return "unlink", m, self.any_file(m)

    def rename(self, m):
        flags = self.pick(((), 8), (("noreplace",), 2), (("exchange",), 1))
        return "rename", m, self.any_file(m), self.any_file(m), flags

    def mkdir(self, m):
        return "mkdir", m, self.label(m)

    def rmdir(self, m):
        return "rmdir", m, self.label(m)

    def rename_label(self, m):
        return "rename", m, self.label(m), self.label(m), ()

    def link(self, m):
        return "link", m, self.any_file(m), self.any_file(m)

    def symlink(self, m):
        return "symlink", m, "user@host.1", self.any_file(m)

    def attribute(self, m):
        path = self.pick((self.any_file, 5), (self.label, 1))(m)
        return self.r.choice((("chmod", m, path, 0o600), ("chown", m, path, 0), ("chown", m, path, 12345),
                              ("truncate", m, path, self.r.choice((0, 0, 5, 300))),
                              ("utimens", m, path, self.r.randrange(10 ** 9) * 10 ** 9 + self.r.randrange(10 ** 9))))

    # -- stages, zone files, branches, history ------------------------------------------------------------------

    def stage(self):
        m, name = self.mount(), self.r.choice(STAGES)
        if name not in self.both.repo.stages:
            return [("mkdir", m, "stage/" + name)]
        return [self.pick((("status", m, name), 3), (("commit", m, name, "from a stage\n"), 3),
                          (("rmdir", m, "stage/" + name), 1), (("settle", m, "stage", name), 1))]

    def zone_file(self):
        how = self.r.choice(("truncate", "rename", "create"))
        behind = self.pick((None, 2), (0, 2), (1, 1), (3, 1))
        return [("zone", self.mount(), self.branch(), how, self.changes(), behind)]

    def changes(self):
        """[labels, type, TTL, RDATA...], without RDATA to be deleted."""
        out = []
        for _ in range(self.r.randrange(4)):
            labels, rtype = self.labels(), self.r.choice(text.TYPES)
            ttl, rdatas = self.canonical(rtype)
            out.append((labels, rtype, ttl, rdatas if self.r.random() < 0.7 else []))
        return out

    def branches(self):
        m, name = self.mount(), self.r.choice(BRANCHES)
        return [self.r.choice((("mkdir", m, "heads/" + name), ("rmdir", m, "heads/" + name),
                               ("rename", m, "heads/" + name, "heads/no", ())))]

    def history(self):
        m = self.mount()
        return [self.pick((("past", m, self.branch(), self.r.randrange(6)), 4), (("log", m, self.branch()), 1),
                          (("tags", m), 1))]

    def look(self):
        m = self.mount()
        return [("look", m, self.pick((self.any_file, 2), (self.label, 1))(m)), ("compare", m)]

    # -- other doors --------------------------------------------------------------------------------------------

    def door(self):
        r, branch, labels = self.r, self.branch(), self.labels()
        rtype = r.choice(text.TYPES)
        ttl, rdatas = self.canonical(rtype)
        return [self.pick((("cli", "set", branch, labels, rtype, ttl, rdatas), 8),
                          (("cli", "delete", *self.to_delete(branch)), 6),
                          (("cli", "apply", branch, [c for c in self.changes() if c[3]] or [(labels, rtype, ttl, rdatas)]), 3),
                          (("cli", "merge", branch, self.branch()), 2), (("cli", "reset", branch, r.randrange(4)), 2),
                          (("cli", "revert", branch, r.randrange(3)), 1), (("cli", "branch", r.choice(BRANCHES), "main"), 2),
                          (("cli", "drop", r.choice(BRANCHES)), 0.5), (("cli", "tag", r.choice(TAGS), branch), 1),
                          (("cli", "protect", "side", r.random() < 0.3), 2))]

    def to_delete(self, branch):
        keys = [k for k in getattr(self.both.repo.branches.get(branch), "records", {}) if k[0] and k[1] != "SOA"]
        labels, rtype = self.r.choice(sorted(keys)) if keys and self.r.random() < 0.9 else (self.labels(), "A")
        return branch, list(labels), rtype

    def end(self):
        return [(self.r.choice(("stop", "kill")), self.mount())]

    def step(self):
        return self.pick((self.save, 40), (self.change_name, 22), (self.open_file, 14), (self.stage, 4),
                         (self.zone_file, 2), (self.branches, 1), (self.history, 1.5), (self.look, 3), (self.door, 7),
                         (self.end, 0.25))()
