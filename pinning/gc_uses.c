// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "pinning/gc_uses.h"

#define FREED_PATIENCE_MS 500
#define FREED_RETRY_MS    5

static int describe_open(int fd, struct gc_prog *prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	memset(prog, 0, sizeof(*prog));
	info.nr_map_ids = GC_MAPS_MAX;
	info.map_ids = (__u64)(unsigned long)prog->maps;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	prog->id = info.id;
	prog->type = info.type;
	memcpy(prog->name, info.name, sizeof(prog->name));
	prog->maps_len = info.nr_map_ids < GC_MAPS_MAX ? info.nr_map_ids : GC_MAPS_MAX;
	return 0;
}

static int describe(__u32 id, struct gc_prog *prog)
{
	int fd = bpf_prog_get_fd_by_id(id), err;

	if (fd < 0)
		return -errno;
	err = describe_open(fd, prog);
	close(fd);
	return err;
}

static int add_prog(struct gc_uses *uses, const struct gc_prog *prog)
{
	struct gc_prog *progs = reallocarray(uses->progs, uses->len + 1, sizeof(*progs));

	if (!progs)
		return -ENOMEM;
	uses->progs = progs;
	progs[uses->len++] = *prog;
	return 0;
}

int gc_uses_scan(struct gc_uses *uses)
{
	struct gc_prog prog;
	__u32 id = 0;
	int err = 0;

	memset(uses, 0, sizeof(*uses));
	while (!err) {
		if (bpf_prog_get_next_id(id, &id)) {
			err = errno == ENOENT ? 0 : -errno;
			break;
		}
		err = describe(id, &prog);
		/* It went away between the two calls. */
		if (err == -ENOENT) {
			err = 0;
			continue;
		}
		if (!err)
			err = add_prog(uses, &prog);
	}
	for (size_t i = 0; !err && i < uses->len; i++)
		err = outers_add(&uses->outers, uses->progs[i].maps, uses->progs[i].maps_len);
	if (err)
		gc_uses_free(uses);
	return err;
}

int gc_uses_add_pinned(struct gc_uses *uses, const struct directory *dir)
{
	char path[NAME_SIZE];
	struct listing progs;
	struct gc_prog prog;
	int err = 0, dir_fd, fd;

	for (int hook = 0; !err && hook < HOOKS; hook++) {
		dir_fd = progs_open(dir, hook, path, &progs);
		for (size_t i = 0; !err && dir_fd >= 0 && i < progs.len; i++) {
			fd = pin_open(dir_fd, progs.list[i].name, 0);
			if (fd >= 0 && pin_kind_of(fd) == PIN_PROG && !describe_open(fd, &prog))
				err = add_prog(uses, &prog);
			if (fd >= 0)
				close(fd);
		}
		listing_free(&progs);
		if (dir_fd >= 0)
			close(dir_fd);
	}
	return err;
}

void gc_uses_free(struct gc_uses *uses)
{
	outers_free(&uses->outers);
	free(uses->progs);
	memset(uses, 0, sizeof(*uses));
}

bool gc_ids_has(const struct gc_ids *ids, __u32 id)
{
	for (size_t i = 0; i < ids->len; i++)
		if (ids->list[i] == id)
			return true;
	return false;
}

int gc_ids_add(struct gc_ids *ids, __u32 id)
{
	__u32 *list;

	if (gc_ids_has(ids, id))
		return 0;
	list = reallocarray(ids->list, ids->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	ids->list = list;
	list[ids->len++] = id;
	return 0;
}

bool gc_prog_uses(const struct gc_uses *uses, const struct gc_prog *prog, __u32 map_id)
{
	for (__u32 i = 0; i < prog->maps_len; i++)
		if (prog->maps[i] == map_id)
			return true;
	return outers_find(&uses->outers, prog->maps, prog->maps_len, map_id);
}

const struct gc_prog *gc_uses_find(const struct gc_uses *uses, __u32 map_id)
{
	for (size_t i = 0; i < uses->len; i++)
		if (gc_prog_uses(uses, &uses->progs[i], map_id))
			return &uses->progs[i];
	return NULL;
}

void gc_uses_drop(struct gc_uses *uses, __u32 prog_id)
{
	for (size_t i = 0; i < uses->len; i++)
		if (uses->progs[i].id == prog_id)
			uses->progs[i] = uses->progs[--uses->len];
}

int gc_prog_exists(__u32 prog_id)
{
	int fd = bpf_prog_get_fd_by_id(prog_id);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	close(fd);
	return 1;
}

bool gc_prog_goes_away(struct gc_prog *prog)
{
	for (int ms = 0; !prog->stays && ms < FREED_PATIENCE_MS; ms += FREED_RETRY_MS) {
		if (!gc_prog_exists(prog->id))
			return true;
		poll(NULL, 0, FREED_RETRY_MS);
	}
	prog->stays = true;
	return false;
}

static int add_interface(struct gc_attached *attached, __u32 ifindex)
{
	struct gc_attachment *list;
	struct attachments here;
	struct interface iface;
	int err = 0;

	/* It may have gone away meanwhile, and its attachments with it. */
	if (interface_by_index(&iface, ifindex) || attachments_query_passing(&here, &iface))
		return 0;
	list = reallocarray(attached->list, attached->len + here.len, sizeof(*list));
	if (!list && attached->len + here.len)
		err = -ENOMEM;
	else
		attached->list = list;
	for (size_t i = 0; !err && i < here.len; i++) {
		struct gc_attachment *at = &list[attached->len++];

		at->prog_id = here.list[i].prog_id;
		at->hook = here.list[i].hook;
		at->iface = iface;
	}
	attachments_free(&here);
	return err;
}

static int visit_interfaces(void *arg)
{
	struct if_nameindex *names = if_nameindex();
	int err = 0;

	if (!names)
		return errno == ENOBUFS || errno == ENOMEM ? -ENOMEM : 0;
	for (size_t i = 0; !err && names[i].if_index; i++)
		err = add_interface(arg, names[i].if_index);
	if_freenameindex(names);
	return err;
}

int gc_attached_find(struct gc_attached *attached, const struct namespaces *namespaces)
{
	int err = 0;

	memset(attached, 0, sizeof(*attached));
	for (size_t i = 0; err != -ENOMEM && i < namespaces->len; i++)
		err = netns_visit(namespaces->list[i].fd, visit_interfaces, attached);
	if (err != -ENOMEM)
		return 0;
	gc_attached_free(attached);
	return err;
}

int gc_attached_here(struct gc_attached *attached)
{
	int err;

	memset(attached, 0, sizeof(*attached));
	err = visit_interfaces(attached);
	if (err)
		gc_attached_free(attached);
	return err;
}

void gc_attached_free(struct gc_attached *attached)
{
	free(attached->list);
	memset(attached, 0, sizeof(*attached));
}

const struct gc_attachment *gc_attached_prog(const struct gc_attached *attached, __u32 prog_id)
{
	for (size_t i = 0; i < attached->len; i++)
		if (attached->list[i].prog_id == prog_id)
			return &attached->list[i];
	return NULL;
}
