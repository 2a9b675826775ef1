// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/components.h"
#include "bpffs/libxdp.h"
#include "bpffs/links.h"

struct search {
	struct components *all;
	__u32 prog_id;
};

/* Other tracing programs have targets whose ids are counted apart, or replace nothing. */
static bool is_replacement(__u32 prog_id)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id);
	bool is;

	if (fd < 0)
		return false;
	is = !bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_PROG_TYPE_EXT;
	close(fd);
	return is;
}

static int match_link(int fd, const struct bpf_link_info *info, void *arg)
{
	struct search *search = arg;
	struct components *all = search->all;
	struct component *list;

	(void)fd;
	if (info->type != BPF_LINK_TYPE_TRACING || info->tracing.target_obj_id != search->prog_id ||
	    !is_replacement(info->prog_id))
		return 0;
	list = reallocarray(all->list, all->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	all->list = list;
	list[all->len++] = (struct component){
		.prog_id = info->prog_id,
		.link_id = info->id,
		/* The stubs of a dispatcher, and their types, come in the order of its calls. */
		.slot = info->tracing.target_btf_id,
	};
	return 0;
}

static int compare_slots(const void *a, const void *b)
{
	const struct component *x = a, *y = b;

	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

int components_find(struct components *all, __u32 prog_id)
{
	struct search search = { .all = all, .prog_id = prog_id };
	int err;

	memset(all, 0, sizeof(*all));
	err = links_each(match_link, &search);
	if (!err && !all->len)
		err = libxdp_find_components(all, prog_id);
	if (err) {
		components_free(all);
		return err;
	}
	if (all->len)
		qsort(all->list, all->len, sizeof(*all->list), compare_slots);
	return 0;
}

void components_free(struct components *all)
{
	free(all->list);
	memset(all, 0, sizeof(*all));
}
