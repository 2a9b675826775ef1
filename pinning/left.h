/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is lost with a map that gave way to another one of its name. */
#ifndef PINNING_LEFT_H
#define PINNING_LEFT_H

enum left_content {
	LEFT_NOTHING, /* the map in place has it as well, or there is none */
	LEFT_COUNTS,  /* counts and states, which readers may add to those in place */
	LEFT_ENTRIES, /* of a list or of settings: no program goes by them */
};

/*
 * What the map old_fd holds that the one in place, to_fd, does not; -1: none is. Maps through which
 * something goes, and arrays of programs, hold nothing. Reads the whole map, by descriptors that
 * may be read-only. Reports its failures. Returns an enum left_content or a negative errno.
 */
int left_content(int old_fd, int to_fd, const char *name);

#endif
