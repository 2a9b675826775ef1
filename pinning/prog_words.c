// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <stdio.h>
#include <unistd.h>
#include "pinning/prog_words.h"

void prog_words(__u32 prog_id, char out[128])
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id), n;

	snprintf(out, 128, "%u", prog_id);
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
		n = snprintf(out, 128, "%s (id %u, tag ", info.name, prog_id);
		for (size_t i = 0; i < sizeof(info.tag); i++)
			n += snprintf(out + n, 128 - n, "%02x", info.tag[i]);
		snprintf(out + n, 128 - n, ")");
	}
	close(fd);
}
