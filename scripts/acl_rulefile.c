// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_rulefile.h"

/* Far more than there is room for: whoever loads a block list as rules hears of it soon. */
#define LINES_MOST (4 * ACL_MAX_RULES)

static bool is_word(const char *word, size_t len, const char *wanted)
{
	return word && strlen(wanted) == len && !memcmp(word, wanted, len);
}

static void read_policy(struct acl_rulefile *into, struct line_file *file)
{
	size_t len, more;
	const char *word = line_file_word(file, &len);

	if (into->has_policy)
		line_file_refuse(file, file->line, "the file has a policy already");
	else if (!word || line_file_word(file, &more) || !acl_policy_word(&into->policy, word, len))
		line_file_refuse(file, file->line, "a policy is pass, drop or drop-ip");
	else
		into->has_policy = true;
}

/* NULL if the line was refused; the addresses behind it then have nowhere to go. */
static struct acl_list_change *refuse_section(struct line_file *file,
                                              struct acl_list_change *section, const char *reason)
{
	line_file_refuse(file, file->line, reason);
	free(section);
	return NULL;
}

static struct acl_list_change *read_section(struct acl_rulefile *into, struct line_file *file)
{
	struct acl_list_change *section = calloc(1, sizeof(*section));
	struct acl_rule words = {};
	const char *word, *reason;
	size_t len;

	if (!section)
		return refuse_section(file, section, "there is no memory for this list");
	word = line_file_word(file, &len);
	if (word)
		snprintf(section->name, sizeof(section->name), "%.*s",
		         len < sizeof(section->name) ? (int)len : 0, word);
	reason = acl_list_name_refused(section->name);
	while (!reason && (word = line_file_word(file, &len)))
		if (!acl_entry_word(&words, word, len, &reason))
			reason = "behind the name of a list stand allow or deny, and src, dst or "
				 "both";
	for (int i = 0; i < into->section_count && !reason; i++)
		if (!strcmp(into->sections[i]->name, section->name))
			reason = "this list is in the file already";
	if (!reason && into->section_count == ACL_LISTS)
		reason = "there are more lists than an interface can have";
	if (reason)
		return refuse_section(file, section, reason);
	section->wish = (struct acl_list_wish){ .name = section->name,
		                                .verdict = words.verdict,
		                                .sides = words.sides,
		                                .whole = true,
		                                .file = file->name,
		                                .line = file->line };
	into->sections[into->section_count++] = section;
	return section;
}

static void clash(const struct acl_rules *rules, size_t index, size_t against, void *arg)
{
	char reason[96];

	snprintf(reason, sizeof(reason),
	         "another rule, of line %u, is for the same entry and direction",
	         rules->lines[against]);
	line_file_refuse(arg, rules->lines[index], reason);
}

/* What stands twice needs no room. Returns 0 or a negative errno, reported. */
static int make_room(struct acl_rulefile *into, struct line_file *file)
{
	int err = acl_rules_settle(&into->rules, clash, file);

	if (err || into->rules.len <= ACL_MAX_RULES)
		return err;
	rejected(-E2BIG, "%s:%u: too many rules: there is room for %u", file->name,
	         into->rules.lines[ACL_MAX_RULES], ACL_MAX_RULES);
	hint("a list holds millions of addresses: load --list NAME %s", file->name);
	return -E2BIG;
}

static int read_rule(struct acl_rulefile *into, struct line_file *file)
{
	struct acl_rule rule;
	int err;

	if (!acl_file_rule(file, &rule))
		return 0;
	if (into->rules.len == LINES_MOST) {
		err = make_room(into, file);
		if (err)
			return err;
	}
	acl_entry_defaults(&rule);
	return acl_rules_append(&into->rules, &rule, file->line);
}

/* *section: into which addresses go, or NULL if there is none, or its line was refused. */
static int read_line(struct acl_rulefile *into, struct line_file *file,
                     struct acl_list_change **section)
{
	const char *begin = file->word, *word;
	struct acl_rule entry;
	size_t len;

	if (!line_file_is_text(file))
		return 0;
	word = line_file_word(file, &len);
	if (is_word(word, len, "policy")) {
		read_policy(into, file);
		return 0;
	}
	if (is_word(word, len, "list")) {
		*section = read_section(into, file);
		into->in_lists = true;
		return 0;
	}
	file->word = begin;
	if (!into->in_lists)
		return read_rule(into, file);
	if (acl_file_address(file, &entry) && *section)
		return acl_content_add(&(*section)->content, &entry);
	return 0;
}

int acl_rulefile_read(struct acl_rulefile *into, struct line_file *file)
{
	struct acl_list_change *section = NULL;
	unsigned int bad;
	int err = 0;

	memset(into, 0, sizeof(*into));
	into->rules.file = file->name;
	while (!err && line_file_next(file)) {
		bad = file->bad;
		err = read_line(into, file, &section);
		if (file->bad == bad)
			continue;
		if (!into->in_lists)
			into->bad_before++;
		else if (section)
			into->bad_in[into->section_count - 1]++;
	}
	return err ? err : acl_rules_settle(&into->rules, clash, file);
}

void acl_rulefile_free(struct acl_rulefile *from)
{
	acl_rules_free(&from->rules);
	for (int i = 0; i < from->section_count; i++) {
		acl_content_free(&from->sections[i]->content);
		free(from->sections[i]);
	}
}
