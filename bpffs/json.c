// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/json.h"

struct json_object *json_string(const char *value)
{
	char *text = malloc(strlen(value) * 3 + 1), *end = text;
	struct json_object *string;
	size_t len;

	if (!text)
		return NULL;
	for (; *value; value += len ? len : 1) {
		len = cli_utf8_length(value);
		if (len)
			end = mempcpy(end, value, len);
		else
			end += sprintf(end, "%%%02X", (unsigned char)*value);
	}
	string = json_object_new_string_len(text, (int)(end - text));
	free(text);
	return string;
}

void json_put_string(struct json_object *to, const char *key, const char *value)
{
	json_object_object_add(to, key, value && *value ? json_string(value) : NULL);
}

void json_put_number(struct json_object *to, const char *key, __u64 value)
{
	json_object_object_add(to, key, json_object_new_uint64(value));
}

void json_put_id(struct json_object *to, const char *key, __u64 id)
{
	json_object_object_add(to, key, id ? json_object_new_uint64(id) : NULL);
}

void json_put_bool(struct json_object *to, const char *key, bool value)
{
	json_object_object_add(to, key, json_object_new_boolean(value));
}

struct json_object *json_begin(const char *schema, const struct interface *iface)
{
	struct json_object *document = json_object_new_object();
	char cookie[32];

	json_put_string(document, "schema", schema);
	if (!iface)
		return document;
	json_put_string(document, "ifname", cli_json_name(iface->name));
	json_put_number(document, "ifindex", iface->ifindex);
	/* A string: 64 bits are more than many readers' numbers hold. */
	snprintf(cookie, sizeof(cookie), "%llu", (unsigned long long)iface->netns.cookie);
	json_put_string(document, "netns", iface->netns.cookie ? cookie : NULL);
	return document;
}

int json_end(struct json_object *document)
{
	const char *text = json_object_to_json_string_ext(
		document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		puts(text);
	json_object_put(document);
	return text ? 0 : failed(-ENOMEM, "cannot write JSON");
}
