// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/mac.h"
#include "bpffs/netlink.h"
#include "bpffs/veth.h"
#include "scripts/station.h"

/* So long a neighbour has to answer; the kernel asks three times, a second apart. */
#define ANSWER_SECONDS 3
#define PAUSE_US       20000

#define NUD_WITH_ADDRESS (NUD_PERMANENT | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)

/* An address of IPv4 or IPv6; family AF_UNSPEC stands for any. */
struct address {
	int family;
	size_t len;
	__u8 bytes[16];
};

struct search {
	__u32 ifindex;
	struct address address;
	struct redirect_mac *list;
	size_t len;
	int err;
};

void station_format(const struct redirect_mac *mac, char text[STATION_TEXT_SIZE])
{
	const __u8 *b = mac->bytes;

	snprintf(text, STATION_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
	         b[4], b[5]);
}

bool station_equal(const struct redirect_mac *a, const struct redirect_mac *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static int add(struct search *search, const struct redirect_mac *mac)
{
	struct redirect_mac *list;

	for (size_t i = 0; i < search->len; i++)
		if (station_equal(&search->list[i], mac))
			return 0;
	list = reallocarray(search->list, search->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	search->list = list;
	list[search->len++] = *mac;
	return 0;
}

static int take_neighbour(const struct nlmsghdr *message, void *arg)
{
	const struct ndmsg *neighbour = mnl_nlmsg_get_payload(message);
	const struct redirect_mac *mac = NULL;
	struct search *search = arg;
	bool wanted = search->address.family == AF_UNSPEC;
	struct nlattr *attr;

	if (neighbour->ndm_ifindex != (int)search->ifindex ||
	    !(neighbour->ndm_state & NUD_WITH_ADDRESS) ||
	    (neighbour->ndm_family != AF_INET && neighbour->ndm_family != AF_INET6))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*neighbour))
	{
		const void *value = mnl_attr_get_payload(attr);
		size_t len = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) == NDA_LLADDR && len == sizeof(*mac))
			mac = value;
		if (mnl_attr_get_type(attr) == NDA_DST && len == search->address.len)
			wanted |= !memcmp(value, search->address.bytes, len);
	}
	if (mac && wanted && !search->err)
		search->err = add(search, mac);
	return MNL_CB_OK;
}

static struct nlmsghdr *request(char *buf, __u16 type, __u16 flags, const struct search *search)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buf);
	struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(header, sizeof(*neighbour));

	header->nlmsg_type = type;
	header->nlmsg_flags = flags;
	neighbour->ndm_family = (__u8)search->address.family;
	neighbour->ndm_ifindex = (int)search->ifindex;
	return header;
}

/* Fill in the list. Returns 0 or a negative errno. */
static int look(struct search *search)
{
	char buf[MNL_NLMSG_HDRLEN + 64] = {};
	int err =
		netlink_ask(request(buf, RTM_GETNEIGH, NLM_F_DUMP, search), take_neighbour, search);

	return err ? err : search->err;
}

/* Have the kernel resolve a neighbour, as if it had a packet for it. */
static int use(const struct search *search)
{
	char buf[MNL_NLMSG_HDRLEN + 128] = {};
	struct nlmsghdr *header = request(buf, RTM_NEWNEIGH, NLM_F_CREATE, search);
	struct ndmsg *neighbour = mnl_nlmsg_get_payload(header);

	neighbour->ndm_flags = NTF_USE;
	mnl_attr_put(header, NDA_DST, search->address.len, search->address.bytes);
	return netlink_ask(header, NULL, NULL);
}

static int resolve(struct search *search)
{
	time_t end = time(NULL) + ANSWER_SECONDS;
	int err = look(search);

	if (!err && !search->len)
		err = use(search);
	while (!err && !search->len && time(NULL) <= end) {
		usleep(PAUSE_US);
		err = look(search);
	}
	return err || search->len ? err : -EHOSTUNREACH;
}

/* IPv4 written as IPv6 is no neighbour's address. */
static bool parse(const char *text, struct address *address)
{
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	address->len = address->family == AF_INET6 ? 16 : 4;
	return inet_pton(address->family, text, address->bytes) == 1 &&
	       (address->family == AF_INET ||
	        !IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address->bytes));
}

/* Group addresses, all zeros: nobody sends from there, and what goes there goes to no station. */
static int check(const struct interface *iface, const char *text, const struct redirect_mac *mac)
{
	static const struct redirect_mac none;

	if (!(mac->bytes[0] & 1) && !station_equal(mac, &none))
		return 0;
	return rejected(-EINVAL, "cannot take %s on %s as a station: %s", text, iface->name,
	                mac->bytes[0] & 1 ? "it is the address of a group"
	                                  : "no station has the address 0");
}

int station_find(const struct interface *iface, const char *text, struct redirect_mac *mac)
{
	struct search search = { .ifindex = iface->ifindex };
	int err;

	if (mac_parse(text, strlen(text), mac->bytes))
		return check(iface, text, mac);
	if (!parse(text, &search.address)) {
		rejected(-EINVAL, "cannot read '%s' as a station", text);
		hint("give a hardware address, or the IP address of a neighbour on %s",
		     iface->name);
		return -EINVAL;
	}
	err = resolve(&search);
	if (!err)
		*mac = search.list[0];
	free(search.list);
	if (err)
		return failed(err, "cannot find neighbour %s on %s", text, iface->name);
	return check(iface, text, mac);
}

int station_list(const struct interface *iface, struct redirect_mac **list, size_t *len)
{
	struct search search = { .ifindex = iface->ifindex };
	struct link_facts facts;
	struct veth_peer peer;
	int err;

	if (!link_facts_get(iface->ifindex, &facts) && !veth_peer_get(&facts, &peer)) {
		close(peer.netns_fd);
		if (!peer.facts.master)
			search.err = add(&search, (struct redirect_mac *)peer.facts.mac);
	}
	err = search.len ? 0 : look(&search);
	if (err) {
		failed(err, "cannot read the neighbours of %s", iface->name);
	} else if (!search.len) {
		err = rejected(-ENOENT, "cannot find any station on %s", iface->name);
		hint("name one: %s ... <source>=<destination>, by hardware or IP address",
		     cli_command("redirect"));
	}
	if (err) {
		free(search.list);
		return err;
	}
	*list = search.list;
	*len = search.len;
	return 0;
}
