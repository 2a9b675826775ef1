// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/netlink.h"
#include "bpffs/netns.h"
#include "bpffs/link.h"

static void take_bond(const struct nlattr *data, struct link_facts *facts)
{
	struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data)
	{
		if (mnl_attr_get_type(attr) == IFLA_BOND_MODE)
			facts->bond_mode = mnl_attr_get_u8(attr);
	}
}

static void take_kind(const struct nlattr *info, struct link_facts *facts)
{
	struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			snprintf(facts->kind, sizeof(facts->kind), "%s", mnl_attr_get_str(attr));
		/* The kind comes before its data. */
		else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && !strcmp(facts->kind, "bond"))
			take_bond(attr, facts);
	}
}

static int take_link(const struct nlmsghdr *message, void *arg)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	struct link_facts *facts = arg;
	struct nlattr *attr;

	facts->flags = link->ifi_flags;
	mnl_attr_for_each(attr, message, sizeof(*link))
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			snprintf(facts->name, sizeof(facts->name), "%s", mnl_attr_get_str(attr));
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(attr) == sizeof(facts->mac))
				memcpy(facts->mac, mnl_attr_get_payload(attr), sizeof(facts->mac));
			break;
		case IFLA_MTU: facts->mtu = mnl_attr_get_u32(attr); break;
		case IFLA_MASTER: facts->master = mnl_attr_get_u32(attr); break;
		case IFLA_LINK: facts->lower = mnl_attr_get_u32(attr); break;
		case IFLA_LINK_NETNSID:
			facts->has_nsid = true;
			facts->nsid = (__s32)mnl_attr_get_u32(attr);
			break;
		case IFLA_NUM_RX_QUEUES: facts->rx_queues = mnl_attr_get_u32(attr); break;
		case IFLA_NUM_TX_QUEUES: facts->tx_queues = mnl_attr_get_u32(attr); break;
		case IFLA_LINKINFO: take_kind(attr, facts); break;
		default: break;
		}
	}
	return MNL_CB_OK;
}

int link_facts_get(__u32 ifindex, struct link_facts *facts)
{
	char buf[MNL_NLMSG_HDRLEN + 64] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *link;

	memset(facts, 0, sizeof(*facts));
	facts->bond_mode = -1;
	request->nlmsg_type = RTM_GETLINK;
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	link->ifi_index = (int)ifindex;
	return netlink_ask(request, take_link, facts);
}

static int take_nsid(const struct nlmsghdr *message, void *arg)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct rtgenmsg))
	{
		if (mnl_attr_get_type(attr) == NETNSA_NSID)
			*(__s32 *)arg = (__s32)mnl_attr_get_u32(attr);
	}
	return MNL_CB_OK;
}

/* The id that another network namespace has in this one; NETNSA_NSID_NOT_ASSIGNED if none. */
static __s32 nsid_of(int netns_fd)
{
	char buf[MNL_NLMSG_HDRLEN + 64] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	__s32 nsid = NETNSA_NSID_NOT_ASSIGNED;
	struct rtgenmsg *gen;

	request->nlmsg_type = RTM_GETNSID;
	gen = mnl_nlmsg_put_extra_header(request, sizeof(*gen));
	gen->rtgen_family = AF_UNSPEC;
	mnl_attr_put_u32(request, NETNSA_FD, (__u32)netns_fd);
	netlink_ask(request, take_nsid, &nsid);
	return nsid;
}

/*
 * Try <dir>/<entry><suffix> for every entry. Returns a descriptor, -EPERM if it may be among those
 * that this process may not open, or -ENOENT.
 */
static int search(const char *dir, const char *suffix, __s32 nsid)
{
	struct dirent *entry;
	bool denied = false;
	char path[300];
	int fd = -ENOENT;
	DIR *stream;

	stream = opendir(dir);
	if (!stream)
		return -ENOENT;
	while (fd < 0 && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", dir, entry->d_name, suffix);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		denied |= fd < 0 && errno == EACCES;
		if (fd >= 0 && nsid_of(fd) != nsid) {
			close(fd);
			fd = -ENOENT;
		}
	}
	closedir(stream);
	return fd >= 0 ? fd : denied ? -EPERM : -ENOENT;
}

int link_visit_peer(const struct link_facts *facts, int (*visit)(void *arg), void *arg)
{
	int fd, err;

	if (!facts->has_nsid)
		return visit(arg);
	fd = search("/run/netns", "", facts->nsid);
	if (fd < 0)
		fd = search("/proc", "/ns/net", facts->nsid);
	if (fd < 0)
		return fd;
	err = netns_visit(fd, visit, arg);
	close(fd);
	return err;
}
