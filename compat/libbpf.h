/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What older kernel headers and libbpf lack. Lies below everything, includes nothing of ours. */
#ifndef COMPAT_LIBBPF_H
#define COMPAT_LIBBPF_H

#include <errno.h>
#include <linux/bpf.h>
#include <linux/magic.h> /* BPF_FS_MAGIC */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * In newer headers most of these are enumerators, which #ifndef does not see. The macro is then
 * defined all the same, after the enum and with the same value, so it changes nothing.
 */
#ifndef BPF_TCX_INGRESS /* 6.6 */
#define BPF_TCX_INGRESS 46
#define BPF_TCX_EGRESS  47
#endif
#ifndef BPF_NETKIT_PRIMARY /* 6.7 */
#define BPF_NETKIT_PRIMARY 54
#define BPF_NETKIT_PEER    55
#endif
#ifndef BPF_LINK_TYPE_TCX /* 6.6 */
#define BPF_LINK_TYPE_TCX 11
#endif
#ifndef BPF_LINK_TYPE_NETKIT /* 6.7 */
#define BPF_LINK_TYPE_NETKIT 13
#endif
#ifndef BPF_F_PATH_FD /* 6.5 */
#define BPF_F_PATH_FD (1U << 14)
#endif
#ifndef SO_NETNS_COOKIE /* 5.14 */
#define SO_NETNS_COOKIE 71
#endif

/* The BPF_PROG_QUERY part of union bpf_attr as of 6.6; the kernel's own name is attr.query. */
struct compat_query_attr {
	union {
		__u32 target_fd;
		__u32 target_ifindex;
	};
	__u32 attach_type;
	__u32 query_flags;
	__u32 attach_flags;
	__aligned_u64 prog_ids;
	__u32 prog_cnt;
	__u32 pad;
	__aligned_u64 prog_attach_flags;
	__aligned_u64 link_ids;
	__aligned_u64 link_attach_flags;
	__u64 revision;
};

_Static_assert(sizeof(struct compat_query_attr) == 64, "struct compat_query_attr is kernel ABI");

/*
 * The programs of a multi-program hook (tcx, netkit) of an interface, in run order. *count is the
 * room in prog_ids and link_ids, and is set to the number of programs, also with -ENOSPC, when they
 * did not fit. A link id is 0 where a program is attached without one. prog_ids, link_ids and
 * revision may be NULL. Returns 0 or a negative errno; -EINVAL from kernels without the hook.
 */
static inline int compat_prog_query(int ifindex, __u32 attach_type, __u32 *prog_ids,
                                    __u32 *link_ids, __u32 *count, __u64 *revision)
{
	struct compat_query_attr attr = {
		.target_ifindex = ifindex,
		.attach_type = attach_type,
		.prog_ids = (__u64)(unsigned long)prog_ids,
		.prog_cnt = *count,
		.link_ids = (__u64)(unsigned long)link_ids,
	};
	int err = 0;

	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0)
		err = -errno;
	if (err && err != -ENOSPC)
		return err;
	*count = attr.prog_cnt;
	if (revision)
		*revision = attr.revision;
	return err;
}

/* The BPF_PROG_ATTACH and BPF_PROG_DETACH part of union bpf_attr as of 6.6. */
struct compat_attach_attr {
	__u32 target_ifindex;
	__u32 attach_bpf_fd;
	__u32 attach_type;
	__u32 attach_flags;
	__u32 replace_bpf_fd;
	__u32 relative_fd;
	__aligned_u64 expected_revision;
};

_Static_assert(sizeof(struct compat_attach_attr) == 32, "struct compat_attach_attr is kernel ABI");

/*
 * Attach a program to a tcx hook without a link; replace_fd: the program whose place it takes in
 * one step, or -1 for the end of the chain. Returns 0 or a negative errno; -ENOENT if the program
 * to be replaced is not there (any more), -EINVAL from kernels without tcx.
 */
static inline int compat_tcx_attach(int ifindex, __u32 attach_type, int prog_fd, int replace_fd)
{
	struct compat_attach_attr attr = {
		.target_ifindex = ifindex,
		.attach_bpf_fd = prog_fd,
		.attach_type = attach_type,
		.attach_flags = replace_fd >= 0 ? BPF_F_REPLACE : 0,
		.replace_bpf_fd = replace_fd >= 0 ? replace_fd : 0,
	};

	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

/* Take a program off a tcx hook to which it was attached without a link. */
static inline int compat_tcx_detach(int ifindex, __u32 attach_type, int prog_fd)
{
	struct compat_attach_attr attr = {
		.target_ifindex = ifindex,
		.attach_bpf_fd = prog_fd,
		.attach_type = attach_type,
	};

	return syscall(SYS_bpf, BPF_PROG_DETACH, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

#endif
