// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_load.h"
#include "scripts/acl_rulefile.h"
#include "scripts/acl_session.h"
#include "scripts/acl_show.h"

static int keep_list(const struct acl_session *session, const char *file, const char *name,
                     bool had_lines)
{
	note("nothing is changed: %s has no address for list %s%s", file, name,
	     had_lines ? " that is not refused" : ", which has some");
	hint("to leave nothing: %s %s flush --list %s", cli_command("acl"),
	     cli_interface(session->config->iface.name), name);
	return -ENODATA;
}

static int keep_rules(const struct acl_session *session, const char *file, const char *why)
{
	note("nothing is changed: %s has no rule%s", file, why);
	hint("to leave nothing: %s %s flush", cli_command("acl"),
	     cli_interface(session->config->iface.name));
	return -ENODATA;
}

/*
 * What a file was made of may have failed in part: neither all rules nor all addresses of a list
 * give way to nothing. Returns 0 or a negative errno, reported; -ENODATA for that.
 */
static int check_losses(const struct acl_session *session, const struct acl_rulefile *from,
                        const struct acl_settings *before)
{
	const struct acl_lists *lists = &session->lists;
	const char *file = from->rules.file;
	struct acl_list_size size;
	bool has_address = false;
	int number, err;

	if (!from->rules.len && from->bad_before)
		return keep_rules(session, file, " that is not refused");
	for (int i = 0; i < from->section_count; i++) {
		const struct acl_list_change *section = from->sections[i];

		if (!acl_content_is_empty(&section->content)) {
			has_address = true;
			continue;
		}
		if (from->bad_in[i])
			return keep_list(session, file, section->name, true);
		number = acl_lists_find(lists, section->name);
		err = number < 0 ? 0 : acl_list_measure(lists, number, &size);
		if (err)
			return err;
		if (number >= 0 && (size.addresses4 || size.prefixes6))
			return keep_list(session, file, section->name, false);
	}
	if (!from->rules.len && !has_address && before->rules)
		return keep_rules(session, file, " and no address, and there are rules");
	return 0;
}

/* Lists and rules in one step. */
static int enforce_rules(struct acl_session *session, struct acl_rulefile *from)
{
	struct acl_settings before, *next = &from->rules.settings;
	int err = from->section_count ? acl_session_need_lists(session) : 0;

	if (!err)
		err = acl_settings_read(&session->maps, &before);
	if (!err)
		err = check_losses(session, from, &before);
	if (err)
		return err;
	*next = before;
	if (from->has_policy)
		next->flags = (before.flags & ~ACL_FLAGS_POLICY) | from->policy;
	if (from->section_count)
		err = acl_lists_fill(&session->lists, from->sections, from->section_count, next);
	if (!err)
		err = acl_rules_publish(&from->rules, &session->maps);
	if (!err)
		acl_show_edit(session->config, before.rules, from->rules.len);
	/* What stays behind is not in force: a failure is told, and changes nothing. */
	if (from->section_count)
		(err ? acl_lists_cancel : acl_lists_retire)(&session->lists);
	return err;
}

static int enforce_list(struct acl_session *session, const struct acl_list_wish *wish,
                        struct acl_content *content)
{
	int err = acl_session_need_lists(session);

	if (!err)
		err = acl_list_replace(&session->lists, wish, content);
	if (!err)
		acl_show_list_edit(session, wish->name);
	return err;
}

static int read_addresses(struct acl_content *content, struct line_file *file)
{
	struct acl_rule entry;
	int err = 0;

	while (!err && line_file_next(file))
		if (line_file_is_text(file) && acl_file_address(file, &entry))
			err = acl_content_add(content, &entry);
	return err;
}

/*
 * Of a download that failed nothing may be left, or the page that tells so: then what is in force
 * stays. Returns 0 or -ENODATA, reported.
 */
static int check_content(const struct config *config, const struct line_file *file,
                         const struct acl_list_wish *wish, const struct acl_content *content,
                         const struct acl_rulefile *from)
{
	const char *what = wish->name ? "address" : "policy, rule or list";

	if (wish->name ? !acl_content_is_empty(content)
	               : from->rules.len || from->has_policy || from->section_count)
		return 0;
	note("nothing is changed: %s has no %s%s", file->name, what,
	     file->bad ? " that is not refused" : "");
	hint("to leave nothing: %s %s flush%s%s", cli_command("acl"),
	     cli_interface(config->iface.name), wish->name ? " --list " : "",
	     wish->name ? wish->name : "");
	return -ENODATA;
}

/* With --keep-going, the last of the rules that are too many are left out. Returns how many. */
static size_t leave_out(struct acl_rulefile *from, const struct line_file *file)
{
	size_t len = from->rules.len;

	if (len <= ACL_MAX_RULES)
		return 0;
	note("%s: %zu of %zu rules are left out: there is room for %u", file->name,
	     len - ACL_MAX_RULES, len, ACL_MAX_RULES);
	from->rules.len = ACL_MAX_RULES;
	return len - ACL_MAX_RULES;
}

/* The file is read before the lock is taken: it may come from a slow pipe. */
static int load(struct config *config, const struct acl_options *options,
                const struct acl_list_wish *wish, struct line_file *file)
{
	struct acl_content content = {};
	struct acl_rulefile from = {};
	struct acl_session session;
	int status = EXIT_KERNEL, err;
	size_t left_out = 0;

	err = wish->name ? read_addresses(&content, file) : acl_rulefile_read(&from, file);
	if (err)
		goto out;
	if (line_file_finish(file, options->keep_going) && !options->keep_going) {
		status = EXIT_USAGE;
		goto out;
	}
	if (check_content(config, file, wish, &content, &from)) {
		status = EXIT_USAGE;
		goto out;
	}
	if (options->keep_going)
		left_out = leave_out(&from, file);
	if (directory_lock(&config->dir))
		goto out;
	err = acl_session_open(&session, config, CONFIG_WRITE);
	if (!err)
		err = wish->name ? enforce_list(&session, wish, &content)
		                 : enforce_rules(&session, &from);
	if (!err)
		status = file->bad || left_out ? EXIT_PARTLY : EXIT_SUCCESS;
	else if (err == -ENODATA)
		status = EXIT_USAGE;
	acl_session_close(&session);
out:
	acl_content_free(&content);
	acl_rulefile_free(&from);
	return status;
}

int acl_load(struct config *config, const struct acl_options *options, const char *path,
             char **words, int count)
{
	struct acl_rule said = {};
	struct acl_list_wish wish;
	const char *reason = NULL;
	struct line_file file;
	int status, err;

	for (int i = 0; i < count; i++) {
		if (options->list && acl_entry_word(&said, words[i], strlen(words[i]), &reason)) {
			if (!reason)
				continue;
			note("%s", reason);
			return EXIT_USAGE;
		}
		note("'%s' is too much%s", words[i],
		     options->list ? ": a list takes allow or deny, and src, dst or both" : "");
		return EXIT_USAGE;
	}
	if (options->list && acl_list_name_refused(options->list)) {
		note("%s", acl_list_name_refused(options->list));
		return EXIT_USAGE;
	}
	wish = (struct acl_list_wish){ .name = options->list,
		                       .verdict = said.verdict,
		                       .sides = said.sides };
	err = line_file_open(&file, path);
	if (err)
		return err == -EINVAL ? EXIT_USAGE : EXIT_KERNEL;
	status = load(config, options, &wish, &file);
	line_file_close(&file);
	return status;
}
