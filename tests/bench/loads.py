"""The loads: zone files, and files of the queries that are asked of them (blast.h reads those).

    small    10 names, all hits
    big      a million A names, random, one in ten not there
    deleg    300,000 delegations of two NS with glue, names below, one in ten not there
    signed   100,000 names, ECDSA P-256, NSEC, DO set, one in ten not there"""
import os
import random
import subprocess

LOADS = "small", "big", "deleg", "signed"
NAMES = {"small": 10, "big": 1000000, "deleg": 300000, "signed": 100000}
HEAD = "$ORIGIN {apex}.\n$TTL 3600\n@ SOA ns1 host 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 192.0.2.1\n"
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def run(*command, **more):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode:
        raise RuntimeError(f"{done.stderr.strip()} ({command[0]}, status {done.returncode})")
    return done


def label(rng):
    return "".join(rng.choices(ALPHABET, k=rng.randint(5, 12)))


def labels(rng, count):
    found = set()
    while len(found) < count:
        found.add(label(rng))
    return found - {"change"}  # what change.c writes


def address(i):
    return f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"


def message(name, qid=0, dnssec=False, qtype=1):
    wire = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    head = qid.to_bytes(2, "big") + b"\0\0\0\1\0\0\0\0\0" + bytes([dnssec])
    return head + wire + b"\0" + bytes([qtype]) + b"\0\1" + (b"\0\0\x29\4\xd0\0\0\x80\0\0\0" if dnssec else b"")


class Zone:
    """A zone file. probe, probe_address: a name and what it has, so that a right answer is known."""

    def __init__(self, load, where, names):
        rng = random.Random(7)
        self.load, self.apex, self.path = load, load + ".test", os.path.join(where, load)
        self.names = sorted(labels(rng, names))
        self.probe, self.probe_address = "ns1." + self.apex, "192.0.2.1"
        with open(self.path, "w", encoding="ascii") as f:
            f.write(HEAD.format(apex=self.apex))
            for i, n in enumerate(self.names):
                f.write(f"{n} NS ns1.{n}\n{n} NS ns2.{n}\nns1.{n} A {address(i)}\nns2.{n} A {address(i)}\n"
                        if load == "deleg" else f"{n} A {address(i)}\n")
        if load == "signed":
            self.sign(where)

    def sign(self, where):
        for ksk in ([], ["-f", "KSK"]):
            run("dnssec-keygen", "-q", "-K", where, "-a", "ECDSAP256SHA256", *ksk, self.apex)
        run("dnssec-signzone", "-S", "-K", where, "-o", self.apex, "-x", "-P", "-O", "full", "-f", self.path + ".signed",
            self.path, cwd=where)
        os.rename(self.path + ".signed", self.path)

    def asked(self, count):
        """Names that clients ask for."""
        rng = random.Random(8)
        for _ in range(count):
            n = rng.choice(self.names) if self.load == "small" or rng.random() > .1 else "not-there-" + label(rng)
            yield ("www." if self.load == "deleg" else "") + n + "." + self.apex

    def queries(self, count):
        """The path of a file with so many of them."""
        path = self.path + ".queries"
        with open(path, "wb") as f:
            for name in self.asked(count):
                m = message(name, 0, self.load == "signed")
                f.write(len(m).to_bytes(2, "big") + m)
        return path


class SmallZone:
    """One of many: five records."""

    def __init__(self, i, where):
        self.apex, self.path = f"z{i}.test", os.path.join(where, f"z{i}.test")
        self.probe, self.probe_address = "www." + self.apex, address(i)
        with open(self.path, "w", encoding="ascii") as f:
            f.write(HEAD.format(apex=self.apex) + f"www A {address(i)}\nmail A 192.0.2.2\n")
