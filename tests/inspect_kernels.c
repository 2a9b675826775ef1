// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inspect_kernels - compare what inspect knows of helpers and map types with the kernel that runs;
 * each difference is a line on stdout. Status 1 if there is one, 2 if the kernel cannot be asked.
 */
#include <bpf/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "pinning/inspect_internal.h"

#define HELPERS_MAX 211

static char verifier_log[1 << 16];
static unsigned int running;
static bool differs;

static void differ(const char *what, unsigned int id, const char *how)
{
	printf("%s %u: the kernel %s\n", what, id, how);
	differs = true;
}

/* A program that does nothing but call it, without a GPL-compatible license. */
static int ask(enum bpf_prog_type type, unsigned int helper)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = (int)helper },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = verifier_log,
	            .log_size = sizeof(verifier_log), .log_level = 1);
	int fd;

	*verifier_log = '\0';
	fd = bpf_prog_load(type, NULL, "Proprietary", insns, 3, &opts);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || *verifier_log ? 0 : -1;
}

static int compare_helper(unsigned int id)
{
	static const enum bpf_prog_type types[] = { BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS };
	unsigned int version = inspect_helper_version(id);

	for (int i = 0; i < 2; i++) {
		bool gpl, known;

		if (ask(types[i], id))
			return -1;
		gpl = strstr(verifier_log, "GPL-restricted");
		known = !strstr(verifier_log, "invalid func");
		if (known != (version <= running))
			differ("helper", id, known ? "has it" : "lacks it");
		/* Before 5.8 ktime_get_ns was one of them. */
		if (gpl && !inspect_helper_is_gpl(id) && id != BPF_FUNC_ktime_get_ns)
			differ("helper", id, "wants a GPL-compatible license");
		/* Those that neither type may call are told by their type alone. */
		if (known && !gpl && inspect_helper_is_gpl(id) &&
		    !strstr(verifier_log, "unknown func") &&
		    !strstr(verifier_log, "cannot use helper"))
			differ("helper", id, "takes any license");
	}
	return 0;
}

int main(void)
{
	unsigned int major, minor;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 2;
	running = KERNEL(major, minor);
	for (unsigned int id = 1; id <= HELPERS_MAX; id++)
		if (compare_helper(id)) {
			perror("inspect_kernels: cannot load programs");
			return 2;
		}
	for (__u32 type = 1; type <= BPF_MAP_TYPE_USER_RINGBUF; type++)
		if (inspect_map_version(type) > running &&
		    libbpf_probe_bpf_map_type((enum bpf_map_type)type, NULL) == 1)
			differ("map type", type, "has it");
	return differs;
}
