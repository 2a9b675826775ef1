// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/netlink.h"
#include "pinning/attach_netlink.h"

#define REQUEST_SIZE 512

/* Send it. Returns what netlink_change() does; *lost: the answer did not come. */
static int change(struct netlink *netlink, struct nlmsghdr *request, struct attach_answer *answer,
                  bool *lost)
{
	struct netlink_change said;
	int err = netlink_change(netlink, request, &said);

	memset(answer, 0, sizeof(*answer));
	snprintf(answer->words, sizeof(answer->words), "%s", said.words);
	*lost = said.lost;
	return err;
}

static __u32 id_of(int prog_fd)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) ? 0 : info.id;
}

static bool same_place(const struct attachment *a, const struct attachment *b)
{
	return a->hook == b->hook && a->by == b->by && a->mode == b->mode && a->chain == b->chain &&
	       a->pref == b->pref && a->handle == b->handle;
}

/* The answer was lost, with err: is the program in that place now, as it should be, or not be? */
static int look(int err, const struct interface *iface, struct netlink *netlink,
                const struct attachment *place, __u32 prog_id, bool should,
                struct attach_answer *answer)
{
	struct attachments now;
	bool there = false;

	answer->unsure = !prog_id || attachments_query_hook(&now, iface, netlink, place->hook);
	if (answer->unsure)
		return err;
	for (size_t i = 0; i < now.len; i++)
		there |= now.list[i].prog_id == prog_id && same_place(&now.list[i], place);
	attachments_free(&now);
	return there == should ? 0 : err;
}

__u32 attach_xdp_flags(enum xdp_mode mode)
{
	switch (mode) {
	case XDP_MODE_SKB: return XDP_FLAGS_SKB_MODE;
	case XDP_MODE_HW: return XDP_FLAGS_HW_MODE;
	default: return XDP_FLAGS_DRV_MODE;
	}
}

int attach_netlink_xdp(const struct interface *iface, struct netlink *netlink, enum xdp_mode mode,
                       int prog_fd, int expected_fd, struct attach_answer *answer)
{
	const struct attachment place = { .hook = HOOK_XDP, .by = ATTACH_XDP, .mode = mode };
	char buf[REQUEST_SIZE] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *link;
	struct nlattr *xdp;
	bool lost;
	int err;

	request->nlmsg_type = RTM_SETLINK;
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	link->ifi_index = (int)iface->ifindex;
	xdp = mnl_attr_nest_start(request, IFLA_XDP);
	mnl_attr_put_u32(request, IFLA_XDP_FD, (__u32)prog_fd);
	mnl_attr_put_u32(request, IFLA_XDP_FLAGS,
	                 attach_xdp_flags(mode) | (expected_fd >= 0 ? XDP_FLAGS_REPLACE
	                                                            : XDP_FLAGS_UPDATE_IF_NOEXIST));
	if (expected_fd >= 0)
		mnl_attr_put_u32(request, IFLA_XDP_EXPECTED_FD, (__u32)expected_fd);
	mnl_attr_nest_end(request, xdp);
	err = change(netlink, request, answer, &lost);
	if (!lost)
		return err;
	return look(err, iface, netlink, &place, id_of(prog_fd >= 0 ? prog_fd : expected_fd),
	            prog_fd >= 0, answer);
}

/* A request of that type about a qdisc, or the place of a filter. */
static struct nlmsghdr *begin(char buf[REQUEST_SIZE], const struct interface *iface, __u16 type,
                              struct tcmsg **tc)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

	request->nlmsg_type = type;
	*tc = mnl_nlmsg_put_extra_header(request, sizeof(**tc));
	(*tc)->tcm_family = AF_UNSPEC;
	(*tc)->tcm_ifindex = (int)iface->ifindex;
	return request;
}

int attach_netlink_qdisc(const struct interface *iface, struct netlink *netlink,
                         struct attach_answer *answer)
{
	char buf[REQUEST_SIZE] = {};
	struct nlmsghdr *request;
	enum tc_qdisc qdisc;
	struct tcmsg *tc;
	bool lost;
	int err;

	request = begin(buf, iface, RTM_NEWQDISC, &tc);
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	tc->tcm_parent = TC_H_CLSACT;
	tc->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(request, TCA_KIND, "clsact");
	err = change(netlink, request, answer, &lost);
	if (err == -EEXIST)
		return 0;
	if (lost && !attachments_qdisc(iface, &qdisc) && qdisc != TC_NONE)
		return 0;
	return err;
}

static struct nlmsghdr *begin_filter(char buf[REQUEST_SIZE], const struct interface *iface,
                                     const struct attachment *at, __u16 type)
{
	struct nlmsghdr *request;
	struct tcmsg *tc;

	request = begin(buf, iface, type, &tc);
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, at->hook == HOOK_TC_INGRESS ? TC_H_MIN_INGRESS
	                                                                    : TC_H_MIN_EGRESS);
	tc->tcm_handle = at->handle;
	tc->tcm_info = TC_H_MAKE(at->pref << 16, htons(at->protocol));
	mnl_attr_put_strz(request, TCA_KIND, "bpf");
	return request;
}

/* As tc and others name it. */
static void put_name(struct nlmsghdr *request, int prog_fd)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	char name[64];

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return;
	snprintf(name, sizeof(name), "%s:[%u]", info.name, info.id);
	mnl_attr_put_strz(request, TCA_BPF_NAME, name);
}

static int put_filter(const struct interface *iface, struct netlink *netlink,
                      const struct attachment *at, int prog_fd, __u16 how,
                      struct attach_answer *answer)
{
	char buf[REQUEST_SIZE] = {};
	struct nlmsghdr *request = begin_filter(buf, iface, at, RTM_NEWTFILTER);
	struct nlattr *options;
	bool lost;
	int err;

	request->nlmsg_flags = how;
	options = mnl_attr_nest_start(request, TCA_OPTIONS);
	mnl_attr_put_u32(request, TCA_BPF_FD, (__u32)prog_fd);
	put_name(request, prog_fd);
	if (!at->indirect)
		mnl_attr_put_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	/* The kernel does not exchange one for one that goes another way. */
	if (at->flags)
		mnl_attr_put_u32(request, TCA_BPF_FLAGS_GEN, at->flags);
	if (at->classid)
		mnl_attr_put_u32(request, TCA_BPF_CLASSID, at->classid);
	mnl_attr_nest_end(request, options);
	err = change(netlink, request, answer, &lost);
	return lost ? look(err, iface, netlink, at, id_of(prog_fd), true, answer) : err;
}

int attach_netlink_filter(const struct interface *iface, struct netlink *netlink,
                          const struct attachment *at, int prog_fd, struct attach_answer *answer)
{
	return put_filter(iface, netlink, at, prog_fd, NLM_F_CREATE | NLM_F_EXCL, answer);
}

int attach_netlink_refilter(const struct interface *iface, struct netlink *netlink,
                            const struct attachment *at, int prog_fd, struct attach_answer *answer)
{
	return put_filter(iface, netlink, at, prog_fd, NLM_F_REPLACE, answer);
}

int attach_netlink_unfilter(const struct interface *iface, struct netlink *netlink,
                            const struct attachment *at, struct attach_answer *answer)
{
	char buf[REQUEST_SIZE] = {};
	struct nlmsghdr *request = begin_filter(buf, iface, at, RTM_DELTFILTER);
	bool lost;
	int err = change(netlink, request, answer, &lost);

	return lost ? look(err, iface, netlink, at, at->prog_id, false, answer) : err;
}
