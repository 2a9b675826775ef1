// SPDX-License-Identifier: GPL-2.0-or-later
/* What this kernel can do, by asking it; nothing that is made here outlives the question. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "bpffs/netns.h"
#include "compat/libbpf.h"
#include "pinning/doctor_findings.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"

#ifndef BPF_F_XDP_HAS_FRAGS /* 5.18 */
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

/* The loopback interface has the first index in every network namespace. */
#define IFINDEX_LOOPBACK 1

static void look_at_version(struct doctor *d)
{
	unsigned int major, minor;
	struct utsname kernel;

	if (uname(&kernel) || sscanf(kernel.release, "%u.%u", &major, &minor) != 2)
		return;
	if (major > 5 || (major == 5 && minor >= 10)) {
		found(d, DOCTOR_OK, "this kernel is supported");
	} else {
		found(d, DOCTOR_WARNING,
		      "this kernel is older than 5.10, the oldest that is tried");
	}
	evidence(d, "Linux %s on %s", kernel.release, kernel.machine);
}

static void look_at_btf(struct doctor *d)
{
	if (!access(BTF_FILE, R_OK)) {
		found(d, DOCTOR_OK, "the kernel describes its types (BTF)");
		evidence(d, "%s can be read", BTF_FILE);
		return;
	}
	found(d, DOCTOR_WARNING,
	      "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF): freplace, tracing and CO-RE "
	      "objects cannot load; other XDP and tc objects can");
	evidence(d, "%s: %s", BTF_FILE, strerror(errno));
}

/* BPF_OBJ_GET as of 6.5. */
struct obj_get_attr {
	__u64 pathname;
	__u32 bpf_fd;
	__u32 file_flags;
	__s32 path_fd;
	__u32 pad;
};

/* Where path_fd is known, it is found to be no descriptor; elsewhere the whole call is unknown. */
static void look_at_path_fd(struct doctor *d)
{
	struct obj_get_attr attr = {
		.pathname = (__u64)(unsigned long)"none",
		.file_flags = BPF_F_PATH_FD,
		.path_fd = -1,
	};
	int err = syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr)) < 0 ? errno : 0;

	if (err == EBADF)
		found(d, DOCTOR_OK, "pins can be opened below an open directory (path_fd, 6.5)");
	else if (err == EINVAL)
		found(d, DOCTOR_INFO,
		      "no path_fd (6.5): pins are opened through /proc/self/fd instead");
	else
		found(d, DOCTOR_INFO, "cannot tell whether the kernel has path_fd");
	evidence(d, "BPF_OBJ_GET with path_fd -1: %s", strerror(err));
}

static void look_at_tcx(struct doctor *d)
{
	__u32 count = 0;
	int err = compat_prog_query(IFINDEX_LOOPBACK, BPF_TCX_INGRESS, NULL, NULL, &count, NULL);

	if (!err || err == -ENOENT)
		found(d, DOCTOR_OK, "tc programs can be attached by tcx (6.6)");
	else if (err == -EINVAL)
		found(d, DOCTOR_INFO, "no tcx (6.6): tc programs are attached by clsact filters");
	else
		found(d, DOCTOR_INFO, "cannot tell whether the kernel has tcx");
	evidence(d, "BPF_PROG_QUERY of lo: %s", err ? strerror(-err) : "answered");
}

static void look_at_cookies(struct doctor *d)
{
	struct netns_id id;
	int err = netns_current(&id);

	if (!err && id.cookie) {
		found(d, DOCTOR_OK, "network namespaces have cookies (5.14)");
		evidence(d, "this one is %llu", (unsigned long long)id.cookie);
		return;
	}
	found(d, DOCTOR_INFO,
	      "network namespaces have no cookies (5.14): they are told apart by inodes, which "
	      "can be used again");
	evidence(d, "SO_NETNS_COOKIE: not answered");
}

static void look_at_frags(struct doctor *d)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", insns,
	                       sizeof(insns) / sizeof(insns[0]), &opts);
	int err = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (!err)
		found(d, DOCTOR_OK, "XDP programs may take packets in fragments (xdp.frags, 5.18)");
	else if (err == EINVAL)
		found(d, DOCTOR_INFO,
		      "no xdp.frags (5.18): no native XDP on an MTU above about 3500");
	else
		found(d, DOCTOR_INFO, "cannot tell whether the kernel has xdp.frags");
	evidence(d, "a load with BPF_F_XDP_HAS_FRAGS: %s", err ? strerror(err) : "accepted");
}

const struct doctor_probe doctor_kernel[] = {
	{ "kernel", look_at_version },       { "btf", look_at_btf },
	{ "path_fd", look_at_path_fd },      { "tcx", look_at_tcx },
	{ "netns_cookie", look_at_cookies }, { "xdp_frags", look_at_frags },
	{ "freplace", doctor_freplace },     {},
};
