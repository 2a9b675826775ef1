// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry.h"
#include "pinning/left.h"
#include "pinning/reuse_lacks.h"

/* As the map in place says it, which is what will be asked when content is brought over. */
static int class_of(int old_fd, int to_fd, const char *name)
{
	struct migrate_map map = {};
	int class, err = migrate_map_open(&map, to_fd >= 0 ? to_fd : old_fd);

	class = err ? failed(err, "cannot query map %s", name)
	            : carry_class(map.btf, name, map.info.type, NULL);
	migrate_map_close(&map);
	return class;
}

int left_content(int old_fd, int to_fd, const char *name)
{
	struct bpf_map_info info;
	__u64 lacking;
	int class, err;

	err = map_describe(old_fd, &info);
	if (err)
		return failed(err, "cannot query map %s", name);
	if (info.type == BPF_MAP_TYPE_PROG_ARRAY || migrate_is_stream(info.type))
		return LEFT_NOTHING;
	class = class_of(old_fd, to_fd, name);
	if (class < 0)
		return class;
	/* Equal counts are no copies of each other. */
	err = reuse_count_lacking(old_fd, class == MIGRATE_CONFIG ? to_fd : -1, class, &lacking);
	if (err || !lacking)
		return err ? err : LEFT_NOTHING;
	return class == MIGRATE_CONFIG ? LEFT_ENTRIES : LEFT_COUNTS;
}
