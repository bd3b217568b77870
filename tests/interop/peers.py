#!/usr/bin/env python3
"""Random zones of every shape, and whether several servers answer the same from them.
    peers.py zones FOLDER COUNT SEED                write COUNT zone files and FOLDER/list (origin TAB file)
    peers.py ask FOLDER SEED QUESTIONS OURS NAME=PORT...   ask all of them; OURS must agree with at least one peer, on
                                                    plain zones (an even number) with the first of them, and where it
                                                    differs from one EXPLAINED must say why
    peers.py zone FILE ORIGIN SEED QUESTIONS OURS NAME=PORT...   the same of one zone that is at hand, by random
                                                    questions at, below and beside its names"""
import os
import random
import socket
import struct
import sys
import time

from dnswire import Answer

LABELS = ["a", "b", "c", "d", "*", "www", "ns", "mail", "x\\.y", "\\000", "e_", "long-label-" + "z" * 40]
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35,
         "DNAME": 39, "DS": 43, "SVCB": 64, "HTTPS": 65, "CAA": 257, "TYPE65280": 65280}


class Zone:
    """plain: no wildcard that is a cut or a DNAME, no alias but to what is no alias: there servers agree."""

    def __init__(self, origin, rng, plain):
        self.origin, self.rng, self.plain = origin, rng, plain
        self.kinds = {}
        for _ in range(45):
            owner = self.name()
            kind = rng.choice("cccdnnxxxxxxx")
            if plain and owner.startswith("*") and kind in "dn":
                kind = "x"
            self.kinds.setdefault(owner, kind)
        for d in [o for o, k in self.kinds.items() if k == "d"]:
            for o in list(self.kinds):
                if o.endswith("." + d):
                    del self.kinds[o]
        self.owners = list(self.kinds)
        self.lines = []
        self.write()

    def name(self):
        return ".".join(self.rng.choice(LABELS) for _ in range(self.rng.randrange(1, 5)))

    def target(self, alias=False):
        if self.rng.randrange(6) == 0:
            return "host%d.other." % self.rng.randrange(30)
        if alias and self.plain:
            ends = [o for o, k in self.kinds.items() if k == "x"]
            return self.rng.choice(ends) if ends else "nope"
        return self.name() if self.rng.randrange(3) == 0 else self.rng.choice(self.owners)

    def absolute(self, name):
        """Where PowerDNS' zone parser would take a relative name for absolute."""
        return name if name.endswith(".") else name + "." + self.origin

    def add(self, owner, rtype, rdata):
        self.lines.append("%s %s %s" % (owner, rtype, rdata))

    def data(self, owner):
        v = self.rng.randrange(250)
        kind = self.rng.randrange(10)
        if kind == 0:
            self.add(owner, "AAAA", "2001:db8::%x" % v)
        elif kind == 1:
            self.add(owner, "MX", "%d %s" % (v, self.target()))
        elif kind == 2:
            self.add(owner, "SRV", "1 2 %d %s" % (v, self.target()))
        elif kind == 3:
            for i in range(v // 25):
                self.add(owner, "TXT", '"%d some text that fills an answer" "%d"' % (i, v))
        elif kind == 4:
            self.add(owner, "TYPE65280", "\\# 3 0102%02x" % v)
        elif kind == 5:
            self.add(owner, "HTTPS", "%d . alpn=h2" % (v + 1))
            self.add(owner, "SVCB", "2 " + self.absolute(self.target()))
        elif kind == 6:
            self.add(owner, "PTR", self.target())
            self.add(owner, "CAA", '0 issue "ca%d"' % v)
        elif kind == 7:
            self.add(owner, "NAPTR", '1 2 "S" "x" "" ' + self.absolute(self.target()))
        else:
            for i in range(1 + v % 3):
                self.add(owner, "A", "192.0.2.%d" % (v + i))

    def cut(self, owner):
        for _ in range(self.rng.randrange(3)):
            self.add(owner, "NS", self.target())
        self.add(owner, "NS", "glue." + owner)
        self.add("glue." + owner, "A", "192.0.2.77")
        self.add("glue." + owner, "AAAA", "2001:db8::77")
        if self.rng.randrange(2):
            self.add(owner, "DS", "1 13 2 " + "%064x" % self.rng.randrange(1 << 255))

    def write(self):
        self.add("@", "SOA", "ns0 host %d 3600 900 86400 %d" % (1 + self.rng.randrange(1000), self.rng.randrange(600)))
        self.add("@", "NS", "ns0")
        self.add("@", "NS", "ns.other.")
        self.add("ns0", "A", "192.0.2.1")
        for owner, kind in self.kinds.items():
            if kind == "c":
                self.add(owner, "CNAME", self.target(True))
            elif kind == "d":
                self.add(owner, "DNAME", self.target(True))
            elif kind == "n":
                self.cut(owner)
            else:
                for _ in range(self.rng.randrange(1, 5)):
                    self.data(owner)

    def text(self):
        return "$ORIGIN %s\n$TTL %d\n%s\n" % (self.origin, self.rng.randrange(1000), "\n".join(self.lines))

    def question(self):
        owner = self.rng.choice(self.owners + ["@", "ns0"])
        kind = self.rng.randrange(4)
        if kind == 0 and owner != "@":
            owner = self.rng.choice(LABELS) + "." + owner
        elif kind == 1:
            owner = self.name()
        elif kind == 2 and owner != "@" and self.kinds.get(owner) == "n":
            owner = "glue." + owner
        name = self.origin if owner == "@" else owner + "." + self.origin.lstrip(".")
        return name, self.rng.choice(list(TYPES.values()))


def zone(number, seed):
    origins = ["z%d.example.", "z%d.", "deep.er.z%d.example."]
    return Zone(origins[number % 3] % number, random.Random(seed * 1000 + number), number % 2 == 0)


def wire(text):
    out, label, i = b"", b"", 0
    if text == ".":
        return b"\0"
    while i < len(text):
        if text[i] == "\\" and text[i + 1].isdigit():
            label += bytes([int(text[i + 1:i + 4])])
            i += 4
        elif text[i] == "\\":
            label += text[i + 1].encode()
            i += 2
        elif text[i] == ".":
            out += bytes([len(label)]) + label
            label = b""
            i += 1
        else:
            label += text[i].encode()
            i += 1
    return out + b"\0"


def ask_some(port, questions, answers):
    """Over one TCP connection, a window of them at a time, as long as the server goes on."""
    left = [i for i in range(len(questions)) if i not in answers]
    sent = got = 0
    with socket.create_connection(("127.0.0.1", port), 10) as s, s.makefile("rb") as f:
        s.settimeout(10)
        while got < len(left):
            while sent < len(left) and sent - got < 50:
                name, rtype = questions[left[sent]]
                q = struct.pack(">6H", left[sent], 0, 1, 0, 0, 0) + wire(name) + struct.pack(">2H", rtype, 1)
                s.sendall(struct.pack(">H", len(q)) + q)
                sent += 1
            head = f.read(2)
            if len(head) < 2:
                return
            message = f.read(struct.unpack(">H", head)[0])
            answers[struct.unpack(">H", message[:2])[0]] = Answer(message)
            got += 1


def ask_all(port, questions):
    """Servers end connections that ask too much, or name what they don't like: then over another one."""
    answers, idle = {}, 0
    while len(answers) < len(questions):
        before = len(answers)
        try:
            ask_some(port, questions, answers)
        except ConnectionError:
            pass
        idle = 0 if len(answers) > before else idle + 1
        time.sleep(0.2 * idle)
        if idle == 10:
            sys.exit("the server at port %d does not answer" % port)
    return [answers[i] for i in range(len(questions))]


def key(answer, apex):
    """What must be equal: rcode, AA and TC, answer, authority (but the apex' NS beside an answer, which is optional), and
    the glue of a referral that lies below the cut (of siblings' addresses servers add what they like, RFC 9471 3.2)."""
    an, au, ad = answer.sections
    if an:
        au = [r for r in au if not (r[1] == 2 and r[0] == apex)]
    referral = not answer.flags & 0x400 and answer.rcode == 0 and not an and au
    glue = [r for r in ad if r[1] in (1, 28) and r[0].endswith(au[0][0])] if referral else []
    return answer.rcode, answer.flags & 0x600, an, au, glue


def at_cut(k):
    """The owner of a referral's NS, at the end of a chain too, or None."""
    return k[3][0][0] if k[0] == 0 and k[3] and k[3][0][1] == 2 else None


# Why a peer may answer otherwise: whose answer, what it does, and how that is seen in the question, our answer and
# its own. In each case another peer answers as we do.
EXPLAINED = [
    ("named", "refuses a whole zone with a wildcard that owns NS (RFC 4592 4.2 leaves open what it means)",
     lambda name, rtype, ours, theirs: theirs[0] in (2, 5)),
    ("named", "answers NSEC at a cut, where others make a referral (RFC 4035 3.1.4.1 speaks of DS alone)",
     lambda name, rtype, ours, theirs: rtype == 47 and at_cut(ours)),
    ("knotd", "gives the DNAME of a wildcard another owner (RFC 4592 4.4 leaves it open)",
     lambda name, rtype, ours, theirs: any(r[1] == 39 and r[0].startswith(b"\x01*") for r in ours[2])),
    ("knotd", "says the same CNAME again and again, where a DNAME leads to itself",
     lambda name, rtype, ours, theirs: set(theirs[2]) == set(ours[2]) and len(theirs[2]) > len(ours[2])),
    ("knotd", "renames on and on where a DNAME leads below itself",
     lambda name, rtype, ours, theirs: set(ours[2]) < set(theirs[2]) and any(r[1] == 39 and r[4].endswith(r[0]) for r in ours[2])),
    ("knotd", "makes a referral of a wildcard's NS (RFC 4592 4.2 leaves it open)",
     lambda name, rtype, ours, theirs: at_cut(theirs) and at_cut(theirs).startswith(b"\x01*")),
    ("pdns", "makes its own NSEC and has none of a zone file's", lambda name, rtype, ours, theirs: rtype == 47),
    ("pdns", "fails on a name with an octet 0 (RFC 2181 11 allows it)",
     lambda name, rtype, ours, theirs: theirs[0] == 2 and b"\0" in name[:-1]),
    ("pdns", "fails where aliases lead in a circle",
     lambda name, rtype, ours, theirs: theirs[0] == 2 and any(r[1] == 5 for r in ours[2])),
    ("pdns", "goes on behind the CNAME that was asked for, where a DNAME made it (RFC 6672 3.2 D)",
     lambda name, rtype, ours, theirs: rtype == 5 and ours[2] and set(ours[2]) <= set(theirs[2])),
    ("pdns", "denies a DS below a cut, where a referral is due (RFC 1034 4.3.2 step 3b)",
     lambda name, rtype, ours, theirs: rtype == 43 and at_cut(ours) and theirs[3] and theirs[3][0][1] == 6),
    ("pdns", "looks for the deepest cut, not the first from the apex (RFC 1034 4.3.2 step 3)",
     lambda name, rtype, ours, theirs: at_cut(ours) and at_cut(theirs) and at_cut(theirs).endswith(at_cut(ours))),
]


# What no two servers end at the same link: DNAMEs that rename in a circle, and make the name longer each time.
ENDLESS = "ends elsewhere a chain of aliases that never ends"


def explanation(peer, name, rtype, ours, theirs):
    if sum(r[1] == 5 for r in ours[2]) > 8 and any(r[1] == 39 for r in ours[2]):
        return ENDLESS
    for who, why, seen in EXPLAINED:
        if who == peer and seen(name, rtype, ours, theirs):
            return why
    return None


class Differences:
    """What was found: how many of each explained kind, and the first of what nothing explains."""

    def __init__(self, peers):
        self.asked = self.bad = 0
        self.agree = {name: 0 for name, _ in peers}
        self.explained = {}

    def unexplained(self, text, *answers):
        self.bad += 1
        if self.bad <= int(os.environ.get("APEX_SHOW", "5")):
            print(text)
            for who, k in answers:
                print("  %s %s" % (who, show(k)))

    def take(self, where, question, own, said, must_be_first):
        self.asked += 1
        text = "%s: %s %d" % (where, *question)
        whys = {n: explanation(n, wire(question[0]), question[1], own, s) for n, s in said if s != own}
        endless = ENDLESS in whys.values()
        if not endless and (own not in [s for _, s in said] or (must_be_first and own != said[0][1])):
            self.unexplained(text, ("ours", own), *said)
            return
        for name, s in said:
            why = whys.get(name)
            if s == own:
                self.agree[name] += 1
            elif why:
                self.explained[name, why] = self.explained.get((name, why), 0) + 1
            else:
                self.unexplained(text, ("ours", own), (name, s))

    def report(self, what):
        for (name, why), n in sorted(self.explained.items()):
            print("| %6d  %s %s" % (n, name, why))
        print("| %s: %d questions, %d differences without a reason; answered alike: %s" %
              (what, self.asked, self.bad, ", ".join("%s %d" % x for x in self.agree.items())))
        return self.bad > 0


def show(k):
    return "rcode %d flags %04x\n      an %s\n      au %s\n      ad %s" % k


def write_zones(folder, count, seed):
    with open(os.path.join(folder, "list"), "w", encoding="ascii") as listing:
        for i in range(count):
            z = zone(i, seed)
            path = os.path.join(folder, "z%d.zone" % i)
            with open(path, "w", encoding="ascii") as f:
                f.write(z.text())
            listing.write("%s\t%s\n" % (z.origin, path))


def ask(folder, seed, n, ours, peers):
    count = sum(1 for _ in open(os.path.join(folder, "list"), encoding="ascii"))
    found = Differences(peers)
    for i in range(count):
        z = zone(i, seed)
        z.text()
        questions = [z.question() for _ in range(n)]
        compare(found, "zone %d" % i, wire(z.origin), questions, ours, peers, z.plain)
    return found.report("seed %d, %d zones" % (seed, count))


def compare(found, where, apex, questions, ours, peers, must_be_first):
    mine = ask_all(ours, questions)
    theirs = [ask_all(port, questions) for _, port in peers]
    for k, question in enumerate(questions):
        said = [(name, key(t[k], apex)) for (name, _), t in zip(peers, theirs)]
        found.take(where, question, key(mine[k], apex), said, must_be_first)


def ask_zone(path, origin, seed, n, ours, peers):
    rng = random.Random(seed)
    owners = sorted({line.split()[0].lower() for line in open(path, encoding="ascii") if line.strip() and line[0] not in "; \t$"})
    found = Differences(peers)
    questions = []
    for _ in range(n):
        owner, kind = rng.choice(owners), rng.randrange(4)
        if kind == 1:
            owner = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789-") for _ in range(rng.randrange(1, 9))) + "." + owner.lstrip(".")
        elif kind == 2:
            owner = "%x.%s" % (rng.randrange(1 << 20), owner.split(".", 1)[-1].lstrip("."))
        questions.append((owner if owner.endswith(".") else owner + ".", rng.choice([1, 2, 6, 15, 16, 28, 43, 47, 48, 63, 65280])))
    for at in range(0, n, 2000):  # servers end connections that ask too much
        compare(found, origin, wire(origin), questions[at:at + 2000], ours, peers, False)
    return found.report("%s, seed %d" % (os.path.basename(path), seed))


def main():
    if sys.argv[1] == "zones":
        write_zones(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return 0
    first = 7 if sys.argv[1] == "zone" else 6
    peers = [(name, int(port)) for name, port in (p.split("=") for p in sys.argv[first:])]
    if sys.argv[1] == "zone":
        return ask_zone(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]), peers)
    return ask(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), peers)


if __name__ == "__main__":
    sys.exit(main())
