// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A record as the text of a symlink. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/name.h"
#include "bpffs/record.h"

#define RECORD_VERSION "1"
#define CUT_MARK       "more"

/* A text that grows up to a limit; once it is full it stays marked so. */
struct text {
	char *buf;
	size_t len, size;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= t->size - t->len) {
		t->full = true;
		t->buf[t->len] = '\0';
		return;
	}
	t->len += n;
}

/* How many programs and maps of each hook are named. */
struct bounds {
	unsigned int progs, maps;
};

static void add_hook(struct text *t, const struct record *rec, enum hook hook,
                     const struct bounds *max)
{
	const struct record_hook *h = &rec->hooks[hook];
	const char *between = "=";

	if (!h->progs_len && !h->maps_len)
		return;
	text_add(t, ";%s", hook_name(hook));
	for (unsigned int i = 0; i < h->progs_len && i < max->progs; i++, between = ",")
		text_add(t, "%sprog:%u", between, h->progs[i]);
	for (unsigned int i = 0; i < h->maps_len && i < max->maps; i++, between = ",")
		text_add(t, "%smap:%u", between, h->maps[i]);
	if (h->cut || h->progs_len > max->progs || h->maps_len > max->maps)
		text_add(t, "%s" CUT_MARK, between);
}

int record_format(const struct record *rec, char text[RECORD_SIZE])
{
	char name[IF_NAMESIZE * 3];
	struct bounds max = { .progs = RECORD_IDS, .maps = RECORD_IDS };

	if (value_encode(rec->iface.name, name, sizeof(name)))
		*name = '\0';
	for (;;) {
		struct text t = { .buf = text, .size = RECORD_SIZE };

		text_add(&t, "v=" RECORD_VERSION ";gen=%llu", (unsigned long long)rec->gen);
		if (*name)
			text_add(&t, ";name=%s", name);
		if (rec->iface.ifindex)
			text_add(&t, ";ifindex=%u", rec->iface.ifindex);
		if (rec->iface.netns.cookie)
			text_add(&t, ";netns=%llu", (unsigned long long)rec->iface.netns.cookie);
		if (rec->iface.netns.ino)
			text_add(&t, ";nsino=%llu", (unsigned long long)rec->iface.netns.ino);
		if (*rec->iface.mac)
			text_add(&t, ";mac=%s", rec->iface.mac);
		if (rec->group != RECORD_NO_GROUP)
			text_add(&t, ";group=%u", rec->group);
		if (*rec->other)
			text_add(&t, ";%s", rec->other);
		for (int hook = 0; hook < HOOKS; hook++)
			add_hook(&t, rec, hook, &max);
		if (!t.full)
			return 0;
		/* Maps go first: a program that is named tells a reader more. */
		if (max.maps)
			max.maps /= 2;
		else if (max.progs)
			max.progs /= 2;
		else
			return -E2BIG;
	}
}

static int parse_number(const char *text, __u64 *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

static int parse_u32(const char *text, __u32 *number)
{
	__u64 wide;

	if (parse_number(text, &wide) || wide > (__u32)-1)
		return -EINVAL;
	*number = (__u32)wide;
	return 0;
}

static int parse_hook(struct record *rec, enum hook hook, char *list)
{
	char *save, *item;
	__u32 id;

	for (item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		if (!strcmp(item, CUT_MARK))
			rec->hooks[hook].cut = true;
		else if (!strncmp(item, "prog:", 5) && !parse_u32(item + 5, &id))
			record_add_prog(rec, hook, id);
		else if (!strncmp(item, "map:", 4) && !parse_u32(item + 4, &id))
			record_add_map(rec, hook, id);
		else
			return -EINVAL;
	}
	return 0;
}

/* Keep a field, value encoded, that is none of struct record's. */
static int add_other(struct record *rec, const char *key, const char *value)
{
	size_t len = strlen(rec->other);
	char *to = rec->other + len;

	if (len + (len > 0) + strlen(key) + 1 + strlen(value) >= sizeof(rec->other))
		return -E2BIG;
	if (len)
		*to++ = ';';
	to = stpcpy(to, key);
	*to++ = '=';
	strcpy(to, value);
	return 0;
}

void record_unset_other(struct record *rec, const char *key)
{
	const char *field = rec->other, *next;
	size_t len = strlen(key), size;
	char *to = rec->other;

	for (; *field; field = next) {
		size = strcspn(field, ";");
		next = field + size + (field[size] == ';');
		if (!size || (!strncmp(field, key, len) && field[len] == '='))
			continue;
		if (to != rec->other)
			*to++ = ';';
		memmove(to, field, size);
		to += size;
	}
	*to = '\0';
}

int record_set_other(struct record *rec, const char *key, const char *value)
{
	char encoded[sizeof(rec->other)], before[sizeof(rec->other)];
	int err = value_encode(value, encoded, sizeof(encoded));

	if (err)
		return err;
	strcpy(before, rec->other);
	record_unset_other(rec, key);
	err = add_other(rec, key, encoded);
	if (err)
		strcpy(rec->other, before);
	return err;
}

int record_get_other(const struct record *rec, const char *key, char *value, size_t size)
{
	char copy[sizeof(rec->other)], *save, *field;
	size_t len = strlen(key);

	strcpy(copy, rec->other);
	for (field = strtok_r(copy, ";", &save); field; field = strtok_r(NULL, ";", &save))
		if (!strncmp(field, key, len) && field[len] == '=')
			return value_decode(field + len + 1, value, size);
	return -ENOENT;
}

static int parse_field(struct record *rec, const char *key, char *value)
{
	int hook;

	if (!strcmp(key, "gen"))
		return parse_number(value, &rec->gen);
	if (!strcmp(key, "name"))
		return value_decode(value, rec->iface.name, sizeof(rec->iface.name));
	if (!strcmp(key, "ifindex"))
		return parse_u32(value, &rec->iface.ifindex);
	if (!strcmp(key, "netns"))
		return parse_number(value, &rec->iface.netns.cookie);
	if (!strcmp(key, "nsino"))
		return parse_number(value, &rec->iface.netns.ino);
	if (!strcmp(key, "group"))
		return parse_u32(value, &rec->group);
	if (!strcmp(key, "mac")) {
		if (strlen(value) >= sizeof(rec->iface.mac))
			return -EINVAL;
		strcpy(rec->iface.mac, value);
		return 0;
	}
	hook = hook_parse(key);
	return hook >= 0 ? parse_hook(rec, hook, value) : add_other(rec, key, value);
}

/* The first fields of a text have this one already: no writer says two things. */
static bool is_repeated(const char *text, size_t before, const char *key)
{
	size_t len = strlen(key);

	for (const char *field = text; field < text + before; field = strchr(field, ';') + 1)
		if (!strncmp(field, key, len) && field[len] == '=')
			return true;
	return false;
}

int record_parse(const char *text, struct record *rec)
{
	char copy[RECORD_SIZE], *save, *field, *value;
	int err;

	record_init(rec, NULL);
	if (strlen(text) >= sizeof(copy) || strncmp(text, "v=", 2))
		return -EINVAL;
	strcpy(copy, text);
	field = strtok_r(copy, ";", &save);
	if (strcmp(field, "v=" RECORD_VERSION))
		return -EPROTONOSUPPORT;
	while ((field = strtok_r(NULL, ";", &save))) {
		value = strchr(field, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (is_repeated(text, field - copy, field))
			return -EINVAL;
		err = parse_field(rec, field, value);
		if (err)
			return -EINVAL;
	}
	return 0;
}

static int read_text(int dir_fd, const char *file, char text[RECORD_SIZE])
{
	ssize_t len = readlinkat(dir_fd, file, text, RECORD_SIZE);

	if (len < 0)
		return -errno;
	if (len == RECORD_SIZE)
		return -EINVAL;
	text[len] = '\0';
	return 0;
}

int record_read(int dir_fd, const char *file, struct record *rec)
{
	char text[RECORD_SIZE];
	int err = read_text(dir_fd, file, text);

	return err ? err : record_parse(text, rec);
}

int record_read_owner(int dir_fd, const char *file, struct record *rec)
{
	int err = record_read(dir_fd, file, rec);

	return err || (*rec->iface.name && rec->iface.ifindex) ? err : -EINVAL;
}

/* What stands behind ";key=", "" if nothing does: no name or value has a semicolon in it. */
static int find_value(const char *text, const char *key, char value[MAC_TEXT_SIZE])
{
	const char *found = strstr(text, key);
	size_t len;

	found = found ? found + strlen(key) : "";
	len = strcspn(found, ";");
	if (len >= MAC_TEXT_SIZE)
		return -EINVAL;
	memcpy(value, found, len);
	value[len] = '\0';
	return 0;
}

/* 0 where there is none. */
static int find_number(const char *text, const char *key, __u64 *number)
{
	char value[MAC_TEXT_SIZE];
	int err = find_value(text, key, value);

	*number = 0;
	return err || !*value ? err : parse_number(value, number);
}

int record_read_identity(int dir_fd, const char *file, struct interface *was)
{
	char text[RECORD_SIZE];
	__u64 ifindex = 0;
	int err;

	memset(was, 0, sizeof(*was));
	err = read_text(dir_fd, file, text);
	if (!err)
		err = find_value(text, ";mac=", was->mac);
	if (!err)
		err = find_number(text, ";ifindex=", &ifindex);
	if (!err)
		err = find_number(text, ";netns=", &was->netns.cookie);
	if (!err)
		err = find_number(text, ";nsino=", &was->netns.ino);
	was->ifindex = (__u32)ifindex;
	return err;
}

int record_create(int dir_fd, const char *file, const struct record *rec)
{
	char text[RECORD_SIZE];
	int err = record_format(rec, text);

	if (err)
		return err;
	return symlinkat(text, dir_fd, file) ? -errno : 0;
}
