// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/object_choose.h"
#include "pinning/tails.h"

/*
 * Whether the program is what was asked for, as far as it can be told by its section. elsewhere:
 * also one whose section attaches it to something else than an interface, where there is no other.
 */
static bool fits(const struct bpf_program *prog, const struct object_choice *choice, bool elsewhere)
{
	const char *section = bpf_program__section_name(prog);
	int hook = object_section_hook(section);
	__u32 id, key;

	if (choice->section || choice->program)
		return (!choice->section || !strcmp(section, choice->section)) &&
		       (!choice->program || !strcmp(bpf_program__name(prog), choice->program));
	if (tails_parse(section, &id, &key) || object_section_entry(section) ||
	    (!elsewhere && object_section_has_target(section)))
		return false;
	/* tc programs run on either tc hook. */
	return choice->hook < 0 || hook < 0 || (hook == HOOK_XDP) == (choice->hook == HOOK_XDP);
}

/* Those that fit, if any does; else all. */
static void list_programs(const struct object *object, const struct object_choice *choice,
                          bool fitting)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object->obj) {
		if (fitting && !fits(prog, choice, false))
			continue;
		const char *section = bpf_program__section_name(prog);
		const char *entry = object_section_entry(section);

		hint("it has program %s in section %s%s%s", bpf_program__name(prog), section,
		     entry                                ? ", for entries of a "
		     : object_section_has_target(section) ? ", for no hook of an interface"
		                                          : "",
		     entry ? entry : "");
	}
}

static int refuse_entry(const struct object *object, const char *map)
{
	rejected(-EINVAL, "cannot choose program %s of %s: its section %s is for entries of a %s",
	         bpf_program__name(object->prog), object->path,
	         bpf_program__section_name(object->prog), map);
	hint("put it on an interface all the same: --hook xdp");
	return -EINVAL;
}

/* None fits: what was asked for and is not there. */
static void refuse_all(const struct object *object, const struct object_choice *choice)
{
	bool section = false, program = false;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object->obj) {
		section |= choice->section &&
		           !strcmp(bpf_program__section_name(prog), choice->section);
		program |= choice->program && !strcmp(bpf_program__name(prog), choice->program);
	}
	if (choice->section && !section)
		rejected(-ENOENT, "cannot choose a program of %s: it has none in a section '%s'",
		         object->path, choice->section);
	else if (choice->program && !program)
		rejected(-ENOENT, "cannot choose a program of %s: it has none called '%s'",
		         object->path, choice->program);
	else
		rejected(-ENOENT, "cannot choose a program of %s: none fits", object->path);
}

/* named: by its section it is for the hook that was asked for. Returns how many fit, and sets the
 * last of them. */
static unsigned int find(struct object *object, const struct object_choice *choice, bool named,
                         bool elsewhere)
{
	struct bpf_program *prog;
	unsigned int found = 0;

	bpf_object__for_each_program(prog, object->obj) {
		if (!fits(prog, choice, elsewhere) ||
		    (named && object_section_hook(bpf_program__section_name(prog)) != choice->hook))
			continue;
		object->prog = prog;
		found++;
	}
	return found;
}

/*
 * Asked for by name, it is loaded as what it is not, as other loaders do: an action of XDP is
 * another one of tc, and its context holds other fields. "prog" is what iproute2 calls either.
 */
static void tell_misread(const struct object *object, int hook)
{
	const char *section = bpf_program__section_name(object->prog);
	int meant = object_section_hook(section);

	if (meant >= 0 && (meant == HOOK_XDP) != (hook == HOOK_XDP) &&
	    strncmp(section, "prog", 4) != 0)
		note("program %s is for %s by its section %s: on %s it misreads its context, and "
		     "its actions mean something else",
		     bpf_program__name(object->prog), meant == HOOK_XDP ? "XDP" : "tc", section,
		     hook_name(hook));
}

int object_choose(struct object *object, const struct object_choice *choice)
{
	const char *section, *entry;
	unsigned int found;
	int hook;

	found = find(object, choice, false, false);
	if (found > 1 && choice->hook >= 0 && find(object, choice, true, false) == 1)
		found = 1;
	/* The only one there is: what it is for is the reason why it is refused. */
	if (!found && find(object, choice, false, true) == 1)
		found = 1;
	if (found != 1) {
		if (found)
			rejected(-EINVAL,
			         "cannot choose a program of %s: several fit, name one with %s",
			         object->path,
			         cli_for_plugin() ? "'sec' or 'program'"
			                          : "--section or --prog-name");
		else
			refuse_all(object, choice);
		list_programs(object, choice, found > 0);
		return found ? -EINVAL : -ENOENT;
	}
	section = bpf_program__section_name(object->prog);
	entry = object_section_entry(section);
	if (entry && choice->hook < 0)
		return refuse_entry(object, entry);
	hook = choice->hook >= 0 ? choice->hook : object_section_hook(section);
	if (hook < 0) {
		rejected(-EINVAL, "cannot tell the hook of program %s from its section %s",
		         bpf_program__name(object->prog), section);
		hint("say it: --hook xdp, --hook tc_ingress or --hook tc_egress");
		return -EINVAL;
	}
	tell_misread(object, hook);
	object->hook = hook;
	return 0;
}
