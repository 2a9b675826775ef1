// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/attach.h"
#include "tests/bench/command.h"

#define PATIENCE 5 /* seconds, for a version */

bool attach_iptables_stays(void)
{
	char version[128];

	command_first_line(version, sizeof(version), PATIENCE, "iptables --version");
	return strstr(version, "legacy");
}

bool attach_try(struct table *table, struct row *row, const char *attach, const char *detach,
                bool newer)
{
	if (!command_run(NULL, "%s", attach))
		return true;
	if (row->peer || newer)
		row_missing(row, false, "cannot be attached here: %s", log_last_failure());
	else
		row_fail(table, row);
	if (detach)
		command_try("%s", detach);
	attach_clear();
	return false;
}

/* All interfaces, hooks and pins here are the benchmark's own. */
void attach_clear(void)
{
	command_try("ip link set dev v0 xdpdrv off; ip link set dev v0 xdpgeneric off; "
	            "ip link set dev w0 xdpdrv off; tc qdisc del dev v0 clsact; "
	            "rm -rf /sys/fs/bpf/v0 /sys/fs/bpf/w0 /sys/fs/bpf/xdp-forward");
	command_try("nft delete table netdev bench");
	if (!attach_iptables_stays())
		command_try("iptables -w -t raw -F PREROUTING && iptables -w -t raw -X");
}
