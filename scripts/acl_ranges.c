// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include "scripts/acl_ranges.h"

void *acl_grow(void *list, size_t len, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;

	if (len < *room)
		return list;
	list = reallocarray(list, more, size);
	if (list)
		*room = more;
	return list;
}
