// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "pinning/carry_users.h"
#include "pinning/gc_uses.h"
#include "pinning/sharers.h"

static bool runs_here(const struct live *live, __u32 prog_id)
{
	for (size_t i = 0; i < live->progs_len; i++)
		if (live->progs[i].id == prog_id)
			return true;
	return false;
}

/* An attachment elsewhere of a program that uses the map, or NULL. */
static const struct gc_attachment *find_elsewhere(const struct gc_uses *uses,
                                                  const struct gc_attached *attached,
                                                  const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < attached->len; i++) {
		const struct gc_attachment *at = &attached->list[i];

		if (runs_here(live, at->prog_id))
			continue;
		for (size_t j = 0; j < uses->len; j++)
			if (uses->progs[j].id == at->prog_id &&
			    gc_prog_uses(&uses->progs[j], map_id))
				return at;
	}
	return NULL;
}

static bool runs_elsewhere(const struct live *live, __u32 map_id, const char *path,
                           char who[CARRY_WHO_SIZE])
{
	const struct gc_attachment *at = NULL;
	struct namespaces namespaces = {};
	struct gc_attached attached = {};
	struct gc_uses uses = {};
	int err;

	err = gc_uses_scan(&uses);
	if (!err)
		err = namespaces_find(&namespaces);
	if (!err)
		err = gc_attached_find(&attached, &namespaces);
	if (!err)
		at = find_elsewhere(&uses, &attached, live, map_id);
	/* Who uses it cannot be told: it may be anybody. */
	if (err)
		snprintf(who, CARRY_WHO_SIZE, "%s", path);
	else if (at)
		snprintf(who, CARRY_WHO_SIZE, "%s (program %u on %s)", at->iface.name, at->prog_id,
		         hook_name(at->hook));
	gc_attached_free(&attached);
	namespaces_free(&namespaces);
	gc_uses_free(&uses);
	return err || at;
}

bool carry_find_users(const struct owners *owners, const struct live *live, __u32 map_id,
                      char who[CARRY_WHO_SIZE])
{
	const char *path;

	if (sharers_name(owners, map_id, who, CARRY_WHO_SIZE))
		return true;
	path = owners_path(owners, OWNER_OTHER, PIN_MAP, map_id);
	if (path) {
		snprintf(who, CARRY_WHO_SIZE, "%s", path);
		return true;
	}
	path = owners_path(owners, OWNER_IPROUTE2, PIN_MAP, map_id);
	return path && runs_elsewhere(live, map_id, path, who);
}
