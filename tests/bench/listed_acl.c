// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>
#include "objects/acl.h"
#include "objects/acl_lists.h"
#include "scripts/acl_front4.h"
#include "scripts/acl_set4.h"
#include "scripts/acl_set6.h"
#include "tests/bench/listed_acl.h"

#define SLOT 0 /* of the list */

/* A program of one family has none of the other's maps. */
static int publish4(const struct subject *subject, const struct lists *lists)
{
	const struct set4_maps maps = {
		.tops_fd = subject_map(subject, ACL_TOPS4),
		.sets_fd = subject_map(subject, ACL_SETS4),
		.fronts_fd = subject_map(subject, ACL_FRONTS4),
	};
	struct ranges4 ranges = {};
	struct set4 set;
	int err = 0;

	if (maps.tops_fd < 0 || maps.sets_fd < 0 || maps.fronts_fd < 0)
		return -ENOENT;
	for (__u32 i = 0; !err && i < lists->count; i++)
		err = ranges4_add_prefix(&ranges, (__u32)(lists->prefixes[i].address >> 96),
		                         lists->prefixes[i].len);
	if (!err)
		err = set4_build(&set, NULL, &ranges, SET_ADD);
	ranges4_free(&ranges);
	if (err)
		return err;
	err = front4_publish_set(&maps, SLOT, &set);
	set4_close(&set);
	return err;
}

static int publish6(const struct subject *subject, const struct lists *lists)
{
	int sets_fd = subject_map(subject, ACL_SETS6), err = 0;
	struct ranges6 ranges = {};
	struct set6 set;

	if (sets_fd < 0)
		return sets_fd;
	for (__u32 i = 0; !err && i < lists->count; i++) {
		const struct prefix *prefix = &lists->prefixes[i];
		struct addr6 address = { (__u64)(prefix->address >> 64), (__u64)prefix->address };

		err = ranges6_add_prefix(&ranges, address, prefix->len);
	}
	if (!err)
		err = set6_build(&set, &ranges);
	ranges6_free(&ranges);
	if (err)
		return err;
	err = set6_publish(&set, sets_fd, SLOT);
	set6_close(&set);
	return err;
}

int listed_fill_set(const struct subject *subject, const struct listed_kind *kind,
                    const struct lists *lists)
{
	(void)kind;
	return lists->v6 ? publish6(subject, lists) : publish4(subject, lists);
}

int listed_fill_acl(const struct subject *subject, const struct listed_kind *kind,
                    const struct lists *lists)
{
	const struct acl_list list = { .verdict = ACL_DENY, .sides = ACL_SIDE_SOURCE };
	const struct acl_settings settings = { .lists = 1 << SLOT };
	__u32 slot = SLOT, zero = 0;
	int err = listed_fill_set(subject, kind, lists);

	if (err)
		return err;
	if (bpf_map_update_elem(subject_map(subject, ACL_LISTS_MAP), &slot, &list, BPF_ANY) ||
	    bpf_map_update_elem(subject_map(subject, ACL_SETTINGS), &zero, &settings, BPF_ANY))
		return -errno;
	return 0;
}

/* Let a slot of one program's map hold what that of another one's does. */
static int share_slot(const struct subject *subject, const struct subject *whole, const char *map,
                      __u32 slot)
{
	int from_fd = subject_map(whole, map), to_fd = subject_map(subject, map), set_fd, err = 0;
	__u32 id;

	if (from_fd < 0 || to_fd < 0)
		return from_fd < 0 ? from_fd : to_fd;
	if (bpf_map_lookup_elem(from_fd, &slot, &id))
		return errno == ENOENT ? 0 : -errno;
	set_fd = bpf_map_get_fd_by_id(id);
	if (set_fd < 0)
		return -errno;
	if (bpf_map_update_elem(to_fd, &slot, &set_fd, BPF_ANY))
		err = -errno;
	close(set_fd);
	return err;
}

int listed_share_set(const struct subject *subject, const struct subject *whole, bool v6)
{
	int err;

	if (v6)
		return share_slot(subject, whole, ACL_SETS6, SLOT);
	err = share_slot(subject, whole, ACL_TOPS4, SLOT);
	if (!err)
		err = share_slot(subject, whole, ACL_FRONTS4, SLOT);
	for (__u32 half = 0; !err && half < 2; half++)
		err = share_slot(subject, whole, ACL_SETS4, acl_set4_slot(SLOT, half));
	return err;
}
