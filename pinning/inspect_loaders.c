// SPDX-License-Identifier: GPL-2.0-or-later
/* What each loader says, found out by trying them; the tests compare it with what they do. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/inspect_internal.h"
#include "pinning/object.h"

static const char *const loader_names[INSPECT_LOADERS] = {
	[INSPECT_IP] = "ip",
	[INSPECT_TC_COMMAND] = "tc",
	[INSPECT_LEGACY_IP] = "legacy ip",
	[INSPECT_LEGACY_TC] = "legacy tc",
	[INSPECT_LIBBPF] = "libbpf",
	[INSPECT_XDP_LOADER] = "xdp-loader",
	[INSPECT_LOAD] = "load",
};

const char *inspect_loader_name(enum inspect_loader loader)
{
	return loader_names[loader];
}

const char *inspect_says_name(enum inspect_says says)
{
	static const char *const names[] = {
		[INSPECT_ACCEPTS] = "accepts",
		[INSPECT_REFUSES] = "refuses",
		[INSPECT_MISREADS] = "misreads",
		[INSPECT_CRASHES] = "crashes",
	};

	return names[says];
}

const char *inspect_kind_name(enum inspect_kind kind)
{
	return kind == INSPECT_XDP ? "XDP" : kind == INSPECT_TC ? "tc" : "another";
}

__attribute__((format(printf, 3, 4))) static void say(struct inspect_verdict *verdict,
                                                      enum inspect_says says, const char *fmt, ...)
{
	va_list args;

	verdict->says = says;
	va_start(args, fmt);
	vsnprintf(verdict->why, sizeof(verdict->why), fmt, args);
	va_end(args);
}

/* The program that a user would name: the first of the kind, else of an unknown one, else any. */
static const struct inspect_prog *choose(const struct inspection *in, enum inspect_kind kind)
{
	const struct inspect_prog *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < in->progs_len; i++) {
		const struct inspect_prog *prog = &in->progs[i];
		int rank = prog->kind == kind              ? prog->is_entry ? 3 : 4
		           : prog->kind == INSPECT_UNKNOWN ? 2
		                                           : 1;

		if (rank <= best_rank)
			continue;
		best = prog;
		best_rank = rank;
	}
	return best;
}

static void write_command(const struct inspection *in, enum inspect_loader loader,
                          const struct inspect_prog *prog, struct inspect_verdict *verdict)
{
	const char *file = cli_word(in->path), *section = cli_word(prog->section);
	bool egress = prog->hook == HOOK_TC_EGRESS;
	char *to = verdict->command;
	size_t size = sizeof(verdict->command);

	switch (loader) {
	case INSPECT_IP:
	case INSPECT_LEGACY_IP:
		snprintf(to, size, "ip link set dev IFNAME xdp obj %s sec %s", file, section);
		break;
	case INSPECT_TC_COMMAND:
	case INSPECT_LEGACY_TC:
		snprintf(to, size, "tc filter add dev IFNAME %s bpf da obj %s sec %s",
		         egress ? "egress" : "ingress", file, section);
		break;
	case INSPECT_LIBBPF: snprintf(to, size, "bpftool prog loadall %s DIRECTORY", file); break;
	case INSPECT_XDP_LOADER:
		snprintf(to, size, "xdp-loader load %s%s%sIFNAME %s",
		         prog == in->progs ? "" : "-n ",
		         prog == in->progs ? "" : cli_word(prog->name),
		         prog == in->progs ? "" : " ", file);
		break;
	default: break;
	}
}

/* Storage is where its owners are, and has no number of entries; libbpf knows that of others. */
static bool lacks_entries(const struct inspect_map *map, enum inspect_loader loader)
{
	if (!map->is_defined || map->max_entries || (loader == INSPECT_LOAD && map->is_unused))
		return false;
	switch (map->type) {
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return loader == INSPECT_LEGACY_IP || loader == INSPECT_LEGACY_TC;
	case BPF_MAP_TYPE_STRUCT_OPS:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE: return false;
	default: return map->type <= BPF_MAP_TYPE_USER_RINGBUF; /* later ones are not known */
	}
}

/* Others than load make all maps of an object, whichever program is loaded. */
static void judge_maps(const struct inspection *in, enum inspect_loader loader,
                       struct inspect_verdict *verdict)
{
	for (size_t i = 0; i < in->maps_len; i++)
		if (lacks_entries(&in->maps[i], loader)) {
			say(verdict, INSPECT_REFUSES,
			    "map %s is for 0 entries, and the kernel makes none of that size",
			    in->maps[i].name);
			return;
		}
}

/* What the kernel says to it, whoever loads it. */
static void judge_kernel(const struct inspection *in, const struct inspect_prog *prog,
                         struct inspect_verdict *verdict)
{
	if (prog->gpl_helper && !inspect_license_is_gpl(in->license))
		say(verdict, INSPECT_REFUSES,
		    "helper bpf_%s is for GPL-compatible programs, and %s",
		    inspect_helper_name(prog->gpl_helper),
		    in->license ? "the license is another" : "there is no license");
	else if (*prog->missing)
		say(verdict, INSPECT_REFUSES, "this kernel has no function %s", prog->missing);
}

/* ip, tc and xdp-loader give the program their own type, whatever its section is called. */
static void judge_type(const struct inspect_prog *prog, enum inspect_kind kind,
                       struct inspect_verdict *verdict)
{
	if (prog->kind == INSPECT_UNKNOWN)
		say(verdict, INSPECT_ACCEPTS, "if %s is for %s, which nothing in it tells",
		    prog->name, inspect_kind_name(kind));
	else if (prog->kind != kind)
		say(verdict, INSPECT_MISREADS, "it would load %s for %s, which it is not",
		    prog->name, inspect_kind_name(kind));
}

/* Crashes that are known of one version need not be there in the next one. */
static bool is_libbpf_1_1(void)
{
	return libbpf_major_version() == 1 && libbpf_minor_version() <= 1;
}

static bool has_struct_ops(const struct inspection *in)
{
	for (size_t i = 0; i < in->maps_len; i++)
		if (in->maps[i].is_defined && in->maps[i].type == BPF_MAP_TYPE_STRUCT_OPS)
			return true;
	return false;
}

/* One program out of an object that libbpf can open. */
static void judge_one(const struct inspection *in, enum inspect_loader loader,
                      const struct inspect_prog *prog, struct inspect_verdict *verdict)
{
	enum inspect_kind kind = loader == INSPECT_TC_COMMAND ? INSPECT_TC : INSPECT_XDP;

	judge_kernel(in, prog, verdict);
	if (verdict->says == INSPECT_ACCEPTS)
		judge_maps(in, loader, verdict);
	if (is_libbpf_1_1() && has_struct_ops(in))
		say(verdict, INSPECT_CRASHES,
		    "libbpf %s does when it loads struct_ops without their programs",
		    libbpf_version_string());
	else if (is_libbpf_1_1() && prog->is_ext)
		say(verdict, INSPECT_CRASHES, "libbpf %s does at freplace without a target",
		    libbpf_version_string());
	else if (is_libbpf_1_1() && prog->has_target && verdict->says == INSPECT_ACCEPTS)
		say(verdict, INSPECT_CRASHES,
		    "libbpf %s does when it looks for what section %s names, for a program of "
		    "another type",
		    libbpf_version_string(), prog->section);
	else if (verdict->says == INSPECT_ACCEPTS && prog->has_target)
		say(verdict, INSPECT_REFUSES, "section %s is for no hook of an interface",
		    prog->section);
	else if (verdict->says == INSPECT_ACCEPTS && prog->is_entry && kind == INSPECT_XDP)
		say(verdict, INSPECT_REFUSES,
		    "%s is for the entries of a devmap or cpumap, not for an interface",
		    prog->name);
	else if (verdict->says == INSPECT_ACCEPTS)
		judge_type(prog, kind, verdict);
}

/*
 * Behind its dispatcher a program replaces a function that changes no packet, which kernels have
 * come to insist on. Nothing in the file tells which kernel and which dispatcher there will be.
 */
static void judge_dispatcher(const struct inspect_prog *prog, struct inspect_verdict *verdict)
{
	if (verdict->says != INSPECT_ACCEPTS || *verdict->why || !prog->changing_helper)
		return;
	say(verdict, INSPECT_ACCEPTS,
	    "alone; Linux 6.13 and later, and 6.12 of Debian, refuse it behind a dispatcher of "
	    "xdp-tools up to 1.5.4, since it calls bpf_%s, and so may change packets",
	    inspect_helper_name(prog->changing_helper));
	verdict->is_alone = true;
}

/* All programs, with the types that their sections have. */
static void judge_libbpf(const struct inspection *in, struct inspect_verdict *verdict)
{
	if (!in->progs_len)
		say(verdict, INSPECT_ACCEPTS, "but it has no program");
	judge_maps(in, INSPECT_LIBBPF, verdict);
	for (size_t i = 0; i < in->progs_len && verdict->says == INSPECT_ACCEPTS; i++) {
		const struct inspect_prog *prog = &in->progs[i];

		judge_kernel(in, prog, verdict);
		if (verdict->says != INSPECT_ACCEPTS)
			return;
		if (!strcmp(prog->section, ".text"))
			say(verdict, INSPECT_ACCEPTS, "but functions in .text are no programs");
		else if (prog->is_ext)
			say(verdict, INSPECT_REFUSES, "%s needs the program that it replaces",
			    prog->name);
		else if (object_section_lacks_target(prog->section))
			say(verdict, INSPECT_REFUSES,
			    "section %s does not say what %s is for: fentry/FUNCTION, lsm/HOOK, "
			    "iter/WHAT",
			    prog->section, prog->name);
		else if (!prog->libbpf_knows)
			say(verdict, INSPECT_REFUSES,
			    "libbpf %s cannot tell a type by section %s: set it by "
			    "bpf_program__set_type()",
			    libbpf_version_string(), prog->section);
	}
}

static int try_load(const char *path, void *arg, char why[INSPECT_WHY])
{
	const struct object_choice *choice = arg;
	struct object object;
	int err = object_open(&object, choice);

	(void)path;
	if (err)
		snprintf(why, INSPECT_WHY, "%s", log_last_failure());
	object_close(&object);
	return err;
}

/* load itself is asked; a second time with what it wants to be told. */
static void judge_load(const struct inspection *in, struct inspect_verdict *verdict)
{
	const struct inspect_prog *prog = choose(in, INSPECT_XDP);
	struct object_choice choice = { .file = in->path, .hook = -1 };
	char why[INSPECT_WHY], options[512] = "";
	int err;

	if (prog && prog->kind != INSPECT_XDP && choose(in, INSPECT_TC)->kind == INSPECT_TC)
		prog = choose(in, INSPECT_TC);
	err = inspect_guard(try_load, in->path, &choice, why);
	if (err && err != -EFAULT && prog && in->obj && prog->kind != INSPECT_OTHER) {
		if (in->progs_len > 1) {
			choice.program = prog->name;
			snprintf(options, sizeof(options), "--prog-name %s ", cli_word(prog->name));
		}
		if (object_section_hook(prog->section) < 0 && prog->hook >= 0) {
			choice.hook = prog->hook;
			snprintf(options + strlen(options), sizeof(options) - strlen(options),
			         "--hook %s ", hook_name(prog->hook));
		}
		err = inspect_guard(try_load, in->path, &choice, why);
	}
	snprintf(verdict->command, sizeof(verdict->command), "%s %sIFNAME %s", cli_command("load"),
	         options, cli_word(choice.file));
	if (err)
		say(verdict, err == -EFAULT ? INSPECT_CRASHES : INSPECT_REFUSES, "%s", why);
	else
		judge_kernel(in, prog, verdict);
	if (verdict->says == INSPECT_ACCEPTS)
		judge_maps(in, INSPECT_LOAD, verdict);
}

/* What is true of the file, for every loader. */
static bool judge_file(const struct inspection *in, enum inspect_loader loader,
                       struct inspect_verdict *verdict)
{
	if (!in->is_bpf)
		say(verdict, INSPECT_REFUSES,
		    "it is an ELF file, but for another machine than BPF");
	else if (in->other_endian)
		say(verdict, INSPECT_REFUSES, "it is for machines of the other byte order");
	else if (!in->progs_len && loader != INSPECT_LIBBPF)
		say(verdict, INSPECT_REFUSES, "it has no program");
	return verdict->says != INSPECT_ACCEPTS;
}

static void judge_by_libbpf(const struct inspection *in, enum inspect_loader loader,
                            const struct inspect_prog *prog, struct inspect_verdict *verdict)
{
	if (in->libbpf_crashes)
		say(verdict, INSPECT_CRASHES, "libbpf %s does", libbpf_version_string());
	else if (!in->obj)
		say(verdict, INSPECT_REFUSES, "%s", in->libbpf_why);
	else if (loader == INSPECT_LIBBPF)
		judge_libbpf(in, verdict);
	else
		judge_one(in, loader, prog, verdict);
	if (loader == INSPECT_XDP_LOADER && prog)
		judge_dispatcher(prog, verdict);
}

static void judge_by_itself(const struct inspection *in, enum inspect_loader loader,
                            enum inspect_kind kind, const struct inspect_prog *prog,
                            struct inspect_verdict *verdict)
{
	judge_kernel(in, prog, verdict);
	if (verdict->says == INSPECT_ACCEPTS && in->is_old_dialect)
		judge_maps(in, loader, verdict);
	if (verdict->says == INSPECT_ACCEPTS)
		inspect_judge_legacy(in, prog, verdict);
	if (verdict->says == INSPECT_ACCEPTS && prog->is_entry && kind == INSPECT_XDP)
		say(verdict, INSPECT_MISREADS,
		    "it would run %s, which is for the entries of a devmap or cpumap, on all of "
		    "an interface",
		    prog->name);
	if (verdict->says == INSPECT_ACCEPTS)
		judge_type(prog, kind, verdict);
}

void inspect_judge(struct inspection *in)
{
	for (int loader = 0; loader < INSPECT_LOADERS; loader++) {
		bool legacy = loader == INSPECT_LEGACY_IP || loader == INSPECT_LEGACY_TC;
		enum inspect_kind kind = loader == INSPECT_TC_COMMAND || loader == INSPECT_LEGACY_TC
		                                 ? INSPECT_TC
		                                 : INSPECT_XDP;
		const struct inspect_prog *prog = choose(in, kind);
		struct inspect_verdict *verdict = &in->verdicts[loader];

		if (prog)
			write_command(in, loader, prog, verdict);
		if (judge_file(in, loader, verdict))
			continue;
		if (loader == INSPECT_LOAD)
			judge_load(in, verdict);
		else if (legacy)
			judge_by_itself(in, loader, kind, prog, verdict);
		else
			judge_by_libbpf(in, loader, prog, verdict);
	}
}
