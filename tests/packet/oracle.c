// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>
#include "tests/packet/oracle.h"

/* Protocol numbers as IANA lists them. */
enum {
	HOP_BY_HOP = 0,
	ICMP = 1,
	TCP = 6,
	UDP = 17,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	ICMP6 = 58,
	DESTINATION = 60,
	MOBILITY = 135
};

#define EXTENSIONS_MAX 8

/* The part of a frame that belongs to the layer that is read. */
struct bytes {
	const __u8 *frame;
	size_t at, end;
};

static bool has(const struct bytes *b, size_t count)
{
	return b->end - b->at >= count;
}

static unsigned int byte(const struct bytes *b, size_t offset)
{
	return b->frame[b->at + offset];
}

static unsigned int word(const struct bytes *b, size_t offset)
{
	return byte(b, offset) << 8 | byte(b, offset + 1);
}

static enum oracle_status read_tcp(const struct bytes *b, struct probe *found)
{
	unsigned int words;

	if (!has(b, 20))
		return ORACLE_TRUNCATED;
	words = byte(b, 12) >> 4;
	if (words < 5)
		return ORACLE_MALFORMED;
	if (!has(b, 4 * words))
		return ORACLE_TRUNCATED;
	found->tcp = b->at;
	return ORACLE_GOOD;
}

static enum oracle_status read_udp(const struct bytes *b, struct probe *found, bool ip6)
{
	unsigned int length;

	if (!has(b, 8))
		return ORACLE_TRUNCATED;
	length = word(b, 4);
	if (length == 0 && ip6)
		length = 8;
	if (length < 8)
		return ORACLE_MALFORMED;
	if (!found->fragment && !has(b, length))
		return ORACLE_TRUNCATED;
	found->udp = b->at;
	return ORACLE_GOOD;
}

static enum oracle_status read_transport(const struct bytes *b, struct probe *found, bool ip6)
{
	if (found->fragment == 2)
		return ORACLE_GOOD;
	if ((found->l4_protocol == TCP || found->l4_protocol == UDP) && has(b, 4)) {
		found->has_ports = 1;
		found->sport = word(b, 0);
		found->dport = word(b, 2);
	}
	if (found->l4_protocol == TCP)
		return read_tcp(b, found);
	if (found->l4_protocol == UDP)
		return read_udp(b, found, ip6);
	if (found->l4_protocol == (ip6 ? ICMP6 : ICMP)) {
		if (!has(b, 8))
			return ORACLE_TRUNCATED;
		found->icmp = b->at;
	}
	return ORACLE_GOOD;
}

static enum oracle_status read_ip4(struct bytes *b, struct probe *found)
{
	unsigned int header, total, flags;

	if (!has(b, 20))
		return ORACLE_TRUNCATED;
	header = (byte(b, 0) & 15) * 4;
	total = word(b, 2);
	if (byte(b, 0) >> 4 != 4 || header < 20 || total < header)
		return ORACLE_MALFORMED;
	found->ip4 = b->at;
	found->l4_protocol = byte(b, 9);
	flags = word(b, 6);
	found->fragment = flags & 0x1fff ? 2 : flags & 0x2000 ? 1 : 0;
	if (!has(b, total))
		return ORACLE_TRUNCATED;
	b->end = b->at + total;
	b->at += header;
	return read_transport(b, found, false);
}

/* The size of the extension header at the front; 0 if it is none. */
static size_t extension_size(unsigned int protocol, const struct bytes *b)
{
	if (protocol == FRAGMENT)
		return 8;
	if (protocol == AUTHENTICATION)
		return 4 * (byte(b, 1) + 2);
	if (protocol == HOP_BY_HOP || protocol == ROUTING || protocol == DESTINATION ||
	    protocol == MOBILITY)
		return 8 * (byte(b, 1) + 1);
	return 0;
}

static bool is_extension(unsigned int protocol)
{
	static const __u8 two[2];
	const struct bytes zeros = { .frame = two, .end = 2 };

	return extension_size(protocol, &zeros) > 0;
}

static enum oracle_status read_ip6(struct bytes *b, struct probe *found)
{
	unsigned int payload, count = 0;

	if (!has(b, 40))
		return ORACLE_TRUNCATED;
	if (byte(b, 0) >> 4 != 6)
		return ORACLE_MALFORMED;
	found->ip6 = b->at;
	found->l4_protocol = byte(b, 6);
	payload = word(b, 4);
	b->at += 40;
	if (payload || found->l4_protocol != HOP_BY_HOP) {
		if (!has(b, payload))
			return ORACLE_TRUNCATED;
		b->end = b->at + payload;
	}
	while (is_extension(found->l4_protocol)) {
		size_t size;

		if (count++ == EXTENSIONS_MAX)
			return ORACLE_MALFORMED;
		if (!has(b, 8))
			return ORACLE_TRUNCATED;
		size = extension_size(found->l4_protocol, b);
		if (found->l4_protocol == FRAGMENT) {
			if (word(b, 2) >> 3)
				found->fragment = 2;
			else if (word(b, 2) & 1)
				found->fragment = 1;
		}
		if (!has(b, size))
			return ORACLE_TRUNCATED;
		found->l4_protocol = byte(b, 0);
		b->at += size;
		if (found->fragment == 2)
			return ORACLE_GOOD;
	}
	return read_transport(b, found, true);
}

static enum oracle_status read_frame(struct bytes *b, struct probe *found)
{
	if (!has(b, 14))
		return ORACLE_TRUNCATED;
	found->protocol = word(b, 12);
	b->at += 14;
	while ((found->protocol == 0x8100 || found->protocol == 0x88a8) && found->vlans < 2) {
		if (!has(b, 4))
			return ORACLE_TRUNCATED;
		*(found->vlans ? &found->inner_tci : &found->outer_tci) = word(b, 0);
		found->vlans++;
		found->protocol = word(b, 2);
		b->at += 4;
	}
	if (found->protocol == 0x0800)
		return read_ip4(b, found);
	if (found->protocol == 0x86dd)
		return read_ip6(b, found);
	return ORACLE_GOOD;
}

void oracle_parse(const __u8 *frame, size_t len, struct probe *found)
{
	struct bytes b = { .frame = frame, .end = len };

	*found = (struct probe){
		.bytes = len,
		.ip4 = PROBE_NOTHING,
		.ip6 = PROBE_NOTHING,
		.tcp = PROBE_NOTHING,
		.udp = PROBE_NOTHING,
		.icmp = PROBE_NOTHING,
	};
	found->status = read_frame(&b, found);
}
