"""What a repository has, for the model: branches, stages and commits of one zone, and the checks at the way in."""
import collections

from . import text

# `changed` numbers the commit that last made the record what it is
Record = collections.namedtuple("Record", "value changed")
Snapshot = collections.namedtuple("Snapshot", "records serial")


class Refused(Exception):
    """A commit that the store refuses, by an errno of the mount."""

    def __init__(self, error):
        super().__init__(error)
        self.error = error


class Branch:
    
    def __init__(self, records, serial, tip=None):
        self.records = records
        self.serial = serial
        self.tip = tip  # its id, as the mount shows it
        self.commits = 0  # made since the tip was last looked at
        self.protected = False
        self.given = None  # the serial that somebody asked for, if the last commit must have it
        self.begun = object()  # what `below` begins after
        self.below = {}  # labels -> `changed` of the last change at or below them, deletions included


class Stage:
    """A private copy of a branch, which no check looks at."""

    def __init__(self, branch, records):
        self.branch = branch
        self.protected = False
        self.begin(records)

    def begin(self, records):
        self.base = self.records = records
        self.serial = None  # of the commit that it begins at, when that is known


def beside(a, b):
    return a == b or (a != "CNAME" and b != "CNAME")


def check(records, owners):
    """The checks that no door can force (DESIGN section 6), at the owners that were touched."""
    types = collections.defaultdict(list)
    for labels, rtype in records:
        types[labels].append(rtype)
    if ((), "SOA") not in records or ((), "NS") not in records:
        raise Refused("EBADMSG")
    for labels in owners:
        here = types.get(labels, [])
        for rtype in here:
            if rtype in text.LONE + ("SOA",) and len(records[labels, rtype].value.rdatas) > 1:
                raise Refused("EBADMSG")
            if rtype == "SOA" and labels:
                raise Refused("EBADMSG")
        if "CNAME" in here and len(here) > 1:
            raise Refused("EBADMSG")
        if "DNAME" in here and any(k[:len(labels)] == labels and k != labels for k in types):
            raise Refused("EBADMSG")
        if here and any((labels[:n], "DNAME") in records for n in range(len(labels))):
            raise Refused("EBADMSG")


class Repo:
    def __init__(self):
        self.branches = {}
        self.stages = {}
        self.tags = {}
        self.snapshots = {}
        self.clock = 0  # the last `changed`
        self.given = {}  # (view kind, view name, key) -> the mounts by which utimens gave it a time
        self.serial = 0  # the newest of the zone

    def ref(self, kind, name):
        return (self.stages if kind == "stage" else self.branches).get(name)

    def zone_ttl(self, ref):
        soa = ref.records.get(((), "SOA"))
        return soa.value.ttl if soa else 3600

    def commit(self, ref, edits, serial=None):
        """Make each key its value (None: gone); True if that was a change. One commit or none."""
        records = dict(ref.records)
        touched = {}
        for key, value in edits.items():
            old = records.get(key)
            if (old.value if old else None) == value:
                continue
            touched[key] = value
            if value is None:
                del records[key]
            else:
                records[key] = Record(value, self.clock + 1)
        asks = serial is not None and not isinstance(ref, Stage) and serial > ref.serial
        if not touched and not asks:
            return False
        stage = isinstance(ref, Stage)
        if stage and not touched:
            return False
        if not stage:
            check(records, {labels for labels, _ in touched})
            if ref.protected:
                raise Refused("EROFS")
        self.clock += 1
        ref.records = records
        if not stage:
            for labels, _ in touched:
                ref.below.update((labels[:n], self.clock) for n in range(len(labels) + 1))
            ref.commits += 1
            ref.given = serial if asks and serial > self.serial else None
            self.serial = max(self.serial, ref.given or 0)
        return True

    def learn(self, branch, tip, records, serial, before=None):
        """A branch is what some other door made of it, out of the records before (else its own)."""
        ref = self.branches.get(branch)
        if tip in self.snapshots:
            records = self.snapshots[tip].records
        else:
            before = before or (ref.records if ref else {})
            self.clock += 1
            records = {key: before[key] if key in before and before[key].value == value else Record(value, self.clock)
                       for key, value in records.items()}
        if not ref:
            ref = self.branches[branch] = Branch(records, serial, tip)
        ref.records, ref.serial, ref.tip, ref.commits, ref.given = records, serial, tip, 0, None
        ref.below, ref.begun = {}, object()
        self.serial = max(self.serial, serial)
        self.snapshots[tip] = Snapshot(records, serial)

    def committed(self, ref, tip, serial):
        """The commits that the model made are there: this is the newest."""
        ref.tip, ref.serial, ref.commits, ref.given = tip, serial, 0, None
        self.serial = max(self.serial, serial)
        self.snapshots[tip] = Snapshot(ref.records, serial)

    # -- merging ------------------------------------------------------------------------------------------------

    def merge_stage(self, stage):
        """The edits that make the stage's branch the merge, or ESTALE."""
        ours, edits = self.branches[stage.branch].records, {}
        for key in set(stage.base) | set(stage.records):
            base, theirs = (r.get(key) and r[key].value for r in (stage.base, stage.records))
            now = ours[key].value if key in ours else None
            if base != theirs and now != theirs:
                edits[key] = theirs if now == base else by_member(key[1], base, now, theirs)
        return edits

    def merge_zone_text(self, ref, base, stated):
        """The same for a zone file: what it says was made of base."""
        edits = {}
        for key in set(base) | set(stated):
            was, new = base.get(key) and base[key].value, stated.get(key)
            now = ref.records[key].value if key in ref.records else None
            if was != new and now != new:
                if now != was:
                    raise Refused("ESTALE")
                edits[key] = new
        return edits


def by_member(rtype, base, ours, theirs):
    """Both sides changed an RRset: fine if both only add records, or both only remove some."""
    if rtype in text.WHOLE or not base or not ours or not theirs:
        raise Refused("ESTALE")
    if ours.ttl not in (base.ttl, theirs.ttl) and theirs.ttl != base.ttl:
        raise Refused("ESTALE")
    was, a, b = set(base.rdatas), set(ours.rdatas), set(theirs.rdatas)
    added, removed = (a | b) - was, was - (a & b)
    result = (was | added) - removed
    if not result or added and removed:
        raise Refused("ESTALE")
    order = sorted(result, key=lambda data: text.wire(rtype, data))
    return text.Value(theirs.ttl if ours.ttl == base.ttl else ours.ttl, tuple(order))
