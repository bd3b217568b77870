"""The real programs: a repository, its mounts, and the calls that are made on them."""
import ctypes
import errno
import mmap
import os
import re
import signal
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
RENAME = {"noreplace": 1, "exchange": 2}
OPEN = {"c": os.O_CREAT, "x": os.O_EXCL, "t": os.O_TRUNC, "a": os.O_APPEND}
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")


class Crash(Exception):
    """A program of ours ended as it must not."""


def open_flags(letters):
    access = os.O_RDWR if "r" in letters and "w" in letters else os.O_WRONLY if "w" in letters else os.O_RDONLY
    return access | sum(OPEN.get(x, 0) for x in letters)


class Mount:
    """One apexfs."""

    def __init__(self, build, repo, path, log):
        self.build, self.repo, self.path, self.log = build, repo, path, log
        self.process = None
        os.makedirs(path, exist_ok=True)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.build + "/apexfs", "-f", self.repo, self.path], stdout=log,
                                            stderr=log, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        end = time.monotonic() + 30
        while not (os.path.ismount(self.path) and os.path.isdir(self.path + "/heads")):
            if self.process.poll() is not None or time.monotonic() > end:
                raise Crash("apexfs does not mount: " + self.tail())
            time.sleep(0.005)

    def stop(self):
        end = time.monotonic() + 5
        # the kernel may still be closing what a program that just ended had open
        while subprocess.run(["fusermount3", "-u", self.path], check=time.monotonic() > end).returncode:
            time.sleep(0.02)
        status = self.process.wait(60)
        self.process = None
        if status:
            raise Crash("apexfs ended with status %d: %s" % (status, self.tail()))
        self.check_log()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None
        subprocess.run(["fusermount3", "-u", "-z", self.path], check=True)

    def abandon(self):
        if self.process:
            self.kill()

    def check(self):
        """It runs still."""
        if self.process.poll() is not None:
            raise Crash("apexfs ended by itself, status %s: %s" % (self.process.returncode, self.tail()))

    def check_log(self):
        with open(self.log, errors="replace") as log:
            if SANITIZER.search(log.read()):
                raise Crash("a sanitizer complains: " + self.tail())

    def tail(self):
        with open(self.log, errors="replace") as log:
            lines = log.read().splitlines()
        at = next((i for i, line in enumerate(lines) if SANITIZER.search(line)), max(0, len(lines) - 20))
        return "\n".join(lines[at:at + 60])

    # -- calls ----------------------------------------------------------------------------------------------

    def at(self, path):
        return os.path.join(self.path, path)

    def open(self, path, letters):
        return os.open(self.at(path), open_flags(letters), 0o644)

    def read(self, path):
        fd = os.open(self.at(path), os.O_RDONLY)
        try:
            return read_all(fd)
        finally:
            os.close(fd)

    def names(self, path):
        """{name: type letter}"""
        with os.scandir(self.at(path)) as entries:
            return {e.name: "l" if e.is_symlink() else "d" if e.is_dir(follow_symlinks=False) else "f" for e in entries}

    def rename(self, source, path, flags=()):
        number = sum(RENAME[x] for x in flags)
        if LIBC.renameat2(-100, self.at(source).encode(), -100, self.at(path).encode(), number):
            raise OSError(ctypes.get_errno(), "renameat2")

    def fsync_dir(self, path):
        fd = os.open(self.at(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def tip(self, branch, back=0):
        """The id of a branch's tip, or of a commit before it; None if there is none."""
        try:
            return os.readlink(self.at("commits/%s%s" % (branch, "~%d" % back if back else "")))
        except OSError as e:
            if e.errno != errno.ENOENT:
                raise
            return None

    def serial(self, branch):
        return int(self.read("heads/%s/SOA" % branch).split()[5])


def read_all(fd):
    out, at = [], 0
    while True:
        more = os.pread(fd, 1 << 17, at)
        if not more:
            return b"".join(out)
        out.append(more)
        at += len(more)


def write_map(fd, data, offset):
    with mmap.mmap(fd, 0) as m:
        m[offset:offset + len(data)] = data
        m.flush()


class Repository:
    """A repository on disk and the command line."""

    def __init__(self, build, path):
        self.build, self.path = build, path
        self.env = dict(os.environ, APEX_REPO=path, APEX_AUTHOR_NAME="Model", APEX_AUTHOR_EMAIL="model@example")

    def run(self, *args, stdin=None):
        """(status, standard output)"""
        done = subprocess.run([self.build + "/apex", *args], env=self.env, input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode < 0 or done.returncode == 70 or SANITIZER.search(done.stderr):
            raise Crash("apex %s: status %d: %s" % (" ".join(args), done.returncode, done.stderr))
        return done.returncode, done.stdout

    def must(self, *args, stdin=None):
        status, out = self.run(*args, stdin=stdin)
        if status:
            raise Crash("apex %s: status %d" % (" ".join(args), status))
        return out

    def make(self, zone):
        self.must("init", "example.com")
        self.must("import", "/dev/stdin", stdin=zone)
