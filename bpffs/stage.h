/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Stages: whatever a writer changes in an interface's directory is prepared here first, and then
 * moved in by renames only. A run that was killed is finished, or undone, by the next one:
 *
 *   %ifbpf/stage/<ifname>~<pid>/     locked by flock(2) while its writer lives
 *       %record                      what this is: verb, directory
 *       %dir/                        a directory that is still to be made; with a %meta in it, it
 *                                    is complete, with all that follows here, and put in its place
 *                                    by one rename
 *       <map>, %egress/<map>         pins to be moved in
 *       %layouts                     what is known of the types of maps, likewise
 *       %progs/<hook>/<program>      programs, and %links/<hook> links, likewise
 *       %carry/<map id>              what is to be brought over from an old map, likewise
 *       %drops/<n>                   symlinks; their texts are pins to be removed
 *       %odd                         record with an odd generation; gone: the exchange began
 *       %meta                        record with the next even generation; gone: it is done
 *
 * stage.c begins and ends it, stage_directory.c makes directories in it, stage_add.c puts pins and
 * orders into it, stage_commit.c completes it and moves it in, stage_found.c looks at what others
 * left.
 */
#ifndef BPFFS_STAGE_H
#define BPFFS_STAGE_H

#include "bpffs/directory.h"

struct stage {
	const struct bpffs *fs;
	int fd;
	int pins_fd; /* where pins are staged: fd, or %dir/ if that is made whole */
	char name[NAME_SIZE];
	struct record record; /* its own, in %record as of stage_begin() and stage_seal() */
	char *written;        /* the text of that, as it is there */
	unsigned int drops;
	char made[PATH_MAX]; /* directory that was made for this and has nothing in it yet, or that
	                        is made whole; or "" */
	bool whole;          /* %dir/ is put in its place with everything in it */
	bool switched;       /* the hook has its new program: what is staged belongs to it */
	bool done;           /* all of it is published */
};

/*
 * Make a stage, locked. The caller holds bpffs_lock(). verb is noted for whoever finds it.
 * Reports its failures. Returns 0 or a negative errno. stage_end() must follow.
 */
int stage_begin(struct stage *stage, const struct bpffs *fs, const char *ifname, const char *verb);

/* What a stage says of itself once it is sealed: nobody goes by that before. */
struct stage_purpose {
	const char *relative; /* the directory */
	enum hook hook;
	__u32 old_prog_id, new_prog_id; /* see stage_switch() */
};

/* The same where that is known already: it is written once. purpose NULL: it is not. */
int stage_begin_for(struct stage *stage, const struct bpffs *fs, const char *ifname,
                    const char *verb, const struct stage_purpose *purpose);

/* Write its own record, unless it is there as it is. Returns 0 or a negative errno. Silent. */
int stage_write_record(struct stage *stage);

/*
 * Make a directory of the layout in one step: filled in the stage, then renamed into place.
 * On success dir->fd is open. -EEXIST: somebody else made it meanwhile. Reports its failures.
 */
int stage_make_directory(struct stage *stage, struct directory *dir);

/*
 * The same for a directory that stays in the stage until stage_commit(), which puts it in its place
 * with everything in it: nobody sees it before that. Only for what changes nothing that others have
 * attached or pinned, before anything is staged. dir->fd stays open until the stage is committed.
 */
int stage_make_whole(struct stage *stage, struct directory *dir);

/* Stage a pin of a map, where map_path() says that it is. Reports its failures. */
int stage_add_map(struct stage *stage, const char *map, bool egress, __u32 old_id, int map_fd);

/* Have every map that is pinned in the directory dropped first (of an interface that is gone). */
int stage_add_drop_all(struct stage *stage);

/* Stage a pin of a program, as %progs/<hook>/<file>, or of a link, as %links/<hook>. */
int stage_add_prog(struct stage *stage, enum hook hook, const char *file, int prog_fd);
int stage_add_link(struct stage *stage, enum hook hook, int link_fd);

/*
 * Stage a record of what is to be brought over from an old map, as %carry/<map id>, and a map of
 * what was copied from it as %carry/<map id>%base; base_fd -1: there is none.
 */
int stage_add_carry(struct stage *stage, __u32 old_map_id, const struct record *rec, int base_fd);

/*
 * Write the record of stage_add_carry() anew, in one step; also in a stage that is sealed.
 * stage_fd: of a stage. Returns 0 or a negative errno. Silent.
 */
int stage_rewrite_carry(int stage_fd, __u32 old_map_id, const struct record *rec);

/* Have a pin removed, named by its path below the directory: "%progs/xdp/xdp_pass". */
int stage_add_drop(struct stage *stage, const char *path);

/*
 * Note that a hook is about to get another program: 0 stands for none. Should this run be killed
 * once the stage is sealed, which writes it down, the next one compares what is attached with the
 * two, and goes forward or back.
 */
int stage_switch(struct stage *stage, enum hook hook, __u32 old_prog_id, __u32 new_prog_id);

/*
 * Write the records: rec, with the next generation, is what the directory gets. Takes the
 * directory's own lock. Nothing may be added to the stage but links after this.
 */
int stage_seal(struct stage *stage, struct directory *dir, struct record *rec);

/*
 * Move everything into dir, or dir into its place. A pin of another map under the same name stays
 * as <map>%old-<id>. Reports its failures. After a failure in the middle the stage stays, and the
 * next run finishes it.
 */
int stage_commit(struct stage *stage, struct directory *dir, const struct record *rec);

/* Both of these; nothing at all is changed if there is nothing new. */
int stage_publish(struct stage *stage, struct directory *dir, struct record *rec);

/* Remove what is left of the stage, and a directory that was made in vain, and unlock it. */
void stage_end(struct stage *stage);

/* For whoever finds a stage: it is complete; or its exchange began and did not end. */
bool stage_is_sealed(int stage_fd);
bool stage_is_committed(int stage_fd);

/* It is sealed, and has a whole directory: it is put in its place by stage_put_whole(). */
bool stage_is_whole(int stage_fd);

/*
 * Put the whole directory of a stage in its place. Should somebody else have made one there
 * meanwhile, what is staged is moved into that. Can be repeated after being stopped anywhere.
 * Returns 0 or a negative errno. Silent.
 */
int stage_put_whole(const struct bpffs *fs, int stage_fd, const char *relative);

/*
 * Whether the stage puts another pin where one is, or removes it: a path below its directory. What
 * cannot be read of it is taken to leave that alone.
 */
bool stage_takes(int stage_fd, const char *path);

/* Remove a stage by name. Reports its failures. */
int stage_remove(const struct bpffs *fs, const char *name);

#endif
