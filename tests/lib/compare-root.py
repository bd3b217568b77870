#!/usr/bin/env python3
"""Ask two servers of a root zone the same questions and tell where they differ.
    compare-root.py ZONEFILE PORT PORT SEED
Questions: NS and DS of every TLD, A and AAAA of every name server, the apex, and ten thousand random names."""
import sys

from dnswire import TYPES, Server, random_name, seeded


def differences(x, y):
    """What one answer has and the other has not."""
    if (x.rcode, x.flags) != (y.rcode, y.flags):
        yield f"rcode {x.rcode} flags {x.flags:04x}, the other rcode {y.rcode} flags {y.flags:04x}"
    for section, a, b in zip(("answer", "authority", "additional"), x.sections, y.sections):
        for sign, records in (("only here", [r for r in a if r not in b]), ("only there", [r for r in b if r not in a])):
            if records:
                yield f"{section}, {sign}: {len(records)} records, the first {records[0]}"
        if len(a) != len(b):
            yield f"{section}: {len(a)} records here, {len(b)} there"


def main():
    path, port_a, port_b, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    tlds, hosts = set(), set()
    with open(path) as f:
        for line in f:
            field = line.split()
            if len(field) > 4 and field[3] == "NS" and field[0] != ".":
                tlds.add(field[0].lower())
            if len(field) > 4 and field[3] in ("A", "AAAA"):
                hosts.add(field[0].lower())
    tlds, hosts, rng = sorted(tlds), sorted(hosts), seeded(seed)
    questions = [(".", TYPES[t]) for t in ("SOA", "NS", "A", "DNSKEY", "ZONEMD", "NSEC", "TXT")]
    questions += [(t, TYPES[q]) for t in tlds for q in ("NS", "DS", "A")]
    questions += [(h, TYPES[q]) for h in hosts for q in ("A", "AAAA")]
    some = ("A", "NS", "DS", "TXT", "SOA", "AAAA", "MX")
    questions += [(random_name(rng, tlds), TYPES[rng.choice(some)]) for _ in range(10000)]
    a, b = Server(port_a).ask_all(questions), Server(port_b).ask_all(questions)
    bad = 0
    for (name, rtype), x, y in zip(questions, a, b):
        if x.key() != y.key():
            bad += 1
            if bad <= 10:
                print(f"differ: {name} {rtype}", *differences(x, y), sep="\n  ")
    print(f"{len(questions)} questions, {bad} answers differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
