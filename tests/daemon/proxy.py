"""What a proxy says before a query, and what comes of it: proxy.py PORT TLSPORT CERTIFICATE CASE [ARGUMENTS]"""
import select
import socket
import ssl
import struct
import sys
import time

from wire import A, expect, framed, query, read_answer, tls_context

PORT, TLS, CERTIFICATE, CASE = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
PROXY, OTHER = "127.0.0.8", "127.0.0.9"
LIVE, INSIDE, SIX = "192.0.2.4", "10.0.0.1", "10.0.0.6"


def header(client=None, command=1, version=2, extra=b"", family=None):
    """None: the proxy speaks for itself."""
    body, af = b"", 0
    if client:
        af = socket.AF_INET6 if ":" in client else socket.AF_INET
        body = socket.inet_pton(af, client) * 2 + struct.pack(">HH", 4242, 53)
    kind = {0: 0x00, socket.AF_INET: 0x12, socket.AF_INET6: 0x22}[af] if family is None else family
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack(">BBH", version << 4 | command, kind, len(body + extra)) + body + extra


def udp(source, before, wait=2):
    """The address in the answer; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.bind((source, 0))
        for _ in range(3):
            u.sendto(before + query("www.example", A, 7), ("127.0.0.1", PORT))
            if select.select([u], [], [], wait)[0]:
                return address(u.recv(4096))
            if wait < 1:
                break
    return None


def address(m):
    return socket.inet_ntoa(m[-4:]) if m[3] & 15 == 0 and m[7] else "rcode %d" % (m[3] & 15)


def connect(source, port=None):
    s = socket.create_connection(("127.0.0.1", port or PORT), 5, (source, 0))
    s.settimeout(5)
    return s


def ask(s):
    s.sendall(framed(query("www.example", A, 9)))
    return address(read_answer(s))


def tcp(source, before, pieces=1):
    with connect(source) as s:
        data = before + framed(query("www.example", A, 9))
        try:
            for i in range(0, len(data), max(1, len(data) // pieces)):
                s.sendall(data[i : i + max(1, len(data) // pieces)])
                if pieces > 1:
                    time.sleep(0.001)
            return address(read_answer(s))
        except (EOFError, ConnectionError):
            return None


def dot(source, before):
    with connect(source, TLS) as s:
        s.sendall(before)
        try:
            return ask(tls_context(CERTIFICATE).wrap_socket(s))
        except (EOFError, OSError):
            return None


def trusted():
    """Over each transport the client is whom the proxy tells."""
    for way in udp, tcp, dot:
        for before, want in (
            (header("10.1.2.3"), INSIDE),
            (header("10.2.2.3"), LIVE),
            (header("2001:db8:1::7"), SIX),
            (header("10.1.2.3", extra=b"\x04\0\x03abc" + bytes(900)), INSIDE),
            (header("10.1.2.3", command=0), LIVE),
            (header(), LIVE),
            (header("10.1.2.3", family=0x31), LIVE),
        ):
            expect(way(PROXY, before) == want, "%s %r: %r" % (way.__name__, before[:30], way(PROXY, before)))
    expect(tcp(PROXY, header("10.1.2.3"), 1000) == INSIDE, "octet by octet")


def untrusted():
    """From others a header is no query; without one they are served as ever."""
    for way in udp, tcp, dot:
        expect(way(OTHER, b"") == LIVE, "%s without" % way.__name__)
        if way == tcp:
            continue  # it is the length and the beginning of a long message
        got = way(OTHER, header("10.1.2.3"))
        expect(got in (None, "rcode 4"), "%s: %r" % (way.__name__, got))


def without():
    """From a proxy nothing counts without a header, or with a wrong one."""
    bad = [
        b"",
        header("10.1.2.3", version=1),
        header("10.1.2.3", command=2),
        header("10.1.2.3", extra=bytes(3000)),
        header(family=0x11),
        b"PROXY TCP4 10.1.2.3 127.0.0.1 4242 53\r\n",
    ]
    for before in bad:
        expect(udp(PROXY, before, 0.3) is None, "udp: %r" % before)
    for before in bad:
        expect(tcp(PROXY, before) is None, "tcp: %r" % before)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.bind((PROXY, 0))
        for n in 0, 1, 12, 15, 16, 20, 27:
            u.sendto(header("10.1.2.3")[:n], ("127.0.0.1", PORT))
        expect(not select.select([u], [], [], 0.3)[0], "udp: a part of a header is answered")
    expect(dot(PROXY, b"") is None, "tls: without")


def limited():
    """Rates and connections are the clients', not the proxy's."""
    def flood(client, n=200):
        got = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            u.bind((PROXY, 0))
            for i in range(n):
                u.sendto(header(client) + query("www.example", A, i), ("127.0.0.1", PORT))
                while select.select([u], [], [], 0.002 if i % 16 == 15 else 0)[0]:
                    got += not u.recv(4096)[2] & 2
            while select.select([u], [], [], 0.3)[0]:
                got += not u.recv(4096)[2] & 2
        return got

    start = time.monotonic()
    got = flood("10.7.7.7")
    most = 60 + 10 * (time.monotonic() - start)  # the rate is 10 a second
    expect(10 <= got <= most, "%d of a flood are let through" % got)
    expect(flood("10.8.8.8", 10) == 10, "another client of the proxy is limited")

    def opened(client, n):
        held = []
        for _ in range(n):
            s = connect(PROXY)
            s.sendall(header(client))
            held.append(s)
        alive = 0
        for s in held:
            try:
                ask(s)
                alive += 1
            except (EOFError, ConnectionError):
                pass
        return alive, held

    first, held = opened("10.7.7.7", 8)
    expect(first == 5, "%d connections of a client" % first)
    second, _ = opened("10.7.7.8", 5)
    expect(second == 5, "%d connections of another" % second)
    for s in held:
        s.close()
    for _ in range(50):  # until the daemon has seen the ends
        again, held = opened("10.7.7.7", 5)
        if again == 5:
            break
        for s in held:
            s.close()
        time.sleep(0.1)
    expect(again == 5, "%d connections after the first have ended" % again)
    six, _ = opened("2001:db8::1", 3)
    more, _ = opened("2001:db8::ffff:1", 4)
    expect((six, more) == (3, 2), "IPv6: %d and %d of a /64" % (six, more))


globals()[CASE]()
