/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of pinning/loader share. */
#ifndef PINNING_LOAD_INTERNAL_H
#define PINNING_LOAD_INTERNAL_H

#include "bpffs/known.h"
#include "bpffs/links.h"
#include "bpffs/live.h"
#include "bpffs/owners.h"
#include "bpffs/recall.h"
#include "bpffs/stage.h"
#include "bpffs/view.h"
#include "pinning/attach.h"
#include "pinning/loader.h"
#include "pinning/ownership.h"

/* Everything that one load works with. */
struct loading {
	const struct interface *iface;
	const struct load_options *options;
	struct load_report *report;
	struct bpffs fs;
	struct known known;      /* of fs, unless it is a session's */
	struct netlink *netlink; /* for this load, or all of a session */
	struct netlink own_netlink;
	struct ownership_unseen own_unseen;
	struct object *object;
	struct attachments attached;
	struct directory dir;
	struct owners owners;
	struct stage stage;
	bool open, claimed;           /* fs, unless it is a session's; dir */
	bool lost;                    /* the program was put on, and somebody else took it off */
	bool resumed;                 /* what was still to be brought over was seen to */
	const struct attachment *old; /* the attachment that is to be replaced, or NULL */
	bool old_foreign;             /* which is not ours */
	char old_file[NAME_SIZE];     /* its pin below %progs/<hook>/, where it was seen; or "" */
	struct attach_how how;
	struct attaching attaching;
	struct ownership_unseen *unseen; /* own_unseen */
	struct owners sharers; /* who has which map, of a load that may be one of several */
	bool has_sharers;
	unsigned int shared_len;     /* maps of other interfaces that are used on */
	char shared_map[NAME_SIZE];  /* the first of them */
	char shared_with[NAME_SIZE]; /* and who has that */
	struct live replaced;        /* the old program and what it uses, as far as known */
	struct recalled lacks;       /* what is not known of that */
	struct view pinned;          /* what was in the directory when that was looked for in it */
	struct live live;            /* as it will be after the switch */
	bool blind;                  /* of others only what the directory tells */
	struct record rec;
	int prog_fd;
	char prog_file[NAME_SIZE]; /* its name, as bpffs takes it */
};

/*
 * loader.c: a load in its parts: everything up to the switch; the switch, and what comes after it;
 * and, in any case, the release of what is held, after a load that returned err. The first two
 * report their failures, and return 0 or a negative errno. iface, object, options and report must
 * outlive it.
 */
int load_prepare(struct loading *l, const struct interface *iface, struct object *object,
                 const struct load_options *options, struct load_report *report);
int load_change(struct loading *l);
void load_end(struct loading *l, int err);

/* loader.c: what is attached, by programs and by links. Reports its failures. */
int load_look(struct loading *l);

/*
 * load_object.c: load the object with the maps that are pinned here, unless another interface's
 * load did it: then see that those do here as well. Returns 0, -EAGAIN if it is to be made anew, or
 * another negative errno; reported.
 */
int load_object(struct loading *l);

/* loader.c: whose that is, what makes room, and how to attach. Reports its failures. */
int load_choose(struct loading *l);

/* load_shared.c: who else goes on with what is carried over. Reports its failures. */
int load_find_sharers(struct loading *l);

/*
 * load_shared.c: a load for one interface that has the maps of several. Look who has them as well,
 * where that can be so or is asked to end; whether one of these maps is left to the others, for
 * parts of struct reuse_options with the struct loading; say which are used on; and drop the pins
 * of those that were left. The first and the last report their failures, and return 0 or a negative
 * errno.
 */
int load_look_for_sharers(struct loading *l);
bool load_parts(void *context, const char *name, __u32 map_id);
void load_tell_shared(const struct loading *l);

/* What was added to lists that other interfaces share is in force there too: say it. */
void load_tell_joined(const struct loading *l);
int load_drop_parted(struct loading *l);

/* After plan_make(): a map of an earlier program, which no attached one uses, stays pinned here and
 * at others: a load that goes on with it has to know. */
bool load_leaves_shared(const struct loading *l);

/*
 * load_shared.c: look at the program that is to be replaced, and which maps it and the programs
 * behind it use; without CAP_SYS_ADMIN as far as the directory tells. The second is replaced_uses
 * of struct reuse_options, with the struct loading. The first reports its failures, and returns 0
 * or a negative errno.
 */
int load_look_at_replaced(struct loading *l);
int load_replaced_uses(const void *context, __u32 map_id);

/*
 * load_hooks.c: the plan is made. A map that was asked for anew must not go without a pin because
 * the program of another hook has its name: reports it, and returns 0 or -EEXIST. And say which
 * hooks go on with the old maps of what is carried over.
 */
int load_check_names(const struct loading *l);
void load_tell_followers(const struct loading *l);

/* load_hooks.c: users of struct reuse_options, with the struct loading: which other hooks. */
void load_name_users(const void *context, __u32 map_id, char *text, size_t size);

/* load_goes.c: nothing but the attachment's program has some map of its, or that cannot be told. */
bool load_drops_maps(const struct loading *l, const struct attachment *at);

/* load_goes.c: say what goes with a program of others that is replaced. */
void load_tell_goes(const struct loading *l);

/* load_outside.c: all is done, or foreseen: say where others keep the maps pinned that gave way. */
void load_tell_outside(const struct loading *l);

/*
 * load_gave_way.c: the same: say which lists of another loader the program goes on with, of which
 * pin_maps noted that they lack what was in those before.
 */
void load_tell_gave_way(const struct loading *l);

/*
 * load_join.c, for --join: whether there is a dispatcher, or nothing, on the hook, and how the
 * program comes there; that it does; and what is pinned then. The three take the places of
 * load_choose(), object_load(), and all that follows. Each reports its failures. Returns 0 or a
 * negative errno.
 */
int load_choose_join(struct loading *l);
int load_join(struct loading *l);
int load_publish_joined(struct loading *l);

/*
 * load_globals.c: the object is loaded: list its internal maps in the report, and say what of the
 * old program's global variables is lost; and carry over what is to be, directly before the switch.
 * Each reports its failures. Returns 0 or a negative errno.
 */
int load_look_at_globals(struct loading *l);
int load_carry_globals(struct loading *l);

/*
 * load_copy.c: copy the content of maps, while other writers go on. Returns 0, or -EAGAIN with
 * l->report->moved if what was looked at before is not so any more, or another negative errno;
 * reported.
 */
int load_copy(struct loading *l);

/*
 * load_choose.c: which attachment makes room for the program, and how that is attached.
 *
 * Sets l->old and l->old_foreign. Returns 0, or -EEXIST, reported: another's program is in the way,
 * or it is not the expected one.
 */
int load_find_old(struct loading *l);

/* Under hints to replace what is not ours: that it takes a capability, if this process lacks it. */
void load_hint_opening(const struct attachment *at);

/* After load_choose_how(): our place among the filters is free. Returns 0 or -EEXIST, reported. */
int load_check_pref(const struct loading *l);

/* Sets l->how: as asked for, else as the old one is attached. */
void load_choose_how(struct loading *l);
int load_check_how(const struct loading *l);

/*
 * load_check.c: what the kernel would refuse, or do otherwise than asked, is refused before
 * anything is changed, as far as it can be known. Reports its failures. Returns 0 or a negative
 * errno.
 */
int load_check(const struct loading *l);

/* load_check.c: the kernel did not attach the program: tell if it is for the size of packets. */
void load_hint_refused(const struct loading *l, int err);

/*
 * load_type.c: the object's programs get the expected attach type of the program whose link is
 * updated. Reports its failures. Returns 0 or a negative errno.
 */
int load_match_type(struct loading *l);

/* load_type.c: the link was refused for what could not be asked: to be tried without a type. */
bool load_can_match_otherwise(const struct loading *l, int err);

/* load_type.c: the link was not updated: tell if it is for the expected attach type. */
void load_hint_type(const struct loading *l, int err);

/*
 * load_sends.c: tell if the other end of a veth drops what the attached program sends, and what is
 * lost when it redirects what comes from there.
 */
void load_tell_drops(const struct loading *l);

/* Say in the report of a dry run what the switch would do. */
void load_foresee_switch(struct loading *l);

/* The old attachment can be exchanged in one step: same hook, same mode, same kind. */
bool load_is_atomic(const struct loading *l);

/*
 * load_row.c, for the tc hooks: which of the programs there makes room if --expect names none. Sets
 * l->old. Returns 0, or -EEXIST, reported with what --expect can name: several are ours, or
 * --replace does not say which of others.
 */
int load_find_in_row(struct loading *l);

/*
 * load_row.c: set l->old to the attachment of the program that --expect names, or to NULL. Returns
 * 0, or -EEXIST, reported with their places: the program is there more than once, and none of them
 * alone is where a load attaches.
 */
int load_find_expected(struct loading *l);

/*
 * load_row.c, after load_choose_how(): the new program's link gets the pin that is the only holder
 * of a link which stays. Returns 0 or -EEXIST, reported.
 */
int load_check_link(const struct loading *l);

/* load_row.c: say who runs before the new program, and who else is ours on a tc hook. */
void load_tell_row(const struct loading *l);

/* Is it ours? Else verdict says whose it is, as far as can be told. */
bool load_is_ours(const struct loading *l, const struct attachment *at, struct ownership *verdict);

/* "native by link", "clsact": for messages; two of them may stand in one. */
const char *load_how_name(enum attach_by by, enum xdp_mode mode, bool link);

/*
 * What stays attached of that which is ours or was published before. attachments_free() releases
 * it. Returns 0 or a negative errno. Silent.
 */
int load_find_others(const struct loading *l, struct attachments *others);

/*
 * --no-attach: whether a program that stays attached uses the map, as far as can be told.
 * keeps_name of struct reuse_options; context is the struct loading.
 */
bool load_keeps_name(const void *context, __u32 map_id);

/* Whether one that is not to be replaced does. runs_on of struct reuse_options. */
bool load_runs_on(const void *context, __u32 map_id);

/*
 * load_tails.c: add the programs that the loaded one can call through its program arrays, and the
 * maps that they use, to l->live. Returns 0 or a negative errno; silent.
 */
int load_add_tails(struct loading *l);

/*
 * load_tails.c: say of each program array that is pinned, and that one of the object takes the
 * place of, which of its programs are not in the new one.
 */
void load_tell_lost(const struct loading *l);

/*
 * load_tails.c: all is done, or foreseen: say which programs stood in a row behind the old program,
 * and run no more on the hook, as the new one does not go on with its link.
 */
void load_tell_row_left(const struct loading *l);

/*
 * load_stage.c: what is there after the switch, prepared in the stage. The object is loaded. Each
 * reports its failures, and returns 0 or a negative errno.
 */
int load_describe(struct loading *l);
int load_foresee(struct loading *l);
int load_stage_all(struct loading *l);

/* What is open while the program is switched. */
struct load_switch {
	struct attach_old old; /* with l->old */
	int link_fd;           /* of a link that was made, or -1 */
	bool unsure;           /* it failed, and what the kernel did is not known */
};

/*
 * load_switch.c: put the new program on its hook, in one step if that can be. On a failure it is as
 * before, or l->stage.switched says that this is not certain. Reports its failures. Returns 0 or a
 * negative errno. load_switch_close() must follow in any case.
 */
int load_switch(struct loading *l, struct load_switch *s);

/*
 * The kernel does not show the program on its hook: say what it shows there. With l->lost somebody
 * else took it off, and there is nothing to undo. Returns -ENOENT.
 */
int load_switch_missing(struct loading *l);

/* The kernel does not show what it should: have it as before. Reports what becomes of it. */
void load_switch_undo(struct loading *l, const struct load_switch *s);
void load_switch_close(struct load_switch *s);

/*
 * load_exchange.c: the switch of the program, the exchange of the pins, and what is merged after
 * it. The stage is sealed. Reports its failures. Returns 0 or a negative errno.
 */
int load_exchange(struct loading *l);

/*
 * load_exchange.c, the parts of it: put the program on, and see that it is; and put the pins into
 * their places. Each reports its failures. Returns 0 or a negative errno.
 */
int load_put_on(struct loading *l);
int load_publish(struct loading *l);

#endif
