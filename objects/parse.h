/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What xdp_parse and tc_parse count: struct stats_record by protocol and by source. */
#ifndef PARSE_H
#define PARSE_H

#include "source.h"
#include "stats.h"

/*
 * Per-CPU array. Each packet is counted in one slot: its protocol over IPv4, or 256 more over IPv6
 * (IPPROTO_*, behind the extension headers), or one of those below.
 */
#define PARSE_PROTOCOLS_MAP  "parse_protocols"
#define PARSE_SLOT_IP6       256
#define PARSE_SLOT_ARP       512
#define PARSE_SLOT_OTHER     513 /* any other EtherType */
#define PARSE_SLOT_TRUNCATED 514
#define PARSE_SLOT_MALFORMED 515
#define PARSE_SLOTS          516

/* LRU per-CPU hash, struct source_key to struct stats_record. */
#define PARSE_SOURCES_MAP "parse_sources"
#define PARSE_SOURCES     16384

#endif
