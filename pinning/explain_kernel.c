// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "pinning/caps.h"
#include "pinning/explain_kernel.h"
#include "pinning/kind.h"
#include "pinning/lsm.h"

#define UNPRIVILEGED_FILE "/proc/sys/kernel/unprivileged_bpf_disabled"

/* BPF_COMPLEXITY_LIMIT_INSNS of the kernel, from 5.2, for whoever has CAP_BPF. */
#define INSNS_MAX 1000000

/* What the kernel asks for to load a program of a network hook. */
static const cap_value_t wanted[] = { CAP_BPF, CAP_NET_ADMIN, CAPS_END };

/* A line of a file, or why it cannot be read. */
static void read_line(const char *path, char *line, size_t size)
{
	FILE *in = fopen(path, "re");

	if (in && fgets(line, (int)size, in))
		line[strcspn(line, "\n")] = '\0';
	else
		snprintf(line, size, "not readable");
	if (in)
		fclose(in);
}

static const char *attach_type_name(const struct bpf_program *prog)
{
	enum bpf_attach_type type = bpf_program__expected_attach_type(prog);
	static char number[24];

	if (bpf_program__type(prog) == BPF_PROG_TYPE_XDP && type == BPF_XDP)
		return "xdp";
	if (!type)
		return "none";
	snprintf(number, sizeof(number), "%d", type);
	return number;
}

static const char *type_name(const struct bpf_program *prog)
{
	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_XDP: return "xdp";
	case BPF_PROG_TYPE_EXT: return "ext (in the place of a function of the dispatcher)";
	default: return "sched_cls";
	}
}

/* Of the one flag that a section asks for, what it means and which kernels have it. */
static const char *flags_words(__u32 flags)
{
	return flags & BPF_F_XDP_HAS_FRAGS ? ", for packets of several buffers, which Linux 5.18 "
	                                     "and later have"
	                                   : "";
}

static void check_flags(struct explanation *e, const struct bpf_program *prog,
                        enum explain_outcome outcome)
{
	__u32 flags = kind_flags(prog);

	if (flags)
		explain_check(e, EXPLAIN_FLAGS, outcome, "0x%x%s", flags, flags_words(flags));
	else
		explain_check(e, EXPLAIN_FLAGS, outcome, "none set");
}

static void check_types(struct explanation *e, const struct bpf_program *prog,
                        enum explain_outcome outcome)
{
	explain_check(e, EXPLAIN_TYPES, outcome, "program type %s, expected attach type %s",
	              type_name(prog), attach_type_name(prog));
}

static bool has_perfmon(void)
{
	static const cap_value_t perfmon[] = { CAP_PERFMON, CAPS_END };
	cap_t caps = cap_get_proc();
	char names[32];
	bool has = caps && !caps_missing(caps, perfmon, names, sizeof(names));

	cap_free(caps);
	return has;
}

/* Here the kernel was content; the verifier may ask for more, and would have if that were not
 * there.
 */
static void note_enough(struct explanation *e)
{
	if (e->verifier.hint && strstr(e->verifier.hint, "CAP_PERFMON"))
		explain_check(e, EXPLAIN_CAPABILITY, EXPLAIN_DONE,
		              "CAP_BPF and CAP_NET_ADMIN are there; CAP_PERFMON is not, which the "
		              "verifier wants for this program");
	else if (has_perfmon())
		explain_check(e, EXPLAIN_CAPABILITY, EXPLAIN_DONE,
		              "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are there");
	else
		explain_check(e, EXPLAIN_CAPABILITY, EXPLAIN_DONE,
		              "CAP_BPF and CAP_NET_ADMIN are enough");
}

void explain_kernel_passed(struct explanation *e, const struct bpf_program *prog,
                           const struct bpf_prog_info *info)
{
	char modules[128];

	explain(e, EXPLAIN_KERNEL, EXPLAIN_DONE, "the program came to the verifier");
	check_flags(e, prog, EXPLAIN_DONE);
	/* The licence is only read here: whether it is enough depends on the helpers. */
	if (info)
		explain_check(e, EXPLAIN_LICENSE, EXPLAIN_DONE, "%s",
		              info->gpl_compatible ? "GPL-compatible" : "not GPL-compatible");
	else if (strstr(e->verifier.message, "GPL"))
		explain_check(e, EXPLAIN_LICENSE, EXPLAIN_DONE,
		              "not GPL-compatible, which the verifier refuses below");
	else
		explain_check(e, EXPLAIN_LICENSE, EXPLAIN_DONE,
		              "taken; no helper was refused for it");
	explain_check(e, EXPLAIN_INSNS, EXPLAIN_DONE, "%zu of %u at most",
	              bpf_program__insn_cnt(prog), INSNS_MAX);
	note_enough(e);
	if (lsm_list(modules, sizeof(modules)))
		explain_check(e, EXPLAIN_LSM, EXPLAIN_DONE,
		              "which modules were asked is not known");
	else
		explain_check(e, EXPLAIN_LSM, EXPLAIN_DONE, "%s", *modules ? modules : "none");
	check_types(e, prog, EXPLAIN_DONE);
	explain_check(e, EXPLAIN_DEVICE, EXPLAIN_SKIPPED, "the program is bound to no device");
}

/* Load the smallest program of that kind, and drop it. Returns 0 or a negative errno. */
static int try_trivial(enum bpf_prog_type type, enum bpf_attach_type attach, __u32 flags)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach, .prog_flags = flags);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, NULL, "GPL", insns, sizeof(insns) / sizeof(insns[0]), &opts);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Note which capabilities are missing. Returns whether that is certain to be the cause. */
static bool refused_by_capability(struct explanation *e)
{
	char names[64], unprivileged[32], namespace[64];
	cap_t caps = cap_get_proc();
	bool lacks;

	if (!caps) {
		explain_check(e, EXPLAIN_CAPABILITY, EXPLAIN_NOT_KNOWN, "%s", strerror(errno));
		return false;
	}
	lacks = caps_missing(caps, wanted, names, sizeof(names));
	cap_free(caps);
	if (lacks) {
		read_line(UNPRIVILEGED_FILE, unprivileged, sizeof(unprivileged));
		explain_check(e, EXPLAIN_CAPABILITY, EXPLAIN_REFUSED,
		              "missing: %s (kernel.unprivileged_bpf_disabled: %s)", names,
		              unprivileged);
		return true;
	}
	if (access_user_namespace(namespace, sizeof(namespace)) > 0) {
		explain_check(e, EXPLAIN_CAPABILITY, EXPLAIN_REFUSED,
		              "those of a user namespace do not count (/proc/self/uid_map: %s)",
		              namespace);
		return true;
	}
	explain_check(e, EXPLAIN_CAPABILITY, EXPLAIN_DONE, "CAP_BPF and CAP_NET_ADMIN are there");
	return false;
}

/* With a seccomp filter, no answer of bpf(2) need be the kernel's own. 1, 0, -1: not known. */
static int has_seccomp_filter(void)
{
	FILE *in = fopen("/proc/self/status", "re");
	char line[128];
	int mode = -1;

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	if (in)
		fclose(in);
	return mode < 0 ? -1 : mode == 2;
}

/* Before 5.11 what does not fit this limit is no permission either. */
static void memlock_words(char *out, size_t size)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		snprintf(out, size, "not known");
	else if (limit.rlim_cur == RLIM_INFINITY)
		snprintf(out, size, "unlimited");
	else
		snprintf(out, size, "%llu KiB, which counts before Linux 5.11",
		         (unsigned long long)limit.rlim_cur / 1024);
}

/* Every capability is there: somebody else refuses, and only who is here can be told. */
static void name_modules(struct explanation *e, const struct bpf_program *prog)
{
	int trivial = try_trivial(bpf_program__type(prog), bpf_program__expected_attach_type(prog),
	                          kind_flags(prog));
	int seccomp = has_seccomp_filter();
	char modules[128], lockdown[64], memlock[64];

	memlock_words(memlock, sizeof(memlock));
	if (lsm_list(modules, sizeof(modules)))
		snprintf(modules, sizeof(modules), "not readable");
	read_line(LOCKDOWN_FILE, lockdown, sizeof(lockdown));
	explain_check(e, EXPLAIN_LSM, EXPLAIN_NOT_KNOWN,
	              "who refused it; security modules: %s; lockdown: %s; seccomp filter: %s; "
	              "locked memory: %s; a trivial program: %s",
	              *modules ? modules : "none", lockdown,
	              seccomp < 0 ? "not known"
	              : seccomp   ? "yes"
	                          : "no",
	              memlock, trivial ? strerror(-trivial) : "accepted");
}

bool explain_kernel_lacks(struct explanation *e)
{
	if (!refused_by_capability(e))
		return false;
	explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED, "capability: %.400s",
	        e->checks[EXPLAIN_CAPABILITY].what);
	return true;
}

static void explain_permission(struct explanation *e, const struct bpf_program *prog)
{
	if (explain_kernel_lacks(e))
		return;
	name_modules(e, prog);
	explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED,
	        "no permission, and not for a capability that is missing");
}

static void explain_size(struct explanation *e, const struct bpf_program *prog)
{
	size_t insns = bpf_program__insn_cnt(prog);

	if (insns > INSNS_MAX) {
		check_flags(e, prog, EXPLAIN_DONE);
		explain_check(e, EXPLAIN_INSNS, EXPLAIN_REFUSED, "%zu, at most %u are taken", insns,
		              INSNS_MAX);
		explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED, "instruction count: %zu", insns);
		return;
	}
	explain_check(e, EXPLAIN_INSNS, EXPLAIN_NOT_KNOWN,
	              "%zu, which is not more than the %u of current kernels", insns, INSNS_MAX);
	explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED, "%s; what is too long is not known",
	        strerror(E2BIG));
}

/* Which of flags and types the kernel does not know, by leaving out one after the other. */
static void explain_invalid(struct explanation *e, const struct bpf_program *prog)
{
	enum bpf_attach_type attach = bpf_program__expected_attach_type(prog);
	enum bpf_prog_type type = bpf_program__type(prog);
	__u32 flags = kind_flags(prog);

	if (!try_trivial(type, attach, flags)) {
		check_flags(e, prog, EXPLAIN_DONE);
		check_types(e, prog, EXPLAIN_DONE);
		explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED,
		        "%s; the cause is not known: a trivial program of these flags and types is "
		        "accepted",
		        strerror(EINVAL));
	} else if (flags && !try_trivial(type, attach, 0)) {
		check_flags(e, prog, EXPLAIN_REFUSED);
		explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED, "flags: 0x%x%s", flags,
		        flags_words(flags));
	} else if (try_trivial(type, attach, 0) == -EINVAL) {
		check_types(e, prog, EXPLAIN_REFUSED);
		explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED, "%s type: %s",
		        attach && !try_trivial(type, 0, 0) ? "expected attach" : "program",
		        e->checks[EXPLAIN_TYPES].what);
	} else {
		explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED, "%s; the cause is not known",
		        strerror(EINVAL));
	}
}

void explain_kernel_refused(struct explanation *e, const struct bpf_program *prog, int err)
{
	memset(e->checks, 0, sizeof(e->checks));
	if (err == -EPERM || err == -EACCES)
		explain_permission(e, prog);
	else if (err == -E2BIG)
		explain_size(e, prog);
	else if (err == -EINVAL)
		explain_invalid(e, prog);
	else
		explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED, "%s", strerror(-err));
	explain_check(e, EXPLAIN_DEVICE, EXPLAIN_SKIPPED, "the program is bound to no device");
}
