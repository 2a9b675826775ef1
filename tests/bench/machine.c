// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "tests/bench/bench.h"
#include "tests/bench/command.h"
#include "tests/bench/machine.h"

/* Versions as the tools themselves tell them. A tool that is not there has no line. */
static const struct {
	const char *name, *command;
} versions[] = {
	{ "C compiler", BENCH_CC " --version" }, /* what has compiled this, by the Makefile */
	{ "BPF compiler", BENCH_CLANG " --version" },
	{ "ip", "ip -V" },
	{ "tc", "tc -V" },
	{ "bpftool", "bpftool version" },
	{ "xdp-tools", "dpkg-query -W -f '${Version}' xdp-tools" },
	{ "xdp-forward", "echo \"$BENCH_XDP_FORWARD\"" }, /* if run.sh has it from elsewhere */
	{ "nft", "nft --version" },
	{ "iptables", "iptables --version" },
};

/* What it takes to tell a version; a tool that hangs has none. */
#define PATIENCE 5

static void first_line(const char *command, char *line, size_t size)
{
	command_first_line(line, size, PATIENCE, command);
}

/* What costs each program time, and is the same for none of two machines. */
static void tell_bpf(char *text, size_t size)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "bench_jit", "GPL", insns, 2, NULL);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	char stats[8];

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		snprintf(text, size, "programs cannot be loaded");
	else
		snprintf(text, size, "%s", info.jited_prog_len ? "JIT" : "no JIT: all is slower");
	if (fd >= 0)
		close(fd);
	first_line("cat /proc/sys/kernel/bpf_stats_enabled", stats, sizeof(stats));
	if (!strcmp(stats, "1"))
		snprintf(text + strlen(text), size - strlen(text),
		         ", run times are counted: all is slower (kernel.bpf_stats_enabled)");
}

/* A return or a helper's call may cost several times as much with some of them. */
static void tell_mitigations(char *text, size_t size)
{
	first_line("cd /sys/devices/system/cpu/vulnerabilities && grep -v '^Not affected' * | "
	           "sed 's/;.*//; s/:Mitigation: /: /; s/:\\([^ ]\\)/: \\1/' | paste -s -d ';' | "
	           "sed 's/;/; /g'",
	           text, size);
	if (!text[0])
		snprintf(text, size, "none needed, or not known");
}

static struct fact *add(struct fact *facts, size_t *len, size_t room, const char *name)
{
	struct fact *fact = &facts[*len < room ? *len : room - 1];

	if (*len < room)
		(*len)++;
	fact->name = name;
	fact->value[0] = '\0';
	return fact;
}

size_t machine_facts(struct fact *facts, size_t room)
{
	const char *commit = getenv("BENCH_COMMIT");
	time_t now = time(NULL);
	struct utsname uts;
	struct fact *fact;
	size_t len = 0;

	uname(&uts);
	fact = add(facts, &len, room, "ifbpf");
	snprintf(fact->value, sizeof(fact->value), "%s%s%.80s", VERSION,
	         commit && *commit ? ", commit " : "", commit ? commit : "");
	fact = add(facts, &len, room, "date");
	strftime(fact->value, sizeof(fact->value), "%Y-%m-%d %H:%M UTC", gmtime(&now));
	fact = add(facts, &len, room, "groups");
	snprintf(fact->value, sizeof(fact->value), "%s", bench.groups);
	fact = add(facts, &len, room, "duration");
	snprintf(fact->value, sizeof(fact->value), "%.0f seconds", bench.seconds);
	fact = add(facts, &len, room, "kernel");
	snprintf(fact->value, sizeof(fact->value), "%.60s %.60s", uts.release, uts.machine);
	fact = add(facts, &len, room, "CPU");
	first_line("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo", fact->value, 120);
	snprintf(fact->value + strlen(fact->value), sizeof(fact->value) - strlen(fact->value),
	         ", %d online", get_nprocs());
	fact = add(facts, &len, room, "mitigations");
	tell_mitigations(fact->value, sizeof(fact->value));
	fact = add(facts, &len, room, "load average");
	snprintf(fact->value, sizeof(fact->value), "%.2f %.2f %.2f at the start", bench.loads[0],
	         bench.loads[1], bench.loads[2]);
	fact = add(facts, &len, room, "BPF");
	tell_bpf(fact->value, sizeof(fact->value));
	fact = add(facts, &len, room, "libbpf");
	snprintf(fact->value, sizeof(fact->value), "%s", libbpf_version_string());
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		fact = add(facts, &len, room, versions[i].name);
		first_line(versions[i].command, fact->value, sizeof(fact->value));
		if (!fact->value[0])
			len--;
	}
	return len;
}
