// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "compat/message.h"

static char *end_of(struct nlmsghdr *message)
{
	return (char *)message + NLMSG_ALIGN(message->nlmsg_len);
}

struct rtattr *message_add(struct nlmsghdr *message, unsigned short type, const void *data,
                           size_t len)
{
	struct rtattr *attribute = (struct rtattr *)end_of(message);

	if (NLMSG_ALIGN(message->nlmsg_len) + RTA_SPACE(len) > MESSAGE_SIZE)
		return NULL;
	memset(attribute, 0, RTA_SPACE(len));
	attribute->rta_type = type;
	attribute->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attribute), data, len);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_SPACE(len);
	return attribute;
}

struct rtattr *message_add_u32(struct nlmsghdr *message, unsigned short type, __u32 value)
{
	return message_add(message, type, &value, sizeof(value));
}

void message_end(struct nlmsghdr *message, struct rtattr *begun)
{
	begun->rta_len = end_of(message) - (char *)begun;
}

static struct rtattr *find(char *at, char *end, unsigned short type)
{
	while (at + sizeof(struct rtattr) <= end) {
		struct rtattr *attribute = (struct rtattr *)at;

		if (attribute->rta_len < sizeof(*attribute) || at + attribute->rta_len > end)
			return NULL;
		if ((attribute->rta_type & NLA_TYPE_MASK) == type)
			return attribute;
		at += RTA_ALIGN(attribute->rta_len);
	}
	return NULL;
}

struct rtattr *message_find(struct nlmsghdr *message, size_t header, unsigned short type)
{
	return find((char *)message + NLMSG_SPACE(header), end_of(message), type);
}

struct rtattr *message_find_in(struct rtattr *attribute, unsigned short type)
{
	return find(RTA_DATA(attribute), (char *)attribute + attribute->rta_len, type);
}

void message_remove(struct nlmsghdr *message, struct rtattr *attribute)
{
	size_t size = RTA_ALIGN(attribute->rta_len);
	char *next = (char *)attribute + size;

	memmove(attribute, next, end_of(message) - next);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) - size;
}

/* The text that stands behind an acknowledgement, and behind the request if that is repeated. */
static void read_words(struct nlmsghdr *answer, char words[], size_t size)
{
	struct nlmsgerr *error = NLMSG_DATA(answer);
	size_t header = sizeof(*error);
	struct rtattr *text;

	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		header += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	if (NLMSG_SPACE(header) > answer->nlmsg_len)
		return;
	text = message_find(answer, header, NLMSGERR_ATTR_MSG);
	if (text)
		snprintf(words, size, "%.*s", (int)RTA_PAYLOAD(text), (char *)RTA_DATA(text));
}

static int send_and_read(int fd, const struct nlmsghdr *message, struct nlmsghdr *answer,
                         size_t size)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t len;

	if (sendto(fd, message, message->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) <
	    0)
		return -errno;
	do
		len = recv(fd, answer, size, 0);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	if (len < (ssize_t)NLMSG_SPACE(sizeof(struct nlmsgerr)) || answer->nlmsg_len > len ||
	    answer->nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	return ((struct nlmsgerr *)NLMSG_DATA(answer))->error;
}

int message_send(const struct nlmsghdr *message, char words[], size_t size)
{
	const int on = 1;
	union {
		struct nlmsghdr header;
		char bytes[8192];
	} request, answer = {};
	int fd, err;

	*words = '\0';
	if (message->nlmsg_len > sizeof(request))
		return -EMSGSIZE;
	memcpy(&request, message, message->nlmsg_len);
	request.header.nlmsg_flags |= NLM_F_ACK;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	err = send_and_read(fd, &request.header, &answer.header, sizeof(answer));
	close(fd);
	if (answer.header.nlmsg_type == NLMSG_ERROR)
		read_words(&answer.header, words, size);
	return err;
}

void message_void(struct nlmsghdr *message)
{
	message->nlmsg_type = NLMSG_NOOP;
	message->nlmsg_len = NLMSG_HDRLEN;
}

bool message_ask(struct nlmsghdr *talk, size_t size, unsigned short type)
{
	const struct timeval patience = { .tv_sec = 5 };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t len = -1;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (sendto(fd, talk, talk->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) > 0)
		len = recv(fd, talk, size, 0);
	close(fd);
	return len >= (ssize_t)sizeof(*talk) && talk->nlmsg_len <= len && talk->nlmsg_type == type;
}
