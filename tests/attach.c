// SPDX-License-Identifier: GPL-2.0-or-later
/* attach - what stock tools cannot do: bpf_links on any hook and their update, programs in map
 * entries, bare maps, a full row of tcx, and what the kernel has */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/ethtool.h"
#include "bpffs/prog_kind.h"
#include "compat/libbpf.h"

static const char usage[] = "Usage: attach link HOOK IFNAME PROGRAM_PIN LINK_PIN\n"
			    "       attach update LINK_PIN PROGRAM_PIN\n"
			    "       attach put MAP_PIN KEY VALUE PROGRAM_PIN\n"
			    "       attach nameless IFNAME\n"
			    "       attach fill IFNAME tcx_ingress|tcx_egress\n"
			    "       attach untyped IFNAME LINK_PIN\n"
			    "       attach has tcx_ingress|tcx_egress|frags|xdp_features|\n"
			    "           exchange|percpu_lookup\n"
			    "HOOK: xdp, tcx_ingress, tcx_egress, netkit_primary, netkit_peer\n";

/* libbpf 1.1 has no link_create for tcx and netkit: the head of attr.link_create does for all. */
struct link_create_attr {
	__u32 prog_fd;
	__u32 target_ifindex;
	__u32 attach_type;
	__u32 flags;
	__u64 pad[6];
};

static const struct {
	const char *name;
	__u32 attach_type;
} hooks[] = {
	{ "xdp", BPF_XDP },
	{ "tcx_ingress", BPF_TCX_INGRESS },
	{ "tcx_egress", BPF_TCX_EGRESS },
	{ "netkit_primary", BPF_NETKIT_PRIMARY },
	{ "netkit_peer", BPF_NETKIT_PEER },
};

static int cannot(const char *what, const char *on)
{
	fprintf(stderr, "attach: cannot %s %s: %s\n", what, on, strerror(errno));
	return EXIT_FAILURE;
}

static __u32 type_of(const char *hook)
{
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (!strcmp(hooks[i].name, hook))
			return hooks[i].attach_type;
	return 0;
}

/* Asked of lo, the first interface of every network namespace. */
static int has(const char *hook)
{
	__u32 count = 0;
	int err = compat_prog_query(1, type_of(hook), NULL, NULL, &count, NULL);

	return err == -EINVAL ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Programs for packets of several buffers. */
static int has_frags(void)
{
	return prog_kind_try(BPF_PROG_TYPE_XDP, BPF_XDP, BPF_F_XDP_HAS_FRAGS, -1) ? EXIT_FAILURE
	                                                                          : EXIT_SUCCESS;
}

/* Drivers that tell what they can do with XDP. */
static int has_xdp_features(void)
{
	__u64 features;

	return netdev_xdp_features(1, &features) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* BPF_CMPXCHG, from 5.12. */
static int has_exchange(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW,
		  .dst_reg = BPF_REG_10,
		  .off = -8,
		  .imm = BPF_CMPXCHG },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", insns,
	                       sizeof(insns) / sizeof(insns[0]), NULL);

	return fd < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The values of another CPU, from 5.19. */
static int has_percpu_lookup(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_map_lookup_percpu_elem,
	                               NULL) == 1
	               ? EXIT_SUCCESS
	               : EXIT_FAILURE;
}

static int ask(const char *what)
{
	static const struct {
		const char *name;
		int (*has)(void);
	} questions[] = {
		{ "frags", has_frags },
		{ "xdp_features", has_xdp_features },
		{ "exchange", has_exchange },
		{ "percpu_lookup", has_percpu_lookup },
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (!strcmp(what, questions[i].name))
			return questions[i].has();
	return has(what);
}

static int create_link(const char *hook, const char *ifname, const char *prog, const char *pin)
{
	struct link_create_attr attr = {
		.target_ifindex = if_nametoindex(ifname),
		.attach_type = type_of(hook),
	};
	int fd = bpf_obj_get(prog);

	if (fd < 0)
		return cannot("open", prog);
	attr.prog_fd = fd;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return cannot("attach a link to", ifname);
	return bpf_obj_pin(fd, pin) ? cannot("pin the link at", pin) : EXIT_SUCCESS;
}

/* Whatever program the link has now. */
static int update_link(const char *link, const char *prog)
{
	int link_fd = bpf_obj_get(link), prog_fd = bpf_obj_get(prog);

	if (link_fd < 0 || prog_fd < 0)
		return cannot("open", link_fd < 0 ? link : prog);
	return bpf_link_update(link_fd, prog_fd, NULL) ? cannot("update", link) : EXIT_SUCCESS;
}

/* An entry of a devmap or cpumap: a number and the program that runs there. */
static int put(const char *map, __u32 key, __u32 value, const char *prog)
{
	struct {
		__u32 value;
		int prog_fd;
	} entry = { .value = value };
	int fd = bpf_obj_get(map);

	entry.prog_fd = bpf_obj_get(prog);
	if (fd < 0 || entry.prog_fd < 0)
		return cannot("open", fd < 0 ? map : prog);
	return bpf_map_update_elem(fd, &key, &entry, BPF_ANY) ? cannot("update", map)
	                                                      : EXIT_SUCCESS;
}

/* As iproute2's own ELF loader leaves it: a map without a name; and beside it one with a name. */
static int attach_nameless(const char *ifname)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD },
		{},
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int err, fd;

	insns[0].imm = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 8, 1, NULL);
	insns[2].imm = bpf_map_create(BPF_MAP_TYPE_ARRAY, "named", 4, 8, 1, NULL);
	if (insns[0].imm < 0 || insns[2].imm < 0)
		return cannot("make maps for", ifname);
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "nameless", "GPL", insns,
	                   sizeof(insns) / sizeof(insns[0]), NULL);
	if (fd < 0)
		return cannot("load a program for", ifname);
	err = bpf_xdp_attach(if_nametoindex(ifname), fd, XDP_FLAGS_SKB_MODE, NULL);
	if (!err)
		return EXIT_SUCCESS;
	errno = -err;
	return cannot("attach to", ifname);
}

/* As many tcx programs as the kernel takes, each another one. */
static int fill(const char *ifname, const char *hook)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1 }, /* TCX_NEXT */
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int err = 0, fd, count = 0;

	while (!err) {
		fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "filler", "GPL", insns,
		                   sizeof(insns) / sizeof(insns[0]), NULL);
		if (fd < 0)
			return cannot("load a program for", ifname);
		err = compat_tcx_attach(if_nametoindex(ifname), type_of(hook), fd, -1);
		close(fd);
		count += !err;
	}
	printf("%d\n", count);
	errno = -err;
	return err == -ERANGE ? EXIT_SUCCESS : cannot("attach to", ifname);
}

/* An XDP program that says nothing of what it is to be attached to, as iproute2 loads them. */
static int link_untyped(const char *ifname, const char *link_pin)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int prog_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "untyped", "GPL", insns, 2, NULL);
	int fd = prog_fd < 0
	                 ? prog_fd
	                 : bpf_link_create(prog_fd, (int)if_nametoindex(ifname), BPF_XDP, &opts);

	if (fd < 0)
		return cannot("link a program without attach type to", ifname);
	return bpf_obj_pin(fd, link_pin) ? cannot("pin", link_pin) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "link"))
		return create_link(argv[2], argv[3], argv[4], argv[5]);
	if (argc == 4 && !strcmp(argv[1], "update"))
		return update_link(argv[2], argv[3]);
	if (argc == 6 && !strcmp(argv[1], "put"))
		return put(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10),
		           argv[5]);
	if (argc == 3 && !strcmp(argv[1], "nameless"))
		return attach_nameless(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "fill"))
		return fill(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "untyped"))
		return link_untyped(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "has"))
		return ask(argv[2]);
	fputs(usage, stderr);
	return EXIT_FAILURE;
}
