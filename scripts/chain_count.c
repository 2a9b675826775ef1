// SPDX-License-Identifier: GPL-2.0-or-later
/* What each program of the row was given, whatever stood before it at the time. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "scripts/chain_row.h"

static int read_sum(const struct member *from, __u32 entry, struct stats_record *sum)
{
	int cpus = libbpf_num_possible_cpus(), err;
	struct stats_record *each = calloc(cpus, sizeof(*each));

	*sum = (struct stats_record){};
	err = each ? bpf_map_lookup_elem(from->counter_fd, &entry, each) : -ENOMEM;
	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		sum->rx_packets += each[cpu].rx_packets;
		sum->rx_bytes += each[cpu].rx_bytes;
	}
	free(each);
	return err;
}

int member_gave(const struct member *from, struct stats_record *given)
{
	struct stats_record base;
	int err;

	*given = (struct stats_record){};
	if (from->counter_fd < 0)
		return 0;
	err = read_sum(from, CHAIN_COUNTER_WENT, given);
	if (!err)
		err = read_sum(from, CHAIN_COUNTER_BASE, &base);
	/* A counter of a build without a base: all that ever went. */
	if (err == -ENOENT)
		return 0;
	if (err)
		return failed(err, "cannot read what %s handed on", from->name);
	given->rx_packets -= base.rx_packets;
	given->rx_bytes -= base.rx_bytes;
	return 0;
}

int member_set_gave(const struct member *from, const struct stats_record *given)
{
	int cpus = libbpf_num_possible_cpus(), err;
	struct stats_record went, *each;
	__u32 entry = CHAIN_COUNTER_BASE;

	if (from->counter_fd < 0)
		return 0;
	each = calloc(cpus, sizeof(*each));
	err = each ? read_sum(from, CHAIN_COUNTER_WENT, &went) : -ENOMEM;
	if (!err) {
		each[0].rx_packets = went.rx_packets - given->rx_packets;
		each[0].rx_bytes = went.rx_bytes - given->rx_bytes;
		err = bpf_map_update_elem(from->counter_fd, &entry, each, BPF_ANY);
	}
	free(each);
	/* No room: as above. */
	return !err || err == -E2BIG ? 0
	                             : failed(err, "cannot write what %s handed on", from->name);
}

int row_hits(const struct row *row, size_t slot, struct stats_record *hits)
{
	return member_gave(&row->member[slot], hits);
}
