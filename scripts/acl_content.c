// SPDX-License-Identifier: GPL-2.0-or-later
/* What is in lists: addresses as entries and as numbers. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_lists.h"

static __u32 number4(const __u8 *bytes)
{
	__be32 address;

	memcpy(&address, bytes, sizeof(address));
	return ntohl(address);
}

static void bytes4(__u8 *bytes, __u32 number)
{
	__be32 address = htonl(number);

	memcpy(bytes, &address, sizeof(address));
}

static void range4_entry(struct acl_rule *entry, const struct range4 *range)
{
	memset(entry, 0, sizeof(*entry));
	entry->kind = ACL_RULE_IP4;
	bytes4(entry->first, range->first);
	bytes4(entry->last, range->last);
}

static void range6_entry(struct acl_rule *entry, const struct range6 *range)
{
	memset(entry, 0, sizeof(*entry));
	entry->kind = ACL_RULE_IP6;
	addr6_write(range->first, entry->first);
	addr6_write(range->last, entry->last);
}

int acl_content_add(struct acl_content *content, const struct acl_rule *entry)
{
	int err;

	if (entry->kind == ACL_RULE_IP4)
		err = ranges4_add(&content->v4, number4(entry->first), number4(entry->last));
	else
		err = ranges6_add(&content->v6, addr6_read(entry->first), addr6_read(entry->last));
	return err ? failed(err, "cannot keep the addresses of a list") : 0;
}

void acl_content_free(struct acl_content *content)
{
	ranges4_free(&content->v4);
	ranges6_free(&content->v6);
}

int acl_list_measure(const struct acl_lists *lists, int number, struct acl_list_size *size)
{
	struct set4 set4;
	struct set6 set6;
	int err;

	memset(size, 0, sizeof(*size));
	err = set4_open(&set4, &lists->maps4, acl_lists_slot(lists, number));
	if (!err) {
		size->addresses4 = set4_count(&set4);
		set4_close(&set4);
	} else if (err != -ENOENT) {
		return err;
	}
	err = set6_open_parts(&set6, lists->sets6_fd, acl_lists_slot(lists, number), false);
	if (!err) {
		size->prefixes6 = set6_count(&set6);
		set6_close(&set6);
	}
	return err && err != -ENOENT ? err : acl_lists_check_unmoved(lists);
}

struct walk {
	int (*each)(void *context, const struct acl_rule *range);
	void *context;
};

static int visit4(void *context, const struct range4 *range)
{
	struct walk *walk = context;
	struct acl_rule entry;

	range4_entry(&entry, range);
	return walk->each(walk->context, &entry);
}

static int visit6(void *context, const struct range6 *range)
{
	struct walk *walk = context;
	struct acl_rule entry;

	range6_entry(&entry, range);
	return walk->each(walk->context, &entry);
}

int acl_list_each(const struct acl_lists *lists, int number,
                  int (*each)(void *context, const struct acl_rule *range), void *context)
{
	struct walk walk = { each, context };
	struct set4 set4;
	struct set6 set6;
	int err;

	err = set4_open(&set4, &lists->maps4, acl_lists_slot(lists, number));
	if (!err) {
		err = set4_for_each(&set4, visit4, &walk);
		set4_close(&set4);
	}
	if (err && err != -ENOENT)
		return err;
	err = set6_open(&set6, lists->sets6_fd, acl_lists_slot(lists, number), false);
	if (!err) {
		err = set6_for_each(&set6, visit6, &walk);
		set6_close(&set6);
	}
	return err && err != -ENOENT ? err : acl_lists_check_unmoved(lists);
}

static bool has4(const struct acl_lists *lists, int number, const struct acl_rule *address,
                 struct acl_rule *around)
{
	struct range4 range;
	struct set4 set;
	bool has;

	if (set4_open(&set, &lists->maps4, acl_lists_slot(lists, number)))
		return false;
	has = set4_contains(&set, number4(address->first), &range);
	range4_entry(around, &range);
	set4_close(&set);
	return has;
}

static bool has6(const struct acl_lists *lists, int number, const struct acl_rule *address,
                 struct acl_rule *around)
{
	struct addr6 wanted = addr6_read(address->first);
	struct range6 range = { wanted, wanted };
	struct set6 set;
	bool has;

	if (set6_open(&set, lists->sets6_fd, acl_lists_slot(lists, number), false))
		return false;
	has = set6_contains(&set, wanted);
	if (has)
		set6_around(&set, wanted, &range);
	range6_entry(around, &range);
	set6_close(&set);
	return has;
}

bool acl_list_has(const struct acl_lists *lists, int number, const struct acl_rule *address,
                  struct acl_rule *around)
{
	if (address->kind == ACL_RULE_IP4)
		return has4(lists, number, address, around);
	return has6(lists, number, address, around);
}
