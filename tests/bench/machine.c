// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "tests/bench/machine.h"

/* Versions as the tools themselves tell them. A tool that is not there has no line. */
static const struct {
	const char *name, *command;
} versions[] = {
	{ "C compiler", "${CC:-cc} --version" },
	{ "BPF compiler", "${CLANG:-clang} --version" },
	{ "ip", "ip -V" },
	{ "tc", "tc -V" },
	{ "bpftool", "bpftool version" },
	{ "xdp-tools", "dpkg-query -W -f '${Version}' xdp-tools" },
	{ "xdp-forward", "echo \"$BENCH_XDP_FORWARD\"" }, /* if run.sh has it from elsewhere */
	{ "nft", "nft --version" },
	{ "iptables", "iptables --version" },
};

static void first_line(const char *command, char *line, size_t size)
{
	char quiet[256];
	FILE *f;

	line[0] = '\0';
	snprintf(quiet, sizeof(quiet), "(%s) 2>/dev/null", command);
	f = popen(quiet, "r");
	if (!f)
		return;
	if (fgets(line, (int)size, f))
		line[strcspn(line, "\n")] = '\0';
	pclose(f);
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
	double loads[3] = { -1, -1, -1 };
	time_t now = time(NULL);
	struct utsname uts;
	struct fact *fact;
	size_t len = 0;

	uname(&uts);
	fact = add(facts, &len, room, "date");
	strftime(fact->value, sizeof(fact->value), "%Y-%m-%d %H:%M UTC", gmtime(&now));
	fact = add(facts, &len, room, "kernel");
	snprintf(fact->value, sizeof(fact->value), "%.60s %.60s", uts.release, uts.machine);
	fact = add(facts, &len, room, "CPU");
	first_line("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo", fact->value, 120);
	snprintf(fact->value + strlen(fact->value), sizeof(fact->value) - strlen(fact->value),
	         ", %d online", get_nprocs());
	fact = add(facts, &len, room, "load average");
	getloadavg(loads, 3);
	snprintf(fact->value, sizeof(fact->value), "%.2f %.2f %.2f at the end", loads[0], loads[1],
	         loads[2]);
	fact = add(facts, &len, room, "BPF");
	tell_bpf(fact->value, sizeof(fact->value));
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		fact = add(facts, &len, room, versions[i].name);
		first_line(versions[i].command, fact->value, sizeof(fact->value));
		if (!fact->value[0])
			len--;
	}
	return len;
}

static double seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

void cpu_usage_read(struct cpu_usage *usage)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	FILE *f = fopen("/proc/stat", "r");
	struct rusage self, children;

	memset(usage, 0, sizeof(*usage));
	if (f && fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
	                &idle, &iowait, &irq, &softirq, &steal) == 8) {
		usage->busy = (double)(user + nice + system + irq + softirq + steal);
		usage->total = usage->busy + (double)(idle + iowait);
		usage->busy /= (double)sysconf(_SC_CLK_TCK);
		usage->total /= (double)sysconf(_SC_CLK_TCK);
	}
	if (f)
		fclose(f);
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	usage->own = seconds(&self.ru_utime) + seconds(&self.ru_stime) +
	             seconds(&children.ru_utime) + seconds(&children.ru_stime);
}

double cpu_usage_of_others(const struct cpu_usage *since)
{
	struct cpu_usage now;
	double total, others;

	cpu_usage_read(&now);
	total = now.total - since->total;
	others = now.busy - since->busy - (now.own - since->own);
	if (total <= 0 || others <= 0)
		return 0;
	return others < total ? others / total : 1;
}
