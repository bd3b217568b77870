"""posix - what POSIX (and Linux where it is silent) says of files, as small named cases.

    posix.py DIR [WORD]     run those whose name has WORD in DIR, which must be a directory of ours; one line a case

A case is a function `area__sentence(t)` of the posix_*.py beside this file. t is its playground: t('x') is a path that
nobody else uses, t.dir('x') a fresh directory. Every name begins with a dot and ends with a tilde, so that apexfs takes
none of them for a record or a label. Run on tmpfs or ext4 all of them must pass too: that is how the cases
themselves are checked.
"""
import errno
import glob
import importlib
import os
import sys
import time
import traceback

OTHER = 65534  # nobody
cases = []


def case(function):
    cases.append(function)
    return function


class Playground:
    def __init__(self, base, n):
        self.base, self.n = base, n

    def __call__(self, name):
        return '%s/.%d-%s~' % (self.base, self.n, name)

    def dir(self, name, mode=0o755):
        path = self(name)
        os.mkdir(path)
        os.chmod(path, mode)
        return path

    def file(self, name, text=b'text', mode=0o644):
        path = self(name)
        put(path, text)
        os.chmod(path, mode)
        return path


def put(path, text):
    with open(path, 'wb') as f:
        f.write(text)


def get(path):
    with open(path, 'rb') as f:
        return f.read()


def equal(got, wanted, what=''):
    assert got == wanted, '%s: got %.200r, wanted %.200r' % (what, got, wanted)


def fails(wanted, function, *args, **named):
    """function(*args) fails with the errno of this name, or one of these names."""
    names = (wanted,) if isinstance(wanted, str) else wanted
    try:
        function(*args, **named)
    except OSError as e:
        equal(errno.errorcode[e.errno] in names, True, '%s is not of %s' % (errno.errorcode[e.errno], names))
        return
    raise AssertionError('%s%r did not fail with %s' % (function.__name__, args, wanted))


def as_other(function, *args, uid=OTHER, gid=OTHER):
    """Run it as another user; its OSError is raised here."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            function(*args)
            code = 0
        except OSError as e:
            code = e.errno
        except BaseException:
            traceback.print_exc()
            code = 255
        os.write(w, bytes([code]))
        os._exit(0)
    os.close(w)
    code = os.read(r, 1)[0]
    os.close(r)
    os.waitpid(pid, 0)
    assert code != 255, 'the other user\'s process broke'
    if code:
        raise OSError(code, os.strerror(code))


def times(path):
    st = os.lstat(path)
    return st.st_mtime_ns, st.st_ctime_ns


def dates(function, mtime=(), ctime=(), neither=()):
    """function moves the mtime (and ctime) of these paths, the ctime of those, and nothing of the last."""
    paths = [*mtime, *ctime, *neither]
    before = [times(p) for p in paths]
    time.sleep(0.02)  # a tick of the coarsest clock a file system takes its times from
    function()
    for path, (m, c) in zip(paths, before):
        now_m, now_c = times(path)
        what = path.rsplit('-', 1)[-1]
        if path in mtime:
            assert now_m > m, 'mtime of %s stays' % what
        if path in mtime or path in ctime:
            assert now_c > c, 'ctime of %s stays' % what
        if path in neither:
            equal((now_m, now_c), (m, c), 'times of %s' % what)


def main():
    base, word = sys.argv[1], (sys.argv + [''])[2]
    sys.modules['posix_cases'] = sys.modules[__name__]
    for path in sorted(glob.glob(os.path.dirname(os.path.abspath(__file__)) + '/posix_*.py')):
        importlib.import_module(os.path.basename(path)[:-3])
    os.umask(0o022)
    bad = 0
    for n, function in enumerate(cases):
        if word not in function.__name__:
            continue
        if os.geteuid() and ('rights' in function.__name__ or 'chown' in function.__name__):
            print('skip', function.__name__, 'needs root')
            continue
        try:
            function(Playground(base, n))
            print('ok', function.__name__, flush=True)
        except Exception as e:
            bad += 1
            if isinstance(e, OSError) and e.errno == errno.ENOTCONN:
                sys.exit('not ok %s: the file system is gone' % function.__name__)
            where = traceback.extract_tb(e.__traceback__)
            line = [f.lineno for f in where if f.filename != os.path.abspath(__file__)][-1:]
            print('not ok', function.__name__, '\n  line', line, type(e).__name__, e, flush=True)
    sys.exit(bad > 0)


if __name__ == '__main__':
    main()
