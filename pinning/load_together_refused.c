// SPDX-License-Identifier: GPL-2.0-or-later
/* Several interfaces with one set of maps: those whose map another hook has, which goes first. */
#include <bpf/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/load_together.h"
#include "pinning/plan.h"

/* The map that has the flat name in the directory of the first; 0: none. */
static __u32 first_flat(const struct loading *l, const char *name)
{
	const struct load_present *p = l->options->session->present;
	struct bpf_map_info info = {};
	struct directory dir;
	int fd;

	if (!p->ifaces[0].ifindex || directory_open(&dir, &l->fs, &p->ifaces[0]))
		return 0;
	fd = reuse_open_pin(&dir, HOOK_XDP, name, &info);
	directory_close(&dir);
	if (fd < 0)
		return 0;
	close(fd);
	return info.id;
}

/* The egress program of the first goes on with one of its own, and its other hooks have this one:
 * to have that in all directories is to have it on all hooks of the first. */
static bool is_of_first(const struct loading *l, const struct carried *one)
{
	return one->to_id != one->from_id && first_flat(l, one->name) == one->from_id;
}

/* Words for a shell: " --on-mismatch deny=migrate" for each such map. */
static void print_maps(const struct loading *l, FILE *out)
{
	const struct carry *carry = &l->report->carry;

	for (size_t i = 0; i < carry->len; i++)
		if (is_of_first(l, carry->list[i]))
			fprintf(out, " --on-mismatch %s=migrate", cli_word(carry->list[i]->name));
}

static bool has_hook(const struct loading *l, const struct interface *iface, enum hook hook)
{
	struct directory dir;
	bool has;

	if (!iface->ifindex || directory_open(&dir, &l->fs, iface))
		return false;
	has = dir.has_record && dir.record.hooks[hook].progs_len;
	directory_close(&dir);
	return has;
}

/* The first, which has the map that all get, and whoever has a program on that hook. */
static void print_members(const struct loading *l, enum hook hook, FILE *out)
{
	const struct load_present *p = l->options->session->present;

	for (size_t i = 0; i < p->count; i++)
		if (!i || has_hook(l, &p->ifaces[i], hook))
			fprintf(out, " %s",
			        i ? cli_word(p->ifnames[i]) : cli_interface(p->ifnames[i]));
}

void load_hint_first(const void *context, const struct carried *one, const struct plan_map *holder)
{
	const struct loading *l = context;
	struct load_session *session = l->options->session;
	bool of_first = is_of_first(l, one);
	char *words = NULL;
	size_t size = 0;
	FILE *out;

	/* It is the same for all of them. */
	if (session->told_first)
		return;
	out = open_memstream(&words, &size);
	if (!out)
		return;
	if (of_first)
		print_maps(l, out);
	else
		print_members(l, holder->hook, out);
	fclose(out);
	session->told_first = true;
	if (of_first)
		hint("it is the map of the other hooks of %s as well, whose %s program has one of "
		     "its own: have that go on with this one, by the same command with%s",
		     session->present->ifnames[0], hook_name(l->object->hook), words);
	else
		hint("it is the map of program %s (id %u) on %s as well, which goes first, with "
		     "all that are to share: "
		     "%s --shared --on-mismatch migrate --hook %s%s OBJECT",
		     holder->prog_name, holder->prog_id, hook_name(holder->hook),
		     cli_command("load"), hook_name(holder->hook), words);
	free(words);
}

/* Whether one of them has the old map there: in its place, or as what a replacement left. */
static bool has_old(const struct load_present *p, size_t i, size_t m, __u32 old_id)
{
	for (size_t n = 0; n < p->left_len; n++)
		if (p->left[n].iface == i && p->left[n].id == old_id)
			return true;
	return load_pinned_at(p, i, m)->id == old_id;
}

/* Which map of the object it is. */
static size_t place_of(const struct object *object, const struct bpf_map *wanted)
{
	const struct bpf_map *map;
	size_t m = 0;

	bpf_object__for_each_map(map, object->obj) {
		if (map == wanted)
			break;
		m++;
	}
	return m;
}

/* Of those that have the old map all were refused: returns the first, else SIZE_MAX. */
static size_t find_refused(const struct load_present *p, const struct load_member *members,
                           size_t m, __u32 old_id)
{
	size_t refused = SIZE_MAX;

	for (size_t i = 0; i < p->count; i++) {
		if (!has_old(p, i, m, old_id))
			continue;
		if (members[i].iface && !members[i].err)
			return SIZE_MAX;
		if (refused == SIZE_MAX)
			refused = i;
	}
	return refused;
}

void load_leave_out_refused(struct carry *carry, const struct load_member *members,
                            const struct object *object, const struct load_present *p)
{
	for (size_t c = 0; c < carry->len; c++) {
		struct carried *one = carry->list[c];
		size_t i = one->joins ? find_refused(p, members, place_of(object, one->map),
		                                     one->from_id)
		                      : SIZE_MAX;

		if (i == SIZE_MAX)
			continue;
		/* Nothing was added yet; of the note in the stage nothing comes, and it goes. */
		one->left_out = one->finished = true;
		one->placed = false;
		note("map '%s': what map %u has is not added, since %s was refused", one->name,
		     one->from_id, p->ifnames[i]);
	}
}
