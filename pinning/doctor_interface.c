// SPDX-License-Identifier: GPL-2.0-or-later
/* The interface: its driver, queues, MTU and offloads, and what is above it. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/ethtool.h"
#include "bpffs/query.h"
#include "pinning/attach.h"
#include "pinning/doctor_findings.h"
#include "pinning/doctor_interface.h"

/* XDP_PACKET_HEADROOM, struct skb_shared_info, an Ethernet header. */
#define XDP_ROOM (256 + 320 + 14)

static const struct {
	__u32 bit;
	const char *name;
} features[] = {
	{ XDP_ACT_BASIC, "basic" },
	{ XDP_ACT_REDIRECT, "redirect" },
	{ XDP_ACT_NDO_XMIT, "ndo-xmit" },
	{ XDP_ACT_XSK_ZEROCOPY, "xsk-zerocopy" },
	{ XDP_ACT_HW_OFFLOAD, "hw-offload" },
	{ XDP_ACT_RX_SG, "rx-sg" },
	{ XDP_ACT_NDO_XMIT_SG, "ndo-xmit-sg" },
};

bool doctor_runs_in_skb_mode(const struct doctor *d)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	return !bpf_xdp_query((int)d->iface.ifindex, 0, &opts) && opts.skb_prog_id;
}

static void look_at_driver(struct doctor *d)
{
	char driver[ETHTOOL_BUSINFO_LEN] = "", names[128] = "";
	int named = ethtool_driver(d->iface.name, driver), err;
	__u64 has = 0;

	if (named)
		strcpy(driver, "unknown");
	err = netdev_xdp_features(d->iface.ifindex, &has);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (has & features[i].bit)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s",
			         features[i].name);
	if (err) {
		found(d, DOCTOR_INFO, "cannot tell whether the driver has native XDP (from 6.3)");
		evidence(d, "driver %s; the netdev family: %s", driver, strerror(-err));
	} else if (has & XDP_ACT_BASIC) {
		found(d, DOCTOR_OK, "the driver has native XDP%s",
		      has & XDP_ACT_REDIRECT ? "" : ", but cannot redirect");
		evidence(d, "driver %s; XDP features:%s", driver, names);
	} else {
		/* Where it runs in skb mode already, the next load takes that too. */
		found(d, doctor_runs_in_skb_mode(d) ? DOCTOR_WARNING : DOCTOR_PROBLEM,
		      "the driver has no native XDP: load takes another mode only if told so");
		evidence(d, "driver %s; XDP features:%s", driver, *names ? names : " none");
		remedy(d, "%s --mode skb %s OBJECT", cli_command("load"), cli_word(d->iface.name));
	}
}

/* Whether native XDP can be asked for at all; if the kernel does not say, it can. */
static bool may_be_native(const struct doctor *d, __u64 *has)
{
	if (!netdev_xdp_features(d->iface.ifindex, has))
		return *has & XDP_ACT_BASIC;
	*has = XDP_ACT_BASIC | XDP_ACT_RX_SG;
	return true;
}

/* Drivers that set aside a transmit queue for each CPU, or as many as there are. */
static void look_at_queues(struct doctor *d)
{
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_CONF), now, most;
	char driver[ETHTOOL_BUSINFO_LEN] = "";
	struct ethtool_channels channels;
	int err = ethtool_channels(d->iface.name, &channels);

	if (err) {
		found(d, DOCTOR_INFO, "cannot tell how many queues it has");
		evidence(d, "ETHTOOL_GCHANNELS: %s", strerror(-err));
		return;
	}
	ethtool_driver(d->iface.name, driver);
	now = channels.combined_count + channels.tx_count;
	most = channels.max_combined + channels.max_tx;
	if (!strcmp(driver, "virtio_net") && now + cpus > most) {
		found(d, DOCTOR_WARNING,
		      "native XDP wants a transmit queue for each CPU: old kernels refuse it "
		      "(\"Too "
		      "few free TX rings\"), later ones share queues under a lock");
		if (most > cpus)
			remedy(d, "ethtool -L %s combined %u", cli_word(d->iface.name),
			       most - cpus);
	} else if (!strcmp(driver, "ena") && now * 2 > most) {
		found(d, DOCTOR_PROBLEM, "native XDP will be refused: it wants half of the queues");
		remedy(d, "ethtool -L %s combined %u", cli_word(d->iface.name), most / 2);
	} else {
		found(d, DOCTOR_OK, "the queues are not in the way of native XDP");
	}
	evidence(d, "driver %s, %u of %u transmit queues in use, %u CPUs", driver, now, most, cpus);
}

static bool runs_in_native_mode(const struct doctor *d)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	return !bpf_xdp_query((int)d->iface.ifindex, 0, &opts) && opts.drv_prog_id;
}

void doctor_judge_mtu(struct doctor *d, const struct link_facts *sender)
{
	const __u32 limit = (__u32)sysconf(_SC_PAGESIZE) - XDP_ROOM;
	__u64 has;

	if (!may_be_native(d, &has))
		return;
	if (sender->mtu <= limit) {
		found(d, DOCTOR_OK, "packets fit a page: native programs need no fragments");
	} else if (runs_in_native_mode(d)) {
		/* The driver takes no other there, nor such an MTU above another. */
		found(d, DOCTOR_OK,
		      "packets do not fit a page, and the native program takes them in fragments");
	} else if (has & XDP_ACT_RX_SG) {
		found(d, DOCTOR_PROBLEM,
		      "packets do not fit a page: native programs will be refused, but those in "
		      "section xdp.frags");
		remedy(d, "%s %s %s", cli_command("load"), cli_word(d->iface.name),
		       cli_object("xdp_pass_frags.o"));
	} else {
		found(d, DOCTOR_PROBLEM,
		      "packets do not fit a page, and the driver passes no fragments to XDP: "
		      "native programs will be refused");
		remedy(d, "ip link set dev %s mtu 1500", cli_word(sender->name));
	}
	evidence(d, "the MTU of %s is %u, and a page has room for %u", sender->name, sender->mtu,
	         limit);
}

static void look_at_mtu(struct doctor *d)
{
	struct link_facts facts;
	int err = link_facts_get(d->iface.ifindex, &facts);

	if (err) {
		found(d, DOCTOR_INFO, "cannot tell its MTU");
		evidence(d, "RTM_GETLINK: %s", strerror(-err));
		return;
	}
	/* What a veth receives is as long as its peer sends. */
	if (strcmp(facts.kind, "veth"))
		doctor_judge_mtu(d, &facts);
}

/* A feature that should be off for XDP: what happens if it is on. */
static void want_off(struct doctor *d, const char *feature, const char *option,
                     enum doctor_level level, const char *what)
{
	int on = ethtool_feature(d->iface.name, feature);

	if (on < 0) {
		found(d, DOCTOR_INFO, "cannot tell whether %s is on", feature);
		evidence(d, "ETHTOOL_GFEATURES: %s", strerror(-on));
		return;
	}
	if (on) {
		found(d, level, "%s", what);
		remedy(d, "ethtool -K %s %s off", cli_word(d->iface.name), option);
	} else {
		found(d, DOCTOR_OK, "%s is off, as XDP wants it", feature);
	}
	evidence(d, "%s is %s", feature, on ? "on" : "off");
}

static void look_at_lro(struct doctor *d)
{
	want_off(d, "rx-lro", "lro", DOCTOR_WARNING,
	         "the driver joins packets (LRO): many refuse native XDP then");
}

static void look_at_gro_hw(struct doctor *d)
{
	want_off(d, "rx-gro-hw", "rx-gro-hw", DOCTOR_WARNING,
	         "the device joins packets (GRO_HW): some drivers refuse native XDP then");
}

static void look_at_vlan(struct doctor *d)
{
	if (doctor_look_at_veth_vlan(d))
		return;
	want_off(d, "rx-vlan-hw-parse", "rxvlan", DOCTOR_INFO,
	         "VLAN tags are taken off before XDP sees the packet, in skb mode at least, and "
	         "what native XDP redirects loses them");
}

/* IEEE 802.3ad and those that choose by packet or by hash. */
static bool bond_mode_has_xdp(int mode)
{
	enum { ROUND_ROBIN, ACTIVE_BACKUP, XOR, BROADCAST, LACP };

	return mode == ROUND_ROBIN || mode == ACTIVE_BACKUP || mode == XOR || mode == LACP;
}

static void look_at_port(struct doctor *d, const struct link_facts *bond, __u32 ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int err = bpf_xdp_query((int)ifindex, 0, &opts);

	if (!err && (opts.drv_prog_id || opts.skb_prog_id)) {
		found(d, DOCTOR_PROBLEM,
		      "%s has an XDP program: a second one on its port %s will "
		      "be refused",
		      bond->name, d->iface.name);
		evidence(d, "program %u on %s",
		         opts.drv_prog_id ? opts.drv_prog_id : opts.skb_prog_id, bond->name);
	} else {
		found(d, DOCTOR_WARNING,
		      "it is a port of the bond %s: with a program here, %s takes none", bond->name,
		      bond->name);
		evidence(d, "its master is %s, of kind bond", bond->name);
	}
	remedy(d, "%s %s OBJECT", cli_command("load"), cli_word(bond->name));
}

/* Bonds have native XDP since 5.15, and the kernel tells of features since 6.3. */
static void look_at_bond(struct doctor *d)
{
	struct link_facts facts, master;
	__u64 has;

	if (link_facts_get(d->iface.ifindex, &facts))
		return;
	if (!strcmp(facts.kind, "bond")) {
		if (bond_mode_has_xdp(facts.bond_mode) &&
		    netdev_xdp_features(d->iface.ifindex, &has)) {
			found(d, DOCTOR_INFO,
			      "this mode of bonding has native XDP from Linux 5.15, and cannot be "
			      "asked for it");
		} else if (bond_mode_has_xdp(facts.bond_mode)) {
			found(d, DOCTOR_OK, "this mode of bonding has native XDP");
		} else {
			found(d, DOCTOR_WARNING, "this mode of bonding has no native XDP");
			remedy(d, "%s --mode skb %s OBJECT", cli_command("load"),
			       cli_word(d->iface.name));
		}
		evidence(d, "bond mode %d", facts.bond_mode);
	} else if (facts.master && !link_facts_get(facts.master, &master) &&
	           !strcmp(master.kind, "bond")) {
		look_at_port(d, &master, facts.master);
	}
}

/* The older of the two qdiscs with filters: who has it cannot add the other. */
static void look_at_qdisc(struct doctor *d)
{
	enum tc_qdisc qdisc;

	if (!attachments_qdisc(&d->iface, &qdisc) && qdisc == TC_INGRESS) {
		found(d, DOCTOR_PROBLEM,
		      "it has the qdisc ingress, which has no egress: load --hook tc_egress will "
		      "be refused");
		evidence(d, "'tc qdisc show dev %s' has ingress, not clsact", d->iface.name);
		remedy(d,
		       "tc qdisc del dev %s ingress && tc qdisc add dev %s clsact, and its filters "
		       "anew",
		       cli_word(d->iface.name), cli_word(d->iface.name));
	}
}

/* Only a load by tcx needs a place there. */
static void look_at_tcx_row(struct doctor *d)
{
	unsigned int count[HOOKS] = {};
	struct attachments now;

	if (attachments_query(&now, &d->iface))
		return;
	for (size_t i = 0; i < now.len; i++)
		count[now.list[i].hook] += now.list[i].by == ATTACH_TCX;
	attachments_free(&now);
	for (int hook = 0; hook < HOOKS; hook++) {
		if (count[hook] < ATTACH_TCX_MAX)
			continue;
		found(d, DOCTOR_WARNING,
		      "the row of tcx programs on %s is full: load --tc tcx will be refused",
		      hook_name(hook));
		evidence(d, "%u programs are there; the kernel takes %d", count[hook],
		         ATTACH_TCX_MAX);
		remedy(d, "%s --tc clsact %s OBJECT", cli_command("load"), cli_word(d->iface.name));
	}
}

const struct doctor_probe doctor_interface[] = {
	{ "driver", look_at_driver },
	{ "queues", look_at_queues },
	{ "mtu", look_at_mtu },
	{ "lro", look_at_lro },
	{ "gro_hw", look_at_gro_hw },
	{ "vlan_offload", look_at_vlan },
	{ "veth_peer", doctor_look_at_veth },
	{ "bond", look_at_bond },
	{ "qdisc", look_at_qdisc },
	{ "tcx_row", look_at_tcx_row },
	{},
};
