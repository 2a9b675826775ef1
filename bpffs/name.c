// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/name.h"

#define OLD_MARK "%old-"

/* Others' names in a bpffs root: iproute2, libxdp, snapd, Cilium and bpfman. */
static const char *const taken_by_others[] = { "tc",     "xdp",    "ip",     "globals", "snap",
	                                       "cilium", "calico", "bpfman", NULL };
/* The symlinks that lead iproute2's fixed path suffix back into an interface's directory. */
static const char *const taken_by_iproute2[] = { "tc", "xdp", "ip", "globals", NULL };
static const char *const taken_by_nobody[] = { NULL };

static bool is_reserved(const char *name, const char *const reserved[])
{
	for (; *reserved; reserved++)
		if (!strcmp(name, *reserved))
			return true;
	return false;
}

static bool needs_encoding(const char *name, size_t pos, const char *const reserved[])
{
	unsigned char c = name[pos];

	if (c < 0x21 || c >= 0x7f || strchr(".%\\;='\"`", c))
		return true;
	return pos == 0 && (c == '-' || is_reserved(name, reserved));
}

static int encode(const char *name, const char *const reserved[], char *out, size_t size)
{
	size_t len = 0;

	if (!*name)
		return -EINVAL;
	for (size_t pos = 0; name[pos]; pos++) {
		bool escape = needs_encoding(name, pos, reserved);

		if (len + (escape ? 3 : 1) >= size)
			return -ENAMETOOLONG;
		if (escape)
			sprintf(out + len, "%%%02X", (unsigned char)name[pos]);
		else
			out[len] = name[pos];
		len += escape ? 3 : 1;
	}
	out[len] = '\0';
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int decode(const char *file, const char *const reserved[], char *out, size_t size)
{
	char again[4096];
	size_t len = 0;

	for (const char *p = file; *p; len++) {
		if (len + 1 >= size)
			return -ENAMETOOLONG;
		if (*p != '%') {
			out[len] = *p++;
			continue;
		}
		if (hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0)
			return -EINVAL;
		out[len] = (char)(hex_digit(p[1]) << 4 | hex_digit(p[2]));
		p += 3;
	}
	out[len] = '\0';
	/* One name has one encoding: whatever we would have written differently is not ours. */
	if (encode(out, reserved, again, sizeof(again)) || strcmp(again, file))
		return -EINVAL;
	return 0;
}

int ifname_encode(const char *ifname, char *out, size_t size)
{
	return strchr(ifname, '/') ? -EINVAL : encode(ifname, taken_by_others, out, size);
}

int ifname_decode(const char *file, char *out, size_t size)
{
	return strchr(file, '/') ? -EINVAL : decode(file, taken_by_others, out, size);
}

int mapname_encode(const char *map, char *out, size_t size)
{
	return strchr(map, '/') ? -EINVAL : encode(map, taken_by_iproute2, out, size);
}

int mapname_decode(const char *file, char *out, size_t size)
{
	return strchr(file, '/') ? -EINVAL : decode(file, taken_by_iproute2, out, size);
}

int mapname_old(const char *file, __u32 old_id, char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s%u", file, OLD_MARK, old_id);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* The id behind OLD_MARK, in the one way we write it, or 0. */
static __u32 old_id_parse(const char *text)
{
	unsigned long id;
	char *end;

	if (*text < '1' || *text > '9')
		return 0;
	errno = 0;
	id = strtoul(text, &end, 10);
	return errno || *end || id > (__u32)-1 ? 0 : (__u32)id;
}

int mapname_parse(const char *file, char *map, size_t size, __u32 *old_id)
{
	const char *mark = strstr(file, OLD_MARK);
	char current[NAME_SIZE];

	*old_id = 0;
	if (!mark)
		return mapname_decode(file, map, size);
	*old_id = old_id_parse(mark + strlen(OLD_MARK));
	if (!*old_id || (size_t)(mark - file) >= sizeof(current))
		return -EINVAL;
	memcpy(current, file, mark - file);
	current[mark - file] = '\0';
	return mapname_decode(current, map, size);
}

int value_encode(const char *value, char *out, size_t size)
{
	return encode(value, taken_by_nobody, out, size);
}

int value_decode(const char *text, char *out, size_t size)
{
	return decode(text, taken_by_nobody, out, size);
}
