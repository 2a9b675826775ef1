/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of frames, layer by layer, and what the parser is to say of each. */
#ifndef PACKET_PARSE_ROWS_H
#define PACKET_PARSE_ROWS_H

#include <stddef.h>
#include "tests/packet/frame.h"
#include "tests/packet/oracle.h"

#define PARSE_MAC_A "02:00:00:00:00:01"
#define PARSE_MAC_B "02:00:00:00:00:02"

/* What a test changes in a frame that stands. */
typedef void parse_spoil_t(struct frame *f);

struct parse_layer {
	enum { END, VLAN, SVLAN, IP4, OPTIONS4, IP6, EXTENSION, TCP, UDP, ICMP4, ICMP6, DATA } kind;
	unsigned int a, b;
};

struct parse_row {
	const char *name;
	enum oracle_status status;
	struct parse_layer layers[14];
	parse_spoil_t *spoil;
};

extern const struct parse_row parse_rows[];
extern const size_t parse_rows_len;

/* The frame of a row: from 192.0.2.1 or 2001:db8::1. */
void parse_row_make(struct frame *f, const struct parse_row *row);

#endif
