// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/links.h"
#include "bpffs/live.h"
#include "compat/libbpf.h"
#include "pinning/elsewhere.h"

static int add_elsewhere(struct elsewhere *all, const struct gc_attachment *at, __u32 prog_id)
{
	struct gc_attached *running = &all->running;
	struct gc_attachment *list;

	if (gc_attached_prog(running, prog_id))
		return 0;
	list = reallocarray(running->list, running->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	running->list = list;
	list[running->len] = *at;
	list[running->len++].prog_id = prog_id;
	return 0;
}

/* The program that is attached there, and all that it calls. */
static int look_behind(struct elsewhere *all, const struct gc_attachment *at)
{
	struct attachment one = { .hook = at->hook, .prog_id = at->prog_id };
	const struct attachments attached = { .list = &one, .len = 1 };
	struct live live;
	int err;

	if (gc_attached_prog(&all->running, at->prog_id))
		return 0;
	err = live_query(&live, &attached);
	if (err == -EPERM)
		return add_elsewhere(all, at, at->prog_id);
	if (err)
		return err;
	for (size_t i = 0; !err && i < live.progs_len; i++)
		err = add_elsewhere(all, at, live.progs[i].id);
	live_free(&live);
	return err;
}

static bool is_here(const struct elsewhere *all, const struct gc_attachment *at)
{
	return at->iface.ifindex == all->iface->ifindex &&
	       netns_equal(&at->iface.netns, &all->iface->netns);
}

static int look_behind_all(struct elsewhere *all, const struct gc_attached *attached)
{
	int err = 0;

	for (size_t i = 0; !err && i < attached->len; i++)
		if (!is_here(all, &attached->list[i]))
			err = look_behind(all, &attached->list[i]);
	return err;
}

/* All attachments that can be seen. */
static int find_attached(struct elsewhere *all, struct gc_attached *attached, bool blind)
{
	int err;

	if (blind)
		return gc_attached_here(attached);
	err = namespaces_find(&all->namespaces);
	return err ? err : gc_attached_find(attached, &all->namespaces);
}

struct link_search {
	struct elsewhere *all;
	/* The programs of links to an interface of that number, in whatever namespace. */
	__u32 *alike;
	size_t len;
};

static int add_alike(struct link_search *search, __u32 prog_id)
{
	__u32 *list = reallocarray(search->alike, search->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	search->alike = list;
	list[search->len++] = prog_id;
	return 0;
}

/* The ifindex stands in the same place for links of XDP, tcx and netkit. */
static int add_link(int fd, const struct bpf_link_info *info, void *arg)
{
	struct link_search *search = arg;

	(void)fd;
	switch (info->type) {
	case BPF_LINK_TYPE_XDP:
	case BPF_LINK_TYPE_TCX:
	case BPF_LINK_TYPE_NETKIT:
		if (!info->xdp.ifindex)
			return 0;
		if (info->xdp.ifindex == search->all->iface->ifindex)
			return add_alike(search, info->prog_id);
	}
	return info->prog_id ? gc_ids_add(&search->all->linked, info->prog_id) : 0;
}

/*
 * A link does not say in which network namespace its ifindex counts: for each program that is
 * attached here one link can be what attaches it, and all others are elsewhere.
 */
static int sort_links(const struct link_search *search, const struct gc_attached *attached)
{
	bool *taken = calloc(attached->len + 1, sizeof(*taken));
	int err = taken ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < search->len; i++) {
		size_t n = 0;

		while (n < attached->len &&
		       (taken[n] || attached->list[n].prog_id != search->alike[i] ||
		        !is_here(search->all, &attached->list[n])))
			n++;
		if (n < attached->len)
			taken[n] = true;
		else
			err = gc_ids_add(&search->all->linked, search->alike[i]);
	}
	free(taken);
	return err;
}

int elsewhere_look(struct elsewhere *all, const struct interface *iface)
{
	struct link_search search = { .all = all };
	struct gc_attached attached = {};
	bool blind;
	int err;

	memset(all, 0, sizeof(*all));
	all->iface = iface;
	err = gc_uses_scan(&all->uses);
	blind = all->has_held = err == -EPERM;
	if (!err)
		err = links_each(add_link, &search);
	if (!err || blind)
		err = find_attached(all, &attached, blind);
	if (!err)
		err = sort_links(&search, &attached);
	if (!err)
		err = look_behind_all(all, &attached);
	gc_attached_free(&attached);
	free(search.alike);
	if (err)
		elsewhere_free(all);
	return err ? err : blind ? -EPERM : 0;
}

int elsewhere_look_held(struct elsewhere *all)
{
	size_t seen = all->namespaces.len;
	struct gc_attached attached = {};
	struct namespaces held;

	if (all->has_held)
		return all->held_err;
	all->has_held = true;
	all->held_err = namespaces_add_held(&all->namespaces);
	held = (struct namespaces){
		.list = all->namespaces.list + seen,
		.len = all->namespaces.len - seen,
	};
	if (!all->held_err)
		all->held_err = gc_attached_find(&attached, &held);
	if (!all->held_err)
		all->held_err = look_behind_all(all, &attached);
	gc_attached_free(&attached);
	return all->held_err;
}

void elsewhere_free(struct elsewhere *all)
{
	gc_attached_free(&all->running);
	gc_uses_free(&all->uses);
	namespaces_free(&all->namespaces);
	free(all->linked.list);
	memset(all, 0, sizeof(*all));
}

const struct gc_attachment *elsewhere_runs(const struct elsewhere *all, __u32 prog_id)
{
	return gc_attached_prog(&all->running, prog_id);
}

/* What is on an interface, or replaces a function there, was found with that. */
static bool is_idle(const struct elsewhere *all, const struct gc_prog *prog)
{
	switch (prog->type) {
	case BPF_PROG_TYPE_EXT: return true;
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SCHED_CLS: return !gc_ids_has(&all->linked, prog->id);
	default: return false;
	}
}

bool elsewhere_uses(struct elsewhere *all, __u32 map_id, char who[ELSEWHERE_WHO_SIZE])
{
	const struct gc_attachment *at;

	for (size_t i = 0; i < all->uses.len; i++) {
		struct gc_prog *prog = &all->uses.progs[i];

		if (!gc_prog_uses(&all->uses, prog, map_id))
			continue;
		at = elsewhere_runs(all, prog->id);
		if (!at && is_idle(all, prog)) {
			if (elsewhere_look_held(all)) {
				strcpy(who, "a program that cannot be told");
				return true;
			}
			at = elsewhere_runs(all, prog->id);
		}
		if (at) {
			snprintf(who, ELSEWHERE_WHO_SIZE, "%s (program %u on %s)", at->iface.name,
			         prog->id, hook_name(at->hook));
			return true;
		}
		if (is_idle(all, prog) || gc_prog_goes_away(prog))
			continue;
		snprintf(who, ELSEWHERE_WHO_SIZE, "program %u (%s)", prog->id,
		         *prog->name ? prog->name : "-");
		return true;
	}
	return false;
}
