// SPDX-License-Identifier: GPL-2.0-or-later
/* What an administrator may have set: security modules, lockdown, sysctls, limits. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/netns.h"
#include "bpffs/pin.h"
#include "pinning/doctor_findings.h"
#include "pinning/lsm.h"

#define ENFORCE_FILE  "/sys/fs/selinux/enforce"
#define SYSCTL_UNPRIV "/proc/sys/kernel/unprivileged_bpf_disabled"
#define SYSCTL_JIT    "/proc/sys/net/core/bpf_jit_enable"
#define SYSCTL_HARDEN "/proc/sys/net/core/bpf_jit_harden"

/* Of xdp_acl, with 15 maps, a load takes more than the lower one; 64 maps are the kernel's limit.
 */
#define FILES_FEW  48
#define FILES_MANY 256

/* A word of a list with commas. */
static bool lists(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, word, len) && (at[len] == ',' || !at[len]))
			return true;
	}
	return false;
}

static void look_at_lsm(struct doctor *d)
{
	char list[256], enforce[8];
	int err = lsm_list(list, sizeof(list));

	if (err) {
		found(d, DOCTOR_INFO, "cannot tell which security modules are at work");
		evidence(d, "%s: %s", LSM_FILE, strerror(-err));
		if (err == -ENOENT)
			remedy(d, "mount -t securityfs securityfs /sys/kernel/security");
		return;
	}
	if (lists(list, "selinux") && !doctor_read(ENFORCE_FILE, enforce, sizeof(enforce)) &&
	    *enforce == '1') {
		found(d, DOCTOR_INFO, "SELinux is enforcing, and may refuse bpf(2) even to root");
		evidence(d, "security modules: %s; %s: 1", list, ENFORCE_FILE);
		remedy(d, "ausearch -m AVC -ts recent");
	} else if (lists(list, "bpf")) {
		found(d, DOCTOR_INFO,
		      "BPF programs can be security modules here, and refuse others");
		evidence(d, "security modules: %s", list);
		remedy(d, "bpftool prog show | grep -w lsm");
	} else {
		found(d, DOCTOR_OK, "no security module is known to refuse BPF");
		evidence(d, "security modules: %s", list);
	}
}

static void look_at_lockdown(struct doctor *d)
{
	char text[128];
	int err = doctor_read(LOCKDOWN_FILE, text, sizeof(text));

	if (err == -ENOENT && !access(LSM_FILE, F_OK)) {
		found(d, DOCTOR_OK, "this kernel has no lockdown");
		evidence(d, "%s: %s", LOCKDOWN_FILE, strerror(-err));
	} else if (err) {
		found(d, DOCTOR_INFO, "cannot tell whether the kernel is locked down");
		evidence(d, "%s: %s", LOCKDOWN_FILE, strerror(-err));
	} else if (strstr(text, "[confidentiality]")) {
		found(d, DOCTOR_WARNING,
		      "the kernel is locked down: tracing programs cannot read its memory; XDP "
		      "and tc programs are not concerned");
		evidence(d, "%s: %s", LOCKDOWN_FILE, text);
	} else {
		found(d, DOCTOR_OK, "no lockdown that concerns BPF");
		evidence(d, "%s: %s", LOCKDOWN_FILE, text);
	}
}

static void look_at_unprivileged(struct doctor *d)
{
	char value[16];
	int err = doctor_read(SYSCTL_UNPRIV, value, sizeof(value));

	if (err) {
		found(d, DOCTOR_INFO, "cannot tell whether users may load BPF programs");
		evidence(d, "%s: %s", SYSCTL_UNPRIV, strerror(-err));
		return;
	}
	if (*value == '0') {
		found(d, DOCTOR_WARNING, "any user may load BPF programs of some types");
		remedy(d, "sysctl -w kernel.unprivileged_bpf_disabled=2");
	} else {
		found(d, DOCTOR_OK, "only privileged users may load BPF programs");
	}
	evidence(d, "%s is %s", SYSCTL_UNPRIV, value);
}

struct sysctl_read {
	const char *path;
	char value[16];
};

static int read_sysctl(void *arg)
{
	struct sysctl_read *sysctl = arg;

	return doctor_read(sysctl->path, sysctl->value, sizeof(sysctl->value));
}

/* Some of net.core are shown in the initial network namespace only. */
static int read_net_sysctl(const char *path, char value[16])
{
	struct sysctl_read sysctl = { .path = path };
	int err = read_sysctl(&sysctl), fd;

	if (err == -ENOENT) {
		fd = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			err = netns_visit(fd, read_sysctl, &sysctl);
			close(fd);
		}
	}
	strcpy(value, sysctl.value);
	return err;
}

/* Whether a program of ours is compiled: 1, 0 or a negative errno. */
static int try_jit(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd, ret;

	fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, NULL, "GPL", insns,
	                   sizeof(insns) / sizeof(insns[0]), NULL);
	if (fd < 0)
		return -errno;
	ret = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : info.jited_prog_len > 0;
	close(fd);
	return ret;
}

static void look_at_jit(struct doctor *d)
{
	int err, jited = access_privileged() ? try_jit() : -EPERM;
	char value[16] = "?";

	err = read_net_sysctl(SYSCTL_JIT, value);
	if (!err && *value == '2') {
		found(d, DOCTOR_WARNING, "BPF programs are compiled, and dumped to the log");
		remedy(d, "sysctl -w net.core.bpf_jit_enable=1");
	} else if (jited == 1 || (jited < 0 && !err && *value == '1')) {
		found(d, DOCTOR_OK, "BPF programs are compiled to machine code");
	} else if (!jited || !err) {
		found(d, DOCTOR_WARNING, "BPF programs are interpreted, many times slower");
		remedy(d, "sysctl -w net.core.bpf_jit_enable=1");
	} else {
		found(d, DOCTOR_INFO, "cannot tell whether BPF programs are compiled");
	}
	evidence(d, "a program that was loaded to see: %s; %s is %s",
	         jited < 0 ? strerror(-jited)
	         : jited   ? "compiled"
	                   : "not compiled",
	         SYSCTL_JIT, err ? "not shown in this network namespace" : value);
}

static void look_at_harden(struct doctor *d)
{
	char value[16];
	int err = read_net_sysctl(SYSCTL_HARDEN, value);

	if (err) {
		found(d, DOCTOR_INFO, "cannot tell whether constants are blinded in programs");
		evidence(d, "%s: %s; it is shown in the initial network namespace only",
		         SYSCTL_HARDEN, strerror(-err));
		return;
	}
	if (*value == '2') {
		found(d, DOCTOR_WARNING,
		      "constants are blinded in root's programs too, which makes them slower");
		remedy(d, "sysctl -w net.core.bpf_jit_harden=1");
	} else {
		found(d, DOCTOR_OK, "constants are not blinded in root's programs");
	}
	evidence(d, "%s is %s", SYSCTL_HARDEN, value);
}

/*
 * Since 5.11 memory of BPF counts for the cgroup. libbpf itself tells by the same helper whether
 * it has to raise the limit.
 */
static void look_at_memlock(struct doctor *d)
{
	struct rlimit limit = {};
	char text[32];
	int probed;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY)
		strcpy(text, "unlimited");
	else
		snprintf(text, sizeof(text), "%llu KiB", (unsigned long long)limit.rlim_cur / 1024);
	probed = access_privileged() ? libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER,
	                                                       BPF_FUNC_ktime_get_coarse_ns, NULL)
	                             : -EPERM;
	if (probed == 1)
		found(d, DOCTOR_OK, "the limit of locked memory does not matter for BPF");
	else if (probed < 0)
		found(d, DOCTOR_INFO,
		      "cannot tell whether locked memory limits BPF; from 5.11 not");
	else if (limit.rlim_cur == RLIM_INFINITY)
		found(d, DOCTOR_OK, "this kernel counts maps as locked memory, without a limit");
	else
		found(d, DOCTOR_INFO,
		      "this kernel counts maps as locked memory: the tools raise the limit");
	evidence(d, "RLIMIT_MEMLOCK is %s%s", text,
	         probed == 1 ? "; maps count for the memory cgroup" : "");
	if (!probed && limit.rlim_cur != RLIM_INFINITY)
		remedy(d, "ulimit -l unlimited");
}

/* A load has each map and program of the object open, and pins and their directories. */
static void look_at_files(struct doctor *d)
{
	struct rlimit limit = {};

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= FILES_MANY)
		found(d, DOCTOR_OK, "enough files may be open at once for any object");
	else
		found(d, limit.rlim_cur < FILES_FEW ? DOCTOR_PROBLEM : DOCTOR_WARNING,
		      "so few files may be open at once that %s fail, and looking as well",
		      limit.rlim_cur < FILES_FEW ? "load will" : "objects of many maps may");
	evidence(d, "RLIMIT_NOFILE is %llu", (unsigned long long)limit.rlim_cur);
	if (limit.rlim_cur < FILES_MANY)
		remedy(d, "ulimit -n 1024");
}

static void look_at_proc(struct doctor *d)
{
	if (pin_has_proc()) {
		found(d, DOCTOR_OK, "pins can be made and opened through /proc");
		evidence(d, "/proc/self/fd is there");
		return;
	}
	found(d, DOCTOR_PROBLEM, "pins can neither be made nor opened: there is no /proc");
	evidence(d, "/proc/self/fd: %s", strerror(errno));
	remedy(d, "mount -t proc proc /proc");
}

const struct doctor_probe doctor_system[] = {
	{ "proc", look_at_proc },
	{ "lsm", look_at_lsm },
	{ "lockdown", look_at_lockdown },
	{ "unprivileged_bpf", look_at_unprivileged },
	{ "bpf_jit_enable", look_at_jit },
	{ "bpf_jit_harden", look_at_harden },
	{ "memlock", look_at_memlock },
	{ "open_files", look_at_files },
	{},
};
