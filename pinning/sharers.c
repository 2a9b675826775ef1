// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include "bpffs/directory.h"
#include "bpffs/name.h"
#include "pinning/sharers.h"

/* So many are named. */
#define NAMED 4

/* The interface whose directory a pin is in, by the path of the pin. */
static void name_of(const char *path, char name[NAME_SIZE])
{
	char copy[PATH_MAX], *end;

	snprintf(copy, sizeof(copy), "%s", path);
	end = strrchr(copy, '/');
	if (end)
		*end = '\0';
	end = strrchr(copy, '/');
	if (end && !strcmp(end + 1, DIRECTORY_EGRESS)) {
		*end = '\0';
		end = strrchr(copy, '/');
	}
	if (!end || ifname_decode(end + 1, name, NAME_SIZE))
		snprintf(name, NAME_SIZE, "%.200s", path);
}

unsigned int sharers_name(const struct owners *owners, __u32 map_id, char *text, size_t size)
{
	char name[NAME_SIZE], last[NAME_SIZE] = "";
	unsigned int count = 0;
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < owners->len; i++) {
		const struct owned_pin *pin = &owners->pins[i];

		if (pin->owner != OWNER_INTERFACE || pin->kind != PIN_MAP || pin->id != map_id)
			continue;
		name_of(pin->path, name);
		/* Its pins are found one after the other. */
		if (!strcmp(name, last))
			continue;
		strcpy(last, name);
		if (count++ < NAMED && len < size)
			len += snprintf(text + len, size - len, "%s%.15s", len ? ", " : "", name);
	}
	if (count > NAMED && len < size)
		snprintf(text + len, size - len, " and %u more", count - NAMED);
	return count;
}
