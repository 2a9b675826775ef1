// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether this kernel lets one program replace a function of another, as the dispatcher of libxdp
 * needs it, and one that may change packets a function that does not: both are tried, with a target
 * that runs nowhere.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "pinning/doctor_findings.h"

/* clang-format off */
#define MOV64_IMM(reg, value) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value) }
#define CALL(from, what) { .code = BPF_JMP | BPF_CALL, .src_reg = (from), .imm = (what) }
#define EXIT             { .code = BPF_JMP | BPF_EXIT }
/* clang-format on */

/* The function that may be replaced is the second one of the target. */
#define SECOND 2
static const struct bpf_insn target[] = { CALL(BPF_PSEUDO_CALL, 1), EXIT,
	                                  MOV64_IMM(BPF_REG_0, XDP_PASS), EXIT };
static const struct bpf_insn looker[] = { MOV64_IMM(BPF_REG_0, XDP_PASS), EXIT };
static const struct bpf_insn changer[] = { MOV64_IMM(BPF_REG_2, 0),
	                                   CALL(0, BPF_FUNC_xdp_adjust_head),
	                                   MOV64_IMM(BPF_REG_0, XDP_PASS), EXIT };

/* Types of "int name(struct xdp_md *ctx)", global, for both functions of the target. */
struct types {
	struct btf *btf;
	int fd, main, second;
};

static int add_function(struct btf *btf, const char *name, int number, int context)
{
	int proto = btf__add_func_proto(btf, number);

	if (proto < 0 || btf__add_func_param(btf, "ctx", context))
		return -EINVAL;
	return btf__add_func(btf, name, BTF_FUNC_GLOBAL, proto);
}

/* Returns 0 or a negative errno; free_types() must follow in any case. */
static int make_types(struct types *types)
{
	int number, context;
	const void *data;
	__u32 size;

	*types = (struct types){ .btf = btf__new_empty(), .fd = -1 };
	if (!types->btf)
		return -ENOMEM;
	number = btf__add_int(types->btf, "int", sizeof(int), BTF_INT_SIGNED);
	context = btf__add_struct(types->btf, "xdp_md", sizeof(int));
	if (context < 0 || btf__add_field(types->btf, "data", number, 0, 0))
		return -EINVAL;
	context = btf__add_ptr(types->btf, context);
	types->main = add_function(types->btf, "main", number, context);
	types->second = add_function(types->btf, "second", number, context);
	if (types->main < 0 || types->second < 0)
		return -EINVAL;
	data = btf__raw_data(types->btf, &size);
	types->fd = data ? bpf_btf_load(data, size, NULL) : -ENOMEM;
	return types->fd < 0 ? -errno : 0;
}

static void free_types(struct types *types)
{
	if (types->fd >= 0)
		close(types->fd);
	btf__free(types->btf);
}

static int load_target(const struct types *types)
{
	const struct bpf_func_info functions[] = { { 0, types->main }, { SECOND, types->second } };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_btf_fd = types->fd, .func_info = functions,
	            .func_info_cnt = 2, .func_info_rec_size = sizeof(functions[0]));
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", target,
	                       sizeof(target) / sizeof(target[0]), &opts);

	return fd < 0 ? -errno : fd;
}

/* Load it for the place of the target's second function. Returns 0 or a negative errno. */
static int try_replacement(const struct types *types, int target_fd, const struct bpf_insn *insns,
                           size_t len)
{
	const struct bpf_func_info function = { 0, types->second };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_btf_fd = types->fd, .func_info = &function,
	            .func_info_cnt = 1, .func_info_rec_size = sizeof(function),
	            .attach_prog_fd = target_fd, .attach_btf_id = types->second);
	int fd = bpf_prog_load(BPF_PROG_TYPE_EXT, NULL, "GPL", insns, len, &opts);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void tell(struct doctor *d, int looks, int changes)
{
	if (looks && libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) == 1) {
		found(d, DOCTOR_INFO,
		      "programs of type ext are known, but the one tried was "
		      "refused: xdp-loader may attach no second program");
		evidence(d, "a load of type ext for a function of a program: %s", strerror(-looks));
	} else if (looks) {
		found(d, DOCTOR_INFO,
		      "no freplace: xdp-loader attaches one program directly, and no second");
		evidence(d, "a load of type ext for a function of a program: %s", strerror(-looks));
	} else if (changes) {
		found(d, DOCTOR_INFO,
		      "programs can replace functions of others (freplace), but as a rule none "
		      "that "
		      "may change packets behind a dispatcher of xdp-tools up to 1.5.4: %s OBJECT "
		      "says which may",
		      cli_command("inspect"));
		evidence(d, "for a function that changes none, one that does: %s",
		         strerror(-changes));
	} else {
		found(d, DOCTOR_OK, "programs can replace functions of others (freplace)");
		evidence(d, "a load of type ext was accepted, also of one that may change packets");
	}
}

void doctor_freplace(struct doctor *d)
{
	struct types types;
	int err, target_fd = -1;

	if (!access_privileged()) {
		found(d, DOCTOR_INFO, "cannot tell whether the kernel has freplace");
		evidence(d, "probing it: %s", strerror(EPERM));
		return;
	}
	err = make_types(&types);
	if (!err)
		target_fd = load_target(&types);
	if (target_fd >= 0) {
		tell(d,
		     try_replacement(&types, target_fd, looker, sizeof(looker) / sizeof(looker[0])),
		     try_replacement(&types, target_fd, changer,
		                     sizeof(changer) / sizeof(changer[0])));
		close(target_fd);
	} else {
		found(d, DOCTOR_INFO, "cannot tell whether the kernel has freplace");
		evidence(d, "a program to try it with: %s", strerror(err ? -err : -target_fd));
	}
	free_types(&types);
}
