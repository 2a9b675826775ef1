/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses in the maps of a loaded program, which is asked about many addresses at once.
 */
#ifndef TESTS_PACKET_ACL_ASKING_H
#define TESTS_PACKET_ACL_ASKING_H

#include <stdbool.h>
#include "scripts/acl_set4.h"
#include "tests/bpf/acl_lists.h"
#include "tests/packet/reference.h"

struct bpf_object;

struct asking {
	struct bpf_object *obj;
	struct question *questions; /* mapped */
	int prog4_fd, prog6_fd, match_fd;
	struct set4_maps maps4;
	int sets6_fd, lists_fd, hits_fd;
};

void asking_open(struct asking *a);
void asking_close(struct asking *a);

/* Have the program answer all questions. */
void asking_run(const struct asking *a, int family);

/* A random span such as lists have: prefixes and ranges that often meet others. */
struct span asking_span(int family);

/* A random address: mostly one at, or next to, the ends of what is in the set. */
number asking_address(int family, const struct reference *r);

/* Fill in all questions about a list. */
void asking_choose(struct asking *a, int family, const struct reference *r, __u32 list);
number asking_number(int family, const struct question *q);

struct addr6 asking_addr6(number n);

/* The tools' side: edit the set of a list by some spans, or by one; a whole new set from spans. */
int asking_edit_all(const struct asking *a, int family, __u32 list, const struct span *spans,
                    size_t len, bool add);
void asking_edit(const struct asking *a, int family, __u32 list, struct span span, bool add);
void asking_build(const struct asking *a, int family, __u32 list, const struct span *spans,
                  size_t len);

/* What each address of the set is, as the tools read it, is what the reference says. */
void asking_compare(const struct asking *a, int family, __u32 list, const struct reference *r);

/*
 * Choose questions about a list and have them answered: all as the reference says, else the test
 * fails, saying when. Returns how many addresses are in the set.
 */
__u64 asking_check(struct asking *a, int family, const struct reference *r, __u32 list,
                   const char *when);
void asking_fail(int family, const struct question *q, const char *when);

/* Random sets, and random edits of them that often meet what is there; the reference likewise. */
void asking_build_random(const struct asking *a, int family, __u32 list, size_t len,
                         struct reference *r);
void asking_edit_random(const struct asking *a, int family, __u32 list, struct reference *r);

const char *asking_family(int family);
number asking_max(int family); /* the last address */

#endif
