// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "bpffs/cli.h"
#include "bpffs/pin.h"
#include "pinning/status_print.h"

/* The column in which everything below a hook begins. */
#define INDENT 14

/* The widest entry of each column of an interface. */
struct widths {
	int prog, map, type;
};

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static const char *type_name(const struct bpf_map_info *map)
{
	const char *name = libbpf_bpf_map_type_str(map->type);

	return name ? name : "unknown";
}

static void widen(int *width, const char *text)
{
	int len = (int)strlen(text);

	if (len > *width)
		*width = len;
}

static struct widths measure(const struct status *st)
{
	struct widths widths = {};

	for (size_t i = 0; i < st->progs_len; i++)
		widen(&widths.prog, or_dash(st->progs[i].name));
	for (size_t i = 0; i < st->maps_len; i++) {
		widen(&widths.map, or_dash(st->maps[i].name));
		widen(&widths.type, type_name(&st->maps[i].info));
	}
	return widths;
}

static const char *map_name(const struct status *st, __u32 map_id)
{
	for (size_t i = 0; i < st->maps_len; i++)
		if (st->maps[i].info.id == map_id)
			return or_dash(st->maps[i].name);
	return "-";
}

static void print_attached(const struct status *st, const struct status_prog *prog)
{
	const struct attachment *at = prog->at;
	bool unknown = at && !at->link_id && !st->has_live;

	if (!at && prog->via_link) {
		printf("behind a dispatcher, link %u", prog->via_link);
		return;
	}
	if (!at) {
		printf("through map %u (%s)", prog->via_map, map_name(st, prog->via_map));
		return;
	}
	switch (at->by) {
	case ATTACH_XDP: printf("%s, ", xdp_mode_name(at->mode)); break;
	case ATTACH_CLSACT:
		printf("clsact pref %u handle 0x%x chain %u%s", at->pref, at->handle, at->chain,
		       at->indirect ? ", without direct-action" : "");
		return;
	case ATTACH_TCX:
	case ATTACH_NETKIT:
		printf("%s position %u, ", attach_by_name(at->by), prog->in_chain);
		unknown = false;
		break;
	}
	if (at->link_id)
		printf("link %u", at->link_id);
	else
		fputs(unknown                ? "netlink or link"
		      : at->by == ATTACH_XDP ? "netlink"
		                             : "no link",
		      stdout);
}

static void print_loaded(const struct status_prog *prog)
{
	time_t seconds = (time_t)(prog->loaded_ns / 1000000000ULL);
	char when[64] = "?";
	struct tm local;

	if (localtime_r(&seconds, &local))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	printf("%*sloaded %s by uid %u", INDENT, "", when, prog->uid);
	if (*prog->owner.why)
		printf("; %s: %s", prog->owner.ours ? "ours" : "foreign", prog->owner.why);
	putchar('\n');
}

static void print_map(const struct status_map *map, const struct widths *widths)
{
	printf("%*smap  %-*s  id %-5u  %-*s  ", INDENT, "", widths->map, or_dash(map->name),
	       map->info.id, widths->type, type_name(&map->info));
	switch (map->pin) {
	case PIN_STATE_LIVE: fputs("live", stdout); break;
	case PIN_STATE_STALE: printf("stale: map %u is pinned", map->pinned_id); break;
	case PIN_STATE_NONE:
		fputs(map->internal ? "not pinned: internal" : "not pinned", stdout);
		if (map->pinned_id)
			printf(": its name belongs to map %u", map->pinned_id);
		break;
	}
	if (*map->elsewhere)
		printf(", also at %s", map->elsewhere);
	putchar('\n');
}

static void print_tracing(const struct status *st, const struct status_prog *prog)
{
	for (size_t i = 0; i < st->links_len; i++) {
		const struct status_link *link = &st->links[i];

		if (link->target_prog_id == prog->id)
			printf("%*s%s  %s  id %u  tag %s  link %u\n", INDENT, "", link->kind,
			       or_dash(link->prog_name), link->prog_id, link->tag, link->id);
	}
}

/* A program that is attached twice shows its maps once. */
static bool first_of_its_hook(const struct status *st, const struct status_prog *prog)
{
	for (const struct status_prog *other = st->progs; other < prog; other++)
		if (other->hook == prog->hook && other->id == prog->id)
			return false;
	return true;
}

static void print_prog(const struct status *st, const struct status_prog *prog,
                       const struct widths *widths)
{
	printf("  %-10s  %-*s  id %-5u", hook_name(prog->hook), widths->prog, or_dash(prog->name),
	       prog->id);
	if (prog->described)
		printf("  tag %s", prog->tag);
	fputs("  ", stdout);
	print_attached(st, prog);
	putchar('\n');
	if (prog->described)
		print_loaded(prog);
	if (!first_of_its_hook(st, prog))
		return;
	print_tracing(st, prog);
	for (size_t i = 0; i < st->maps_len; i++)
		if (st->maps[i].hook == prog->hook && st->maps[i].prog_id == prog->id)
			print_map(&st->maps[i], widths);
}

static void print_head(const struct status *st)
{
	if (st->gone)
		printf("%s  gone (was ifindex %u)", cli_text(st->iface.name), st->iface.ifindex);
	else
		printf("%s  ifindex %u", cli_text(st->iface.name), st->iface.ifindex);
	if (st->has_dir)
		printf("  %s", st->dir.path);
	if (st->has_view && st->view.has_record)
		printf("  generation %llu", (unsigned long long)st->view.record.gen);
	if (st->hidden)
		fputs(st->attached.len ? "  a directory that may not be read"
		                       : "  no program, a directory that may not be read",
		      stdout);
	else if (!st->has_dir && !st->attached.len)
		fputs("  no program, no directory", stdout);
	putchar('\n');
}

void status_print_text(const struct status *st)
{
	struct widths widths = measure(st);
	char text[256];

	print_head(st);
	for (int hook = 0; hook < HOOKS; hook++)
		for (size_t i = 0; i < st->progs_len; i++)
			if (st->progs[i].hook == (enum hook)hook)
				print_prog(st, &st->progs[i], &widths);
	for (size_t i = 0; i < st->drift_len; i++)
		printf("  drift       %s\n",
		       status_drift_text(st, &st->drift[i], text, sizeof(text)));
	for (size_t i = 0; i < st->orphans_len; i++)
		printf("  orphan      %s %s  id %u: %s\n", pin_kind_name(st->orphans[i].kind),
		       st->orphans[i].file, st->orphans[i].id, st->orphans[i].why);
}

void status_print_links(const struct status *st)
{
	for (size_t i = 0; i < st->links_len; i++) {
		const struct status_link *link = &st->links[i];

		printf("%s  link_type %s  link_id %u  prog_tag %s  prog_id %u",
		       cli_text(st->iface.name), link->type, link->id, link->tag, link->prog_id);
		if (link->has_ifindex)
			printf("  ifindex %u", link->ifindex);
		if (link->kind)
			printf("  %s of program %u", link->kind, link->target_prog_id);
		if (*link->path)
			printf("  %s", link->path);
		else if (*link->holder)
			printf("  held by process %s", cli_text(link->holder));
		putchar('\n');
	}
}
