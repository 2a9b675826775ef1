/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the tools' JSON has in common: one document a line, named by its schema. */
#ifndef BPFFS_JSON_H
#define BPFFS_JSON_H

#include <json-c/json.h>
#include <linux/types.h>
#include <stdbool.h>
#include "bpffs/interface.h"

/* A document that begins with its schema ("ifbpf.pin/1") and, if given, the interface it is about.
 */
struct json_object *json_begin(const char *schema, const struct interface *iface);

/* Print it as one line on stdout, and release it. Returns 0, or -ENOMEM, reported. */
int json_end(struct json_object *document);

/* A string; of bytes that are no UTF-8, which JSON is, each becomes %XX. */
struct json_object *json_string(const char *value);

/* The same, or null if it is NULL or empty. */
void json_put_string(struct json_object *to, const char *key, const char *value);

/* A number; or one for which 0 means that there is none, and is null. */
void json_put_number(struct json_object *to, const char *key, __u64 value);
void json_put_id(struct json_object *to, const char *key, __u64 id);
void json_put_bool(struct json_object *to, const char *key, bool value);

#endif
