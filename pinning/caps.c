// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "pinning/caps.h"

static bool has(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR, admin = CAP_CLEAR;

	cap_get_flag(caps, cap, CAP_EFFECTIVE, &value);
	/* What was split off from CAP_SYS_ADMIN is still implied by it. */
	if (cap == CAP_BPF || cap == CAP_PERFMON)
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &admin);
	return value == CAP_SET || admin == CAP_SET;
}

bool caps_missing(cap_t caps, const cap_value_t *wanted, char *out, size_t size)
{
	size_t len = 0;

	*out = '\0';
	for (; *wanted != CAPS_END; wanted++) {
		char *name = has(caps, *wanted) ? NULL : cap_to_name(*wanted);

		if (name && len < size)
			len += snprintf(out + len, size - len, "%s%s", len ? " " : "", name);
		cap_free(name);
	}
	return *out;
}
