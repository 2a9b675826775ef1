// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "scripts/rate_text.h"

const char *rate_text(double pps, double bps)
{
	static const char *const units[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s" };
	const size_t last = sizeof(units) / sizeof(units[0]) - 1;
	static char text[400]; /* a double can have 300 digits */
	size_t unit = 0;

	while (bps >= 1000 && unit < last) {
		bps /= 1000;
		unit++;
	}
	snprintf(text, sizeof(text), "%10.1f pps  %6.2f %-6s", pps, bps, units[unit]);
	return text;
}
