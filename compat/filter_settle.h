/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What f_ifbpf.so has for e_ifbpf.so: in a batch, the filter of a line before is to be settled
 * when a verb looks at it. tc loads both, each for itself, so it is found by its name.
 */
#ifndef COMPAT_FILTER_SETTLE_H
#define COMPAT_FILTER_SETTLE_H

#include "compat/iproute2.h"

#define FILTER_SETTLE "ifbpf_filter_settle"

IPROUTE2_PLUGIN void ifbpf_filter_settle(void);

#endif
