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

/* The other end of a veth; nothing on other interfaces. */
void doctor_look_at_veth(struct doctor *d);

#endif
