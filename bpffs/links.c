// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/links.h"
#include "bpffs/pin.h"
#include "compat/libbpf.h"

int links_each(int (*visit)(int fd, const struct bpf_link_info *info, void *arg), void *arg)
{
	struct bpf_link_info info;
	__u32 id = 0, len;
	int fd, ret = 0;

	while (!ret) {
		if (bpf_link_get_next_id(id, &id))
			return errno == ENOENT ? 0 : -errno;
		fd = bpf_link_get_fd_by_id(id);
		if (fd < 0) {
			/* It went away between the two calls, or is just being made. */
			if (errno == ENOENT || errno == EAGAIN)
				continue;
			return -errno;
		}
		len = sizeof(info);
		memset(&info, 0, sizeof(info));
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			ret = visit(fd, &info, arg);
		close(fd);
	}
	return ret;
}

bool link_is_dead(const struct bpf_link_info *info)
{
	/* All three have the ifindex in one place. */
	return (info->type == BPF_LINK_TYPE_XDP || info->type == BPF_LINK_TYPE_TCX ||
	        info->type == BPF_LINK_TYPE_NETKIT) &&
	       !info->xdp.ifindex;
}

__u32 link_pinned_prog(int dir_fd, const char *file)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info), id = 0;
	int fd = pin_open(dir_fd, file, 0);

	if (fd < 0)
		return 0;
	if (pin_kind_of(fd) == PIN_LINK && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	    !link_is_dead(&info))
		id = info.prog_id;
	close(fd);
	return id;
}

static int add_link(int fd, const struct bpf_link_info *info, void *arg)
{
	struct xdp_links *links = arg;
	struct xdp_link *list;

	(void)fd;
	if (info->type != BPF_LINK_TYPE_XDP || !info->xdp.ifindex)
		return 0;
	list = reallocarray(links->list, links->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	links->list = list;
	list[links->len++] = (struct xdp_link){
		.id = info->id,
		.prog_id = info->prog_id,
		.ifindex = info->xdp.ifindex,
	};
	return 0;
}

static bool is_wanted(const struct attachment *at)
{
	return at->by == ATTACH_XDP && !at->link_id;
}

int links_match(struct xdp_links *links, struct attachments *attached,
                const struct interface *iface)
{
	bool wanted = false;
	int err;

	for (size_t i = 0; i < attached->len; i++)
		wanted |= is_wanted(&attached->list[i]);
	if (!wanted)
		return 0;
	err = links->listed ? 0 : links_each(add_link, links);
	if (err) {
		links_free(links);
		return err;
	}
	links->listed = true;
	/*
	 * A link does not say in which network namespace its ifindex counts; together with the
	 * program, which is attached there, it can hardly be another's.
	 */
	for (size_t i = 0; i < attached->len; i++)
		for (size_t n = 0; is_wanted(&attached->list[i]) && n < links->len; n++)
			if (links->list[n].ifindex == iface->ifindex &&
			    links->list[n].prog_id == attached->list[i].prog_id)
				attached->list[i].link_id = links->list[n].id;
	return 0;
}

void links_free(struct xdp_links *links)
{
	free(links->list);
	memset(links, 0, sizeof(*links));
}

int links_find(struct attachments *attached, const struct interface *iface)
{
	struct xdp_links links = {};
	int err = links_match(&links, attached, iface);

	links_free(&links);
	return err;
}
