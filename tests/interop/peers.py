#!/usr/bin/env python3
"""Random zones of every shape, and whether several servers answer the same from them.
    peers.py zones FOLDER COUNT SEED                write COUNT zone files and FOLDER/list (origin TAB file)
    peers.py ask FOLDER SEED QUESTIONS OURS NAME=PORT...   ask all of them; OURS must agree with at least one peer, and
                                                    on plain zones (an even number) with the first of them"""
import os
import random
import socket
import struct
import sys

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
            self.add(owner, "SVCB", "2 " + self.target())
        elif kind == 6:
            self.add(owner, "PTR", self.target())
            self.add(owner, "CAA", '0 issue "ca%d"' % v)
        elif kind == 7:
            self.add(owner, "NAPTR", '1 2 "S" "x" "" ' + self.target())
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


def ask_all(port, questions):
    """Over one TCP connection, a window of them at a time; None where no answer comes."""
    s = socket.create_connection(("127.0.0.1", port), 10)
    s.settimeout(10)
    f = s.makefile("rb")
    answers, sent = {}, 0
    while len(answers) < len(questions):
        while sent < len(questions) and sent - len(answers) < 50:
            name, rtype = questions[sent]
            q = struct.pack(">6H", sent, 0, 1, 0, 0, 0) + wire(name) + struct.pack(">2H", rtype, 1)
            s.sendall(struct.pack(">H", len(q)) + q)
            sent += 1
        message = f.read(struct.unpack(">H", f.read(2))[0])
        answers[struct.unpack(">H", message[:2])[0]] = Answer(message)
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
    asked = bad = 0
    agree = {name: 0 for name, _ in peers}
    for i in range(count):
        z = zone(i, seed)
        z.text()
        questions = [z.question() for _ in range(n)]
        apex = wire(z.origin)
        mine = ask_all(ours, questions)
        theirs = [ask_all(port, questions) for _, port in peers]
        for k, question in enumerate(questions):
            asked += 1
            said = [key(t[k], apex) for t in theirs]
            own = key(mine[k], apex)
            for (name, _), s in zip(peers, said):
                agree[name] += s == own
            if own in said and (not z.plain or own == said[0]):
                continue
            bad += 1
            if bad <= 5:
                print("zone %d: %s %d\n  ours %s" % (i, *question, show(own)))
                for (name, _), s in zip(peers, said):
                    print("  %s %s" % (name, show(s)))
    print("seed %d: %d zones, %d questions, %d answered otherwise; agreeing: %s" %
          (seed, count, asked, bad, ", ".join("%s %d" % x for x in agree.items())))
    return bad > 0


def main():
    if sys.argv[1] == "zones":
        write_zones(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return 0
    peers = [(name, int(port)) for name, port in (p.split("=") for p in sys.argv[6:])]
    return ask(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), peers)


if __name__ == "__main__":
    sys.exit(main())
