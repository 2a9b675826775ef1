// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <string.h>
#include "bpffs/mac.h"

/* Its value, or -1. isxdigit() would depend on the locale. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Read one or two digits from *at on, and step behind them. Returns whether there were any. */
static bool read_group(const char **at, const char *end, __u8 *byte)
{
	int digit = *at < end ? hex_digit(**at) : -1;

	if (digit < 0)
		return false;
	*byte = digit;
	(*at)++;
	digit = *at < end ? hex_digit(**at) : -1;
	if (digit >= 0) {
		*byte = *byte << 4 | digit;
		(*at)++;
	}
	return true;
}

bool mac_parse(const char *text, size_t len, __u8 mac[ETH_ALEN])
{
	const char *at = text, *end = text + len;
	__u8 bytes[ETH_ALEN];

	for (int i = 0; i < ETH_ALEN; i++) {
		if (i && (at == end || *at++ != ':'))
			return false;
		if (!read_group(&at, end, &bytes[i]))
			return false;
	}
	if (at != end)
		return false;
	memcpy(mac, bytes, ETH_ALEN);
	return true;
}
