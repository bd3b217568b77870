"""The model of one mount: what each call must answer, and what must be seen afterwards (DESIGN section 4)."""
from . import store, text
from .nodes import Draft, Errno, Gone, Handle, Node, View, dir_kind, file_kind


class Tree:
    def __init__(self, repo):
        self.repo = repo
        self.views = {}
        self.errors = 0  # lines that `errors` got
        self.rejects = []  # files of refused texts, whose first line is not known
        self.times = {}  # (view kind, view name, key) -> (changed, time that utimens gave)
        self.unsure = set()  # of those keys: whose time may be what utimens gave, or not

    # -- looking ------------------------------------------------------------------------------------------------

    def ref(self, view):
        return self.repo.ref(view.kind, view.name)

    def view(self, kind, name):
        if not self.repo.ref(kind, name):
            return None
        if (kind, name) not in self.views:
            self.views[kind, name] = View(kind, name)
        return self.views[kind, name]

    def forget_views(self):
        """Of what is there no more; another of that name begins anew."""
        self.views = {key: view for key, view in self.views.items() if self.ref(view)}

    def shown(self, view):
        """The records of a view, less those that wait to be deleted."""
        return {key: r for key, r in self.ref(view).records.items() if key not in view.gone}

    def changed(self, view, key):
        """Which commit made a record what it is; 0 if it is not there."""
        record = self.ref(view).records.get(key)
        return record.changed if record else 0

    def alive(self, view, labels):
        return any(key[0][:len(labels)] == labels for key in self.shown(view))

    def find(self, parent, name):
        """What a name in a directory leads to, or None."""
        node = parent.children.get(name)
        if parent.kind == "dir":
            return node
        if node and (node.kind in ("file", "dir", "link") or node.made or node.unsaved):
            return node
        view = parent.top().view
        kind = "label" if dir_kind(name) == "label" else file_kind(name)
        if kind == "label":
            there = self.alive(view, parent.labels() + (name,)) or (node and node.holds())
        else:
            there = kind == "record" and (parent.labels(), name) in self.shown(view)
        if there and not node:
            node = parent.children[name] = Node(kind, parent, name)
        return node if there else None

    def parent_of(self, path):
        """(directory, last name) of a path in a record tree; the directory of a top is None."""
        where, name, *rest = path.split("/")
        view = self.view("stage" if where == "stage" else "branch", name)
        if not rest:
            return None, name
        if not view:
            raise Errno("ENOENT")
        node = view.top
        for part in rest[:-1]:
            if not node.is_dir():
                raise Errno("ENOTDIR")
            node = self.find(node, part)
            if not node:
                raise Errno("ENOENT")
        if not node.is_dir():
            raise Errno("ENOTDIR")
        return node, rest[-1]

    def lookup(self, path):
        parent, name = self.parent_of(path)
        if parent is None:
            view = self.view("stage" if path.startswith("stage/") else "branch", name)
            node = view.top if view else None
        else:
            node = self.find(parent, name)
        if not node:
            raise Errno("ENOENT")
        return node

    def content(self, node):
        """What reading a file gives."""
        node = node.named_file()
        if node.kind == "file":
            return node.data
        if node.draft and node.draft.shown:
            return node.draft.text
        view = node.top().view
        record = self.ref(view).records.get(node.key())
        return text.show(node.name, record.value, self.ref(view).serial) if record else b""

    def names(self, node):
        """{name: kind} of a directory."""
        out = {}
        if node.kind == "label":
            labels = node.labels()
            for key in self.shown(node.top().view):
                if key[0] == labels:
                    out[key[1]] = "record"
                elif key[0][:len(labels)] == labels:
                    out[key[0][len(labels)]] = "label"
        for name, child in node.children.items():
            if child.kind in ("file", "dir", "link") and not child.hidden or child.unsaved or child.made or \
                    child.kind == "label" and child.holds():
                out[name] = child.kind
        return out

    # -- what calls have in common ------------------------------------------------------------------------------

    def refuse(self, *names):
        """Answer with an errno, and tell why in `errors`."""
        self.errors += 1
        raise Errno(*names)

    def writable(self, node):
        view = node.top().view
        if self.ref(view).protected:
            self.refuse("EROFS")

    def changeable(self, parent):
        if parent.kind == "label":
            self.writable(parent)

    def new_kind(self, parent, name):
        """What a regular file of that name would be."""
        self.changeable(parent)
        kind = "file" if parent.kind == "dir" else file_kind(name)
        if kind == "refused":
            self.refuse("EINVAL")
        return kind

    def call_off(self, view, key):
        view.gone.pop(key, None)

    def keep_if_empty(self, node):
        """A label that lost its last record here stays until rmdir."""
        if node.kind == "label" and node.named and not self.alive(node.top().view, node.labels()):
            node.made = True

    def reject(self, parent, name, data):
        """The refused text is kept beside; whoever runs us reads the reason."""
        self.errors += 1
        file = parent.children.get(name + ".rejected")
        if not file or file.kind != "file":
            file = Node("file", parent, name + ".rejected")
            file.hidden = True
            file.place(parent, file.name)
        file.named_file().data = data
        file.named_file().dated = None
        self.rejects.append(file)

    # -- commits ------------------------------------------------------------------------------------------------

    def take(self, view, own, apex):
        """Deletions that wait, at the apex or below; one of another RRset than was deleted is called off."""
        taken = {}
        for key, gone in list(view.waits().items()):
            if (key[0] == ()) != apex or key == own:
                continue
            if self.changed(view, key) != gone.base:
                self.errors += key in self.ref(view).records
                self.call_off(view, key)
            else:
                taken[key] = None
        return taken

    def run(self, view, edits, serial=None, own=None):
        """Commit edits: a save without what waits, and if it is refused so, with it; no save with all of it. If it is
        that which is refused, without it."""
        ref = self.ref(view)
        if own:
            try:
                self.repo.commit(ref, edits, serial)
                return
            except store.Refused as e:
                if e.error != "EBADMSG":
                    raise
        below, at_apex = self.take(view, own, False), self.take(view, own, True)
        tries = [{**below, **at_apex}]
        if below and at_apex:
            tries.append(below)
        if edits:
            tries.append({})
        refused = None
        for i, deletions in enumerate(tries):
            try:
                self.repo.commit(ref, {**deletions, **edits}, serial)
            except store.Refused as e:
                if e.error != "EBADMSG":
                    raise
                refused = refused or e
                continue
            if i:
                self.errors += 1  # a deletion that waited is not made
            for key in tries[0]:
                self.call_off(view, key)
            return
        raise refused

    def settle(self, view):
        """Commit what waits now."""
        if not view.gone:
            return
        try:
            self.run(view, {})
        except store.Refused as e:
            self.errors += 1
            for key in view.waits():
                self.call_off(view, key)
            raise Errno(e.error) from e

    # -- open files ---------------------------------------------------------------------------------------------

    def check_beside(self, parent, rtype):
        view, labels = parent.top().view, parent.labels()
        if view.kind == "stage":
            return
        if any(key[0] == labels and not store.beside(rtype, key[1]) for key in self.shown(view)):
            self.refuse("EBADMSG")

    def create(self, parent, name):
        kind = self.new_kind(parent, name)
        if kind == "record":
            self.check_beside(parent, name)
        node = Node(kind, parent, name)
        if kind == "file":
            node.place(parent, name)
            return node
        node.place(parent, name)
        node.unsaved = True
        self.need_draft(node)
        node.draft.loaded = node.draft.shown = True
        gone = parent.top().view.gone.get(node.key())
        if gone:
            gone.writer = node
        return node

    def need_draft(self, node):
        if not node.draft:
            node.draft = Draft(self.changed(node.top().view, node.key()))

    def open(self, path, flags):
        """flags: a set of letters: r, w (or both), c(reate), x (excl), t(runc), a(ppend)."""
        parent, name = self.parent_of(path)
        node = self.find(parent, name) if parent else self.lookup(path)
        if not node:
            if "c" not in flags:
                raise Errno("ENOENT")
            node = self.create(parent, name)
        elif "c" in flags and "x" in flags:
            raise Errno("EEXIST")
        elif node.is_dir() and ("w" in flags or "c" in flags):
            raise Errno("EISDIR")
        if node.kind == "record" and "w" in flags:
            self.writable(node)
            self.need_draft(node)
            if "t" in flags:
                node.draft.loaded = True
                node.draft.truncate(0)
        elif node.kind == "file" and "t" in flags:
            self.resize(node.named_file(), 0)
        node = node.named_file()
        handle = Handle(node, "r" in flags, "w" in flags, "a" in flags)
        node.handles.append(handle)
        return handle

    def resize(self, node, size):
        node.data = node.data[:size] + bytes(max(0, size - len(node.data)))
        node.dated = None

    def prepare(self, node, append):
        self.writable(node)
        self.need_draft(node)
        draft, view = node.draft, node.top().view
        if append and not draft.shown:
            draft.loaded = False
        if not draft.loaded:
            record = None if node.key() in view.gone else self.ref(view).records.get(node.key())
            draft.text = text.show(node.name, record.value, self.ref(view).serial) if record else b""
            draft.loaded = draft.in_sequence = True

    def write(self, handle, data, offset=None):
        """Returns what else than success is right: EBADMSG may come now, or when the text counts."""
        node, at = handle.node, handle.offset if offset is None else offset
        if not data:
            return "no"  # the kernel does not ask
        if node.kind == "record":
            self.prepare(node, handle.append)
            if handle.append:
                at = len(node.draft.text)
            node.draft.write(data, at)
        else:
            at = len(node.data) if handle.append else at
            before = node.data + bytes(max(0, at - len(node.data)))
            node.data = before[:at] + data + before[at + len(data):]
            node.dated = None
        if offset is None:
            handle.offset = at + len(data)
        return self.never_valid(node) if node.kind == "record" else "no"

    def never_valid(self, node):
        """Can no later text mend what is written? "yes", "no", or "perhaps" where only the whole is judged."""
        draft = node.draft
        lines = draft.text[:draft.text.rfind(b"\n") + 1]
        if not draft.in_sequence or b"(" in draft.text or b'"' in draft.text:
            return "perhaps"
        if b"\0" in draft.text:
            return "yes"
        try:
            list(text.entries(lines))
            if lines.strip():
                text.parse(node.name, text.owner_of(node.labels()), lines, 0)
        except text.Bad as e:
            return "no" if "no record" in str(e) else "perhaps" if "TTL" in str(e) or "SOA" in str(e) else "yes"
        return "no"

    def truncate(self, node, size):
        if node.is_dir():
            raise Errno("EISDIR")
        if node.kind == "file":
            self.resize(node.named_file(), size)
            return
        self.prepare(node, False)
        node.draft.truncate(size)
        if not node.writers():
            self.end_draft(node)

    def fsync(self, handle):
        if handle.node.kind == "record":
            self.judge(handle.node)

    def close(self, handle):
        node = handle.node
        try:
            if handle.writes and node.kind == "record":
                self.judge(node)
        finally:
            node.handles.remove(handle)
            if node.kind == "record" and not node.writers():
                self.end_draft(node)

    def end_draft(self, node):
        if not node.draft:
            return
        gone = node.top().view.gone.get(node.key()) if node.named else None
        if gone and gone.writer is node:
            gone.writer = None
        node.draft = None
        if node.unsaved:
            node.unsaved = False
            node.drop()

    # -- saving -------------------------------------------------------------------------------------------------

    def read_text(self, view, parent, name, data):
        """(Value, serial) of what is to become the record name in parent."""
        record = self.ref(view).records.get((parent.labels(), name))
        ttl = record.value.ttl if record else self.repo.zone_ttl(self.ref(view))
        try:
            return text.parse(name, text.owner_of(parent.labels()), data, ttl)
        except text.Bad as e:
            raise store.Refused("EBADMSG") from e

    def judge(self, node):
        """The text is complete: save it, or answer why not."""
        draft = node.draft
        if not draft:
            return
        if not node.named and (draft.refused() or draft.dirty):
            if not draft.judged or not draft.refused():
                self.refused(node, draft.refused() or "ESTALE")
            raise Errno(draft.refused(), "EBADMSG")  # if a line of it was refused before
        view, key = node.top().view, node.key()
        if draft.refused():
            if not draft.judged:
                self.refused(node, draft.refused())
            raise Errno(draft.refused())
        if not draft.dirty:
            return
        try:
            value, serial = self.read_text(view, node.parent, node.name, draft.text)
            if self.changed(view, key) != draft.base:
                raise store.Refused("ESTALE")
            self.run(view, {key: value}, serial, own=key)
        except store.Refused as e:
            self.refused(node, e.error)
            raise Errno(e.error) from e
        self.call_off(view, key)
        node.unsaved = False
        draft.base = self.ref(view).records[key].changed
        draft.dirty = draft.shown = False
        if draft.dated is not None:
            self.set_time(view, key, draft.dated)
            draft.dated = None

    def refused(self, node, error):
        if node.named:
            self.call_off(node.top().view, node.key())
        node.draft.refuse(error)
        node.draft.judged, node.draft.shown = True, False
        if node.parent.named:
            self.reject(node.parent, node.name, node.draft.text)
        else:
            self.errors += 1

    def set_time(self, view, key, when):
        record = self.ref(view).records.get(key)
        if key == ((), "SOA"):  # which changes with each commit: nobody is sure
            self.repo.given[view.kind, view.name, key] = {id(self), None}
        elif record:
            self.times[view.kind, view.name, key] = (record.changed, when)
            self.repo.given.setdefault((view.kind, view.name, key), set()).add(id(self))

    def is_sure(self, view, key):
        """Of a record's time: what another mount gives shows when the store has it."""
        key = view.kind, view.name, key
        return key not in self.unsure and self.repo.given.get(key, set()) <= {id(self)}

    def time_of(self, view, key):
        """The time that utimens gave to a record as it is, or None."""
        changed, when = self.times.get((view.kind, view.name, key), (0, None))
        record = self.ref(view).records.get(key)
        return when if record and record.changed == changed else None
