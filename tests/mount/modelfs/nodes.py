"""What a mount holds beside the store, for the model: names and their kinds, scratch, made labels, open texts."""
import re

from . import text

KNOWN_TYPES = set(text.TYPES) | {"SOA", "AXFR", "TYPE1"}
LABEL = re.compile(r"[a-z0-9_*-]{1,63}\Z")
MEANT_AS_LABEL = re.compile(r"[A-Za-z0-9_*.\\-]+\Z")


class Errno(Exception):
    """The mount must answer with one of these errnos, by name."""

    def __init__(self, *names):
        super().__init__(*names)
        self.names = names


def file_kind(name):
    """What a regular file of that name in a record tree is (fs/names.h)."""
    if name in text.TYPES or name == "SOA":
        return "record"
    return "refused" if name.upper() in KNOWN_TYPES else "file"


def dir_kind(name):
    if LABEL.match(name):
        return "label"
    return "refused" if MEANT_AS_LABEL.match(name) and name[0] != "." else "dir"


class Node:
    """A label, a record, or scratch: a file, a link, a dir. It keeps its identity when it is renamed."""

    def __init__(self, kind, parent=None, name=""):
        self.kind = kind
        self.parent = parent
        self.name = name
        self.named = True
        self.children = {}  # of a label: what is not in the store, and what was looked at
        self.made = False  # a label that stays until rmdir
        self.data = b""  # of a file
        self.file = None  # of a hard link: the file that it is one more name of
        self.links = set()  # of a file: its hard links
        self.target = ""  # of a link
        self.hidden = False  # a refused text, opened by name only
        self.dated = None  # a time that utimens gave to a file, which goes along when it becomes a record
        self.draft = None  # of a record
        self.unsaved = False  # a record that is not in the store yet
        self.handles = []
        self.view = None  # of the top of a record tree

    def named_file(self):
        """What a name leads to: the node itself, unless it is a hard link."""
        return self.file or self

    def is_dir(self):
        return self.kind in ("label", "dir")

    def top(self):
        node = self
        while node.parent:
            node = node.parent
        return node

    def labels(self):
        """Of a label, or of the label that a record is in: from the apex outward."""
        out, node = [], self if self.kind == "label" else self.parent
        while node.parent:
            out.append(node.name)
            node = node.parent
        return tuple(reversed(out))

    def key(self):
        return self.labels(), self.name

    def path(self):
        """From the mount point."""
        if not self.parent:
            return "%s/%s" % ("stage" if self.view.kind == "stage" else "heads", self.view.name)
        return self.parent.path() + "/" + self.name

    def writers(self):
        return [h for h in self.handles if h.writes]

    def place(self, parent, name):
        """Give it another place; whoever held that place has no name any more."""
        there = parent.children.get(name)
        if there and there is not self:
            there.unname()
        if self.parent and self.parent.children.get(self.name) is self:
            del self.parent.children[self.name]
        self.parent, self.name = parent, name
        parent.children[name] = self

    def unname(self):
        self.named = False
        if self.file:
            self.file.links.discard(self)

    def drop(self):
        if self.named:
            self.unname()
            if self.parent.children.get(self.name) is self:
                del self.parent.children[self.name]

    def is_below(self, node):
        return self.named and (self.parent is node or self.parent is not None and self.parent.is_below(node))

    def drafts_below(self):
        for child in self.children.values():
            if child.kind == "label":
                yield from child.drafts_below()
            elif child.draft:
                yield child

    def holds(self):
        """Does a label have anything of its own that shows?"""
        return any(child.kind in ("file", "dir", "link") and not child.hidden
                   or child.kind == "record" and child.unsaved
                   or child.kind == "label" and (child.made or child.holds())
                   for child in self.children.values())


class Draft:
    """The text of a record while it is open for writing (fs/draft.h)."""

    def __init__(self, base):
        self.text = b""
        self.loaded = False  # else it is what is committed
        self.shown = False  # it differs from what is committed
        self.dirty = False  # written since opened or saved
        self.gen = 1
        self.refused_gen = 0
        self.error = None
        self.judged = False
        self.base = base  # `changed` of what it began as
        self.dated = None
        self.in_sequence = True  # written from its begin to its end

    def refused(self):
        return self.error if self.refused_gen == self.gen else None

    def refuse(self, error):
        self.refused_gen, self.error, self.judged = self.gen, error, False

    def write(self, data, offset):
        if offset != len(self.text):
            self.in_sequence = False
        if offset > len(self.text):
            self.text += bytes(offset - len(self.text))
        if data:
            self.text = self.text[:offset] + data + self.text[offset + len(data):]
        self.dirty = True
        self.change()

    def truncate(self, size):
        if size and size != len(self.text):
            self.in_sequence = False
        elif not size:
            self.in_sequence = True
        self.text = self.text[:size] + bytes(max(0, size - len(self.text)))
        self.dirty = self.dirty or size > 0
        self.change()

    def change(self):
        self.gen += 1
        self.shown = True


class Handle:
    def __init__(self, node, reads, writes, append):
        self.node = node
        self.reads = reads
        self.writes = writes
        self.append = append
        self.offset = 0


class Gone:
    """A deletion that waits a moment."""

    def __init__(self, base):
        self.base = base
        self.writer = None  # the record that is written at this name now


class View:
    """A branch or stage as one mount shows it."""

    def __init__(self, kind, name):
        self.kind = kind
        self.name = name
        self.top = Node("label")
        self.top.made = True
        self.top.view = self
        self.gone = {}
        self.touched = False  # a deletion came

    def waits(self):
        return {key: g for key, g in self.gone.items() if not g.writer}
