// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_edit.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_session.h"
#include "scripts/acl_show.h"
#include "scripts/acl_words.h"

/* What an edit of rules works on, and what came of it. */
struct edit {
	const struct acl_options *options;
	struct acl_session session;
	struct acl_rules rules;
	struct acl_words words;
	size_t before;
	bool refused;
};

/* all: it is an edit of all rules there are, whatever they are. */
static int edit_open(struct edit *edit, const struct config *config,
                     const struct acl_options *options, bool all)
{
	int err;

	memset(edit, 0, sizeof(*edit));
	edit->options = options;
	err = acl_session_open(&edit->session, config, CONFIG_WRITE);
	if (!err && options->list)
		err = acl_session_need_lists(&edit->session);
	if (!err)
		err = acl_rules_read(&edit->rules, &edit->session.maps);
	if (!err && !all && !options->list)
		err = acl_rules_check(&edit->rules, &edit->session.maps);
	edit->before = edit->rules.settings.rules;
	return err;
}

static void edit_close(struct edit *edit)
{
	acl_rules_free(&edit->rules);
	acl_words_free(&edit->words);
	acl_session_close(&edit->session);
}

/* Put the rules in force unless some were refused; returns the exit status. */
static int finish(struct edit *edit)
{
	bool refused = edit->refused || edit->words.refused;

	if (refused && !edit->options->keep_going) {
		note("nothing is changed");
		hint("--keep-going leaves out what is refused");
		return EXIT_KERNEL;
	}
	if (acl_rules_publish(&edit->rules, &edit->session.maps))
		return EXIT_KERNEL;
	acl_show_edit(edit->session.config, edit->before, edit->rules.len);
	return refused ? EXIT_PARTLY : EXIT_SUCCESS;
}

static void clash(const struct acl_rules *rules, size_t index, size_t against, void *arg)
{
	const struct acl_rule *rule = &rules->list[index], *before = &rules->list[against];
	char text[ACL_ENTRY_TEXT];
	struct edit *edit = arg;

	acl_entry_print(rule, text);
	rejected(-EEXIST,
	         "cannot add %s %s %s: another rule is for the same entry and direction, %s %s",
	         text, acl_sides_name(rule->sides), acl_verdict_name(rule->verdict),
	         acl_sides_name(before->sides), acl_verdict_name(before->verdict));
	edit->refused = true;
}

static int add_words(struct edit *edit)
{
	const struct acl_words *words = &edit->words;
	struct acl_rule rule;
	int err = 0;

	for (size_t i = 0; i < words->entries.len && !err; i++) {
		rule = words->entries.list[i];
		rule.sides = words->words.sides;
		rule.verdict = words->words.verdict;
		acl_entry_defaults(&rule);
		err = acl_rules_append(&edit->rules, &rule, 0);
	}
	return err ? err : acl_rules_settle(&edit->rules, clash, edit);
}

/* Add addresses to the list, or remove them from it. */
static int edit_list(struct edit *edit, enum set_edit how)
{
	const struct acl_words *words = &edit->words;
	struct acl_list_wish wish = { .name = edit->options->list,
		                      .verdict = words->words.verdict,
		                      .sides = words->words.sides };
	struct acl_content content = {};
	int err = 0;

	for (size_t i = 0; i < words->entries.len && !err; i++)
		err = acl_content_add(&content, &words->entries.list[i]);
	if (!err)
		err = acl_list_edit(&edit->session.lists, &wish, &content, how);
	acl_content_free(&content);
	if (err)
		return EXIT_KERNEL;
	acl_show_list_edit(&edit->session, wish.name);
	return words->refused ? EXIT_PARTLY : EXIT_SUCCESS;
}

/* What the user typed, before anything is looked at. */
static int parse(struct edit *edit, const struct acl_options *options, char **words, int count)
{
	const char *refused = options->list ? acl_list_name_refused(options->list) : NULL;
	int err;

	if (refused) {
		note("%s", refused);
		return -EINVAL;
	}
	err = acl_words_parse(&edit->words, words, count, options->keep_going,
	                      options->list ? ACL_NO_ADDRESS : ACL_NO_ENTRY);

	if (!err && options->list)
		err = acl_words_only_addresses(&edit->words, options->keep_going);
	return err;
}

int acl_add(struct config *config, const struct acl_options *options, char **words, int count)
{
	struct edit edit;
	int status = EXIT_KERNEL;

	if (!edit_open(&edit, config, options, false)) {
		if (parse(&edit, options, words, count))
			status = EXIT_USAGE;
		else if (options->list)
			status = edit_list(&edit, SET_ADD);
		else if (!add_words(&edit))
			status = finish(&edit);
	}
	edit_close(&edit);
	return status;
}

/* There is none for this entry, or those that there are say something else. */
static void no_such_rule(const struct edit *edit, const struct acl_rule *entry, const char *text)
{
	const struct acl_rule *other = acl_rules_find(&edit->rules, entry);

	if (other)
		rejected(-ENOENT, "cannot remove a rule for %s: there is only %s %s", text,
		         acl_sides_name(other->sides), acl_verdict_name(other->verdict));
	else
		rejected(-ENOENT, "cannot remove a rule for %s: there is none", text);
}

static void remove_words(struct edit *edit)
{
	char text[ACL_ENTRY_TEXT];
	struct acl_rule entry;

	for (size_t i = 0; i < edit->words.entries.len; i++) {
		entry = edit->words.entries.list[i];
		entry.sides = edit->words.words.sides;
		entry.verdict = edit->words.words.verdict;
		if (acl_rules_remove(&edit->rules, &entry))
			continue;
		acl_entry_print(&entry, text);
		no_such_rule(edit, &entry, text);
		edit->refused = true;
	}
}

int acl_del(struct config *config, const struct acl_options *options, char **words, int count)
{
	struct edit edit;
	int status = EXIT_KERNEL;

	if (!edit_open(&edit, config, options, false)) {
		if (parse(&edit, options, words, count)) {
			status = EXIT_USAGE;
		} else if (options->list) {
			status = edit_list(&edit, SET_DEL);
		} else {
			remove_words(&edit);
			status = finish(&edit);
		}
	}
	edit_close(&edit);
	return status;
}

int acl_flush(struct config *config, const struct acl_options *options)
{
	struct edit edit;
	int status = EXIT_KERNEL;

	if (!edit_open(&edit, config, options, true)) {
		if (options->list) {
			if (!acl_list_remove(&edit.session.lists, options->list))
				status = EXIT_SUCCESS;
		} else {
			edit.rules.len = 0;
			status = finish(&edit);
		}
	}
	edit_close(&edit);
	return status;
}

int acl_policy(struct config *config, const char *word)
{
	struct acl_settings settings;
	struct acl_maps maps;
	__u8 flags = 0;
	int err = 0;

	if (word && !acl_policy_word(&flags, word, strlen(word))) {
		note("'%s' is no policy: pass, drop or drop-ip", word);
		return EXIT_USAGE;
	}
	if (word && directory_lock(&config->dir))
		return EXIT_KERNEL;
	err = acl_maps_open(&maps, config, word ? CONFIG_WRITE : CONFIG_READ);
	if (!err)
		err = acl_settings_read(&maps, &settings);
	if (!err && !word)
		acl_show_policy(config, &settings);
	if (!err && word) {
		settings.flags &= ~ACL_FLAGS_POLICY;
		settings.flags |= flags;
		acl_settings_store(&maps, &settings);
		acl_show_edit(config, settings.rules, settings.rules);
	}
	acl_maps_close(&maps);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}
