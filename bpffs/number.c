// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "bpffs/number.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool has_zero_in_front(const char *text)
{
	return *text == '0' && is_digit(text[1]);
}

const char *number_read(const char *text, __u64 max, __u64 *number)
{
	char *end;

	/* strtoull() takes blanks and signs as well. */
	if (!is_digit(*text) || has_zero_in_front(text))
		return NULL;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno || *number > max ? NULL : end;
}

bool number_parse(const char *text, __u64 max, __u64 *number)
{
	const char *end = number_read(text, max, number);

	return end && !*end;
}

void number_hint(const char *text)
{
	if (has_zero_in_front(text))
		hint("write it without a zero in front, with which ip and tc take it for octal");
}
