/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of an LPM trie. A look-up there finds a shorter prefix as well, and what follows a key
 * is told of any key: which there are, tells only a walk through all of them.
 */
#ifndef PINNING_MIGRATE_PREFIXES_H
#define PINNING_MIGRATE_PREFIXES_H

#include "pinning/migrate_entries.h"
#include "pinning/migrate_table.h"

/* Those of one map at one time; of a map of another type none, where a look-up tells. */
struct prefixes {
	bool known;
	struct table keys;
};

/* Returns 0 or a negative errno. prefixes_free() must follow in any case. */
int prefixes_read(struct prefixes *prefixes, int fd, const struct bpf_map_info *info);
void prefixes_free(struct prefixes *prefixes);

/* The map had no such key, whatever a look-up finds. Key as map_reader_next() gives it. */
bool prefixes_lack(const struct prefixes *prefixes, const void *key);

#endif
