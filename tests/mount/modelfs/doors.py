"""Other doors: the command line, on the repository and on the model."""
import json

from . import store, text
from .both import Mismatch
from .calls import Calls


class Doors(Calls):
    def do_cli(self, verb, *args):
        getattr(self, "cli_" + verb)(*args)

    def status(self, wanted, *args, stdin=None):
        got, out = self.repository.run(*args, stdin=stdin)
        if got != wanted:
            raise Mismatch("apex %s: status %d, wanted %d: %s" % (" ".join(args), got, wanted, out))
        self.counts["apex status %d" % got] += 1

    def commit(self, branch, edits, *args, stdin=None):
        """A verb that makes these edits one commit, or none."""
        ref = self.repo.branches.get(branch)
        if not ref:
            return
        try:
            self.repo.commit(ref, edits)
            wanted = 0
        except store.Refused as e:
            wanted = 7 if e.error == "EROFS" else 1
        self.status(wanted, "--branch", branch, *args, stdin=stdin)

    def cli_set(self, branch, labels, rtype, ttl, rdatas):
        self.commit(branch, {(tuple(labels), rtype): text.Value(ttl, tuple(rdatas))}, "set",
                    text.owner_of(labels), rtype, str(ttl), *rdatas)

    def cli_delete(self, branch, labels, rtype):
        key = tuple(labels), rtype
        ref = self.repo.branches.get(branch)
        if ref and key not in ref.records:
            self.status(1, "--branch", branch, "delete", text.owner_of(labels), rtype)
        else:
            self.commit(branch, {key: None}, "delete", text.owner_of(labels), rtype)

    def cli_apply(self, branch, changes):
        edits, said = {}, []
        for labels, rtype, ttl, rdatas in changes:
            edits[tuple(labels), rtype] = text.Value(ttl, tuple(rdatas)) if rdatas else None
            said.append({"name": text.owner_of(labels), "type": rtype,
                         "new": {"ttl": ttl, "rdata": rdatas} if rdatas else None})
        self.commit(branch, edits, "apply", "-",
                    stdin=json.dumps({"zone": "example.com.", "changes": said}))

    def move(self, branch, before, *args):
        """A verb whose result the command line is believed: it must show."""
        if branch in self.repo.branches:
            self.repository.run("--branch", branch, *args)
            self.learn(branch, before)
            self.repo.clock += 1

    def cli_merge(self, into, source):
        if source in self.repo.branches:
            self.move(into, None, "merge", source, "--theirs")

    def cli_reset(self, branch, back):
        tip = self.mounts[0].tip(branch, back) if branch in self.repo.branches else None
        if tip in self.repo.snapshots:
            self.move(branch, self.repo.snapshots[tip].records, "reset", "--hard", tip)

    def cli_revert(self, branch, back):
        self.move(branch, None, "revert", "%s~%d" % (branch, back))

    def cli_branch(self, name, start):
        if start in self.repo.branches and name not in self.repo.branches:
            ref = self.repo.branches[start]
            self.status(0, "branch", name, start)
            self.repo.branches[name] = store.Branch(ref.records, ref.serial, ref.tip)
            self.repo.clock += 1

    def cli_drop(self, name):
        if name in self.repo.branches and name != "main" and not self.in_use("branch", name):
            self.status(7 if self.repo.branches[name].protected else 0, "branch", "-D", name)
            if not self.repo.branches[name].protected:
                del self.repo.branches[name]
            self.repo.clock += 1

    def cli_tag(self, name, branch):
        if branch in self.repo.branches and name not in self.repo.tags:
            self.status(0, "tag", name, branch)
            self.repo.tags[name] = self.repo.branches[branch].tip
            self.repo.clock += 1

    def cli_protect(self, branch, on):
        if branch in self.repo.branches:
            self.status(0, "protect", branch, *([] if on else ["--off"]))
            self.repo.branches[branch].protected = on
            self.repo.clock += 1
