#!/usr/bin/env python3
"""Ask two servers of a root zone the same questions and tell where they differ.
    compare-root.py ZONEFILE PORT PORT SEED
Questions: NS and DS of every TLD, A and AAAA of every name server, the apex, and ten thousand random names."""
import sys

from dnswire import TYPES, Server, random_name, seeded


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
    questions += [(t, TYPES[q]) for t in tlds for q in ("NS", "DS", "A", "NSEC")]
    questions += [(h, TYPES[q]) for h in hosts for q in ("A", "AAAA")]
    some = ("A", "NS", "DS", "TXT", "SOA", "AAAA", "MX")
    questions += [(random_name(rng, tlds), TYPES[rng.choice(some)]) for _ in range(10000)]
    a, b = Server(port_a).ask_all(questions), Server(port_b).ask_all(questions)
    bad = 0
    for (name, rtype), x, y in zip(questions, a, b):
        if x.key() != y.key():
            bad += 1
            if bad <= 10:
                print(f"differ: {name} {rtype}\n  {x.key()}\n  {y.key()}")
    print(f"{len(questions)} questions, {bad} answers differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
