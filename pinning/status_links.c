// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/holders.h"
#include "bpffs/links.h"
#include "pinning/status_links.h"
#include "pinning/status_pins.h"

struct link_search {
	struct status *st;
	__u32 pinned[HOOKS]; /* ids of the links in %links/ */
};

static int describe_prog(__u32 prog_id, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info);
	int fd = bpf_prog_get_fd_by_id(prog_id), err = 0;

	memset(info, 0, sizeof(*info));
	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, info, &len))
		err = -errno;
	close(fd);
	return err;
}

static const char *tracing_kind(const struct bpf_prog_info *prog, __u32 attach_type)
{
	if (prog->type == BPF_PROG_TYPE_EXT)
		return "freplace";
	switch (attach_type) {
	case BPF_TRACE_FENTRY: return "fentry";
	case BPF_TRACE_FEXIT: return "fexit";
	default: return "tracing";
	}
}

/* The id of the program of ours that a tracing link is on, or 0. */
static __u32 traced(const struct status *st, const struct bpf_link_info *info,
                    struct bpf_prog_info *prog)
{
	if (info->type != BPF_LINK_TYPE_TRACING || describe_prog(info->prog_id, prog))
		return 0;
	/* On a kernel function, the target is an object of BTF, whose ids are counted apart. */
	if (prog->attach_btf_obj_id && prog->attach_btf_obj_id == info->tracing.target_obj_id)
		return 0;
	for (size_t i = 0; i < st->progs_len; i++)
		if (st->progs[i].id == info->tracing.target_obj_id)
			return st->progs[i].id;
	return 0;
}

static bool attaches(const struct link_search *search, __u32 link_id)
{
	const struct attachments *attached = &search->st->attached;

	for (size_t i = 0; i < attached->len; i++)
		if (attached->list[i].link_id == link_id)
			return true;
	for (int hook = 0; hook < HOOKS; hook++)
		if (search->pinned[hook] == link_id)
			return true;
	return false;
}

/* link_type, link_id, prog_tag, prog_id and ifindex, each on a line of its own. */
static int read_fdinfo(int fd, struct status_link *link)
{
	char path[64], line[256], key[32], value[64];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%31[^:]: %63s", key, value) != 2)
			continue;
		if (!strcmp(key, "link_type"))
			snprintf(link->type, sizeof(link->type), "%.31s", value);
		else if (!strcmp(key, "link_id"))
			sscanf(value, "%u", &link->id);
		else if (!strcmp(key, "prog_tag"))
			snprintf(link->tag, sizeof(link->tag), "%.16s", value);
		else if (!strcmp(key, "prog_id"))
			sscanf(value, "%u", &link->prog_id);
		else if (!strcmp(key, "ifindex"))
			link->has_ifindex = sscanf(value, "%u", &link->ifindex) == 1;
	}
	fclose(in);
	return 0;
}

static void find_path(const struct link_search *search, struct status_link *link)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (search->pinned[hook] == link->id)
			snprintf(link->path, sizeof(link->path), "%.3500s/%s/%s",
			         search->st->dir.path, DIRECTORY_LINKS, hook_name(hook));
	for (size_t i = 0; i < search->st->owners->len && !*link->path; i++)
		if (search->st->owners->pins[i].kind == PIN_LINK &&
		    search->st->owners->pins[i].id == link->id)
			snprintf(link->path, sizeof(link->path), "%s",
			         search->st->owners->pins[i].path);
	if (!*link->path && holder_of_link(link->id, link->holder))
		*link->holder = '\0';
}

static int take_link(int fd, const struct bpf_link_info *info, void *arg)
{
	struct link_search *search = arg;
	struct status *st = search->st;
	struct bpf_prog_info prog = {};
	struct status_link *link;
	__u32 target = 0;

	if (!attaches(search, info->id)) {
		target = traced(st, info, &prog);
		if (!target)
			return 0;
	}
	link = status_grow(&st->links, &st->links_len, sizeof(*st->links));
	if (!link)
		return -ENOMEM;
	link->id = info->id;
	if (target) {
		link->target_prog_id = target;
		link->kind = tracing_kind(&prog, info->tracing.attach_type);
		memcpy(link->prog_name, prog.name, sizeof(link->prog_name));
	}
	find_path(search, link);
	return read_fdinfo(fd, link);
}

int status_look_at_links(struct status *st)
{
	struct link_search search = { .st = st };

	for (int hook = 0; hook < HOOKS; hook++)
		search.pinned[hook] = status_pinned_link(st, hook);
	return links_each(take_link, &search);
}
