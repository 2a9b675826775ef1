/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stations: who is on the other side of an interface, by hardware address. */
#ifndef SCRIPTS_STATION_H
#define SCRIPTS_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include "bpffs/interface.h"
#include "objects/redirect.h"

/* "aa:bb:cc:dd:ee:ff" with its NUL. */
#define STATION_TEXT_SIZE 18

void station_format(const struct redirect_mac *mac, char text[STATION_TEXT_SIZE]);
bool station_equal(const struct redirect_mac *a, const struct redirect_mac *b);

/*
 * What a user calls a station: its hardware address, or the IPv4 or IPv6 address of a neighbour on
 * the interface, which the kernel is asked to resolve if it does not know it.
 * Reports its failures. Returns 0 or a negative errno: -EINVAL if it is neither kind of address, or
 * one of a group or all zeros, -EHOSTUNREACH if no neighbour answers.
 */
int station_find(const struct interface *iface, const char *text, struct redirect_mac *mac);

/*
 * All stations that are known on the interface: the other end of a veth, unless a bridge or a bond
 * stands behind it; else the neighbours. The caller frees *list. Reports its failures. Returns 0
 * or a negative errno: -ENOENT if there is none.
 */
int station_list(const struct interface *iface, struct redirect_mac **list, size_t *len);

#endif
