# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of an interface's directory begin with.
. tests/pins.sh

export NOBODY=65534

# ready: a program runs on v0, and the bpffs is in use already by another interface, so that
# whatever a test then finds changed was changed for v0.
ready()
{
	make_veth w0
	link_xdp w0 objects/xdp_pass.o
	pin_maps w0 >/dev/null
	link_xdp v0 objects/xdp_pass.o
}

# peer_cookie: of the peer's network namespace, as the name of its directory.
peer_cookie() { find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n'; }

expect_own_map_at_home()
{
	expect_status 0 pin_maps v0
	[[ $output == *" in $BPFFS/v0" ]] || fail "it says: $output"
}
