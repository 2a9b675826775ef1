#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Print what tests/verifier_cost.txt holds, as it is now: which kernel and compiler, and then what
# each program of the store costs the verifier. 'make verifier-cost' writes it there.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."

clang=$(sed -n 's/^CLANG ?= //p' config.mk)
echo "# Instructions that the verifier went through for each program. 'make verifier-cost' rewrites this."
echo "# Another kernel or compiler has other numbers: tests/test_verifier_cost.sh then allows twice as much."
echo "linux $(uname -r | cut -d. -f1,2)"
# Where the objects were brought from elsewhere, the compiler is not known.
echo "clang $(${CLANG:-$clang} -dumpversion 2>/dev/null | cut -d. -f1)"
build/tests/verifier_cost objects/*.o
