// SPDX-License-Identifier: GPL-2.0-or-later
/* What is not brought over: entries that do not fit, and what stays with others. */
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry.h"
#include "pinning/carry_open.h"
#include "pinning/carry_slots.h"
#include "pinning/object.h"

void carry_keep_apart(struct carried *one)
{
	if (!*one->sharers)
		return;
	one->apart = one->class == MIGRATE_COUNTER;
	if (one->apart && one->joins)
		note("map '%s' (id %u) is shared by %s, where its counts stay", one->name,
		     one->from_id, one->sharers);
	else if (one->apart)
		note("map '%s' is shared by %s, where all counts up to now stay: the new one "
		     "begins at zero%s",
		     one->name, one->sharers,
		     one->m && migrate_copies(one->m) ? ", with the same keys" : "");
	else if (one->joins)
		note("map '%s' (id %u) is shared by %s, and stays there: what is edited in it "
		     "from here on is theirs, and not in the one in place",
		     one->name, one->from_id, one->sharers);
	else
		note("map '%s' is shared by %s, and stays there: the new one is a copy", one->name,
		     one->sharers);
}

__u64 carry_left(const struct carried *one)
{
	const struct migrate_report *report = one->m ? migrate_report(one->m) : NULL;

	return report ? one->edited + report->left + report->counters_left + report->fields_left +
	                        report->cpus_left + (one->guessed ? report->conflicts : 0)
	              : one->slots_left;
}

__u64 carry_overwritten(const struct carried *one)
{
	return one->m && one->class == MIGRATE_CONFIG && !one->said
	               ? migrate_report(one->m)->overwritten
	               : 0;
}

__u64 carry_lost(const struct carried *one)
{
	return one->m && one->class == MIGRATE_CONFIG
	               ? migrate_report(one->m)->counts_in_both + carry_overwritten(one)
	               : 0;
}

void carry_left_why(const struct carried *one, char *text, size_t size)
{
	const struct migrate_report *report = one->m ? migrate_report(one->m) : NULL;

	snprintf(text, size, "%s", one->slots_left ? one->slots_why : "");
	if (!report)
		return;
	if (one->edited)
		snprintf(text, size, "the old one was edited after it came over");
	else if (report->problem_count)
		snprintf(text, size, "key %s: %s", report->problems[0].key,
		         report->problems[0].why);
	else if (report->counters_left)
		snprintf(text, size, "counters do not fit their narrower field");
	else if (report->fields_left && migrate_cannot_add(one->m))
		snprintf(text, size, "%s has 16 bits at the end of a value, which cannot be added",
		         migrate_cannot_add(one->m));
	else if (report->fields_left)
		snprintf(text, size, "fields that cannot be added, and that the new map has set");
	else if (report->cpus_left)
		snprintf(text, size, "the counts of %u CPU%s offline", report->cpus_left,
		         report->cpus_left == 1 ? " that is" : "s that are");
	else if (!report->left && one->guessed && report->conflicts)
		snprintf(text, size, "the new map has other numbers there");
	else if (report->left)
		snprintf(text, size, "the new map has no such entry");
}

int carry_compare_done(struct carried *one, __u64 *missing)
{
	__u64 now;
	int err = migrate_count_missing(one->m, missing);

	progress_clear(&one->progress);
	/* Also if that cannot be told. */
	if (*missing &&
	    (!one->came_known || migrate_fingerprint(one->from.fd, &now) || now != one->came))
		one->edited = *missing;
	return err;
}

int carry_foresee(struct carry *carry)
{
	struct bpf_map_info info;
	__u64 missing;
	int err = 0;

	for (size_t i = 0; !err && i < carry->len; i++) {
		struct carried *one = carry->list[i];
		bool made = one->map && !map_describe(bpf_map__fd(one->map), &info);

		if (made) {
			one->to_id = info.id;
			err = carry_open_target(one);
		}
		if (!err && one->slots && !*one->why)
			err = carry_foresee_slots(one, carry);
		else if (!err && one->done && made)
			err = carry_compare_done(one, &missing);
		else if (!err && !one->apart && !one->done && !one->link && !*one->why) {
			err = made && one->joins ? carry_begin(one) : 0;
			if (!err)
				err = migrate_foresee(one->m, made && !one->joins);
		}
		progress_clear(&one->progress);
	}
	return err;
}
