// SPDX-License-Identifier: GPL-2.0-or-later
/* What loads, and is still not what its user may expect. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "bpffs/cli.h"
#include "pinning/inspect_internal.h"

/* The longest name that the kernel keeps in full. */
#define KERNEL_NAME_LEN (BPF_OBJ_NAME_LEN - 1)

__attribute__((format(printf, 2, 3))) static void take(struct inspection *in, const char *fmt, ...)
{
	char **list = reallocarray(in->notes, in->notes_len + 1, sizeof(*list));
	va_list args;

	if (list) {
		in->notes = list;
		va_start(args, fmt);
		if (vasprintf(&list[in->notes_len], fmt, args) >= 0)
			in->notes_len++;
		else
			list = NULL;
		va_end(args);
	}
	if (!list)
		in->no_memory = true;
}

static void note_license(struct inspection *in)
{
	if (!in->license || !*in->license)
		take(in, "it has no license: to the kernel its programs are not GPL-compatible");
}

static void note_btf(struct inspection *in)
{
	if (*in->btf_why)
		take(in, "its BTF is damaged: %s; libbpf may leave it out, and ifbpf refuses it",
		     in->btf_why);
	else if (!in->has_btf && !in->is_old_dialect)
		take(in, "it has no BTF: its maps have no types, and libxdp cannot put its "
		         "programs beside others; compile it with -g");
}

static void note_name(struct inspection *in, const char *what, const char *name)
{
	if (strlen(name) > KERNEL_NAME_LEN)
		take(in, "the kernel calls %s %s '%.*s', since it keeps %d characters", what, name,
		     KERNEL_NAME_LEN, name, KERNEL_NAME_LEN);
}

/* Two names of which the kernel keeps the same part. */
static bool is_cut_alike(const char *a, const char *b)
{
	return strcmp(a, b) != 0 && !strncmp(a, b, KERNEL_NAME_LEN);
}

/* Each map with the next one that the kernel calls by the same name. */
static void note_alike(struct inspection *in)
{
	for (size_t i = 0; i < in->maps_len; i++) {
		for (size_t j = i + 1; j < in->maps_len && !in->maps[i].is_internal; j++) {
			if (in->maps[j].is_internal ||
			    !is_cut_alike(in->maps[i].name, in->maps[j].name))
				continue;
			take(in,
			     "the kernel calls maps %s and %s alike: who knows them by id alone, "
			     "without BTF, cannot tell which is which",
			     in->maps[i].name, in->maps[j].name);
			break;
		}
	}
}

static void note_names(struct inspection *in)
{
	for (size_t i = 0; i < in->progs_len; i++)
		note_name(in, "program", in->progs[i].name);
	for (size_t i = 0; i < in->maps_len; i++)
		if (!in->maps[i].is_internal)
			note_name(in, "map", in->maps[i].name);
	note_alike(in);
}

/* Of a section with several programs; said once, at its first one. */
static void note_sections(struct inspection *in)
{
	for (size_t i = 0; i < in->progs_len; i++) {
		const struct inspect_prog *prog = &in->progs[i];
		size_t count = 0, before = 0;

		for (size_t j = 0; j < in->progs_len; j++) {
			count += in->progs[j].scn == prog->scn;
			before += j < i && in->progs[j].scn == prog->scn;
		}
		if (count < 2 || before || !strcmp(prog->section, ".text"))
			continue;
		take(in, "section %s has %zu programs: ip and tc take %s, the first one",
		     prog->section, count, prog->name);
	}
}

/* A name that several sections have; said once, at the first program of the second. */
static void note_doubles(struct inspection *in)
{
	for (size_t i = 0; i < in->progs_len; i++) {
		const struct inspect_prog *prog = &in->progs[i], *first = NULL;
		bool is_said = false;

		for (size_t j = 0; j < i; j++) {
			if (strcmp(in->progs[j].section, prog->section) != 0)
				continue;
			if (!first)
				first = &in->progs[j];
			is_said |= in->progs[j].scn != first->scn;
		}
		if (!first || is_said || first->scn == prog->scn)
			continue;
		take(in,
		     "several sections are called %s: ip and tc take %s, the first program of the "
		     "first one",
		     prog->section, first->name);
	}
}

static void note_first(struct inspection *in)
{
	if (in->progs_len > 1)
		take(in,
		     "it has %zu programs: xdp-loader takes %s, the first one, unless told "
		     "otherwise (-n, -s)",
		     in->progs_len, in->progs[0].name);
}

static void note_pinning(struct inspection *in)
{
	char list[512] = "";
	size_t len = 0;

	for (size_t i = 0; i < in->maps_len && len < sizeof(list) - 1; i++)
		if (in->maps[i].is_pinned)
			len += snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
			                in->maps[i].name);
	if (!len)
		return;
	take(in,
	     "pinned by name: %s; ip and tc do it in tc/globals, where all interfaces share "
	     "them, unless %s leads elsewhere",
	     list, cli_command("iproute2_env"));
	if (!in->is_old_dialect)
		take(in, "xdp-loader pins them only with -p; bpftool does in the root of the BPF "
		         "filesystem, and fails with pinmaps");
	for (size_t i = 0; i < in->maps_len; i++)
		if (in->maps[i].is_pinned && !in->is_old_dialect &&
		    !(in->maps[i].flags & BPF_F_RDONLY_PROG) &&
		    (in->maps[i].type == BPF_MAP_TYPE_DEVMAP ||
		     in->maps[i].type == BPF_MAP_TYPE_DEVMAP_HASH))
			take(in,
			     "devmap %s: libbpf 1.1 cannot use it again once it is pinned, for "
			     "the flag 0x80 that the kernel adds; a second load by ip, or by "
			     "xdp-loader -p, fails",
			     in->maps[i].name);
}

static void note_dialect(struct inspection *in)
{
	if (in->is_old_dialect)
		take(in,
		     "its maps are in the old dialect: for ip and tc without libbpf, and for %s",
		     cli_command("load"));
	else if (*in->rewrite_why)
		take(in, "it cannot be rewritten for ip and tc without libbpf: %s",
		     in->rewrite_why);
	else if (in->maps_len && in->progs_len)
		take(in, "for ip and tc without libbpf, rewrite it: %s %s FILE",
		     cli_command("btf2legacy"), cli_word(in->path));
}

static void note_xdp_loader(struct inspection *in)
{
	if (in->has_run_config)
		take(in, "section .xdp_run_config is for xdp-loader alone: the place of a program "
		         "among others, and after which actions the next one runs");
}

static void note_kernel(struct inspection *in)
{
	unsigned int major, minor, needed = inspect_kernel(&in->needs);
	struct utsname name;
	char text[16];

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2 ||
	    needed <= KERNEL(major, minor))
		return;
	take(in,
	     "it needs Linux %s, and this is %u.%u: every loader is refused, unless this "
	     "kernel has it from a later one",
	     inspect_kernel_name(needed, text), major, minor);
}

void inspect_take_notes(struct inspection *in)
{
	if (!in->is_bpf)
		return;
	note_kernel(in);
	note_license(in);
	note_btf(in);
	note_names(in);
	note_sections(in);
	note_doubles(in);
	note_first(in);
	note_pinning(in);
	note_xdp_loader(in);
	note_dialect(in);
}
