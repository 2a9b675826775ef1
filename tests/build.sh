# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Objects that a test makes itself.

# build SOURCE [FLAG...]: an object of it, $TMPDIR/built.o; the maps' macros are there. The license
# is GPL, unless $LICENSE says otherwise; none if that is empty. Flags: -g unless others are given.
build()
{
	local source=$1 license=${LICENSE-GPL}

	shift
	need clang
	printf '%s\n' '#include <linux/bpf.h>' '#include <bpf/bpf_helpers.h>' '#include "compat/maps.bpf.h"' \
		"$source" "${license:+char LICENSE[] SEC(\"license\") = \"$license\";}" >"$TMPDIR/source.c"
	clang -O2 -target bpf -mcpu=v3 "${@--g}" -I. $BPF_SYS_INCLUDES -c "$TMPDIR/source.c" -o "$TMPDIR/built.o"
}
BPF_SYS_INCLUDES=$(sed -n 's/^BPF_SYS_INCLUDES *:*= *//p' config.mk)

export XDP_PASS='SEC("xdp") int pass(struct xdp_md *ctx) { return XDP_PASS; }'
export MAP='BPF_MAP(counts, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);'
