"""Daemons that follow one another, while clients ask: restart.py CASE PORT APEXD [OPTIONS]

A client here asks one question after the other and never twice: an answer that is lost is found out."""
import array
import atexit
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from wire import A, expect, framed, query, read_answer

PORT, APEXD = int(sys.argv[2]), sys.argv[3:]
PATIENCE_S = 20


class Clients:
    """Some over UDP, each from a port of its own; some over TCP with a connection a question, or one for all."""

    def __init__(self, udp=40, tcp=4, stream=4):
        self.stop, self.lost, self.answered = False, [], {"udp": 0, "tcp": 0, "stream": 0}
        ways = [self.ask_udp] * udp + [self.ask_tcp] * tcp + [self.ask_stream] * stream
        self.threads = [threading.Thread(target=self.run, args=(w,), daemon=True) for w in ways]
        for t in self.threads:
            t.start()

    def run(self, way):
        try:
            way()
        except Exception as e:
            self.lost.append("%s: %r" % (way.__name__, e))

    def ask_udp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            u.settimeout(PATIENCE_S)
            u.connect(("127.0.0.1", PORT))
            n = 0
            while not self.stop:
                n = (n + 1) % 65536
                u.send(query("www.example", A, n))
                m = u.recv(4096)
                expect(m[:2] == struct.pack(">H", n) and m[3] & 15 == 0, "another answer")
                self.answered["udp"] += 1
                time.sleep(0.002)

    def connect(self):
        s = socket.create_connection(("127.0.0.1", PORT), PATIENCE_S)
        s.settimeout(PATIENCE_S)
        return s

    def ask_tcp(self):
        while not self.stop:
            with self.connect() as s:
                s.sendall(framed(query("www.example", A, 7)))
                expect(read_answer(s)[3] & 15 == 0, "another answer")
                self.answered["tcp"] += 1
            time.sleep(0.005)

    def ask_stream(self):
        """Until the other side ends it, which it may when nothing is under way."""
        while not self.stop:
            with self.connect() as s:
                for n in range(200):
                    if self.stop:
                        return
                    s.sendall(framed(query("www.example", A, n)))
                    expect(read_answer(s)[:2] == struct.pack(">H", n), "another answer")
                    self.answered["stream"] += 1
                    time.sleep(0.003)

    def busy(self):
        """Wait until all of them have been answered some more."""
        before, start = dict(self.answered), time.time()
        while any(self.answered[k] < before[k] + 50 for k in before):
            expect(not self.lost, self.lost)
            expect(time.time() < start + 2 * PATIENCE_S, "nothing is answered any more")
            time.sleep(0.02)

    def end(self):
        self.stop = True
        for t in self.threads:
            t.join(2 * PATIENCE_S)
        print(self.answered)
        expect(not self.lost, self.lost)


def start(options=(), env=None, fds=()):
    """A daemon that says READY. fds: what the service manager passes."""
    def pass_fds():
        if not fds:
            return
        copies = [os.dup2(fd, 200 + i) for i, fd in enumerate(fds)]
        for i, fd in enumerate(copies):
            os.dup2(fd, 3 + i)
            os.set_inheritable(3 + i, True)
        os.closerange(3 + len(fds), 300 + len(fds))
        os.environ.update(LISTEN_FDS=str(len(fds)), LISTEN_PID=str(os.getpid()))

    # Popen's env would not know the child's own pid: sh(1) does.
    command = ["sh", "-c", 'test -z "$LISTEN_FDS" || export LISTEN_PID=$$; exec "$@"', "sh", *APEXD, *options]
    environ = {**os.environ, **(env or {})}
    if fds:
        environ["LISTEN_FDS"] = str(len(fds))
    p = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, close_fds=False,
                         preexec_fn=pass_fds if fds else None)
    atexit.register(p.kill)
    expect(p.stdout.readline() == b"READY\n", "not ready")
    return p


def handover():
    path = os.path.join(os.environ["T"], "handover")
    old = start(["--handover", path, "--threads", "1"])
    clients = Clients()
    clients.busy()
    for threads in "2", "1", "3":
        new = start(["--handover", path, "--threads", threads])
        expect(old.wait(PATIENCE_S) == 0, "the one before: status %r" % old.returncode)
        clients.busy()
        old = new
    # One that can't get ready, and one that is killed before: the one that runs goes on.
    bad = subprocess.run([*APEXD, "--handover", path, "--at", "none"], capture_output=True)
    expect(bad.returncode == 1, "a wrong one: status %d" % bad.returncode)
    clients.busy()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.connect(path)
        expect(s.recv(100) == b"socket", "no socket is said")
    clients.busy()
    expect(old.poll() is None, "it has ended")
    new = start(["--handover", path])
    expect(old.wait(PATIENCE_S) == 0, "the one before: status %r" % old.returncode)
    clients.busy()
    clients.end()
    new.terminate()
    expect(new.wait(PATIENCE_S) == 0, "the last: status %r" % new.returncode)


def bind():
    """What a socket unit opens: one of each kind, not shared."""
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind(("127.0.0.1", PORT))
    t = socket.socket()
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    t.bind(("127.0.0.1", PORT))
    t.listen(100)
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    return u, t, other


def activation():
    """The manager holds the sockets; between one daemon and the next, what comes waits in them."""
    sockets = bind()
    clients = Clients(stream=0)
    clients.answered.pop("stream")
    time.sleep(0.3)  # they ask before anybody is there
    for threads in "1", "3":
        p = start(["--threads", threads], fds=[s.fileno() for s in sockets])
        clients.busy()
        p.terminate()
        expect(p.wait(PATIENCE_S) == 0, "status %r" % p.returncode)
        time.sleep(0.3)
    p = start(fds=[s.fileno() for s in sockets])
    clients.busy()
    clients.end()
    p.terminate()
    p.wait()


def stored():
    """As systemd's descriptor store does: it keeps what the daemon opened, and passes it to the next."""
    path = os.path.join(os.environ["T"], "notify")
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(path)
    notify.settimeout(PATIENCE_S)
    kept = []

    def listen(until):
        while True:
            fds = array.array("i")
            message, control, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(253 * 4))
            for level, kind, data in control:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds.frombytes(data[: len(data) - len(data) % 4])
            if b"FDSTOREREMOVE=1" in message:
                for fd in kept:
                    os.close(fd)
                kept.clear()
            if b"FDSTORE=1" in message:
                kept.extend(fds)
            if until in message:
                return message

    env = {"NOTIFY_SOCKET": path}
    p = start(["--threads", "2"], env)
    listen(b"FDSTORE=1")
    expect(len(kept) == 4, "%d sockets are kept" % len(kept))
    clients = Clients(stream=0)
    clients.answered.pop("stream")
    for _ in range(2):
        clients.busy()
        p.send_signal(signal.SIGTERM)
        listen(b"STOPPING=1")
        expect(p.wait(PATIENCE_S) == 0, "status %r" % p.returncode)
        time.sleep(0.3)
        p = start(["--threads", "2"], env, kept)
        listen(b"FDSTORE=1")
        expect(len(kept) == 4, "%d sockets are kept" % len(kept))
    # Killed, it loses what it was about to answer, no more: the next one answers what comes after.
    clients.busy()
    clients.end()
    p.kill()
    p.wait()
    clients = Clients(stream=0)
    clients.answered.pop("stream")
    time.sleep(0.3)
    p = start(["--threads", "2"], env, kept)
    clients.busy()
    clients.end()
    listen(b"WATCHDOG=1")
    p.send_signal(signal.SIGHUP)
    listen(b"RELOADING=1")
    listen(b"READY=1")
    p.terminate()
    p.wait()


globals()[sys.argv[1]]()
