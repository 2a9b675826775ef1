// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <stdio.h>
#include <unistd.h>
#include "pinning/attach_meanwhile.h"

static bool is_same_place(const struct attachment *a, const struct attachment *b)
{
	if (a->hook != b->hook || a->by != b->by)
		return false;
	switch (a->by) {
	/* Whether by a link, the kernel does not tell together with the rest. */
	case ATTACH_XDP: return a->mode == b->mode;
	case ATTACH_CLSACT:
		return a->chain == b->chain && a->pref == b->pref && a->handle == b->handle;
	/* Without a link there is no place but that of a program. */
	default: return a->link_id == b->link_id && (a->link_id || a->prog_id == b->prog_id);
	}
}

static void name_prog(__u32 prog_id, char text[128])
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		snprintf(text, 128, "program %s (id %u) is there now", info.name, prog_id);
	else
		snprintf(text, 128, "program %u is there now", prog_id);
	if (fd >= 0)
		close(fd);
}

bool attach_meanwhile(const struct interface *iface, const struct attachment *old, char text[128])
{
	struct attachments now;
	__u32 prog_id = 0;
	bool known;

	if (attachments_query(&now, iface))
		return false;
	known = now.known[old->hook];
	for (size_t i = 0; i < now.len; i++)
		if (is_same_place(&now.list[i], old))
			prog_id = now.list[i].prog_id;
	attachments_free(&now);
	if (!known || prog_id == old->prog_id)
		return false;
	if (prog_id)
		name_prog(prog_id, text);
	else
		snprintf(text, 128, "nothing is there now");
	return true;
}
