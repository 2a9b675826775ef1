// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known to fail, before anything is changed. */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/ethtool.h"
#include "bpffs/log.h"
#include "bpffs/veth.h"
#include "pinning/filter.h"
#include "pinning/load_internal.h"
#include "pinning/prog_words.h"

/* A filter for egress would come onto ingress, and nobody would be told. */
static int check_qdisc(const struct loading *l)
{
	enum tc_qdisc qdisc;
	int err;

	if (l->how.by != ATTACH_CLSACT || l->how.hook != HOOK_TC_EGRESS)
		return 0;
	err = attachments_qdisc(l->iface, &qdisc);
	if (err)
		return failed(err, "cannot list the qdiscs of %s", l->iface->name);
	if (qdisc != TC_INGRESS)
		return 0;
	failed(-EOPNOTSUPP,
	       "cannot load onto %s of %s: it has an ingress qdisc, which has no egress",
	       hook_name(l->how.hook), l->iface->name);
	hint("%sonce nothing needs what that qdisc holds:",
	     !l->options->no_attach && attach_has_tcx(l->iface)
	             ? "attach without a qdisc: --tc tcx; or, "
	             : "");
	hint("tc qdisc del dev %s ingress && tc qdisc add dev %s clsact", cli_word(l->iface->name),
	     cli_word(l->iface->name));
	return -EOPNOTSUPP;
}

/* What goes for a program that decides by itself is more than the program. */
static int check_class(const struct loading *l, const char *prog)
{
	char class[48] = "";

	if (!l->old->indirect)
		return 0;
	if (l->old->classid)
		snprintf(class, sizeof(class), ", class %x:%x", TC_H_MAJ(l->old->classid) >> 16,
		         TC_H_MIN(l->old->classid));
	if (l->options->replace) {
		note("the filter of program %s on %s of %s is without direct-action%s: its class "
		     "and its actions do not count any more",
		     prog, hook_name(l->old->hook), l->iface->name, class);
		return 0;
	}
	rejected(
		-EOPNOTSUPP,
		"cannot replace program %s on %s of %s: its filter is without direct-action%s, and "
		"its class and its actions would be lost",
		prog, hook_name(l->old->hook), l->iface->name, class);
	hint("replace it all the same: --replace; or remove it first: %s",
	     filter_command(l->iface, l->old));
	return -EOPNOTSUPP;
}

static int check_filter(const struct loading *l)
{
	char prog[128];
	__u32 block;
	int err;

	if (l->old && l->old->by == ATTACH_CLSACT) {
		prog_words(l->old->prog_id, prog);
		err = filter_check(l->iface, l->old, "replace", prog);
		return err ? err : check_class(l, prog);
	}
	if (l->how.by != ATTACH_CLSACT || attachments_block(l->iface, l->how.hook, &block) ||
	    !block)
		return 0;
	rejected(-EOPNOTSUPP,
	         "cannot load onto %s of %s: its qdisc takes the filters of block %u, which "
	         "interfaces share",
	         hook_name(l->how.hook), l->iface->name, block);
	if (attach_has_tcx(l->iface))
		hint("attach without a qdisc: --tc tcx");
	return -EOPNOTSUPP;
}

/* Offloading takes a program that was loaded for that very device, which ours are not. */
static int check_offload(const struct loading *l)
{
	if (l->how.by != ATTACH_XDP || l->how.mode != XDP_MODE_HW)
		return 0;
	failed(-EOPNOTSUPP,
	       "cannot load onto xdp of %s in hw mode: programs are not offloaded to hardware",
	       l->iface->name);
	hint("run it in the driver: --mode native");
	hint("or before the stack: --mode skb");
	return -EOPNOTSUPP;
}

static void hint_full_row(const struct loading *l)
{
	hint("it takes %d programs; what is there: bpftool net show dev %s", ATTACH_TCX_MAX,
	     cli_word(l->iface->name));
	if (!l->options->link)
		hint("or attach a filter, which runs behind those: --tc clsact");
}

/* Said by the kernel, but for a dry run, and where the old program would be off by then. */
static int check_tcx_row(const struct loading *l)
{
	unsigned int count = 0;

	if (l->how.by != ATTACH_TCX || (l->old ? load_is_atomic(l) : !l->options->dry_run))
		return 0;
	for (size_t i = 0; i < l->attached.len; i++)
		count += l->attached.list[i].by == ATTACH_TCX &&
		         l->attached.list[i].hook == l->how.hook && &l->attached.list[i] != l->old;
	if (count < ATTACH_TCX_MAX)
		return 0;
	rejected(-ERANGE, "cannot load onto %s of %s: its row of tcx programs is full",
	         hook_name(l->how.hook), l->iface->name);
	hint_full_row(l);
	return -ERANGE;
}

static bool takes_frags(const struct loading *l)
{
	return !strncmp(bpf_program__section_name(l->object->prog), "xdp.frags", 9);
}

/* What a program without fragments may have to take: a page, less the room that XDP keeps. */
static __u32 longest_packet(void)
{
	return (__u32)sysconf(_SC_PAGESIZE) - (256 + 320 + 14);
}

/* The longest packet that comes; strict: 0 unless the driver is known to go by that. */
static __u32 packets_of(const struct loading *l, bool strict)
{
	char driver[ETHTOOL_BUSINFO_LEN];
	struct link_facts facts;
	struct veth_peer peer;
	int err;

	if (link_facts_get(l->iface->ifindex, &facts))
		return 0;
	/* What a veth receives is as long as its peer sends. */
	if (!strcmp(facts.kind, "veth")) {
		err = veth_peer_get(&facts, &peer);
		if (peer.netns_fd >= 0)
			close(peer.netns_fd);
		return err ? 0 : peer.facts.mtu;
	}
	if (!strict)
		return facts.mtu;
	return !ethtool_driver(l->iface->name, driver) && !strcmp(driver, "virtio_net") ? facts.mtu
	                                                                                : 0;
}

/* The same object in the other build, as the store has it. Returns whether there is one. */
static bool find_frags(const char *path, char *frags, size_t size)
{
	size_t len = strlen(path);

	if (len < 3 || strcmp(path + len - 2, ".o") != 0)
		return false;
	snprintf(frags, size, "%.*s_frags.o", (int)len - 2, path);
	return !access(frags, R_OK);
}

static void hint_frags(const struct loading *l)
{
	char frags[sizeof(l->object->path) + 8];

	if (find_frags(l->object->path, frags, sizeof(frags)))
		hint("take its build for packets of several buffers, %s %s %s, a smaller MTU, or "
		     "--mode skb",
		     cli_command("load"), cli_word(l->iface->name), cli_word(frags));
	else
		hint("take a program in section xdp.frags, a smaller MTU, or --mode skb");
}

/* By the driver's own account, which kernels before 6.3 do not ask for. */
static bool has_no_native(const struct loading *l)
{
	__u64 features;

	return !netdev_xdp_features(l->iface->ifindex, &features) && !(features & XDP_ACT_BASIC);
}

/* Some drivers have no words for it, and each has a number of its own; tcx has none at all. */
void load_hint_refused(const struct loading *l, int err)
{
	if (l->how.by == ATTACH_XDP && l->how.mode == XDP_MODE_NATIVE && !takes_frags(l) &&
	    (err == -ERANGE || err == -EINVAL || err == -EOPNOTSUPP || err == -ENOSPC) &&
	    packets_of(l, false) > longest_packet() && !has_no_native(l))
		hint_frags(l);
	if (l->how.by == ATTACH_TCX && err == -ERANGE)
		hint_full_row(l);
}

/*
 * Without a program on the hook the kernel's own refusal does no harm, and says more. In two steps
 * it would come when the old program is off.
 */
static int check_native(const struct loading *l)
{
	bool two_steps = l->old && !load_is_atomic(l);
	__u32 longest;

	if (l->how.by != ATTACH_XDP || l->how.mode != XDP_MODE_NATIVE ||
	    !(two_steps || (!l->old && l->options->dry_run)))
		return 0;
	if (has_no_native(l)) {
		failed(-EOPNOTSUPP,
		       "cannot load onto xdp of %s in native mode: its driver has none",
		       l->iface->name);
		hint("take the kernel's own: --mode skb");
		return -EOPNOTSUPP;
	}
	/* Asked once: the peer's namespace may be found now and not a moment later. */
	longest = takes_frags(l) ? 0 : packets_of(l, true);
	if (longest <= longest_packet())
		return 0;
	rejected(-ERANGE,
	         "cannot load onto xdp of %s in native mode: packets of up to %u bytes come, and "
	         "without fragments a program takes %u",
	         l->iface->name, longest, longest_packet());
	hint_frags(l);
	return -ERANGE;
}

int load_check(const struct loading *l)
{
	int err;

	/* What a plugin prepares is to be a filter: tc attaches it next. */
	if (l->options->no_attach)
		return cli_for_plugin() ? check_qdisc(l) : 0;
	err = check_offload(l);
	if (!err)
		err = check_native(l);
	if (!err)
		err = check_tcx_row(l);
	if (!err)
		err = check_filter(l);
	return err ? err : check_qdisc(l);
}
