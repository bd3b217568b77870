#!/bin/sh
# The library as a program of somebody else's finds it: installed, by pkg-config, shared and static; each header by
# itself; the three examples run.
# shellcheck disable=SC2016,SC2154,SC2086
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1
sanitize=
nm "$APEX_BUILD/apex" | grep -q __asan_init && sanitize=address,undefined
nm "$APEX_BUILD/apex" | grep -q __tsan_init && sanitize=thread
if [ "$sanitize" ]; then
	echo "skip the library is installed as it is built for others, without a sanitizer"
	exit 0
fi
ok "install" make -s BUILD="$APEX_BUILD" PREFIX=/usr DESTDIR="$T/root" HELPERDIR=/sbin install
root=$T/root/usr
export PKG_CONFIG_PATH="$root/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$T/root"
pc() { PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config "$@"; }
is "pkg_config__version" "apex $(pc --modversion libapex)" "$(apex --version)"
for what in man/man1/apex.1 man/man1/apex-log.1 man/man1/apex-sign-commit.1 man/man7/apex-repository.7 \
	bash-completion/completions/apex zsh/vendor-completions/_apex fish/vendor_completions.d/apex.fish; do
	ok "installed__$(basename "$what")" test -s "$root/share/$what"
done
is "shared__exports_only_what_is_ours" "$(nm -D --defined-only "$root/lib/libapex.so" | awk '$3 !~ /^ax_/')" ""
is "shared__soname" "$(readelf -d "$root/lib/libapex.so" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')" libapex.so.0

# no header of the library's own, and none of third parties, is needed to include one
bad=
for h in "$root"/include/apex/*.h; do
	echo "#include <apex/$(basename "$h")>" |
		gcc -std=c11 -Wall -Wextra -Werror -I"$root/include" -fsyntax-only -x c - 2>"$T/err" || bad="$bad $(basename "$h")"
done
is "headers__each_alone_in_plain_C" "$bad" ""
is "headers__none_names_the_source_tree" "$(grep -l '"core/' "$root"/include/apex/*.h)" ""
bad=
for h in $(sed -n 's,.*#include "apex/\(.*\)".*,\1,p' "$root"/include/apex/*.h | sort -u); do
	[ -e "$root/include/apex/$h" ] || bad="$bad $h"
done
is "headers__all_that_they_include_are_there" "$bad" ""

mkdir "$T/bin"
for how in shared static; do
	for e in hash commit diff; do
		libs=$(pc --libs libapex)
		[ $how = static ] && libs="$root/lib/libapex.a $(PKG_CONFIG_PATH='' PKG_CONFIG_SYSROOT_DIR='' pkg-config --libs lmdb libsodium ldns) -lpthread"
		ok "build__${e}_$how" gcc -std=gnu11 -Wall -Wextra -Werror "examples/libapex/$e.c" $(pc --cflags libapex) \
			$libs -o "$T/bin/$e-$how"
	done
done
export LD_LIBRARY_PATH="$root/lib"
zone=examples/zones/example.zone
apex init example.com >"$T/out"
apex import $zone >"$T/out" 2>&1
tree=$(apex cat-object main | sed -n 's/^tree //p')
for how in shared static; do
	is "hash__is_the_tree_$how" "$("$T/bin/hash-$how" $zone "$T/hash-$how" | cut -d ' ' -f 1)" \
		"$tree"
	ok "commit__$how" "$T/bin/commit-$how" "$APEX_REPO" from-$how 192.0.2.7
	is "commit__is_there_$how" "$(apex show from-$how A | awk '{print $5}')" 192.0.2.7
	has "commit__tells_$how" "$T/out" "^$(apex log -n 1 --oneline | cut -c 1-12) from-$how A: added 192.0.2.7$"
	is "diff__is_that_of_apex_$how" "$("$T/bin/diff-$how" "$APEX_REPO" main~1 main)" "$(apex diff main~1 main)"
	not_ok "commit__refused_says_why_$how" "$T/bin/commit-$how" "$APEX_REPO" www 192.0.2.999
	has "commit__refused_names_what_$how" "$T/err" '192.0.2.999'
	not_ok "diff__of_no_repository_$how" "$T/bin/diff-$how" "$T/none" main~1 main
done
ok "fsck" apex fsck
