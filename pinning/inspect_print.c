// SPDX-License-Identifier: GPL-2.0-or-later
/* What was found, for people. Names come from the file: control characters must not get through. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/hook.h"
#include "bpffs/log.h"
#include "pinning/inspect.h"

__attribute__((format(printf, 1, 2))) static void put(const char *fmt, ...)
{
	char *text;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	log_print(stdout, text);
	free(text);
}

static const char *map_type(__u32 type, char number[16])
{
	const char *name = libbpf_bpf_map_type_str((enum bpf_map_type)type);

	if (name)
		return name;
	snprintf(number, 16, "%u", type);
	return number;
}

static void print_file(const struct inspection *in)
{
	put("%s: %s, %s, license %s\n", in->path,
	    !in->is_bpf          ? "ELF file of another machine"
	    : in->is_old_dialect ? "BPF object with maps in the old dialect"
	    : in->other_endian   ? "BPF object of the other byte order"
	                         : "BPF object",
	    *in->btf_why  ? "damaged BTF"
	    : in->has_btf ? "BTF"
	                  : "no BTF",
	    in->license ? in->license : "none");
}

static void print_prog(const struct inspect_prog *prog)
{
	put("  program %-20s section %-10s %s%s, type %s, %zu instructions\n", prog->name,
	    prog->section, prog->hook < 0 ? "no hook" : hook_name(prog->hook),
	    prog->by_arguments ? " by its arguments" : "", prog->type, prog->insns);
}

static void print_map(const struct inspect_map *map)
{
	char number[16];

	if (map->is_internal)
		return;
	if (!map->is_defined) {
		put("  map     %-20s not known\n", map->name);
		return;
	}
	put("  map     %-20s %s  key %u B  value %u B  entries %u%s%s%s\n", map->name,
	    map_type(map->type, number), map->key_size, map->value_size, map->max_entries,
	    map->class ? "  " : "", map->class ? map->class : "",
	    map->is_pinned ? "  pinned by name" : "");
}

/* What determines the kernel, and what has no version; the rest is in JSON. */
static void print_needs(const struct inspect_needs *needs)
{
	unsigned int version = inspect_kernel(needs);
	char text[16];
	bool first = true;

	if (needs->len)
		put("  needs   Linux %s", inspect_kernel_name(version, text));
	else
		put("  needs   Linux: not known");
	for (size_t i = 0; i < needs->len; i++) {
		if (needs->list[i].version && needs->list[i].version != version)
			continue;
		put("%s%s%s", first ? ": " : ", ", needs->list[i].what,
		    needs->list[i].version ? "" : " (version not known)");
		first = false;
	}
	put("\n");
}

static void print_verdict(enum inspect_loader loader, const struct inspect_verdict *verdict)
{
	bool accepts = verdict->says == INSPECT_ACCEPTS;

	put("  %-10s  %-8s  %s", inspect_loader_name(loader), inspect_says_name(verdict->says),
	    accepts ? verdict->command : verdict->why);
	if (accepts && *verdict->why)
		put("\n                        %s", verdict->why);
	put("\n");
}

void inspect_print(const struct inspection *in)
{
	print_file(in);
	for (size_t i = 0; i < in->progs_len; i++)
		print_prog(&in->progs[i]);
	for (size_t i = 0; i < in->maps_len; i++)
		print_map(&in->maps[i]);
	if (in->progs_len)
		print_needs(&in->needs);
	for (int loader = 0; loader < INSPECT_LOADERS; loader++)
		print_verdict(loader, &in->verdicts[loader]);
	for (size_t i = 0; i < in->notes_len; i++)
		put("  note: %s\n", in->notes[i]);
}
