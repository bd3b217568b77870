#!/usr/bin/python3
"""Ask a daemon while commits rain, and hold each answer to the one commit that its ZONEVERSION names.
    storm.py LIVE PINNED LOG STOP       ports; what tool_storm prints; ask until the file STOP is there
Each answer for multi.example MX has four addresses: all of one commit, that whose serial and id the options tell. Of a
client network all answers are of one branch, and never of an older commit than before; the pinned one never moves."""
import os
import socket
import struct
import sys

import dns.edns
import dns.message
import dns.rdatatype

ZONEVERSION, SERIAL, COMMIT = 19, 0, 246
NETWORKS = ["198.51.%d.0" % i for i in range(24)]


def query(network):
    q = dns.message.make_query("multi.example.", "MX", use_edns=0, payload=1232, options=[
        dns.edns.GenericOption(ZONEVERSION, b""), dns.edns.ECSOption(network, 24)])
    return q.to_wire()


def take(message):
    """The addresses, the serial and the commit's id that an answer tells."""
    m = dns.message.from_wire(message)
    addresses = {r.address for s in m.additional for r in s if r.rdtype == dns.rdatatype.A}
    count = sum(len(s) for s in m.additional)
    versions = {o.data[1]: o.data[2:] for o in m.options if o.otype == ZONEVERSION}
    if m.rcode() or len(m.answer) != 1 or count != 4:
        sys.exit("no good answer: %s" % m)
    return addresses, struct.unpack(">I", versions[SERIAL])[0], versions[COMMIT].hex()


def ask(ports, stop):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    said = []
    queries = {n: query(n) for n in NETWORKS}
    while not os.path.exists(stop):
        for port in ports:
            for network in NETWORKS:
                s.sendto(queries[network], ("127.0.0.1", port))
                said.append((port, network, take(s.recv(4096))))
        if len(said) == len(ports) * len(NETWORKS):
            print("it is asked", flush=True)
    return said


def main():
    live, pinned, log, stop = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    said = ask([live, live, live, pinned], stop)
    commits = {}
    for line in open(log, encoding="ascii"):
        branch, n, serial, ident = line.split()
        commits[ident] = (branch, int(n), int(serial))
    branch_of, newest, seen = {}, {}, set()
    for port, network, (addresses, serial, ident) in said:
        if ident not in commits:
            sys.exit("commit %s was never made" % ident)
        branch, n, its_serial = commits[ident]
        address = "10.%d.%d.%d" % (n >> 16 & 255, n >> 8 & 255, n & 255)
        if addresses != {address} or serial != its_serial:
            sys.exit("the answer of commit %s has %s and serial %d, not %s and %d" %
                     (ident, addresses, serial, address, its_serial))
        if branch_of.setdefault((port, network), branch) != branch:
            sys.exit("%s got %s after %s" % (network, branch, branch_of[port, network]))
        # By serials: two storms may have counted from one, one after the other.
        before = newest.get((port, branch), its_serial)
        if its_serial < before or (port == pinned and its_serial != before):
            sys.exit("port %d: %s serial %d after %d" % (port, branch, its_serial, before))
        newest[port, branch] = its_serial
        seen.add(ident)
    branches = {b for (p, _), b in branch_of.items() if p == live}
    if branches != {"main", "next"}:
        sys.exit("the canary takes nobody or all: %s" % branches)
    print("%d answers of %d commits among %d" % (len(said), len(seen), len(commits)))
    return len(seen) < 10


if __name__ == "__main__":
    sys.exit(main())
