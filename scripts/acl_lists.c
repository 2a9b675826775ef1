// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"
#include "scripts/config_use.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_front4.h"
#include "scripts/acl_lists.h"

static const struct config_map kinds[] = {
	{ ACL_LISTS_MAP, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct acl_list) },
	{ ACL_LIST_HITS, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(struct stats_record) },
	{ ACL_TOPS4, BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(__u32), sizeof(__u32) },
	{ ACL_SETS4, BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(__u32), sizeof(__u32) },
	{ ACL_SETS6, BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(__u32), sizeof(__u32) },
	{ ACL_FRONTS4, BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(__u32), sizeof(__u32) },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static int *fd_of(struct acl_lists *lists, size_t kind)
{
	struct set4_maps *maps4 = &lists->maps4;
	int *fds[KINDS] = { &lists->records_fd, &lists->hits_fd,  &maps4->tops_fd,
		            &maps4->sets_fd,    &lists->sets6_fd, &maps4->fronts_fd };

	return fds[kind];
}

static int read_records(struct acl_lists *lists)
{
	int err = acl_settings_read(lists->maps, &lists->settings);

	for (__u32 i = 0; i < ACL_LISTS && !err; i++) {
		__u32 slot = acl_lists_slot(lists, i);

		if (bpf_map_lookup_elem(lists->records_fd, &slot, &lists->record[i]))
			err = failed(-errno, "cannot read '%s' of %s", ACL_LISTS_MAP,
			             lists->maps->config->iface.name);
		lists->record[i].name[ACL_LIST_NAME - 1] = 0;
		/* What a killed edit left is not in force. */
		if (!(lists->settings.lists >> i & 1))
			lists->record[i].verdict = ACL_NONE;
	}
	return err;
}

void acl_lists_none(struct acl_lists *lists)
{
	memset(lists, 0, sizeof(*lists));
	for (size_t i = 0; i < KINDS; i++)
		*fd_of(lists, i) = -1;
}

/* Of one map's pin that is missing the program knows nothing: it goes on with its lists. */
static bool has_any(const struct directory *dir)
{
	__u32 id;

	for (size_t i = 0; i < KINDS; i++)
		if (view_map_id(dir, kinds[i].name, &id) != -ENOENT)
			return true;
	return false;
}

/* One has addresses: a slot of these maps is empty but for that. Silent. */
static bool has_addresses(const struct directory *dir)
{
	struct bpf_map_info info;
	bool has = false;
	__u32 set_id;

	for (size_t i = 0; i < KINDS && !has; i++) {
		int fd;

		if (kinds[i].type != BPF_MAP_TYPE_ARRAY_OF_MAPS)
			continue;
		fd = pin_open_map(dir->fd, kinds[i].name, BPF_F_RDONLY, &info);
		if (fd < 0)
			continue;
		for (__u32 slot = 0; slot < info.max_entries && info.type == kinds[i].type && !has;
		     slot++)
			has = !bpf_map_lookup_elem(fd, &slot, &set_id);
		close(fd);
	}
	return has;
}

/*
 * The program that runs has rules only, as one of a loader that cannot make such maps: what is
 * pinned is that of an earlier one. If it had lists, they are out of force, and this is said.
 */
static bool are_left(const struct config *config)
{
	static struct config_once said;
	const char *ifname = config->iface.name;
	__u32 id;

	if (view_map_id(&config->dir, ACL_LISTS_MAP, &id) ||
	    !config_use_is_left(config, &kinds[0], id))
		return false;
	if (has_addresses(&config->dir) && config_once(&said, config->iface.ifindex)) {
		note("the lists in %s are not in force: the acl that runs on %s has rules only",
		     config->dir.path, ifname);
		hint("put one on that has both: %s %s %s", cli_command("load"),
		     cli_interface(ifname), cli_object("xdp_acl.o"));
	}
	return true;
}

int acl_lists_open(struct acl_lists *lists, struct acl_maps *maps, enum config_access access)
{
	int fds[KINDS], err;

	acl_lists_none(lists);
	lists->maps = maps;
	if (!has_any(&maps->config->dir) || are_left(maps->config))
		return -ENOENT;
	err = config_open_maps(maps->config, kinds, KINDS, access, fds, NULL);
	/* There are lists, but not as they are read here. */
	if (err)
		return err == -ENOENT ? -EINVAL : err;
	for (size_t i = 0; i < KINDS; i++)
		*fd_of(lists, i) = fds[i];
	return read_records(lists);
}

void acl_lists_close(struct acl_lists *lists)
{
	for (size_t i = 0; i < KINDS; i++)
		if (*fd_of(lists, i) >= 0)
			close(*fd_of(lists, i));
}

int acl_lists_find(const struct acl_lists *lists, const char *name)
{
	for (int i = 0; i < ACL_LISTS; i++)
		if (lists->record[i].verdict && !strcmp(lists->record[i].name, name))
			return i;
	return -ENOENT;
}

const char *acl_list_name_refused(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= ACL_LIST_NAME)
		return "a name of a list has 1 to 55 characters";
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr(i ? "_.-" : "_", name[i]))
			return "a name of a list is made of letters, digits, '_', '.' and '-'";
	return NULL;
}

int acl_list_hits(const struct acl_lists *lists, int number, struct stats_record *hits)
{
	const struct acl_maps *maps = lists->maps;
	__u32 slot = number;

	memset(hits, 0, sizeof(*hits));
	if (bpf_map_lookup_elem(lists->hits_fd, &slot, maps->each))
		return failed(-errno, "cannot read '%s' of %s", ACL_LIST_HITS,
		              maps->config->iface.name);
	for (int i = 0; i < maps->cpus; i++) {
		hits->rx_packets += maps->each[i].rx_packets;
		hits->rx_bytes += maps->each[i].rx_bytes;
	}
	return 0;
}

int acl_list_place(const struct acl_lists *lists, const struct acl_list_wish *wish, int free)
{
	int number = acl_lists_find(lists, wish->name);
	const struct acl_list *record = &lists->record[number < 0 ? 0 : number];
	char place[ACL_PLACE];

	acl_place(wish->file, wish->line, place);
	if (number < 0) {
		for (number = free; number < ACL_LISTS; number++)
			if (!lists->record[number].verdict)
				return number;
		return rejected(-ENOSPC, "%scannot make list %s: there is room for %d lists", place,
		                wish->name, ACL_LISTS);
	}
	if (wish->whole)
		return number;
	if ((!wish->verdict || wish->verdict == record->verdict) &&
	    (!wish->sides || wish->sides == record->sides))
		return number;
	rejected(-EEXIST, "%slist %s is there, and is %s %s", place, wish->name,
	         acl_verdict_name(record->verdict), acl_sides_name(record->sides));
	hint("remove it first: %s %s flush --list %s", cli_command("acl"),
	     cli_interface(lists->maps->config->iface.name), wish->name);
	return -EEXIST;
}

void acl_list_describe(struct acl_lists *lists, const struct acl_list_wish *wish, int number)
{
	struct acl_list *record = &lists->record[number];
	__u8 verdict = record->verdict ? record->verdict : ACL_DENY;
	__u8 sides = record->verdict ? record->sides : ACL_SIDE_SOURCE;

	memset(record, 0, sizeof(*record));
	strncpy(record->name, wish->name, ACL_LIST_NAME - 1);
	record->verdict = wish->verdict ? wish->verdict : verdict;
	record->sides = wish->sides ? wish->sides : sides;
}

int acl_list_clear_hits(struct acl_lists *lists, __u32 number)
{
	struct acl_maps *maps = lists->maps;

	memset(maps->each, 0, maps->cpus * sizeof(*maps->each));
	return bpf_map_update_elem(lists->hits_fd, &number, maps->each, BPF_ANY);
}

/* Its sets are in their slots: give it its name, and put it in force. */
static int enforce(struct acl_lists *lists, const struct acl_list_wish *wish, __u32 number)
{
	__u32 slot = acl_lists_slot(lists, number);

	if (lists->record[number].verdict)
		return 0;
	acl_list_describe(lists, wish, number);
	if (bpf_map_update_elem(lists->records_fd, &slot, &lists->record[number], BPF_ANY) ||
	    acl_list_clear_hits(lists, number))
		return failed(-errno, "cannot make list %s", wish->name);
	lists->settings.lists |= 1 << number;
	acl_settings_store(lists->maps, &lists->settings);
	return 0;
}

int acl_list_write(struct acl_lists *lists, __u32 slot, struct acl_content *content)
{
	struct set4 set4;
	struct set6 set6;
	int err;

	err = set4_build(&set4, NULL, &content->v4, SET_ADD);
	if (err)
		return err;
	err = set6_build(&set6, &content->v6);
	if (!err) {
		err = content->v4.len ? front4_publish_set(&lists->maps4, slot, &set4)
		                      : front4_remove_set(&lists->maps4, slot);
		if (!err)
			err = content->v6.len ? set6_publish(&set6, lists->sets6_fd, slot)
			                      : set6_remove(lists->sets6_fd, slot);
		set6_close(&set6);
	}
	set4_close(&set4);
	return err;
}

int acl_list_empty(struct acl_lists *lists, __u32 slot)
{
	int err = front4_remove_set(&lists->maps4, slot);

	return err ? err : set6_remove(lists->sets6_fd, slot);
}

int acl_list_replace(struct acl_lists *lists, const struct acl_list_wish *wish,
                     struct acl_content *content)
{
	int number = acl_list_place(lists, wish, 0), err;

	if (number < 0)
		return number;
	err = acl_list_write(lists, acl_lists_slot(lists, number), content);
	return err ? err : enforce(lists, wish, number);
}

int acl_list_edit(struct acl_lists *lists, const struct acl_list_wish *wish,
                  struct acl_content *content, enum set_edit edit)
{
	int number = acl_list_place(lists, wish, 0), err = 0;
	__u32 slot;

	if (number < 0)
		return number;
	if (edit == SET_DEL && !lists->record[number].verdict)
		return rejected(-ENOENT, "cannot find list %s of %s", wish->name,
		                lists->maps->config->iface.name);
	/* A new one is in force with all of it or not at all. */
	if (!lists->record[number].verdict)
		return acl_list_replace(lists, wish, content);
	slot = acl_lists_slot(lists, number);
	if (content->v4.len)
		err = front4_edit_set(&lists->maps4, slot, &content->v4, edit, NULL);
	if (!err && content->v6.len)
		err = set6_edit(lists->sets6_fd, slot, &content->v6, edit, NULL);
	return err;
}

int acl_list_remove(struct acl_lists *lists, const char *name)
{
	int number = acl_lists_find(lists, name);

	if (number < 0)
		return rejected(number, "cannot find list %s of %s", name,
		                lists->maps->config->iface.name);
	lists->settings.lists &= ~(1 << number);
	acl_settings_store(lists->maps, &lists->settings);
	lists->record[number].verdict = ACL_NONE;
	acl_maps_wait();
	return acl_list_empty(lists, acl_lists_slot(lists, number));
}

int acl_lists_check_unmoved(const struct acl_lists *lists)
{
	struct acl_settings now;
	int err;

	if (lists->maps->word)
		return 0;
	err = acl_settings_read(lists->maps, &now);
	if (err || !((now.flags ^ lists->settings.flags) & ACL_FLAG_LISTS_BANK))
		return err;
	rejected(-EAGAIN, "cannot read the lists of %s: they are replaced at this moment",
	         lists->maps->config->iface.name);
	return -EAGAIN;
}
