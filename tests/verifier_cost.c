// SPDX-License-Identifier: GPL-2.0-or-later
/* verifier_cost - print how many instructions the verifier went through for each program of objects
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/log.h"

static int print_programs(const char *path, const struct bpf_object *obj)
{
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);

		err = bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);
		if (err)
			return failed(err, "cannot query program %s", bpf_program__name(prog));
		if (!info.verified_insns)
			return failed(-EOPNOTSUPP, "cannot tell the cost of %s: Linux 5.16 can",
			              bpf_program__name(prog));
		printf("%-36s %-15s %6u\n", path, bpf_program__name(prog), info.verified_insns);
	}
	return 0;
}

static int print_object(const char *path)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	int err;

	if (!obj)
		return failed(-errno, "cannot open object %s", path);
	err = bpf_object__load(obj);
	if (err)
		failed(err, "cannot load %s", path);
	else
		err = print_programs(path, obj);
	bpf_object__close(obj);
	return err;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	if (argc < 2) {
		fputs("Usage: verifier_cost OBJECT...\n", stderr);
		return EXIT_USAGE;
	}
	log_init("verifier_cost", false);
	for (int i = 1; i < argc; i++)
		if (print_object(argv[i]))
			status = EXIT_KERNEL;
	return status;
}
