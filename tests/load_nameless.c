// SPDX-License-Identifier: GPL-2.0-or-later
/* load_nameless - attach a program by XDP in skb mode whose maps have no names, as old loaders do
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_nameless(struct bpf_map *map)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = bpf_map__map_flags(map));
	int fd, err;

	fd = bpf_map_create(bpf_map__type(map), NULL, bpf_map__key_size(map),
	                    bpf_map__value_size(map), bpf_map__max_entries(map), &opts);
	if (fd < 0)
		return fd;
	/* It keeps a duplicate. */
	err = bpf_map__reuse_fd(map, fd);
	close(fd);
	return err;
}

int main(int argc, char **argv)
{
	struct bpf_program *prog, *wanted = NULL;
	struct bpf_object *obj;
	struct bpf_map *map;
	int err = 0;

	if (argc != 4) {
		fputs("Usage: load_nameless IFNAME OBJECT PROGRAM\n", stderr);
		return EXIT_FAILURE;
	}
	obj = bpf_object__open_file(argv[2], NULL);
	if (!obj)
		return EXIT_FAILURE;
	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_type(prog, BPF_PROG_TYPE_XDP);
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), argv[3]));
		if (bpf_program__autoload(prog))
			wanted = prog;
	}
	bpf_object__for_each_map(map, obj) {
		if (!err)
			err = make_nameless(map);
	}
	if (!err)
		err = wanted ? bpf_object__load(obj) : -ENOENT;
	if (!err)
		err = bpf_xdp_attach(if_nametoindex(argv[1]), bpf_program__fd(wanted),
		                     XDP_FLAGS_SKB_MODE, NULL);
	if (err)
		fprintf(stderr, "load_nameless: %s: %s\n", argv[2], strerror(-err));
	bpf_object__close(obj);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
