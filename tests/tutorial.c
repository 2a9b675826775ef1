// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tutorial - a loader and a reader by the conventions of xdp-tutorial, and by nothing of ours
 *
 *   tutorial load IFNAME OBJECT   attach in skb mode, and pin all maps in /sys/fs/bpf/IFNAME/;
 * those of an earlier run are unpinned first tutorial stats IFNAME         "PASS 5 packets 500
 * bytes", one line for each action tutorial watch IFNAME         the same again for each line of
 * its input; says when the map is another one
 *
 * The contract: the map xdp_stats_map is a per-CPU array with the XDP action as its key and the two
 * 64-bit numbers rx_packets and rx_bytes as its value.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT    "/sys/fs/bpf"
#define ACTIONS (XDP_REDIRECT + 1)

struct datarec {
	__u64 rx_packets;
	__u64 rx_bytes;
};

static int refuse(const char *what, int err)
{
	fprintf(stderr, "tutorial: cannot %s: %s\n", what, strerror(err < 0 ? -err : err));
	return 2;
}

static int load(const char *ifname, const char *file)
{
	char dir[256], map[300];
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	struct bpf_program *prog;
	int err;

	if (!obj)
		return refuse("open the object", errno);
	err = bpf_object__load(obj);
	if (err)
		return refuse("load the object", err);
	snprintf(dir, sizeof(dir), ROOT "/%s", ifname);
	snprintf(map, sizeof(map), "%s/xdp_stats_map", dir);
	if (!access(map, F_OK))
		err = bpf_object__unpin_maps(obj, dir);
	if (!err)
		err = bpf_object__pin_maps(obj, dir);
	if (err)
		return refuse("pin the maps", err);
	prog = bpf_object__next_program(obj, NULL);
	err = bpf_xdp_attach(if_nametoindex(ifname), bpf_program__fd(prog), XDP_FLAGS_SKB_MODE,
	                     NULL);
	bpf_object__close(obj);
	return err ? refuse("attach the program", err) : 0;
}

/* Open the map by its pin, and be strict about its shape. */
static int open_map(const char *ifname, __u32 *id)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	char path[300];
	int fd;

	snprintf(path, sizeof(path), ROOT "/%s/xdp_stats_map", ifname);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -refuse("open the map", errno);
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -refuse("query the map", errno);
	if (info.type != BPF_MAP_TYPE_PERCPU_ARRAY || info.key_size != sizeof(__u32) ||
	    info.value_size != sizeof(struct datarec) || info.max_entries != ACTIONS)
		return -refuse("take the map, whose shape differs", EINVAL);
	*id = info.id;
	return fd;
}

static int print(int fd)
{
	static const char *const names[ACTIONS] = { "ABORTED", "DROP", "PASS", "TX", "REDIRECT" };
	int cpus = libbpf_num_possible_cpus();
	struct datarec *values = cpus > 0 ? calloc(cpus, sizeof(*values)) : NULL;
	int err = values ? 0 : refuse("count the CPUs", ENOMEM);

	for (__u32 action = 0; !err && action < ACTIONS; action++) {
		struct datarec sum = {};

		if (bpf_map_lookup_elem(fd, &action, values))
			err = refuse("read the map", errno);
		for (int i = 0; !err && i < cpus; i++) {
			sum.rx_packets += values[i].rx_packets;
			sum.rx_bytes += values[i].rx_bytes;
		}
		printf("%s %llu packets %llu bytes\n", names[action], sum.rx_packets, sum.rx_bytes);
	}
	fflush(stdout);
	free(values);
	return err;
}

/* The pin is opened anew each time: a loader may have put another map there. */
static int read_stats(const char *ifname, bool watch)
{
	__u32 id, last = 0;
	int fd, err;

	do {
		fd = open_map(ifname, &id);
		if (fd < 0)
			return -fd;
		if (last && last != id)
			printf("another map\n");
		last = id;
		err = print(fd);
		close(fd);
	} while (!err && watch && getchar() != EOF);
	return err;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "load"))
		return load(argv[2], argv[3]);
	if (argc == 3 && (!strcmp(argv[1], "stats") || !strcmp(argv[1], "watch")))
		return read_stats(argv[2], argv[1][0] == 'w');
	fputs("Usage: tutorial load IFNAME OBJECT | stats IFNAME | watch IFNAME\n", stderr);
	return 1;
}
