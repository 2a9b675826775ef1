/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an ELF object holds, what it needs of the kernel, and what each loader would say of it.
 * Nothing is loaded: all is read from the file, so what the verifier finds remains to be seen.
 */
#ifndef PINNING_INSPECT_H
#define PINNING_INSPECT_H

#include <bpf/libbpf.h>
#include <gelf.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* A version of Linux as a number that can be compared: KERNEL(5, 18). */
#define KERNEL(major, minor) ((major) << 8 | (minor))

/* Room for a reason. */
#define INSPECT_WHY 256

enum inspect_kind {
	INSPECT_UNKNOWN, /* neither section nor arguments tell */
	INSPECT_XDP,
	INSPECT_TC,
	INSPECT_OTHER, /* a type that runs on no hook of an interface */
};

/* Something that only later kernels have; version 0: the version does not tell. */
struct inspect_need {
	char what[96];
	unsigned int version;
};

struct inspect_needs {
	struct inspect_need *list;
	size_t len;
};

struct inspect_prog {
	const char *name, *section;
	Elf_Scn *scn;
	size_t begin, end; /* bytes, in the section */
	size_t insns;
	enum inspect_kind kind;
	int hook;                    /* enum hook, or -1 */
	enum bpf_prog_type bpf_type; /* as libbpf has it; BPF_PROG_TYPE_UNSPEC: it cannot tell */
	char type[32];
	bool frags;        /* section xdp.frags */
	bool is_entry;     /* of a devmap or cpumap: runs on no interface */
	bool by_arguments; /* the kind, which the section does not tell */
	bool is_ext;       /* freplace */
	bool has_target;   /* see object_section_has_target() */
	bool libbpf_knows; /* the section's name */
	bool calls_text;
	char missing[64];             /* a function that this kernel does not have */
	unsigned int gpl_helper;      /* the first one that is for GPL-compatible programs, or 0 */
	unsigned int changing_helper; /* the first one that may change packets, or 0 */
	struct inspect_needs needs;
};

struct inspect_map {
	const char *name;
	__u32 type, key_size, value_size, max_entries, flags;
	__u32 inner_flags; /* of the maps that it holds */
	bool is_defined;   /* the numbers above are known */
	bool is_internal, is_pinned;
	bool is_unused;    /* no program refers to it, so load does not make it */
	const char *class; /* "config", "counter", "flow", or NULL if not known */
};

enum inspect_loader {
	INSPECT_IP,
	INSPECT_TC_COMMAND,
	INSPECT_LEGACY_IP,
	INSPECT_LEGACY_TC,
	INSPECT_LIBBPF,
	INSPECT_XDP_LOADER,
	INSPECT_LOAD,
	INSPECT_LOADERS,
};

enum inspect_says {
	INSPECT_ACCEPTS,
	INSPECT_REFUSES,
	INSPECT_MISREADS, /* takes it, or tries to, for what it is not */
	INSPECT_CRASHES,
};

struct inspect_verdict {
	enum inspect_says says;
	bool is_alone;      /* accepted, but not by every kernel beside the programs of others */
	char why[320];      /* "" if there is nothing to say */
	char command[4400]; /* what is to be typed, or "" without a program */
};

struct inspection {
	const char *path;
	int fd;
	Elf *elf;
	size_t names; /* index of the section with the names of sections */
	Elf_Scn *symtab;
	bool is_bpf, other_endian, has_btf, has_run_config, has_core, is_old_dialect;
	const char *license;          /* or NULL */
	struct bpf_object *obj;       /* or NULL: libbpf refuses it */
	char libbpf_why[INSPECT_WHY]; /* why it does */
	bool libbpf_crashes;
	char btf_why[INSPECT_WHY];     /* what is wrong with the BTF, or "" */
	char rewrite_why[INSPECT_WHY]; /* why btf2legacy refuses it, or "" */
	struct inspect_prog *progs;
	size_t progs_len;
	struct inspect_map *maps;
	size_t maps_len;
	struct inspect_needs needs; /* of all programs and maps */
	struct inspect_verdict verdicts[INSPECT_LOADERS];
	char **notes; /* what is to be known besides */
	size_t notes_len;
	bool no_memory; /* something is left out */
};

/*
 * Look at an object. Refuses nothing that is an ELF file: what is damaged is told as far as it can
 * be read. Reports its failures. Returns 0, -EINVAL for what is no ELF file, or another negative
 * errno. inspect_free() must follow in any case.
 */
int inspect(struct inspection *in, const char *path);
void inspect_free(struct inspection *in);

/* "ip", "legacy tc", ..., and "accepts", ... */
const char *inspect_loader_name(enum inspect_loader loader);
const char *inspect_says_name(enum inspect_says says);

/* "XDP", "tc", "another": the hook of a kind. */
const char *inspect_kind_name(enum inspect_kind kind);

/* The lowest kernel that has all that the list names, or 0; and as a text, "5.18" or "any". */
unsigned int inspect_kernel(const struct inspect_needs *needs);
const char *inspect_kernel_name(unsigned int version, char text[16]);

/* Print all of it for people; and put it into a JSON document. */
void inspect_print(const struct inspection *in);
void inspect_json(const struct inspection *in, struct json_object *to);

#endif
