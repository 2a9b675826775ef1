# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Frames on the wire that have a source address, for the tests that look at it.

# from LAST_BYTE COUNT SIZE: UDP frames from 192.0.2.LAST_BYTE to v0, padded to SIZE bytes.
from()
{
	local i frame

	frame="02 00 00 00 00 01 02 00 00 00 00 02 08 00 45 00 00 1c 00 00 00 00 40 11 00 00"
	frame+=" c0 00 02 $(printf %02x "$1") 0a 00 00 01 00 01 00 02 00 08 00 00"
	for ((i = 0; i < $2; i++)); do
		echo "$frame"
	done | send_frames "$3"
}

# send_frames [SIZE] <HEX: from the peer to v0, one frame a line.
send_frames() { in_peer "$PWD/build/tests/send_hex" v1 "$@"; }
