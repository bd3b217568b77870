#!/bin/sh
# The Debian packages: built, without an error of lintian's, installed and purged on top of this system, which an overlay
# leaves as it is. It builds everything anew: only in the full run.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
if [ -z "${APEX_TEST_FULL:-}" ] || [ "$(id -u)" != 0 ]; then
	echo "skip packages are built in the full run, by root"
	exit
fi
if [ -z "${APEX_DEB:-}" ]; then
	ok build make -C "$top" BUILD="$T/build" deb
	APEX_DEB=$T/build/deb
fi
# In a mount namespace of its own: lower is /, changes go to a tmpfs.
cat >"$T/inside" <<'EOT'
set -eu
root=$1 deb=$2
mount --make-rprivate /
mount -t tmpfs tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/merged"
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/merged"
mount -t proc proc "$root/merged/proc"
cp "$deb"/apexd_*.deb "$deb"/apexfs_*.deb "$root/merged/root/"
inside() { DEBIAN_FRONTEND=noninteractive chroot "$root/merged" "$@"; }
inside sh -c 'dpkg -i /root/apexfs_*.deb /root/apexd_*.deb'
inside apexd --config /etc/apexd/apexd.yaml -t
inside apex --version
inside getent passwd apexfs
inside stat -c '%U %a' /var/lib/apexfs
inside sh -c 'PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v mount.apexfs && test -e /usr/share/man/man1/apex.1.gz'
inside systemd-analyze verify --man=no /lib/systemd/system/apexd.service
inside dpkg --purge apexd apexfs
echo "left: $(inside sh -c 'find / -xdev -path /proc -prune -o \( -name "apexd*" -o -name "*apexfs*" \) -newer /root/apexd_*.deb -print' | grep -v '^/root/\|/home/\|^/work/\|^/tmp/\|dpkg' | tr '\n' ' ')"
EOT
mkdir "$T/root"
if unshare -m sh "$T/inside" "$T/root" "$APEX_DEB" >"$T/said" 2>&1; then pass installed_and_purged; else fail installed_and_purged "$(tail -n 20 "$T/said")"; fi
has its_user_is_made "$T/said" '^apexfs:x:'
has the_repository_has_a_place "$T/said" '^apexfs 750'
has the_example_is_a_good_configuration "$T/said" 'the configuration is good'
has only_the_repository_is_left "$T/said" "^left: /var/lib/apexfs \$"
