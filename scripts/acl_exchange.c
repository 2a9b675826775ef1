// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include "bpffs/log.h"
#include "scripts/acl_exchange.h"

/* What is in one slot is in the other as well; the map is the same one. */
static int copy_set(int sets_fd, __u32 from, __u32 to)
{
	struct acl_rows rows;
	int err = acl_rows_open(&rows, sets_fd, from, false);

	if (err == -ENOENT)
		return acl_rows_remove(sets_fd, to);
	if (err)
		return err;
	err = acl_rows_publish(&rows, sets_fd, to);
	acl_rows_close(&rows);
	return err;
}

static int write_record(struct acl_lists *lists, int number)
{
	__u32 slot = acl_lists_other_slot(lists, number);

	if (bpf_map_update_elem(lists->records_fd, &slot, &lists->record[number], BPF_ANY))
		return failed(-errno, "cannot make list %s", lists->record[number].name);
	return 0;
}

static int copy_list(struct acl_lists *lists, int number)
{
	__u32 from = acl_lists_slot(lists, number), to = acl_lists_other_slot(lists, number);
	/* Nobody looks there yet, so the order does not matter. */
	int err = copy_set(lists->maps4.tops_fd, from, to);

	for (__u32 half = 0; !err && half < 2; half++)
		err = copy_set(lists->maps4.sets_fd, acl_set4_slot(from, half),
		               acl_set4_slot(to, half));
	if (!err)
		err = copy_set(lists->maps4.fronts_fd, from, to);
	if (!err)
		err = copy_set(lists->sets6_fd, from, to);
	return err ? err : write_record(lists, number);
}

static int write_list(struct acl_lists *lists, struct acl_list_change *change, int number)
{
	int err = acl_list_write(lists, acl_lists_other_slot(lists, number), &change->content);

	if (!err && !lists->record[number].verdict && acl_list_clear_hits(lists, number))
		err = failed(-errno, "cannot make list %s", change->wish.name);
	if (err)
		return err;
	acl_list_describe(lists, &change->wish, number);
	return write_record(lists, number);
}

int acl_lists_fill(struct acl_lists *lists, struct acl_list_change *const changes[], int count,
                   struct acl_settings *next)
{
	struct acl_list_change *place[ACL_LISTS] = {};
	int free = 0, number, err;

	for (int i = 0; i < count; i++) {
		number = acl_list_place(lists, &changes[i]->wish, free);
		if (number < 0)
			return number;
		if (!lists->record[number].verdict)
			free = number + 1;
		place[number] = changes[i];
	}
	/* Who was killed in an exchange may have left packets there. */
	err = config_wait();
	next->lists = lists->settings.lists;
	for (number = 0; number < ACL_LISTS && !err; number++) {
		if (place[number])
			err = write_list(lists, place[number], number);
		else if (lists->record[number].verdict)
			err = copy_list(lists, number);
		if (place[number])
			next->lists |= 1 << number;
	}
	next->flags &= ~ACL_FLAG_LISTS_BANK;
	next->flags |= ~lists->settings.flags & ACL_FLAG_LISTS_BANK;
	return err;
}

int acl_lists_cancel(struct acl_lists *lists)
{
	int err = 0;

	for (int number = 0; number < ACL_LISTS && !err; number++)
		err = acl_list_empty(lists, acl_lists_other_slot(lists, number));
	return err;
}

int acl_lists_retire(struct acl_lists *lists)
{
	int err = config_wait();

	lists->settings.flags ^= ACL_FLAG_LISTS_BANK;
	return err ? err : acl_lists_cancel(lists);
}
