// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "bpffs/netlink.h"
#include "bpffs/query.h"
#include "bpffs/query_internal.h"

const char *attach_by_name(enum attach_by by)
{
	static const char *const names[] = {
		[ATTACH_XDP] = "xdp",
		[ATTACH_CLSACT] = "clsact",
		[ATTACH_TCX] = "tcx",
		[ATTACH_NETKIT] = "netkit",
	};

	return names[by];
}

const char *xdp_mode_name(enum xdp_mode mode)
{
	static const char *const names[] = {
		[XDP_MODE_NONE] = "none",
		[XDP_MODE_SKB] = "skb",
		[XDP_MODE_NATIVE] = "native",
		[XDP_MODE_HW] = "hw",
	};

	return names[mode];
}

int query_add(struct attachments *all, const struct attachment *at)
{
	struct attachment *list = reallocarray(all->list, all->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	all->list = list;
	list[all->len++] = *at;
	return 0;
}

#define LINK_KIND_SIZE 32

/* XDP programs of a link by mode; IFLA_XDP_PROG_ID only repeats one of them. */
struct xdp_progs {
	__u32 hw, native, skb;
	bool found;
	char *ifname, *kind;
};

/* What a driver calls its links: "netkit", "veth"; hardware has none. */
static void take_kind(const struct nlattr *info, char kind[LINK_KIND_SIZE])
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			snprintf(kind, LINK_KIND_SIZE, "%s", mnl_attr_get_str(attr));
	}
}

static int take_link(const struct nlmsghdr *message, void *arg)
{
	struct xdp_progs *progs = arg;
	struct nlattr *attr, *xdp;

	progs->found = true;
	mnl_attr_for_each(attr, message, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			snprintf(progs->ifname, IF_NAMESIZE, "%s", mnl_attr_get_str(attr));
		if (mnl_attr_get_type(attr) == IFLA_LINKINFO)
			take_kind(attr, progs->kind);
		if (mnl_attr_get_type(attr) != IFLA_XDP)
			continue;
		mnl_attr_for_each_nested(xdp, attr)
		{
			switch (mnl_attr_get_type(xdp)) {
			case IFLA_XDP_HW_PROG_ID: progs->hw = mnl_attr_get_u32(xdp); break;
			case IFLA_XDP_DRV_PROG_ID: progs->native = mnl_attr_get_u32(xdp); break;
			case IFLA_XDP_SKB_PROG_ID: progs->skb = mnl_attr_get_u32(xdp); break;
			default: break;
			}
		}
	}
	return MNL_CB_OK;
}

/* One link is asked for; bpf_xdp_query() of libbpf 1.1 dumps them all. */
static int query_xdp(struct attachments *all, const struct interface *iface,
                     struct netlink *netlink)
{
	char buf[MNL_NLMSG_HDRLEN + 64] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	char kind[LINK_KIND_SIZE] = "";
	struct xdp_progs progs = { .ifname = all->ifname, .kind = kind };
	struct ifinfomsg *link;
	int err;

	request->nlmsg_type = RTM_GETLINK;
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	link->ifi_index = iface->ifindex;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = netlink_request(netlink, request, take_link, &progs);
	if (err || !progs.found)
		return err ? err : -ENODEV;
	all->no_netkit = strcmp(kind, "netkit") != 0;
	/* Hardware comes first on a packet's way; skb and native exclude each other. */
	const struct {
		__u32 prog_id;
		enum xdp_mode mode;
	} found[] = {
		{ progs.hw, XDP_MODE_HW },
		{ progs.native, XDP_MODE_NATIVE },
		{ progs.skb, XDP_MODE_SKB },
	};

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]) && !err; i++)
		if (found[i].prog_id)
			err = query_add(all, &(struct attachment){ .hook = HOOK_XDP,
			                                           .by = ATTACH_XDP,
			                                           .mode = found[i].mode,
			                                           .prog_id = found[i].prog_id });
	all->known[HOOK_XDP] = !err;
	return err;
}

static int query_hook(struct attachments *all, const struct interface *iface,
                      struct netlink *netlink, enum hook hook)
{
	return hook == HOOK_XDP ? query_xdp(all, iface, netlink)
	                        : query_tc(all, iface, netlink, hook);
}

static int refuse(int err, struct attachments *all, const struct interface *iface)
{
	attachments_free(all);
	failed(err, "cannot ask what is attached to %s", iface->name);
	if (err == -ENODEV)
		hint("it is gone since this began, or in another network namespace now: ip -br "
		     "link");
	return err;
}

static int query_all(struct attachments *all, const struct interface *iface,
                     struct netlink *netlink)
{
	int err = 0;

	memset(all, 0, sizeof(*all));
	all->no_filters = query_has_no_qdisc(iface, netlink);
	for (int hook = 0; !err && hook < HOOKS; hook++)
		err = query_hook(all, iface, netlink, hook);
	return err;
}

int attachments_query_over(struct attachments *all, const struct interface *iface,
                           struct netlink *netlink)
{
	int err = query_all(all, iface, netlink);

	return err ? refuse(err, all, iface) : 0;
}

int attachments_query_passing(struct attachments *all, const struct interface *iface)
{
	struct netlink netlink = {};
	int err = query_all(all, iface, &netlink);

	netlink_close(&netlink);
	if (err == -ENODEV)
		attachments_free(all);
	else if (err)
		refuse(err, all, iface);
	return err;
}

int attachments_query_hook(struct attachments *all, const struct interface *iface,
                           struct netlink *netlink, enum hook hook)
{
	int err;

	memset(all, 0, sizeof(*all));
	err = query_hook(all, iface, netlink, hook);
	return err ? refuse(err, all, iface) : 0;
}

int attachments_query(struct attachments *all, const struct interface *iface)
{
	struct netlink netlink = {};
	int err = attachments_query_over(all, iface, &netlink);

	netlink_close(&netlink);
	return err;
}

int attachments_check(const struct attachments *all, const struct interface *iface)
{
	for (int hook = 0; hook < HOOKS; hook++) {
		if (all->known[hook])
			continue;
		failed(-EPERM, "cannot ask what is attached by tcx to %s of %s", hook_name(hook),
		       iface->name);
		access_hint("CAP_NET_ADMIN");
		return -EPERM;
	}
	return 0;
}

void attachments_free(struct attachments *all)
{
	free(all->list);
	all->list = NULL;
	all->len = 0;
}

int attachments_without(const struct attachments *all, const struct attachment *one,
                        struct attachments *rest)
{
	int err = 0;

	*rest = *all;
	rest->list = NULL;
	rest->len = 0;
	for (size_t i = 0; !err && i < all->len; i++)
		if (&all->list[i] != one)
			err = query_add(rest, &all->list[i]);
	if (err)
		attachments_free(rest);
	return err;
}

bool attachments_has(const struct attachments *all, enum hook hook, __u32 prog_id)
{
	for (size_t i = 0; i < all->len; i++)
		if (all->list[i].hook == hook && all->list[i].prog_id == prog_id)
			return true;
	return false;
}
