// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_words.h"

int acl_words_parse(struct acl_words *words, char **argv, int argc, bool keep_going,
                    const char *wanted)
{
	struct acl_rule entry;
	const char *reason;
	int err;

	memset(words, 0, sizeof(*words));
	for (int i = 0; i < argc; i++) {
		reason = NULL;
		if (acl_entry_word(&words->words, argv[i], strlen(argv[i]), &reason)) {
			if (!reason)
				continue;
			/* It is for all entries: it cannot be left out. */
			note("%s", reason);
			return -EINVAL;
		}
		reason = acl_entry_parse(&entry, argv[i], strlen(argv[i]), wanted);
		if (reason) {
			note("%s", reason);
			words->refused = true;
			continue;
		}
		err = acl_rules_append(&words->entries, &entry, 0);
		if (err)
			return err;
	}
	if (!words->entries.len && !words->refused)
		note("there is no address, port or Ethernet address");
	if (!words->entries.len || (words->refused && !keep_going))
		return -EINVAL;
	return 0;
}

int acl_words_only_addresses(struct acl_words *words, bool keep_going)
{
	char text[ACL_ENTRY_TEXT];
	size_t kept = 0;

	for (size_t i = 0; i < words->entries.len; i++) {
		const struct acl_rule *entry = &words->entries.list[i];

		if (entry->kind == ACL_RULE_IP4 || entry->kind == ACL_RULE_IP6) {
			words->entries.list[kept++] = *entry;
			continue;
		}
		acl_entry_print(entry, text);
		note("%s", acl_refuse(text, strlen(text), ACL_NO_ADDRESS));
		words->refused = true;
	}
	words->entries.len = kept;
	return kept && (!words->refused || keep_going) ? 0 : -EINVAL;
}

void acl_words_free(struct acl_words *words)
{
	acl_rules_free(&words->entries);
}
