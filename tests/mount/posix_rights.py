"""Who may what: permission bits, owners, the sticky bit. Root makes the files, nobody tries."""
import os

from posix_cases import OTHER, as_other, case, equal, fails, get, put


def theirs(t, name='theirs'):
    """A directory that belongs to the other user."""
    d = t.dir(name)
    os.chown(d, OTHER, OTHER)
    return d


@case
def rights__to_read_and_write_a_file(t):
    f = t.file('f', mode=0o600)
    fails('EACCES', as_other, get, f)
    fails('EACCES', as_other, os.open, f, os.O_WRONLY)
    fails('EACCES', as_other, os.truncate, f, 0)
    os.chmod(f, 0o604)
    as_other(get, f)
    fails('EACCES', as_other, put, f, b'x')
    os.chmod(f, 0o602)
    as_other(put, f, b'x')
    fails('EACCES', as_other, get, f)
    os.chown(f, OTHER, 0)
    os.chmod(f, 0o077)
    fails('EACCES', as_other, get, f)
    os.chown(f, 0, OTHER)
    os.chmod(f, 0o707)
    fails('EACCES', as_other, get, f)
    os.chmod(f, 0o640)
    as_other(get, f)


@case
def rights__to_search_and_list_a_directory(t):
    d = t.dir('d')
    put(d + '/.f~', b'')
    os.chmod(d, 0o751)
    as_other(get, d + '/.f~')
    fails('EACCES', as_other, os.listdir, d)
    os.chmod(d, 0o754)
    as_other(os.listdir, d)
    fails('EACCES', as_other, get, d + '/.f~')
    fails('EACCES', as_other, os.stat, d + '/.f~')


@case
def rights__to_change_names(t):
    d, mine = t.dir('d'), theirs(t)
    put(d + '/.f~', b'')
    as_other(put, mine + '/.f~', b'')
    for call in ((put, d + '/.x~', b''), (os.mkdir, d + '/.x~'), (os.unlink, d + '/.f~'), (os.symlink, 'x', d + '/.x~'),
                 (os.rename, d + '/.f~', mine + '/.x~'), (os.rename, mine + '/.f~', d + '/.x~'),
                 (os.link, mine + '/.f~', d + '/.x~')):
        fails('EACCES', as_other, *call)
    os.chmod(d, 0o777)
    as_other(os.rename, mine + '/.f~', d + '/.x~')
    as_other(os.unlink, d + '/.f~')
    equal(os.listdir(d), ['.x~'])


@case
def rights__what_is_made_belongs_to_its_maker(t):
    d = t.dir('d', 0o777)
    as_other(put, d + '/.f~', b'')
    as_other(os.mkdir, d + '/.d~')
    as_other(os.symlink, 'x', d + '/.l~')
    for name in ('.f~', '.d~', '.l~'):
        st = os.lstat(d + '/' + name)
        equal((st.st_uid, st.st_gid), (OTHER, OTHER), name)


@case
def rights__setgid_directory_hands_its_group_on(t):
    d = t.dir('d')
    os.chown(d, 0, 1)
    os.chmod(d, 0o2777)
    as_other(put, d + '/.f~', b'')
    as_other(os.mkdir, d + '/.d~')
    equal((os.stat(d + '/.f~').st_gid, os.stat(d + '/.d~').st_gid), (1, 1))
    equal(oct(os.stat(d + '/.d~').st_mode), oct(0o42755))


@case
def rights__in_a_sticky_directory_each_has_his_own(t):
    d = t.dir('d', 0o1777)
    put(d + '/.root~', b'')
    as_other(put, d + '/.other~', b'')
    fails('EPERM', as_other, os.unlink, d + '/.root~')
    fails('EPERM', as_other, os.rename, d + '/.root~', d + '/.x~')
    fails('EPERM', as_other, os.rename, d + '/.other~', d + '/.root~')
    as_other(os.rename, d + '/.other~', d + '/.mine~')
    as_other(os.unlink, d + '/.mine~')
    equal(os.listdir(d), ['.root~'])


@case
def rights__to_chmod_and_chown_are_the_owners(t):
    f, mine = t.file('f', mode=0o666), t.file('mine')
    os.chown(mine, OTHER, OTHER)
    fails('EPERM', as_other, os.chmod, f, 0o777)
    fails('EPERM', as_other, os.chown, f, OTHER, OTHER)
    as_other(os.chmod, mine, 0o600)
    as_other(os.chown, mine, OTHER, OTHER)
    fails('EPERM', as_other, os.chown, mine, 0, -1)
    fails('EPERM', as_other, os.chown, mine, -1, 0)
    equal(oct(os.stat(mine).st_mode), oct(0o100600))


@case
def rights__to_set_times(t):
    f = t.file('f', mode=0o644)
    fails('EPERM', as_other, lambda: os.utime(f, ns=(1, 1)))
    fails('EACCES', as_other, os.utime, f)
    os.chmod(f, 0o666)
    as_other(os.utime, f)
    fails('EPERM', as_other, lambda: os.utime(f, ns=(1, 1)))
    os.chown(f, OTHER, OTHER)
    as_other(lambda: os.utime(f, ns=(1, 1)))


@case
def rights__access_tells_them(t):
    f = t.file('f', mode=0o604)

    def ask():
        equal([os.access(f, how) for how in (os.F_OK, os.R_OK, os.W_OK, os.X_OK)], [True, True, False, False])
    as_other(ask)
    fails('EACCES', as_other, os.execv, f, [f])


@case
def rights__an_open_file_keeps_what_it_was_opened_for(t):
    f = t.file('f', mode=0o600)
    fd = os.open(f, os.O_RDWR)

    def use():
        os.pwrite(fd, b'TEXT', 0)
        equal(os.pread(fd, 9, 0), b'TEXT')
    as_other(use)
    os.chmod(f, 0)
    use()
    os.close(fd)
