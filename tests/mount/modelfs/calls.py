"""The calls that a step is made of: each on the real mount and on the model. Their arguments are plain, so that a trace
of them is a replay."""
import os

from . import real, text
from .both import Both
from .nodes import Errno

ON_SLOT = ("write", "pwrite", "ftruncate", "fsync", "close", "pread", "map")


def octets(data):
    """Texts are kept in traces one character a byte."""
    return data.encode("latin-1")


class Calls(Both):
    def mount_of(self, name, args):
        if name in ON_SLOT:
            return self.slots[args[0]][2] if args[0] in self.slots else self.m
        if name == "open":
            return args[1]
        return args[0] if name != "cli" else 0

    # -- open files ---------------------------------------------------------------------------------------------

    def is_link(self, path):
        try:
            return self.tree.lookup(path).kind == "link"
        except Errno:
            return False

    def do_open(self, slot, _, path, letters):
        if slot in self.slots or self.is_link(path):
            return
        flags = set(letters)
        done = self.call(lambda: self.tree.open(path, flags), lambda: self.real.open(path, letters))
        if done:
            self.slots[slot] = (done[1], done[0], self.m)

    def do_write(self, slot, data, offset=None):
        if slot not in self.slots:
            return
        fd, handle, _ = self.slots[slot]
        data = octets(data)
        write = (lambda: os.write(fd, data)) if offset is None else (lambda: os.pwrite(fd, data, offset))
        if not handle.writes:
            self.call(refuse("EBADF"), write)
            return
        before = handle.offset
        try:
            never = self.tree.write(handle, data, offset)
        except Errno as e:
            self.call(refuse(*e.names), write)
            return
        wanted = {"yes": ("EBADMSG",), "no": ("0",), "perhaps": ("0", "EBADMSG")}[never]
        if not self.call(refuse(*wanted), write):
            handle.offset = before

    def do_pwrite(self, slot, data, offset):
        # pwrite of a file that is open for appending appends (Linux)
        if slot in self.slots:
            self.do_write(slot, data, offset)

    def do_map(self, slot, data, offset):
        """Write through a shared mapping; the kernel hands us the whole page."""
        if slot not in self.slots:
            return
        fd, handle, _ = self.slots[slot]
        data = octets(data)
        content = self.tree.content(handle.node)
        if not handle.writes or not handle.reads or handle.append or len(content) < offset + len(data) or \
                not handle.node.named:
            return
        view = handle.node.top().view
        if view and self.tree.ref(view).protected:  # refused as often as the kernel tries
            return

        def model():
            self.tree.write(handle, content[:offset] + data + content[offset + len(data):], 0)
            self.tree.fsync(handle)  # as msync does
        self.call(model, lambda: real.write_map(fd, data, offset))

    def do_ftruncate(self, slot, size):
        if slot not in self.slots:
            return
        fd, handle, _ = self.slots[slot]
        if not handle.writes:
            self.call(refuse("EINVAL"), lambda: os.ftruncate(fd, size))
        else:
            self.call(lambda: self.tree.truncate(handle.node, size), lambda: os.ftruncate(fd, size))

    def do_fsync(self, slot):
        if slot in self.slots:
            fd, handle, _ = self.slots[slot]
            self.call(lambda: self.tree.fsync(handle), lambda: os.fsync(fd))

    def do_close(self, slot):
        if slot in self.slots:
            fd, handle, _ = self.slots.pop(slot)
            self.call(lambda: self.tree.close(handle), lambda: os.close(fd))

    def do_pread(self, slot):
        """What an open file shows; one that lost its name to another file may show either."""
        if slot not in self.slots:
            return
        fd, handle, _ = self.slots[slot]
        node = handle.node
        record = node.kind == "record"
        if not handle.reads or record and (not node.named or not self.tree.find(node.parent, node.name)):
            return
        content = self.tree.content(node)
        done = self.call(lambda: None, lambda: real.read_all(fd))
        if done:
            self.same("open file", done[1], content)
            self.same("size of the open file", os.fstat(fd).st_size, len(content))

    # -- names --------------------------------------------------------------------------------------------------

    def do_unlink(self, _, path):
        self.call(lambda: self.tree.unlink(path), lambda: os.unlink(self.real.at(path)))

    def do_mkdir(self, _, path):
        self.call(lambda: self.tree.mkdir(path), lambda: os.mkdir(self.real.at(path)))

    def do_rmdir(self, _, path):
        kind, *rest = path.split("/")
        if len(rest) == 1 and self.in_use("stage" if kind == "stage" else "branch", rest[0]):
            return
        if kind == "heads" and len(rest) == 1 and rest[0] in self.repo.branches and rest[0] != "main":
            self.drop_branch(path, rest[0])
        else:
            self.call(lambda: self.tree.rmdir(path), lambda: os.rmdir(self.real.at(path)))

    def in_use(self, kind, name):
        """Has anybody a file of it open?"""
        views = [handle.node.top().view for _, handle, _ in self.slots.values()]
        return any(view and (view.kind, view.name) == (kind, name) for view in views)

    def drop_branch(self, path, name):
        """It goes if it is merged, with what waits in it committed before."""
        self.tree.settle_quietly(name)
        branch = self.repo.branches[name]
        merged = not branch.commits and branch.tip in self.repository.must("log", "--porcelain", "main")

        def drop():
            if branch.protected or not merged:
                self.tree.refuse("EPERM", "EROFS")
            del self.repo.branches[name]
            self.repo.clock += 1
        self.call(drop, lambda: os.rmdir(self.real.at(path)))

    def do_rename(self, _, source, path, flags=()):
        self.call(lambda: self.tree.rename(source, path, flags), lambda: self.real.rename(source, path, flags))

    def do_link(self, _, source, path):
        if self.is_link(source):
            return
        self.call(lambda: self.tree.link(source, path), lambda: os.link(self.real.at(source), self.real.at(path)))

    def do_symlink(self, _, target, path):
        self.call(lambda: self.tree.symlink(target, path), lambda: os.symlink(target, self.real.at(path)))

    def do_truncate(self, _, path, size):
        if not self.is_link(path):
            self.call(lambda: self.tree.truncate(self.tree.lookup(path), size),
                      lambda: os.truncate(self.real.at(path), size))

    def attribute(self, path, change, call):
        """Change a node's attribute: accepted everywhere, of effect on scratch alone."""
        def model():
            node = self.tree.lookup(path)
            if node.kind in ("record", "label"):
                self.tree.writable(node)
            change(node)
        if not self.is_link(path):
            self.call(model, call)

    def do_chmod(self, _, path, mode):
        self.attribute(path, lambda node: None, lambda: os.chmod(self.real.at(path), mode))

    def do_chown(self, _, path, uid):
        def change(node):
            if node.kind in ("record", "label") and uid != os.getuid():
                raise Errno("EPERM")
        self.attribute(path, change, lambda: os.chown(self.real.at(path), uid, -1))

    def do_utimens(self, _, path, when):
        def change(node):
            if node.kind == "file":
                node.named_file().dated = when
            elif node.kind == "record" and node.draft and node.draft.shown:
                node.draft.dated = when
            elif node.kind == "record":
                self.tree.set_time(node.top().view, node.key(), when)
        try:
            if self.tree.lookup(path).kind == "label":
                return
        except Errno:
            pass
        self.attribute(path, change, lambda: os.utime(self.real.at(path), ns=(when, when)))

    def do_look(self, _, path):
        """One path: what it is and shows, and what a directory lists."""
        try:
            node = self.tree.lookup(path)
        except Errno as e:
            self.call(refuse(*e.names), lambda: os.lstat(self.real.at(path)))
            return
        self.look_at(node)
        if node.is_dir():
            got = self.real.names(path)
            got.pop("filler", None) if not node.parent else None
            self.same(path, set(got), set(self.tree.names(node)))

    def do_compare(self, _):
        self.compare()

    def do_settle(self, _, kind, name):
        view = self.tree.views.get((kind, name))
        if view and self.tree.ref(view):
            self.call(lambda: self.tree.settle(view), lambda: self.real.fsync_dir(view.top.path()))

    # -- stages and zone files ----------------------------------------------------------------------------------

    def is_begun(self, name):
        """Is there no such stage, or one whose branch is there?"""
        return name not in self.repo.stages or self.repo.stages[name].branch in self.repo.branches

    def do_status(self, _, name):
        if not self.is_begun(name):
            return
        path = "stage/%s/.status" % name
        done = self.call(lambda: self.tree.status(name), lambda: self.real.read(path))
        if done:
            lines = [x for x in done[1].decode().splitlines() if not x.startswith(";")]
            self.same("changes that .status tells of", len(lines), done[0])

    def do_commit(self, _, name, message):
        if not self.is_begun(name):
            return

        def write():
            fd = os.open(self.real.at("stage/%s/.commit" % name), os.O_WRONLY)
            try:
                os.write(fd, octets(message))
            finally:
                os.close(fd)
        self.call(lambda: self.tree.commit_stage(name), write)

    def do_zone(self, _, branch, how, changes, behind):
        """Change a whole zone as a file; `behind` so many commits if it says what it was made of, else None."""
        if branch not in self.repo.branches:
            return
        path = "zonefiles/%s/example.com.zone" % branch
        self.do_settle(self.m, "branch", branch)
        self.after()
        tip = self.real.tip(branch, behind or 0)
        if tip not in self.repo.snapshots:
            return
        base, filler = self.repo.snapshots[tip], self.filler(path)
        stated = {key: r.value for key, r in base.records.items()}
        for labels, rtype, ttl, rdatas in changes:
            stated[tuple(labels), rtype] = text.Value(ttl, tuple(rdatas)) if rdatas else None
        stated = {key: value for key, value in stated.items() if value}
        lines = text.show_zone({k: v for k, v in stated.items()}, base.serial) + filler
        if behind is not None:
            lines.insert(0, "; commit " + tip)
        data = ("\n".join(lines) + "\n").encode()
        self.call(lambda: self.tree.save_zone(branch, stated, None if behind is None else base.records, how != "rename"),
                  lambda: self.write_file(path, data, how))

    def filler(self, path):
        """The zone as its file shows it must be the model's; the rest of it is returned."""
        shown = self.real.read(path).decode()
        branch = self.repo.branches[path.split("/")[1]]
        self.same("size of " + path, os.stat(self.real.at(path)).st_size, len(shown))
        self.same("first line of " + path, shown.split("\n", 1)[0].split(":")[0], "; commit " + branch.tip)
        records, serial = text.parse_zone(shown)
        self.same("serial of " + path, serial, branch.serial)
        self.same(path, {k: v for k, v in records.items() if k[0][:1] != ("filler",)},
                  {k: r.value for k, r in branch.records.items()})
        return [x for x in shown.splitlines() if ".filler." in x]

    def write_file(self, path, data, how):
        place = self.real.at(path)
        written = place + "~new" if how == "rename" else place
        if how == "create":
            os.unlink(place)
        fd = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            for at in range(0, len(data), 50000):
                os.write(fd, data[at:at + 50000])
        finally:
            os.close(fd)
        if how == "rename":
            try:
                os.rename(written, place)
            except OSError:
                os.unlink(written)
                raise

    # -- history ------------------------------------------------------------------------------------------------

    def do_past(self, _, branch, back):
        """A commit of the past, whole."""
        tip = self.real.tip(branch, back) if branch in self.repo.branches else None
        if tip not in self.repo.snapshots:
            return
        self.compare_past("commits/" + tip, self.repo.snapshots[tip])
        try:
            os.unlink(self.real.at("commits/%s/SOA" % tip))
        except OSError as e:
            self.same("deleting the past", e.errno, 30)

    def compare_past(self, path, snapshot):
        found, top = {}, self.real.at(path)
        for where, dirs, files in os.walk(top):
            if where == top:
                dirs.remove("filler")
            labels = tuple(x for x in os.path.relpath(where, top).split("/") if x != ".")
            for file in files:
                with open(os.path.join(where, file), "rb") as f:
                    found[labels, file] = f.read()
        self.same(path, found, {key: text.show(key[1], r.value, snapshot.serial)
                                for key, r in snapshot.records.items()})

    def do_tags(self, _):
        self.same("tags", set(self.real.names("tags")), set(self.repo.tags))
        for tag, tip in self.repo.tags.items():
            self.compare_past("tags/" + tag, self.repo.snapshots[tip])

    def do_log(self, _, branch):
        """log/ and diff/ are what the command line prints."""
        if branch not in self.repo.branches:
            return
        self.same("log/" + branch, self.real.read("log/" + branch).decode(), self.repository.must("log", branch))
        if self.real.tip(branch, 3):
            self.same("diff", self.real.read("diff/%s~3..%s" % (branch, branch)).decode(),
                      self.repository.must("diff", branch + "~3", branch).replace("(no changes)\n", ""))

    # -- the life of a mount ------------------------------------------------------------------------------------

    def close_all(self, m):
        for slot in [s for s, (_, _, mount) in self.slots.items() if mount == m]:
            self.do_close(slot)
            self.after()

    def start(self, m):
        self.real.start()
        self.told[m] = []
        self.lives[m] += 1

    def do_stop(self, m):
        self.close_all(m)
        self.tree.unmounted(False)
        self.real.stop()
        self.start(m)

    def do_kill(self, m):
        self.real.kill()
        for slot in [s for s, (_, _, mount) in self.slots.items() if mount == m]:
            try:
                os.close(self.slots.pop(slot)[0])
            except OSError:
                pass
        self.tree.unmounted(True)
        self.seen = {key: value for key, value in self.seen.items() if key[0] != m or value[3] is None}
        self.start(m)


def refuse(*names):
    def model():
        raise Errno(*names)
    return model
