/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks of an interface share. */
#ifndef PINNING_DOCTOR_INTERFACE_H
#define PINNING_DOCTOR_INTERFACE_H

#include "pinning/doctor_findings.h"
#include "bpffs/link.h"

/*
 * Say whether what the interface receives needs a program for fragments. sender: whose MTU
 * decides, of a veth the peer's.
 */
void doctor_judge_mtu(struct doctor *d, const struct link_facts *sender);

/* An XDP program is on it in skb mode. */
bool doctor_runs_in_skb_mode(const struct doctor *d);

/* The other end of a veth; nothing on other interfaces. */
void doctor_look_at_veth(struct doctor *d);

/*
 * Whether VLAN tags come to a veth beside the packet, on which its own rxvlan has no influence.
 * Returns false, without a finding, on other interfaces.
 */
bool doctor_look_at_veth_vlan(struct doctor *d);

#endif
