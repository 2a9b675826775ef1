/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The programs and maps in use behind an interface's attachments: what is attached, the programs
 * that those may call or redirect to (program arrays, devmap and cpumap entries) or that stand in
 * for functions of theirs (freplace, as behind libxdp's dispatcher), and every map that one of them
 * uses. All by id, which takes CAP_SYS_ADMIN.
 */
#ifndef BPFFS_LIVE_H
#define BPFFS_LIVE_H

#include <linux/bpf.h>
#include "bpffs/name.h"
#include "bpffs/query.h"

/* The kernel lets a program use this many maps (MAX_USED_MAPS). */
#define PROG_MAPS 64

struct live_prog {
	enum hook hook;
	__u32 id;
	__u32 via_map;  /* id of the map that holds it, or 0 */
	__u32 via_link; /* id of the link by which it replaces a function of another one, or 0 */
	char name[BPF_OBJ_NAME_LEN];
	__u32 btf_id; /* 0 if it has no BTF */
};

struct live_map {
	enum hook hook;
	size_t prog; /* index of the first program of that hook that uses it */
	int fd;
	bool borrowed; /* the descriptor, of another list */
	struct bpf_map_info info;
	char name[NAME_SIZE]; /* full name where it is known; "": to be found in BTF */
};

/* Hook by hook; programs in run order, maps in order of use. */
struct live {
	struct live_prog *progs;
	size_t progs_len;
	struct live_map *maps;
	size_t maps_len;
};

/*
 * Look behind the attachments. What goes away meanwhile is left out. Returns 0, -EPERM without
 * CAP_SYS_ADMIN, or another negative errno; silent. live_free() closes and releases everything.
 */
int live_query(struct live *live, const struct attachments *attached);
void live_free(struct live *live);

/*
 * Add a program that is loaded but not attached (yet), via_map 0 or the id of the map by which
 * another one calls it; and then, one by one, those of the maps given that user_fd uses, which is
 * that program or one that it calls, before the maps of other programs of its hook; name is the
 * map's full name. A map that is there already is not added again.
 * The descriptors are duplicated. Needs no privilege. Returns 0 or a negative errno, silent.
 */
int live_add_prog(struct live *live, enum hook hook, int prog_fd, __u32 via_map);
int live_add_map(struct live *live, enum hook hook, int prog_fd, int user_fd, int map_fd,
                 const char *name);

/*
 * Add the programs that a map of a program of that hook holds, and what is behind them. Returns 0,
 * -EPERM without CAP_SYS_ADMIN, when those programs are added but not what is behind them, or
 * another negative errno; silent.
 */
int live_add_held(struct live *live, enum hook hook, int map_fd);

/*
 * Make an empty list the same as another one, which keeps the descriptors and must outlive it.
 * Returns 0 or -ENOMEM.
 */
int live_borrow(struct live *live, const struct live *from);

/* The descriptor of a map, which stays live's, or -1. */
int live_map_fd(const struct live *live, __u32 map_id);

/* Whether the program is among those of the hook; HOOKS: of any. */
bool live_has_prog(const struct live *live, enum hook hook, __u32 prog_id);

/*
 * Describe an open program (BPF_OBJ_GET_INFO_BY_FD); the ids of the maps that it uses, of which
 * info->nr_map_ids are filled in, come in maps. Returns 0 or a negative errno, silent.
 */
int prog_describe(int fd, struct bpf_prog_info *info, __u32 maps[PROG_MAPS]);

/* The program of that hook that uses the map, or NULL. */
const struct live_prog *live_user(const struct live *live, enum hook hook, __u32 map_id);

#endif
