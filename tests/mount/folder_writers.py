"""folder_writers.py octodns|dnscontrol FOLDER ZONE [NAME TYPE VALUE]: write a folder of zone files as they do.

Neither is in Debian 12, so this makes the calls that their sources make, and the text:
  octodns     octodns-bind, ZoneFileProvider._apply: as a target it never reads the old file; open(..., 'w'), whose
              buffer is written as it fills; the SOA on many lines, its serial the clock's; a blank for the same owner
  dnscontrol  providers/bind (GetZoneRecordsCorrections) and pkg/prettyzone: reads and compares first, and leaves the
              file alone if nothing changed; else os.Create, one write(2) for each line, Close
What they write is what the file had, NAME's TYPE being VALUE.
"""
import os
import sys
import time

import dns.name
import dns.rdatatype
import dns.zone


def read(path, zone):
    """The zone as [(name, ttl, type, text)], in their order, and its SOA apart."""
    z = dns.zone.from_file(path, zone, relativize=True, check_origin=False)
    found = [(n.to_text(), ttl, dns.rdatatype.to_text(r.rdtype), r.to_text(origin=z.origin, relativize=False))
             for n, ttl, r in z.iterate_rdatas()]
    found.sort(key=lambda r: (r[0] != "@", r[0], r[2] not in ("SOA", "NS"), r[2], r[3]))
    return [r for r in found if r[2] != "SOA"], [r for r in found if r[2] == "SOA"]


def octodns(folder, zone, records, soa):
    if not os.path.isdir(folder):
        os.makedirs(folder)
    longest = max(len(r[0]) for r in records)
    primary, hostmaster = soa[0][3].split()[:2]
    with open(os.path.join(folder, zone + ".zone"), "w", encoding="utf-8") as f:
        f.write("$ORIGIN %s.\n\n@ 3600 IN SOA %s %s (\n    %d ; Serial\n    3600 ; Refresh\n    600 ; Retry\n"
                "    604800 ; Expire\n    3600 ; NXDOMAIN ttl\n)\n\n" % (zone, primary, hostmaster, time.time()))
        before = None
        for name, ttl, rtype, value in records:
            f.write("%-*s %8d IN %-8s %s\n" % (longest, "" if name == before else name, ttl, rtype, value))
            before = name


def line(name, ttl, rtype, value):
    out = ""
    for column, item in zip((0, 11, 17, 20, 26), (name, ttl, "IN", rtype, value)):
        out = out.ljust(column) + (item + " " if item else "")
    return out.rstrip(" ")


def dnscontrol(folder, zone, records, soa):
    path = os.path.join(folder, zone + ".zone")
    if (records, soa) == read(path, zone):
        return
    words = soa[0][3].split()
    words[2] = str(max(int(words[2]) + 1, int(time.strftime("%Y%m%d00"))))
    ttls = [r[1] for r in records if r[2] != "NS"]
    usual = max(set(ttls), key=lambda ttl: (ttls.count(ttl), ttl))
    lines = ["$TTL %d" % usual, "; generated with dnscontrol " + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())]
    before = None
    for name, ttl, rtype, value in [("@", soa[0][1], "SOA", " ".join(words))] + records:
        lines.append(line("" if name == before else name, "" if ttl == usual else str(ttl), rtype, value))
        before = name
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    for text in lines:
        os.write(fd, text.encode() + b"\n")
    os.close(fd)


def main(tool, folder, zone, *change):
    records, soa = read(os.path.join(folder, zone + ".zone"), zone)
    if change:
        records = [r[:3] + (change[2],) if (r[0], r[2]) == change[:2] else r for r in records]
    {"octodns": octodns, "dnscontrol": dnscontrol}[tool](folder, zone, records, soa)


main(*sys.argv[1:])
