// SPDX-License-Identifier: GPL-2.0-or-later
/* acl_lists - build, edit and show the lists of acl in pinned maps, as the tool does */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_front4.h"
#include "scripts/acl_set6.h"

static const char usage[] = "Usage: acl_lists DIR set|add|del|show|covered LIST [FIRST-LAST]...\n"
			    "DIR has the pins acl_tops4, acl_sets4, acl_fronts4 and acl_sets6; "
			    "show prints 'FIRST-LAST'\n"
			    "lines, covered fails if the front hides an address of the set.\n";

static struct addr6 to_addr6(const __u8 *bytes)
{
	struct addr6 a = {};

	for (int i = 0; i < 8; i++) {
		a.high = a.high << 8 | bytes[i];
		a.low = a.low << 8 | bytes[i + 8];
	}
	return a;
}

static void print_addr6(struct addr6 a)
{
	char text[INET6_ADDRSTRLEN];
	__u8 bytes[16];

	for (int i = 0; i < 8; i++) {
		bytes[i] = a.high >> (56 - 8 * i);
		bytes[i + 8] = a.low >> (56 - 8 * i);
	}
	fputs(inet_ntop(AF_INET6, bytes, text, sizeof(text)), stdout);
}

static int print4(void *context, const struct range4 *range)
{
	char text[INET_ADDRSTRLEN];
	__be32 first = htonl(range->first), last = htonl(range->last);

	(void)context;
	printf("%s-", inet_ntop(AF_INET, &first, text, sizeof(text)));
	puts(inet_ntop(AF_INET, &last, text, sizeof(text)));
	return 0;
}

static int print6(void *context, const struct range6 *range)
{
	(void)context;
	print_addr6(range->first);
	putchar('-');
	print_addr6(range->last);
	putchar('\n');
	return 0;
}

/* Take "FIRST-LAST" apart. */
static int parse(char *text, struct ranges4 *ranges4, struct ranges6 *ranges6)
{
	char *last = strchr(text, '-');
	__u8 a[16], b[16];
	__be32 *x = (__be32 *)a, *y = (__be32 *)b;

	if (!last)
		return -EINVAL;
	*last++ = '\0';
	if (inet_pton(AF_INET, text, a) == 1 && inet_pton(AF_INET, last, b) == 1)
		return ranges4_add(ranges4, ntohl(*x), ntohl(*y));
	if (inet_pton(AF_INET6, text, a) == 1 && inet_pton(AF_INET6, last, b) == 1)
		return ranges6_add(ranges6, to_addr6(a), to_addr6(b));
	return -EINVAL;
}

static int build(const struct set4_maps *maps4, int sets6_fd, __u32 list, struct ranges4 *ranges4,
                 struct ranges6 *ranges6)
{
	struct set4 set4;
	struct set6 set6;
	int err;

	err = set4_build(&set4, NULL, ranges4, SET_ADD);
	if (err)
		return err;
	err = front4_publish_set(maps4, list, &set4);
	set4_close(&set4);
	if (err)
		return err;
	err = set6_build(&set6, ranges6);
	if (err)
		return err;
	err = set6_publish(&set6, sets6_fd, list);
	set6_close(&set6);
	return err;
}

static int show(const struct set4_maps *maps4, int sets6_fd, __u32 list)
{
	struct set4 set4;
	struct set6 set6;
	int err;

	err = set4_open(&set4, maps4, list);
	if (!err)
		err = set4_for_each(&set4, print4, NULL);
	set4_close(&set4);
	if (err && err != -ENOENT)
		return err;
	err = set6_open(&set6, sets6_fd, list, false);
	if (!err)
		err = set6_for_each(&set6, print6, NULL);
	set6_close(&set6);
	return err == -ENOENT ? 0 : err;
}

static int is_covered(void *context, const struct range4 *range)
{
	const struct acl_rows *front = context;

	for (__u64 a = range->first; a <= range->last; a += 256) {
		__u32 bit = (__u32)a >> ACL_FRONT4_SHIFT;

		if (!(front->words[bit / 64] >> bit % 64 & 1))
			return print4(NULL, range) ? 0 : -EBADMSG;
	}
	return 0;
}

/* Without a front nothing is hidden. */
static int covered(const struct set4_maps *maps4, __u32 list)
{
	struct acl_rows front;
	struct set4 set4;
	int err;

	err = set4_open(&set4, maps4, list);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = acl_rows_open(&front, maps4->fronts_fd, list, false);
	if (!err) {
		err = set4_for_each(&set4, is_covered, &front);
		acl_rows_close(&front);
	}
	set4_close(&set4);
	return err == -ENOENT ? 0 : err;
}

static int open_pin(const char *dir, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? failed(-errno, "cannot open %s", path) : fd;
}

int main(int argc, char **argv)
{
	struct ranges4 ranges4 = {};
	struct ranges6 ranges6 = {};
	struct set4_maps maps4;
	int sets6_fd, err = 0;
	enum set_edit edit;
	__u32 list;

	if (argc < 4) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	log_init("acl_lists", false);
	list = strtoul(argv[3], NULL, 0);
	for (int i = 4; !err && i < argc; i++)
		err = parse(argv[i], &ranges4, &ranges6);
	if (err)
		return EXIT_USAGE;
	maps4.tops_fd = open_pin(argv[1], ACL_TOPS4);
	maps4.sets_fd = open_pin(argv[1], ACL_SETS4);
	maps4.fronts_fd = open_pin(argv[1], ACL_FRONTS4);
	sets6_fd = open_pin(argv[1], ACL_SETS6);
	if (maps4.tops_fd < 0 || maps4.sets_fd < 0 || maps4.fronts_fd < 0 || sets6_fd < 0)
		return EXIT_KERNEL;
	edit = strcmp(argv[2], "del") ? SET_ADD : SET_DEL;
	if (!strcmp(argv[2], "show")) {
		err = show(&maps4, sets6_fd, list);
	} else if (!strcmp(argv[2], "covered")) {
		err = covered(&maps4, list);
	} else if (!strcmp(argv[2], "set")) {
		err = build(&maps4, sets6_fd, list, &ranges4, &ranges6);
	} else {
		err = front4_edit_set(&maps4, list, &ranges4, edit, NULL);
		if (!err)
			err = set6_edit(sets6_fd, list, &ranges6, edit, NULL);
	}
	ranges4_free(&ranges4);
	ranges6_free(&ranges6);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}
