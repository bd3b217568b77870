#!/bin/sh
# The whole mount against a model filesystem: random steps from a seed, each looked at (model.py); then many processes
# at once, and again with a mount that is killed under them (race.py).
# In `make check` one seed, that a change is judged by the same steps as the one before; with APEX_TEST_FULL=1 others each
# time, and mounts that are killed as well.
#   APEX_MODEL_STEPS, APEX_MODEL_SAVES   how many; APEX_MODEL_SEED   the seed
. "$(dirname "$0")/common.sh"
here=$(dirname "$0")
steps=400 runs=1 saves=25
seed=${APEX_MODEL_SEED:-7}
if [ -n "${APEX_TEST_FULL:-}" ]; then
	steps=3000 runs=10 saves=500
	seed=${APEX_MODEL_SEED:-$(($(date +%s%N) / 1000 % 1000000000))}
fi
# their repositories and mounts are below $T, so that they end with us
TMPDIR=$T PYTHONDONTWRITEBYTECODE=1
export TMPDIR PYTHONDONTWRITEBYTECODE

# check COMMAND...: its own lines are "ok ..." or "not ok ..." with what went wrong below
check() {
	"$@" || failures=$((failures + 1))
}
while [ $runs -gt 0 ]; do
	check python3 "$here/model.py" "$APEX_BUILD" --steps "${APEX_MODEL_STEPS:-$steps}" --seed "$seed"
	check python3 "$here/race.py" "$APEX_BUILD" --saves "${APEX_MODEL_SAVES:-$saves}" --seed "$seed"
	if [ -n "${APEX_TEST_FULL:-}" ]; then
		check python3 "$here/race.py" "$APEX_BUILD" --saves "${APEX_MODEL_SAVES:-$saves}" --seed "$seed" --kill
	fi
	seed=$((seed + 1)) runs=$((runs - 1))
done
