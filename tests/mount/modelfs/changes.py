"""The model of one mount, second half: names that come, go and move; stages, branches and zone files."""
from . import store, text
from .nodes import Errno, Gone, Node, dir_kind
from .tree import Tree


class Mount(Tree):
    # -- deletions ----------------------------------------------------------------------------------------------

    def shelve(self, node, parent=None, name=None):
        """Delete a record, for it waits now; with a parent it becomes the scratch file parent/name."""
        view, key, start = node.top().view, node.key(), node.parent
        record, gone = self.ref(view).records.get(key), view.gone.get(key)
        data = self.content(node)
        view.touched = True
        if gone:
            gone.writer = None
        elif record:
            view.gone[key] = Gone(record.changed)
        if parent:
            node.place(parent, name)
        else:
            node.drop()
        node.kind, node.data, node.draft, node.unsaved = "file", data, None, False
        self.keep_if_empty(start)

    def unlink(self, path):
        parent, name = self.parent_of(path)
        node = self.find(parent, name) if parent else self.lookup(path)
        if not node:
            raise Errno("ENOENT")
        if node.is_dir():
            raise Errno("EISDIR")
        self.changeable(parent)
        if node.kind == "record":
            self.shelve(node)
        else:
            node.drop()

    def rmdir(self, path):
        parent, name = self.parent_of(path)
        if parent is None:
            self.drop_top(path, name)
            return
        node = self.find(parent, name)
        if not node:
            raise Errno("ENOENT")
        if not node.is_dir():
            raise Errno("ENOTDIR")
        self.changeable(parent)
        self.remove_dir(node)

    def remove_dir(self, node):
        parent = node.parent
        if node.kind == "dir" and node.children:
            raise Errno("ENOTEMPTY")
        if node.kind == "label":
            if self.alive(node.top().view, node.labels()) or node.holds():
                raise Errno("ENOTEMPTY")
            node.made = False
        node.children.clear()
        node.drop()
        self.keep_if_empty(parent)

    # -- new names ----------------------------------------------------------------------------------------------

    def absent(self, path):
        parent, name = self.parent_of(path)
        if parent is None or self.find(parent, name):
            raise Errno("EEXIST")
        return parent, name

    def mkdir(self, path):
        parent, name = self.parent_of(path)
        if parent is None:
            self.make_top(path, name)
            return
        parent, name = self.absent(path)
        self.changeable(parent)
        kind = "dir" if parent.kind == "dir" else dir_kind(name)
        if kind == "refused":
            self.refuse("EINVAL")
        if kind == "dir":
            Node("dir", parent, name).place(parent, name)
            return
        if len(text.owner_of(parent.labels() + (name,))) > 254:
            self.refuse("ENAMETOOLONG")
        node = parent.children.get(name) or Node("label", parent, name)
        node.place(parent, name)
        node.made = True

    def symlink(self, target, path):
        parent, name = self.absent(path)
        if self.new_kind(parent, name) == "record":
            self.refuse("EPERM")
        node = Node("link", parent, name)
        node.target = target
        node.place(parent, name)

    def link(self, source, path):
        """A link of a record is a copy of its text."""
        node = self.lookup(source)
        parent, name = self.absent(path)
        if node.is_dir():
            raise Errno("EPERM")
        if self.new_kind(parent, name) == "record":
            self.refuse("EPERM")
        new = Node("file", parent, name)
        if node.kind == "record":
            new.data = self.content(node)
        else:
            new.file = node.named_file()
            new.file.links.add(new)
        new.place(parent, name)

    # -- rename -------------------------------------------------------------------------------------------------

    def rename(self, source, path, flags=()):
        parent, name = self.parent_of(source)
        to, new = self.parent_of(path)
        if parent is None:
            self.lookup(source)
            self.refuse("EPERM")  # a branch is not renamed
        node = self.find(parent, name)
        if not node:
            raise Errno("ENOENT")
        there = self.find(to, new)
        if there and "noreplace" in flags:
            raise Errno("EEXIST")
        if "exchange" in flags and not there:
            raise Errno("ENOENT")
        self.may_move(node, there, to, "exchange" in flags)
        if there and there.named_file() is node.named_file():
            return
        if "exchange" in flags:
            raise Errno("EINVAL")
        self.changeable(parent)
        self.changeable(to)
        if node.kind == "label":
            self.rename_label(node, there, to, new)
        elif node.kind == "dir":
            if to.kind == "label" and dir_kind(new) != "dir":
                raise Errno("EXDEV")
            if there and there.children:
                raise Errno("ENOTEMPTY")
            node.place(to, new)
        else:
            self.rename_file(node, to, new)

    def may_move(self, node, there, to, exchange):
        """What the kernel looks at before it asks the mount."""
        up = to
        while up is not None:
            if up is node:
                raise Errno("EINVAL")
            up = up.parent
        up = node.parent
        while up is not None:
            if there is up:
                raise Errno("ENOTEMPTY")
            up = up.parent
        if there and there is not node and not exchange:
            if node.is_dir() and not there.is_dir():
                raise Errno("ENOTDIR")
            if there.is_dir() and not node.is_dir():
                raise Errno("EISDIR")

    def rename_file(self, node, to, new):
        kind = self.new_kind(to, new)
        if kind != "record":
            if node.kind == "record":
                self.shelve(node, to, new)
            else:
                node.place(to, new)
        elif node.kind == "link":
            self.refuse("EPERM")
        elif node.kind == "record" and node.top().view is not to.top().view:
            raise Errno("EXDEV")
        else:
            self.become_record(node, to, new)

    def become_record(self, node, to, new):
        view, key, edits, start = to.top().view, (to.labels(), new), {}, node.parent
        data = self.content(node)
        try:
            if node.kind == "record" and node.key() in self.ref(view).records:
                edits[node.key()] = None
            edits[key], serial = self.read_text(view, to, new, data)
            self.run(view, edits, serial, own=key)
        except store.Refused as e:
            self.call_off(view, key)
            self.reject(to, new, data)
            raise Errno(e.error) from e
        self.call_off(view, key)
        if node.kind == "record":
            self.call_off(view, node.key())
        dated, was_record = node.named_file().dated, node.kind == "record"
        if node.file or node.links:  # its other names keep the file
            node.drop()
            node = Node("record", to, new)
        node.place(to, new)
        if node.kind == "file":
            node.kind, node.data, node.dated, node.hidden = "record", b"", None, False
        elif node.draft:
            node.draft.base = self.ref(view).records[key].changed
            node.draft.dirty = node.draft.shown = False
        node.unsaved = False
        if dated is not None:
            self.set_time(view, key, dated)
        if was_record:
            self.keep_if_empty(start)

    def rename_label(self, node, there, to, new):
        view = node.top().view
        if to.kind != "label" or to.top().view is not view:
            raise Errno("EXDEV")
        kind = dir_kind(new)
        if kind == "refused":
            self.refuse("EINVAL")
        if kind == "dir":
            raise Errno("EXDEV")
        if there:
            self.remove_dir(there)
        for gone in view.gone.values():
            if gone.writer and gone.writer.is_below(node):
                gone.writer.draft.base = 0  # what it replaces is deleted where it was
                gone.writer = None
        if view.kind == "stage":
            self.settle(view)
        else:
            self.settle_quietly(view.name)
        old, labels, edits = node.labels(), to.labels() + (new,), {}
        for key, record in self.shown(view).items():
            if key[0][:len(old)] == old:
                edits[key] = None
        for key in list(edits):
            edits[labels + key[0][len(old):], key[1]] = self.ref(view).records[key].value
        along = [child for child in node.drafts_below() if child.draft.base == self.changed(view, child.key())]
        longest = max([len(text.owner_of(key[0])) for key in edits], default=0)
        try:
            if longest > 254:
                raise store.Refused("EBADMSG")
            if edits:
                self.run(view, edits)
        except store.Refused as e:
            self.refuse(e.error)
        start = node.parent
        node.place(to, new)
        for child in along:
            child.draft.base = self.changed(view, child.key())
        self.keep_if_empty(start)
        self.keep_if_empty(node)

    # -- branches and stages ------------------------------------------------------------------------------------

    def make_top(self, path, name):
        kind = path.split("/")[0]
        self.repo.clock += 1
        if kind == "heads":
            if name in self.repo.branches:
                raise Errno("EEXIST")
            main = self.repo.branches["main"]
            self.settle_quietly("main")
            self.repo.branches[name] = store.Branch(main.records, main.serial)
            return
        if name in self.repo.stages:
            raise Errno("EEXIST")
        branch = name.partition("@")[2] or "main"
        if branch not in self.repo.branches:
            self.refuse("ENOENT")
        self.settle_quietly(branch)
        ref = self.repo.branches[branch]
        self.repo.stages[name] = store.Stage(branch, ref.records)

    def settle_quietly(self, branch):
        try:
            self.settle(self.view("branch", branch))
        except Errno:
            pass

    def drop_top(self, path, name):
        if path.startswith("stage/"):
            if name not in self.repo.stages:
                raise Errno("ENOENT")
            del self.repo.stages[name]
            self.repo.clock += 1
            return
        if name not in self.repo.branches:
            raise Errno("ENOENT")
        self.settle_quietly(name)
        self.refuse("EPERM")  # main stays; of others, whoever runs us knows whether they are merged

    def status(self, name):
        """How many lines .status has that tell of a change."""
        view = self.view("stage", name)
        if not view:
            raise Errno("ENOENT")
        self.settle(view)
        now, base = ({k: r.value for k, r in records.items()} for records in
                     (self.repo.stages[name].records, self.repo.stages[name].base))
        return sum(now.get(key) != base.get(key) for key in set(now) | set(base))

    def commit_stage(self, name):
        view = self.view("stage", name)
        if not view:
            raise Errno("ENOENT")
        stage = self.repo.stages[name]
        self.settle(view)
        branch = self.view("branch", stage.branch)
        self.settle_quietly(stage.branch)
        try:
            edits = self.repo.merge_stage(stage)
            if edits:
                self.run(branch, edits)
        except store.Refused as e:
            self.refuse(e.error)
        ref = self.repo.branches[stage.branch]
        stage.begin(ref.records)

    # -- zone files ---------------------------------------------------------------------------------------------

    def save_zone(self, branch, stated, base, opened):
        """A zone file is saved: what it says, made of the records base (None: it replaces). opened: not by rename."""
        view = self.view("branch", branch)
        if not view:
            raise Errno("ENOENT")
        ref = self.ref(view)
        if opened and ref.protected:
            self.refuse("EROFS")
        if view.gone:
            self.settle_quietly(branch)
        try:
            edits = self.repo.merge_zone_text(ref, ref.records if base is None else base, stated)
            if edits:
                self.run(view, edits)
        except store.Refused as e:
            self.refuse(e.error)

    # -- the end of a mount -------------------------------------------------------------------------------------

    def unmounted(self, killed):
        """All that is not in the store is gone; deletions that waited are made, but for a kill."""
        for view in list(self.views.values()):
            if not killed and self.ref(view):
                try:
                    self.settle(view)
                except Errno:
                    pass
        self.views.clear()
        self.errors = 0
        if killed:
            self.unsure |= set(self.times)
            self.times.clear()


class Done(Exception):
    """Nothing is to be done."""
