/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes of the netlink message that tc or ip hands to a plugin. */
#ifndef COMPAT_MESSAGE_H
#define COMPAT_MESSAGE_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>

/* tc and ip give messages at least so much room. */
#define MESSAGE_SIZE 1024

/*
 * Append an attribute; data NULL: an empty one, to be filled with what follows. Returns it, or NULL
 * if there is no room.
 */
struct rtattr *message_add(struct nlmsghdr *message, unsigned short type, const void *data,
                           size_t len);
struct rtattr *message_add_u32(struct nlmsghdr *message, unsigned short type, __u32 value);

/* End an attribute that was begun empty: all that was appended since is in it. */
void message_end(struct nlmsghdr *message, struct rtattr *begun);

/*
 * The first attribute of that type; header is the size of the family's header behind nlmsghdr.
 * Returns NULL if there is none.
 */
struct rtattr *message_find(struct nlmsghdr *message, size_t header, unsigned short type);

/* The same inside an attribute. */
struct rtattr *message_find_in(struct rtattr *attribute, unsigned short type);

/* Cut an attribute out of the message; what is behind it moves up. */
void message_remove(struct nlmsghdr *message, struct rtattr *attribute);

/*
 * Have the kernel do what is requested, as tc does it. words: what it says of that, or "". Returns
 * 0, or a negative errno: that of the kernel, or why its answer is not known.
 */
int message_send(const struct nlmsghdr *message, char words[], size_t size);

/* What tc still sends of a request that is done: the kernel agrees to it, and does nothing. */
void message_void(struct nlmsghdr *message);

/*
 * Send the request that is in a buffer of that size to the kernel, and read the answer there.
 * Returns whether it is one of that type.
 */
bool message_ask(struct nlmsghdr *talk, size_t size, unsigned short type);

#endif
