"""DNS messages over TCP, just enough to compare two servers: what they say, whatever the order and compression."""
import random
import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "DNAME": 39,
         "DS": 43, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "ZONEMD": 63, "ANY": 255}
# Where the names stand in RDATA: octets before the first, how many.
NAMES = {2: (0, 1), 5: (0, 1), 6: (0, 2), 12: (0, 1), 15: (2, 1), 33: (6, 1), 39: (0, 1)}


def encode_name(text):
    out = b""
    for label in text.rstrip(".").split(".") if text != "." else []:
        out += bytes([len(label)]) + label.encode("ascii")
    return out + b"\0"


def read_name(message, at):
    """The name at an offset, lower case, uncompressed, and where it ends."""
    out, end, hops = b"", None, 0
    while True:
        n = message[at]
        if n >= 0xC0:
            end = end or at + 2
            at = (n & 0x3F) << 8 | message[at + 1]
            hops += 1
            if hops > 64:
                raise ValueError("compression loop")
        elif n:
            out += message[at:at + 1 + n]
            at += 1 + n
        else:
            return out.lower() + b"\0", end or at + 1


def read_naptr(message, at):
    """Two numbers, three texts, a name that should not have been compressed (RFC 3597 4) but may be."""
    here = at + 4
    for _ in range(3):
        here += 1 + message[here]
    return message[at:here] + read_name(message, here)[0]


def read_rdata(message, rtype, at, n):
    if rtype == 35:
        return read_naptr(message, at)
    if rtype not in NAMES:
        return message[at:at + n]
    before, count = NAMES[rtype]
    out, here = message[at:at + before], at + before
    for _ in range(count):
        name, here = read_name(message, here)
        out += name
    return out + message[here:at + n]


class Answer:
    """rcode, flags and three sections, each section sorted: two equal answers compare equal."""

    def __init__(self, message):
        _, flags, qd, an, ns, ar = struct.unpack(">6H", message[:12])
        self.rcode = flags & 15
        self.flags = flags & 0x7FB0  # opcode, AA, TC, RD, Z, AD, CD; not QR, RA
        at = 12
        for _ in range(qd):
            _, at = read_name(message, at)
            at += 4
        self.sections = []
        for count in (an, ns, ar):
            records = []
            for _ in range(count):
                name, at = read_name(message, at)
                rtype, rclass, ttl, n = struct.unpack(">HHIH", message[at:at + 10])
                at += 10
                if rtype != 41:
                    records.append((name, rtype, rclass, ttl, read_rdata(message, rtype, at, n)))
                at += n
            self.sections.append(sorted(records))
        if at != len(message):
            raise ValueError("octets left over")

    def key(self):
        return (self.rcode, self.flags, self.sections)


class Server:
    """One TCP connection to a server; many questions may be under way."""

    def __init__(self, port, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def ask_all(self, questions, window=64):
        """The answers to (name, type) pairs, in order."""
        answers, sent = {}, 0
        while len(answers) < len(questions):
            while sent < len(questions) and sent - len(answers) < window:
                name, rtype = questions[sent]
                query = struct.pack(">6H", sent & 0xFFFF, 0, 1, 0, 0, 0) + encode_name(name) + struct.pack(">HH", rtype, 1)
                self.socket.sendall(struct.pack(">H", len(query)) + query)
                sent += 1
            n = struct.unpack(">H", self.file.read(2))[0]
            message = self.file.read(n)
            ident = struct.unpack(">H", message[:2])[0]
            # servers may answer out of order; ids are unique within the window
            index = next(i for i in range(max(0, sent - 2 * window), sent) if i & 0xFFFF == ident and i not in answers)
            answers[index] = Answer(message)
        return [answers[i] for i in range(len(questions))]


def random_name(rng, labels):
    """A name that exists, one below one, or one that does not."""
    kind = rng.randrange(4)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
    word = "".join(rng.choice(letters) for _ in range(rng.randrange(1, 12))).strip("-") or "x"
    base = rng.choice(labels)
    if kind == 0:
        return word + "."
    if kind == 1:
        return word + "." + base
    if kind == 2:
        return word + "." + word + "." + base
    return base[:-1][:10] + word + "."


def seeded(seed):
    return random.Random(seed)
