# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of acl have in common.
. tests/pins.sh

# The source address of the frames of send.
export SENDER=02:00:00:00:00:00

# expect_acl LINE...: what acl lists of v0, without what was counted, in this order.
expect_acl()
{
	local got

	got=$(acl v0 | sed -E 's/  [0-9]+ packets  [0-9]+ bytes$//; s/  +/ /g')
	[[ $got == "$(printf '%s\n' "$@")" ]] || fail "expected: $(printf '\n  %s' "$@")
got: $(sed 's/^/  /' <<<$'\n'"$got")"
}

# hits ENTRY: the packets that a rule, or "list NAME", counted.
hits() { acl v0 | sed -nE "s|^[a-z]+ +[a-z]+ +$1  .*  ([0-9]+) packets .*|\1|p; s|^[a-z]+ +[a-z]+ +$1  ([0-9]+) packets .*|\1|p"; }

hits_are() { [[ $(hits "$1") == "$2" ]]; }

# udp SOURCE SPORT PORT [COUNT]: datagrams from the peer to v0; nobody listens.
udp()
{
	need perl
	# shellcheck disable=SC2016 # perl's variables
	in_peer perl -MIO::Socket::INET -e '
		my ($source, $sport, $port, $count) = @ARGV;
		my $s = IO::Socket::INET->new(Proto => "udp", LocalAddr => $source,
			LocalPort => $sport, PeerAddr => "10.0.0.1", PeerPort => $port) or die "$@";
		for (1 .. $count) { $s->send("hello"); $s->recv(my $none, 1, 64); }' \
		"$1" "$2" "$3" "${4-1}"
}

# dropped: how many packets the program on v0 dropped, in XDP.
dropped() { counter "$BPFFS/v0/xdp_stats_map" 1 | cut -d' ' -f1; }
passed() { counter "$BPFFS/v0/xdp_stats_map" 2 | cut -d' ' -f1; }
