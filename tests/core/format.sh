#!/bin/sh
# The tree's format is frozen: the C code, a second writing of it from the manual page, and the vectors kept here agree.
. "$(dirname "$0")/../lib.sh"

here=$(dirname "$0")

run "$APEX_BUILD/tests/tool_vectors" "$T/store" && cp "$T/out" "$T/c"
ok "C gives the frozen vectors" diff -u "$here/../golden/tree.vectors" "$T/c"
run python3 "$here/format.py" && cp "$T/out" "$T/py"
ok "the manual page gives the frozen vectors" diff -u "$here/../golden/tree.vectors" "$T/py"
