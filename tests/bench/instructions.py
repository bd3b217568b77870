#!/usr/bin/env python3
"""User instructions that apexd spends on a query, by callgrind: two runs of different length, the difference.

    tests/bench/instructions.py BUILD        prints a row for each load, the target beside it

The loads are those of the peers' table, with 20,000 names where that has more, as its instructions were counted:
small (10 names, all hits), big (A records, one in ten NXDOMAIN), deleg (delegations with two NS and glue, one in ten
NXDOMAIN), signed (ECDSA, NSEC, DO set, one in ten NXDOMAIN). Targets are half of the best peer's.
Needs valgrind and dnssec-signzone."""
import os, random, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request

NAMES, SHORT, LONG, BURST = 20000, 1024, 21504, 64
TARGET = {"small": 641, "big": 704, "deleg": None, "signed": 1816}


def run(*cmd, **more):
    return subprocess.run(cmd, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def label(r):
    return "".join(r.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=r.randint(5, 12)))


def zone(load, where, r):
    """The zone file of a load and the names to ask for."""
    apex, path = load + ".test", os.path.join(where, load)
    names = sorted({label(r) for _ in range(10 if load == "small" else NAMES)})
    with open(path, "w") as f:
        f.write(f"$ORIGIN {apex}.\n$TTL 3600\n@ SOA ns1 host 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 192.0.2.1\n")
        for i, n in enumerate(names):
            a = f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}"
            f.write(f"{n} NS ns1.{n}\n{n} NS ns2.{n}\nns1.{n} A {a}\nns2.{n} A {a}\n" if load == "deleg" else f"{n} A {a}\n")
    if load == "signed":
        for ksk in ([], ["-f", "KSK"]):
            run("dnssec-keygen", "-q", "-K", where, "-a", "ECDSAP256SHA256", *ksk, apex)
        run("dnssec-signzone", "-S", "-K", where, "-o", apex, "-x", "-P", "-O", "full", "-f", path + ".s", path, cwd=where)
        path += ".s"
    asked = [r.choice(names) if load == "small" or r.random() > .1 else "not-there-" + label(r) for _ in range(LONG)]
    return apex, path, [("www." if load == "deleg" else "") + n + "." + apex for n in asked]


def query(name, qid, dnssec):
    wire = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0"
    head = qid.to_bytes(2, "big") + b"\0\0\0\1\0\0\0\0\0" + bytes([dnssec])
    return head + wire + b"\0\1\0\1" + (b"\0\0\x29\4\xd0\0\0\x80\0\0\0" if dnssec else b"")


def ask(port, names, dnssec):
    """Ask in bursts, so that the daemon has batches to take; returns how many were answered."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", port))
    s.settimeout(5)
    answered = 0
    for at in range(0, len(names), BURST):
        burst = [query(n, at + i & 0xffff, dnssec) for i, n in enumerate(names[at:at + BURST])]
        for q in burst:
            s.send(q)
        try:
            for q in burst:
                s.recv(4096)
                answered += 1
        except TimeoutError:
            pass
    return answered


def wait_ready(port, p, log):
    """Until each zone has its image."""
    while True:
        if p.poll() is not None:
            sys.exit("apexd ended: " + open(log).read())
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60):
                return
        except OSError:
            time.sleep(.5)


def free_port():
    while True:
        port = random.randint(20000, 30000)
        try:
            for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
                with socket.socket(socket.AF_INET, kind) as s:
                    s.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue


def instructions(build, repo, where, names, dnssec):
    """Those of a whole run of the daemon that answers these names, and how many it answered."""
    port, metrics = free_port(), free_port() # callgrind writes a file at the end: no sandbox
    out, log = os.path.join(where, "callgrind"), os.path.join(where, "log")
    with open(log, "w") as f:
        p = subprocess.Popen(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, build + "/apexd", "--repo",
                              repo, "--listen", f"127.0.0.1:{port}", "--threads", "1",
                              "--metrics", f"127.0.0.1:{metrics}", "--no-sandbox"], stdout=f, stderr=f)
    try:
        wait_ready(metrics, p, log)
        answered = ask(port, names, dnssec)
    finally:
        p.send_signal(signal.SIGTERM)
        p.wait()
    for line in open(out):
        if line.startswith(("summary:", "totals:")):
            return int(line.split()[1]), answered
    sys.exit("callgrind has no summary")


def measure(build, load, where):
    apex, path, names = zone(load, where, random.Random(7))
    repo = os.path.join(where, "repo-" + load)
    env = dict(os.environ, APEX_REPO=repo, APEX_AUTHOR_NAME="Bench", APEX_AUTHOR_EMAIL="bench@example.org")
    run(build + "/apex", "init", apex, env=env)
    run(build + "/apex", "--zone", apex, "import", path, env=env)
    first, few = instructions(build, repo, where, names[:SHORT], load == "signed")
    second, many = instructions(build, repo, where, names, load == "signed")
    return (second - first) / (many - few)


def main():
    if not shutil.which("valgrind") or not shutil.which("dnssec-signzone"):
        sys.exit("instructions.py: valgrind and dnssec-signzone are needed")
    build = os.path.abspath(sys.argv[1])
    where = tempfile.mkdtemp(prefix="apexbench.")
    try:
        print(f"\n{'user instructions a query (callgrind), half of the best peer':62} {'measured':>9} {'target':>9}")
        for load, target in TARGET.items():
            n = measure(build, load, where)
            limit = f"<={target:8d}" + ("   MISSED" if n > target else "") if target else "        -"
            print(f"  {load:60} {n:9.0f} {limit}", flush=True)
    finally:
        shutil.rmtree(where)


main()
