// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include "bpffs/interface.h"
#include "bpffs/log.h"
#include "bpffs/netlink.h"

/* An altname may be this long (ALTIFNAMSIZ). */
#define ALTNAME_SIZE 128

static void mac_format(const struct nlattr *attr, char out[MAC_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *mac = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);

	for (size_t i = 0; i < len && (i + 1) * 3 <= MAC_TEXT_SIZE; i++) {
		if (i)
			*out++ = ':';
		*out++ = digits[mac[i] >> 4];
		*out++ = digits[mac[i] & 0xf];
	}
	*out = '\0';
}

static int take_link(const struct nlmsghdr *message, void *arg)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	struct interface *iface = arg;
	struct nlattr *attr;

	iface->ifindex = link->ifi_index;
	mnl_attr_for_each(attr, message, sizeof(*link))
	{
		if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			snprintf(iface->name, sizeof(iface->name), "%s", mnl_attr_get_str(attr));
		else if (mnl_attr_get_type(attr) == IFLA_ADDRESS)
			mac_format(attr, iface->mac);
	}
	return MNL_CB_OK;
}

static int ask_link(struct interface *iface, const char *name, __u32 ifindex,
                    struct netlink *netlink)
{
	char buf[MNL_NLMSG_HDRLEN + 512] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *link;
	int err;

	memset(iface, 0, sizeof(*iface));
	request->nlmsg_type = RTM_GETLINK;
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	link->ifi_index = ifindex;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	/* The kernel looks a name up among the altnames as well. */
	if (name)
		mnl_attr_put_strz(request,
		                  strlen(name) < IF_NAMESIZE ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	err = netlink_request(netlink, request, take_link, iface);
	if (err)
		return err;
	return iface->ifindex ? netlink_netns(netlink, &iface->netns) : -ENODEV;
}

int interface_by_name_over(struct interface *iface, const char *name, struct netlink *netlink)
{
	if (!*name || strlen(name) >= ALTNAME_SIZE)
		return -ENODEV;
	return ask_link(iface, name, 0, netlink);
}

int interface_by_name(struct interface *iface, const char *name)
{
	struct netlink netlink = {};
	int err = interface_by_name_over(iface, name, &netlink);

	netlink_close(&netlink);
	return err;
}

int interface_by_index(struct interface *iface, __u32 ifindex)
{
	struct netlink netlink = {};
	int err = ask_link(iface, NULL, ifindex, &netlink);

	netlink_close(&netlink);
	return err;
}

static int refuse(int err, const char *name)
{
	failed(err, "cannot find interface %s", *name ? name : "''");
	if (err == -ENODEV)
		hint("list the interfaces of this network namespace: ip -br link");
	/* Before 5.14 only /proc tells one network namespace from another. */
	if (err == -ENOENT)
		hint("mount what tells which network namespace this is: mount -t proc proc /proc");
	return err;
}

int interface_find_over(struct interface *iface, const char *name, struct netlink *netlink)
{
	int err = interface_by_name_over(iface, name, netlink);

	return err ? refuse(err, name) : 0;
}

int interface_find(struct interface *iface, const char *name, const char *netns)
{
	int err = netns ? netns_enter(netns) : 0;

	if (err)
		return err;
	err = interface_by_name(iface, name);
	return err ? refuse(err, name) : 0;
}
