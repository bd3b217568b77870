#!/usr/bin/python3
"""Cases on the wire: a question, and what an authoritative server must say, by RFC section.
    wire.py run PORT FILE...                  each case against the server at 127.0.0.1; a line `ok` or `not ok` for each
    wire.py peers FILE... -- NAME=PORT...     how many of the cases each of these servers answers so, and which ones none
                                              of them does; exit 1 if there is one of those that has no `alone` line
    wire.py fill PORT FILE...                 print the cases with what the server says, for writing new ones

A case is a paragraph:
    rfc NUMBER SECTION  what is asked of a server     more than one such line is welcome
    ask NAME TYPE [OPTION...]                         tcp do edns[=SIZE] version=N class=C opcode=N rd cd ad z=HEX option=CODE:HEX
    hex OCTETS                                        or the bytes of a query; many lines are one; over UDP
    say RCODE [FLAG...] | drop                        flags of the header, aa tc rd ra ad cd
    an|au|ad RECORD                                   the sections, in any order, each RRset whole; TTLs count
    an|au|ad COUNT records                            or only how many
    opt CODE:HEX                                      an option of the answer; ? for octets that are not known
    edns none                                         there is no OPT (there is one if the query had one)
    alone REASON                                      no other server at hand answers so, and why we do
"""
import socket
import struct
import sys

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

SECTIONS = {"an": "answer", "au": "authority", "ad": "additional"}
FLAGS = {"aa": dns.flags.AA, "tc": dns.flags.TC, "rd": dns.flags.RD, "ra": dns.flags.RA, "ad": dns.flags.AD,
         "cd": dns.flags.CD}


class Case:
    def __init__(self, where):
        self.where, self.rfc, self.ask, self.hex, self.say = where, [], None, "", None
        self.sections = {"an": [], "au": [], "ad": []}
        self.counts, self.options, self.no_edns, self.alone = {}, [], False, None
        self.lines = []

    def name(self):
        return " ".join(self.rfc[0].split()[:2] + (self.ask or ["hex", self.hex[:24]]))

    def take(self, line):
        key, _, rest = line.partition(" ")
        rest = rest.strip()
        if key == "rfc":
            self.rfc.append(rest)
        elif key == "ask":
            self.ask = rest.split()
        elif key == "hex":
            self.hex += rest.replace(" ", "")
        elif key == "say":
            self.say = rest.split()
        elif key == "drop":
            self.say = ["drop"]
        elif key in SECTIONS and rest.endswith(" records"):
            self.counts[key] = int(rest.split()[0])
        elif key in SECTIONS:
            self.sections[key].append(rest)
        elif key == "opt":
            self.options.append(rest)
        elif key == "edns" and rest == "none":
            self.no_edns = True
        elif key == "alone":
            self.alone = rest
        else:
            sys.exit("%s: what is `%s`?" % (self.where, line))

    def options_of(self):
        return dict((o.split("=", 1) + [""])[:2] for o in self.ask[2:])

    def tcp(self):
        return bool(self.ask) and "tcp" in self.ask[2:]

    def query(self):
        if self.hex:
            return bytes.fromhex(self.hex)
        o = self.options_of()
        edns = any(k in o for k in ("do", "edns", "version", "option", "z"))
        m = dns.message.make_query(dns.name.from_text(self.ask[0]), dns.rdatatype.from_text(self.ask[1]),
                                   dns.rdataclass.from_text(o.get("class", "IN")))
        m.id = 0x1234
        m.flags = sum(FLAGS[f] for f in ("rd", "cd", "ad") if f in o)
        opcode = int(o.get("opcode", "0")) << 3
        if edns:
            options = []
            for word in self.ask[2:]:
                if word.startswith("option="):
                    code, _, value = word[7:].partition(":")
                    options.append(dns.edns.GenericOption(int(code), bytes.fromhex(value)))
            flags = (dns.flags.DO if "do" in o else 0) | int(o.get("z", "0"), 16)
            m.use_edns(0, flags, int(o.get("edns") or 1232), options=options)
            wire = bytearray(m.to_wire())
            if "version" in o:
                at = len(wire) - 6 - sum(4 + len(x.data) for x in options)
                wire[at + 1] = int(o["version"])
        else:
            wire = bytearray(m.to_wire())
        wire[2] |= opcode
        return bytes(wire)


def read(path):
    cases, case = [], None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.strip()
        if line.startswith("#"):
            continue
        if not line:
            case = None
            continue
        if not case:
            case = Case("%s:%d" % (path.rsplit("/", 1)[-1], number))
            cases.append(case)
        case.lines.append(line)
        case.take(line)
    for c in cases:
        if not c.rfc or not (c.ask or c.hex):
            sys.exit("%s: a case has `rfc` and `ask` or `hex`" % c.where)
    return cases


def exchange(port, query, tcp):
    """The answer's bytes, or None."""
    if tcp:
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(struct.pack(">H", len(query)) + query)
            f = s.makefile("rb")
            head = f.read(2)
            return f.read(struct.unpack(">H", head)[0]) if len(head) == 2 else None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.connect(("127.0.0.1", port))
        for _ in range(2):
            try:
                s.send(query)
                return s.recv(65535)
            except socket.timeout:
                continue
    return None


def records(section):
    out = set()
    for rrset in section:
        for rdata in rrset:
            text = rdata.to_text()
            if rrset.rdtype == dns.rdatatype.RRSIG:
                words = text.split()
                text = " ".join(words[:4] + words[6:7] + words[7:8])
            out.add("%s %d %s %s %s" % (rrset.name.to_text(), rrset.ttl, dns.rdataclass.to_text(rrset.rdclass),
                                        dns.rdatatype.to_text(rrset.rdtype), text))
    return out


def wanted_records(lines):
    """As records() gives them, by way of the same parser."""
    out = set()
    for line in lines:
        name, ttl, rdclass, rtype, rdata = (line.split(None, 4) + [""])[:5]
        rtype = dns.rdatatype.from_text(rtype)
        if rtype == dns.rdatatype.RRSIG:
            out.add("%s %s %s RRSIG %s" % (name, ttl, rdclass, rdata))
            continue
        out |= records([dns.rrset.from_text(name, int(ttl), rdclass, rtype, rdata)])
    return out


def lower_names(lines):
    return {line.split(" ", 1)[0].lower() + " " + line.split(" ", 1)[1] for line in lines}


class Said:
    """What an answer says, or that it is no answer to this query."""

    def __init__(self, query, wire):
        self.wrong = None
        if wire is None:
            self.say = ["drop"]
            return
        opcode = wire[2] & 0x78
        m = dns.message.from_wire(wire[:2] + bytes([wire[2] & 0x87]) + wire[3:])  # it knows few opcodes
        self.say = [dns.rcode.to_text(m.rcode())] + [n for n, bit in FLAGS.items() if m.flags & bit]
        self.sections = {k: records(getattr(m, s)) for k, s in SECTIONS.items()}
        self.edns = m.edns >= 0
        self.options = ["%d:%s" % (o.otype, o.to_wire().hex()) for o in m.options] if self.edns else []
        if wire[:2] != query[:2] or not wire[2] & 0x80 or opcode != query[2] & 0x78:
            self.wrong = "id, QR or opcode"
        elif m.edns > 0:
            self.wrong = "the OPT's version"


def same_option(pattern, got):
    return len(pattern) == len(got) and all(p in ("?", g) for p, g in zip(pattern, got))


def differs(case, said, lenient):
    """None, or how the answer is another than the case says. lenient: of what servers are free to add or to leave out
    only glue counts that the case names."""
    if said.wrong:
        return said.wrong
    if said.say[0] != case.say[0] or (said.say != case.say):
        return "says %s" % " ".join(said.say)
    if case.say == ["drop"] or (lenient and "tc" in case.say):
        return None
    for key in SECTIONS:
        if key in case.counts:
            if len(said.sections[key]) != case.counts[key] and not (lenient and key == "ad"):
                return "%s has %d records" % (key, len(said.sections[key]))
            continue
        want, got = lower_names(wanted_records(case.sections[key])), lower_names(said.sections[key])
        if lenient and key == "ad":
            referral = "aa" not in case.say and case.say[0] == "NOERROR"
            if referral and not want <= got:
                return "ad lacks %s" % sorted(want - got)
        elif lenient and key == "au" and case.sections["an"] and not want:
            got = {r for r in got if " IN NS " not in r and " CH NS " not in r}
            if got:
                return "au has %s" % sorted(got)
        elif want != got:
            return "%s lacks %s, has %s" % (key, sorted(want - got), sorted(got - want))
    if lenient:
        return None
    asked = case.hex == "" and any(w.split("=")[0] in ("do", "edns", "version", "option", "z") for w in case.ask[2:])
    if said.edns != (asked and not case.no_edns) and not case.hex:
        return "has %s OPT" % ("an" if said.edns else "no")
    if len(said.options) != len(case.options) or not all(
            any(same_option(p, o) for o in said.options) for p in case.options):
        return "options %s" % said.options
    return None


def answer(case, port):
    query = case.query()
    return Said(query, exchange(port, query, case.tcp()))


def run(port, paths):
    failed = 0
    for path in paths:
        for case in read(path):
            how = differs(case, answer(case, port), False)
            print("%s wire__rfc%s" % ("not ok" if how else "ok", case.name().replace(" ", "_")))
            if how:
                failed += 1
                print("  %s: %s" % (case.where, how))
    return failed > 0


def ask_peers(paths, peers):
    agree, alone, bad = {name: 0 for name, _ in peers}, 0, 0
    cases = [c for p in paths for c in read(p)]
    for case in cases:
        hows = {}
        for name, port in peers:
            try:
                hows[name] = differs(case, answer(case, port), True)
            except Exception as e:  # what dnspython can't read is no answer
                hows[name] = "unreadable: %s" % e
            agree[name] += hows[name] is None
        if all(hows.values()):
            alone += 1
            if not case.alone:
                bad += 1
                print("%s: %s: nobody answers so" % (case.where, case.name()))
                for name, how in hows.items():
                    print("    %s: %s" % (name, how))
        elif case.alone:
            bad += 1
            print("%s: %s: not alone: %s" % (case.where, case.name(), [n for n, h in hows.items() if not h]))
    print("| cases answered as ours are: %s of %d; by nobody else %d" %
          (", ".join("%s %d" % x for x in agree.items()), len(cases), alone))
    return bad > 0


def fill(port, paths):
    for path in paths:
        for case in read(path):
            said = answer(case, port)
            for line in case.lines:
                if line.split()[0] in ("rfc", "ask", "hex", "alone"):
                    print(line)
            print("say %s" % " ".join(said.say) if said.say != ["drop"] else "drop")
            for key in SECTIONS if said.say != ["drop"] else []:
                if key in case.counts or len(said.sections[key]) > 8:
                    print("%s %d records" % (key, len(said.sections[key])))
                    continue
                for record in sorted(said.sections[key]):
                    print("%s %s" % (key, record))
            if said.say != ["drop"]:
                for option in said.options:
                    print("opt %s" % option)
            print()


def main():
    verb = sys.argv[1]
    if verb == "peers":
        cut = sys.argv.index("--")
        peers = [(n, int(p)) for n, p in (x.split("=") for x in sys.argv[cut + 1:])]
        return ask_peers(sys.argv[2:cut], peers)
    if verb == "fill":
        return fill(int(sys.argv[2]), sys.argv[3:])
    return run(int(sys.argv[2]), sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
