// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What is attached to the hooks of tc: netkit, tcx and clsact. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include "bpffs/netlink.h"
#include "bpffs/query.h"
#include "bpffs/query_internal.h"
#include "compat/libbpf.h"

/* The kernel allows 64 programs in one chain (BPF_MPROG_MAX). */
#define CHAIN_MAX 64

/* tcx and netkit. Returns 0 if the hook does not exist here; -EPERM if it may not be asked. */
static int query_chain(struct attachments *all, const struct interface *iface, __u32 attach_type,
                       enum hook hook, enum attach_by by)
{
	__u32 progs[CHAIN_MAX] = {}, links[CHAIN_MAX] = {}, count = CHAIN_MAX;
	int err;

	err = compat_prog_query(iface->ifindex, attach_type, progs, links, &count, NULL);
	/* EINVAL: not in this kernel. ENOENT: nothing there, ENXIO, EOPNOTSUPP: no netkit. */
	if (err == -EINVAL || err == -ENOENT || err == -ENXIO || err == -EOPNOTSUPP ||
	    err == -ENODEV)
		return 0;
	for (__u32 i = 0; !err && i < count; i++)
		err = query_add(all, &(struct attachment){ .hook = hook,
		                                           .by = by,
		                                           .prog_id = progs[i],
		                                           .link_id = links[i] });
	return err;
}

struct qdisc_facts {
	int ifindex;
	enum tc_qdisc kind;
	__u32 blocks[HOOKS];
};

static int take_qdisc(const struct nlmsghdr *message, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct qdisc_facts *found = arg;
	struct nlattr *attr;

	if (tc->tcm_ifindex != found->ifindex || tc->tcm_parent != TC_H_CLSACT)
		return MNL_CB_OK;
	/* The older ingress qdisc has the same parent, and answers for egress with ingress. */
	mnl_attr_for_each(attr, message, sizeof(*tc))
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			found->kind =
				strcmp(mnl_attr_get_str(attr), "clsact") ? TC_INGRESS : TC_CLSACT;
			break;
		case TCA_INGRESS_BLOCK:
			found->blocks[HOOK_TC_INGRESS] = mnl_attr_get_u32(attr);
			break;
		case TCA_EGRESS_BLOCK:
			found->blocks[HOOK_TC_EGRESS] = mnl_attr_get_u32(attr);
			break;
		default: break;
		}
	}
	return MNL_CB_OK;
}

static int query_qdisc(const struct interface *iface, struct qdisc_facts *found)
{
	char buf[MNL_NLMSG_HDRLEN + 64] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct tcmsg *tc;

	*found = (struct qdisc_facts){ .ifindex = (int)iface->ifindex };
	request->nlmsg_type = RTM_GETQDISC;
	request->nlmsg_flags = NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));
	tc->tcm_ifindex = (int)iface->ifindex;
	return netlink_ask(request, take_qdisc, found);
}

static int take_nothing(const struct nlmsghdr *message, void *arg)
{
	(void)message;
	(void)arg;
	return MNL_CB_OK;
}

/* With NLM_F_ECHO a kernel that gives its answer to whoever listens gives it to who asks too. */
bool query_has_no_qdisc(const struct interface *iface, struct netlink *netlink)
{
	char buf[MNL_NLMSG_HDRLEN + 64] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct tcmsg *tc;

	request->nlmsg_type = RTM_GETQDISC;
	request->nlmsg_flags = NLM_F_ACK | NLM_F_ECHO;
	tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));
	tc->tcm_ifindex = (int)iface->ifindex;
	tc->tcm_parent = TC_H_CLSACT;
	return netlink_request(netlink, request, take_nothing, NULL) == -ENOENT;
}

int attachments_qdisc(const struct interface *iface, enum tc_qdisc *qdisc)
{
	struct qdisc_facts found;
	int err = query_qdisc(iface, &found);

	*qdisc = found.kind;
	return err;
}

int attachments_block(const struct interface *iface, enum hook hook, __u32 *block)
{
	struct qdisc_facts found;
	int err = query_qdisc(iface, &found);

	*block = found.blocks[hook];
	return err;
}

struct filter_dump {
	struct attachments *all;
	enum hook hook;
	int err;
};

static void take_options(const struct nlattr *options, struct attachment *at)
{
	const struct nlattr *option;

	mnl_attr_for_each_nested(option, options)
	{
		switch (mnl_attr_get_type(option)) {
		case TCA_BPF_ID: at->prog_id = mnl_attr_get_u32(option); break;
		case TCA_BPF_CLASSID: at->classid = mnl_attr_get_u32(option); break;
		case TCA_BPF_FLAGS:
			at->indirect = !(mnl_attr_get_u32(option) & TCA_BPF_FLAG_ACT_DIRECT);
			break;
		/* The kernel tells as well whether it is in hardware. */
		case TCA_BPF_FLAGS_GEN:
			at->flags = mnl_attr_get_u32(option) &
			            (TCA_CLS_FLAGS_SKIP_HW | TCA_CLS_FLAGS_SKIP_SW);
			break;
		default: break;
		}
	}
}

static int take_filter(const struct nlmsghdr *message, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct filter_dump *dump = arg;
	struct attachment at = {
		.hook = dump->hook,
		.by = ATTACH_CLSACT,
		.pref = TC_H_MAJ(tc->tcm_info) >> 16,
		.handle = tc->tcm_handle,
		.protocol = ntohs(TC_H_MIN(tc->tcm_info)),
		.block = tc->tcm_ifindex == (int)TCM_IFINDEX_MAGIC_BLOCK ? tc->tcm_block_index : 0,
		.indirect = true,
	};
	struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(*tc))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND && strcmp(mnl_attr_get_str(attr), "bpf"))
			return MNL_CB_OK;
		if (mnl_attr_get_type(attr) == TCA_CHAIN)
			at.chain = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) != TCA_OPTIONS)
			continue;
		take_options(attr, &at);
	}
	/* A preference without a filter is listed as well; so is classic BPF, which has no id. */
	if (at.prog_id)
		dump->err = query_add(dump->all, &at);
	return dump->err ? MNL_CB_ERROR : MNL_CB_OK;
}

static int query_filters(struct attachments *all, const struct interface *iface,
                         struct netlink *netlink, enum hook hook)
{
	char buf[MNL_NLMSG_HDRLEN + 64] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct filter_dump dump = { .all = all, .hook = hook };
	struct tcmsg *tc;
	int err;

	request->nlmsg_type = RTM_GETTFILTER;
	request->nlmsg_flags = NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = iface->ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT,
	                           hook == HOOK_TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
	err = netlink_request(netlink, request, take_filter, &dump);
	/* Without a classifier in the kernel. */
	if (err == -EOPNOTSUPP)
		err = 0;
	return dump.err ? dump.err : err;
}

/* Packets go to chain 0, and to others from there; the kernel lists chains as they were made. */
static void sort_by_chain(struct attachments *all, size_t begin)
{
	for (size_t i = begin + 1; i < all->len; i++) {
		struct attachment at = all->list[i];
		size_t to = i;

		for (; to > begin && all->list[to - 1].chain > at.chain; to--)
			all->list[to] = all->list[to - 1];
		all->list[to] = at;
	}
}

/* What the older ingress qdisc answers for egress is what it has for ingress. */
static int drop_echo(struct attachments *all, const struct interface *iface, size_t before)
{
	enum tc_qdisc qdisc;
	int err;

	if (all->len == before)
		return 0;
	err = attachments_qdisc(iface, &qdisc);
	if (!err && qdisc != TC_CLSACT)
		all->len = before;
	return err;
}

int query_tc(struct attachments *all, const struct interface *iface, struct netlink *netlink,
             enum hook hook)
{
	bool ingress = hook == HOOK_TC_INGRESS, denied;
	size_t before;
	int err;

	/* What a netkit pair's primary sends goes through its primary program. */
	err = all->no_netkit
	              ? 0
	              : query_chain(all, iface, ingress ? BPF_NETKIT_PEER : BPF_NETKIT_PRIMARY,
	                            hook, ATTACH_NETKIT);
	if (!err)
		err = query_chain(all, iface, ingress ? BPF_TCX_INGRESS : BPF_TCX_EGRESS, hook,
		                  ATTACH_TCX);
	denied = err == -EPERM;
	if (err && !denied)
		return err;
	before = all->len;
	err = all->no_filters ? 0 : query_filters(all, iface, netlink, hook);
	if (!err && !ingress)
		err = drop_echo(all, iface, before);
	sort_by_chain(all, before);
	all->known[hook] = !err && !denied;
	return err;
}
