// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include "pinning/migrate_prefixes.h"

int prefixes_read(struct prefixes *prefixes, int fd, const struct bpf_map_info *info)
{
	struct map_reader reader;
	int count, err;

	table_init(&prefixes->keys, info->key_size, 0);
	prefixes->known = info->type == BPF_MAP_TYPE_LPM_TRIE;
	if (!prefixes->known)
		return 0;
	err = map_reader_open(&reader, fd, info);
	while (!err && (count = map_reader_next(&reader)) != 0) {
		err = count < 0 ? count : 0;
		for (int i = 0; !err && i < count; i++)
			if (!table_put(&prefixes->keys, entries_key(&reader.batch, i), "",
			               TABLE_COPIED))
				err = -ENOMEM;
	}
	map_reader_close(&reader);
	return err;
}

void prefixes_free(struct prefixes *prefixes)
{
	table_free(&prefixes->keys);
	prefixes->known = false;
}

bool prefixes_lack(const struct prefixes *prefixes, const void *key)
{
	return prefixes->known && !table_find(&prefixes->keys, key);
}
