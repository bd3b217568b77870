"""What dig can't do to a daemon: streams cut anywhere, many queries at once, bytes that are no query.
    wire.py CASE PORT [ARGUMENTS]      exit 0 if the daemon did right, else a line that says what it did
WIRE_TLS=FILE: streams are TLS, the certificate in FILE is trusted; WIRE_UDP=PORT: where UDP is then asked."""
import os
import random
import select
import socket
import ssl
import struct
import subprocess
import sys
import time

A, TXT, SOA = 1, 16, 6


def query(name, rtype, qid=1):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x)
    return struct.pack(">6H", qid, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", rtype, 1)


def with_subnet(message, i):
    """The same with a client subnet option for 10.i.7.0/24."""
    option = struct.pack(">HHHBB", 8, 7, 1, 24, 0) + bytes([10, i, 7])
    return message[:10] + b"\0\1" + message[12:] + struct.pack(">BHHIH", 0, 41, 1232, 0, len(option)) + option


def framed(message):
    return struct.pack(">H", len(message)) + message


def tls_context(authority, alpn=("dot",)):
    c = ssl.create_default_context(cafile=authority)
    c.check_hostname = False
    c.set_alpn_protocols(list(alpn))
    return c


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), 5)
    s.settimeout(5)
    if "WIRE_TLS" in os.environ:
        s = tls_context(os.environ["WIRE_TLS"]).wrap_socket(s)
    return s


def read_exactly(s, n):
    out = b""
    while len(out) < n:
        more = s.recv(n - len(out))
        if not more:
            raise EOFError("the connection ended")
        out += more
    return out


def read_answer(s):
    return read_exactly(s, struct.unpack(">H", read_exactly(s, 2))[0])


def expect(condition, text):
    if not condition:
        sys.exit(text)


def good(port):
    """A good query over UDP and TCP is answered."""
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(1)
    for _ in range(5):
        u.sendto(query("www.example", A, 77), ("127.0.0.1", int(os.environ.get("WIRE_UDP", port))))
        try:
            m = u.recv(4096)
            break
        except socket.timeout:
            m = b""
    expect(m[:2] == b"\0\x4d" and m[3] & 15 == 0 and m[7] == 1, "UDP: no good answer: %r" % m)
    s = connect(port)
    s.sendall(framed(query("www.example", A, 78)))
    m = read_answer(s)
    expect(m[:2] == b"\0\x4e" and m[3] & 15 == 0 and m[7] == 1, "TCP: no good answer: %r" % m)


def pipeline(port, n):
    """n queries in one write: n answers, whatever their order."""
    s = connect(port)
    s.sendall(b"".join(framed(query("h%d.example" % i, A, i)) for i in range(n)))
    ids = {struct.unpack(">H", read_answer(s)[:2])[0] for _ in range(n)}
    expect(ids == set(range(n)), "%d of %d answers" % (len(ids), n))


def trickle(port):
    """Octet by octet."""
    s = connect(port)
    for c in framed(query("www.example", A, 5)):
        s.sendall(bytes([c]))
        time.sleep(0.002)
    expect(read_answer(s)[:2] == b"\0\5", "another answer")


def half_close(port):
    """A client that has said all still gets its answers, then the end."""
    s = connect(port)
    s.sendall(framed(query("www.example", A, 5)) + framed(query("big.example", TXT, 6)))
    s.shutdown(socket.SHUT_WR)
    ids = {read_answer(s)[:2] for _ in range(2)}
    expect(ids == {b"\0\5", b"\0\6"}, "answers %r" % ids)
    expect(s.recv(1) == b"", "the connection stays")


def slow_reader(port):
    """Who asks much and reads nothing is not read any more; others are served; what it reads then is right."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", port))
    if "WIRE_TLS" in os.environ:
        s = tls_context(os.environ["WIRE_TLS"]).wrap_socket(s)
    s.setblocking(False)
    message, sent, last = framed(query("big.example", TXT, 6)), 0, time.time()
    data = message * 2000
    while time.time() < last + 1:
        expect(sent < 64 << 20, "the daemon swallows queries without an answer read")
        try:
            sent += s.send(data[sent % len(message):])
            last = time.time()
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            time.sleep(0.01)
    good(port)
    s.settimeout(5)
    for _ in range(200):
        expect(read_answer(s)[:2] == b"\0\6", "another answer")
    s.close()
    good(port)


def crowd(port, cap):
    """More connections than there is room for: the newest is served."""
    held = [connect(port) for _ in range(3 * cap)]
    good(port)
    ended = 0
    for s in held:
        s.settimeout(0.05)
        try:
            ended += s.recv(1) == b""
        except (socket.timeout, OSError) as e:
            ended += not isinstance(e, socket.timeout)
    expect(ended >= cap, "only %d of %d were ended" % (ended, len(held)))


def idle(port, seconds):
    """A silent connection is ended, and so is one that dribbles an unfinished query."""
    silent, dribbling = connect(port), connect(port)
    start, ended = time.time(), {}
    message = framed(query("www.example", A))
    while len(ended) < 2 and time.time() < start + 3 * seconds:
        for name, s in (("silent", silent), ("dribbling", dribbling)):
            if name in ended:
                continue
            s.settimeout(0.2)
            try:
                if name == "dribbling":
                    s.sendall(message[:1])
                    message = message[1:] or b"\0"
                if s.recv(1) == b"":
                    ended[name] = time.time() - start
            except socket.timeout:
                pass
            except OSError:
                ended[name] = time.time() - start
    expect(len(ended) == 2, "ended: %r" % ended)
    expect(all(seconds - 1 <= v <= 2 * seconds for v in ended.values()), "ended after %r s" % ended)


def tls_versions(port):
    """1.2 and 1.3, nothing older; "dot" is the protocol, or none; others are refused."""
    authority = os.environ["WIRE_TLS"]

    def shake(context):
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            t = context.wrap_socket(s)
            t.sendall(framed(query("www.example", A, 3)))
            expect(read_answer(t)[:2] == b"\0\3", "another answer")
            return t.version(), t.selected_alpn_protocol()

    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        c = tls_context(authority)
        c.minimum_version = c.maximum_version = version
        expect(shake(c) == (version.name.replace("_", "."), "dot"), "%s: %r" % (version, shake(c)))
    expect(shake(tls_context(authority, ["h2", "dot"]))[1] == "dot", "dot is not chosen among others")
    none = ssl.create_default_context(cafile=authority)
    none.check_hostname = False
    expect(shake(none)[1] is None, "a protocol though none was offered")
    old = tls_context(authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    for context, what in (tls_context(authority, ["h2"]), "another protocol"), (old, "an old version"):
        try:
            expect(not shake(context), what + " is spoken")
        except (ssl.SSLError, ConnectionError, EOFError):
            pass


def tls_resume(port, *command):
    """A session is resumed, also after `command`, which changes the certificate; connections there are go on."""
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        c = tls_context(os.environ["WIRE_TLS"])
        c.minimum_version = c.maximum_version = version
        first = c.wrap_socket(socket.create_connection(("127.0.0.1", port), 5))
        first.settimeout(5)

        def ask(s, qid):
            s.sendall(framed(query("www.example", A, qid)))
            expect(struct.unpack(">H", read_answer(s)[:2])[0] == qid, "another answer")

        ask(first, 1)
        session = first.session
        subprocess.run(list(map(str, command)), check=True)
        ask(first, 2)
        second = c.wrap_socket(socket.create_connection(("127.0.0.1", port), 5), session=session)
        ask(second, 3)
        expect(second.session_reused, "%s: the session is not resumed" % version)
        ask(first, 4)


def tls_serial(port, want):
    """The serial number of the certificate that new clients get."""
    c = ssl.create_default_context()
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    t = c.wrap_socket(socket.create_connection(("127.0.0.1", port), 5))
    der = t.getpeercert(True)
    expect(b"\x02\x01" + bytes([want]) in der[:30], "another certificate")


def flood(port, source, n, name, rtype, low, high, cut_low, cut_high):
    """n queries from an address, a moment apart: how many are answered in full, and how many cut short?"""
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind((source, 0))
    whole = cut = 0

    def take():
        nonlocal whole, cut
        m = u.recv(4096)
        whole, cut = whole + (not m[2] & 2), cut + bool(m[2] & 2)

    for i in range(n):
        u.sendto(query(name.replace("%", str(i)), rtype, i), ("127.0.0.1", port))
        while select.select([u], [], [], 0.002 if i % 16 == 15 else 0)[0]:
            take()
    while select.select([u], [], [], 0.5)[0]:
        take()
    print("%d whole, %d cut short" % (whole, cut))
    expect(low <= whole <= high and cut_low <= cut <= cut_high, "%d whole, %d cut short" % (whole, cut))


def ended(s):
    """Is the connection ended by the other side? What is still to be read of it is thrown away."""
    s.settimeout(0.05)
    try:
        while s.recv(65536):
            pass
    except socket.timeout:
        return False
    except OSError:
        pass
    return True


def shunned(port):
    """Who is silent, dribbles, never reads or reads octet by octet is ended in the end; others are served."""
    big = framed(query("big.example", TXT, 6))
    silent, dribbling, deaf, slow = [connect(port) for _ in range(4)]
    for s in deaf, slow:
        s.setblocking(False)
        try:
            while True:
                s.send(big * 100)
        except BlockingIOError:
            pass
    waiting, start = {"silent", "dribbling", "deaf", "slow"}, time.time()
    while waiting and time.time() < start + 60:
        try:
            if "dribbling" in waiting:
                dribbling.sendall(b"\0")
        except OSError:
            waiting.discard("dribbling")
        if "silent" in waiting and ended(silent):
            waiting.discard("silent")
        # What was sent to them can still be read: an error tells of the end.
        for name, s in ("deaf", deaf), ("slow", slow):
            if name in waiting and s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                waiting.discard(name)
        if "slow" in waiting:
            slow.recv(1)
        good(port)
        time.sleep(0.1)
    expect(not waiting, "not ended: %r" % waiting)


def neighbours(port, cap):
    """One address has no more than its connections; another is served."""
    held, stop = [connect(port) for _ in range(cap + 1)], time.time() + 20
    while len(held) > cap and time.time() < stop:
        held = [s for s in held if not ended(s)]
    expect(len(held) == cap, "%d connections" % len(held))
    s = socket.create_connection(("127.0.0.1", port), 5, ("127.0.0.7", 0))
    s.settimeout(5)
    s.sendall(framed(query("www.example", A, 8)))
    expect(read_answer(s)[:2] == b"\0\x08", "another answer")
    held.pop().close()
    for _ in range(50):
        s = connect(port)
        if not ended(s):
            return
        time.sleep(0.1)
    sys.exit("a connection that ended still counts")


def exhaust(port, n):
    """More connections than descriptors: UDP and the newest are served, also while they all stay."""
    held = []
    for _ in range(n):
        held.append(connect(port))
        if len(held) % 20 == 0:
            good(port)
    for _ in range(20):
        good(port)


def stranded(port, web, served):
    """A daemon without descriptors accepts nobody; once it has them again, whoever waited is served."""
    waiting = [connect(port) for _ in range(10)]
    for i, s in enumerate(waiting):
        s.sendall(framed(query("www.example", A, i)))
    page = connect(web)
    page.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
    print("waiting", flush=True)
    for i, s in enumerate(waiting):
        s.settimeout(30)
        expect(read_answer(s)[:2] == struct.pack(">H", i), "another answer")
    page.settimeout(30)
    expect(b" 200 " in page.recv(64), "no page")
    open(served, "w").close()


def put_back(port, live, canary, rounds, there, back):
    """A canary's branch moves there and back, by a command each, while its clients ask over UDP and one TCP connection:
    every query is answered, by an address of the two, and they all go over each time."""
    networks = range(20)
    asks = [with_subnet(query("www.example", A, i), i) for i in networks]
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(5)
    t = connect(port)
    queries, taken = 0, {}
    addresses = {socket.inet_aton(a): a for a in (live, canary)}

    def who_gets_what():
        nonlocal queries
        got = {live: set(), canary: set()}
        for i in networks:
            u.sendto(asks[i], ("127.0.0.1", port))
            t.sendall(framed(asks[i]))
            for answer in u.recv(4096), read_answer(t):
                expect(answer[:2] == asks[i][:2], "an answer to another query")
                at = answer.index(b"\xc0\x0c\0\1\0\1") + 12
                expect(answer[at:at + 4] in addresses, "an answer of neither branch")
                got[addresses[answer[at:at + 4]]].add(i)
                queries += 1
        return got

    for i in range(rounds):
        for command, settled in (there, canary), (back, live):
            moving = subprocess.Popen(["sh", "-c", command], stdout=subprocess.DEVNULL)
            while moving.poll() is None:
                who_gets_what()
            expect(moving.returncode == 0, "the branch does not move")
            end = time.time() + 10
            while True:
                got = who_gets_what()
                if not got[canary] if settled == live else got[canary] and not got[canary] & got[live]:
                    break
                expect(time.time() < end, "%s is not gone over to" % settled)
            expect(got == taken.setdefault(settled, got), "other clients than before")
    print("%d queries in %d rounds" % (queries, rounds))


def mutate(rng, message):
    w = bytearray(message)
    for _ in range(rng.choice([1, 1, 2, 5])):
        what = rng.randrange(5)
        if not w or what == 0:
            w += rng.randbytes(rng.choice([1, 20, 600]))
        elif what == 1:
            w[rng.randrange(len(w))] = rng.randrange(256)
        elif what == 2:
            del w[rng.randrange(len(w)):]
        elif what == 3 and len(w) > 13:
            struct.pack_into(">H", w, rng.randrange(12, len(w) - 1), 0xC000 | rng.choice([0, 12, len(w) - 2, rng.randrange(0x4000)]))
        else:
            w = bytearray(rng.randbytes(rng.choice([0, 1, 11, 12, 13, 512])))
    return bytes(w[:4000])


def garbage(port, n, seed):
    """Seeded bytes of any kind at both ports, a good query in between and after."""
    print("seed %d" % seed)
    rng = random.Random(seed)
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(n):
        w = mutate(rng, query(rng.choice(["www.example", "big.example", "a.b.c", ""]), rng.randrange(65536)))
        u.sendto(w, ("127.0.0.1", port))
        if i % 50 == 0:
            try:
                s = connect(port)
                s.sendall(rng.choice([framed(w), w, framed(w)[:-1] if w else b"", b"\xff\xff" + w]))
                s.close()
            except OSError:
                pass
        if i % 500 == 0:
            good(port)
    good(port)


def latency(port, rounds, mean_ms, *command):
    """From the end of a command that sets www to the answer that shows it."""
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(2)
    took = []
    for i in range(rounds):
        address = "203.0.113.%d" % (i % 250 + 1)
        subprocess.run([*map(str, command), address], check=True, stdout=subprocess.DEVNULL)
        start = time.time()
        while True:
            u.sendto(query("www.example", A), ("127.0.0.1", port))
            if u.recv(4096)[-4:] == socket.inet_aton(address):
                break
            expect(time.time() < start + 5, "the change does not come")
        took.append((time.time() - start) * 1000)
    print("mean %.2f ms, worst %.2f ms" % (sum(took) / len(took), max(took)))
    expect(sum(took) / len(took) < mean_ms, "mean %.1f ms" % (sum(took) / len(took)))


def main():
    case, port = globals()[sys.argv[1]], int(sys.argv[2])
    case(port, *[int(a) if a.isdigit() else a for a in sys.argv[3:]])


if __name__ == "__main__":
    main()
