// SPDX-License-Identifier: GPL-2.0-or-later
/* btf2legacy - rewrite a BTF object for an ip or tc that was built without libbpf */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "compat/legacy_elf.h"
#include "pinning/object.h"

static const struct option options[] = {
	{ "pin", required_argument, NULL, 'p' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <object> <file>\n"
	"Write <file>, with the programs and maps of <object>, for an ip or tc that was\n"
	"built without libbpf. What those cannot load is refused, and named.\n"
	"\n"
	"  -p, --pin <place>  pin the maps: none, global (tc/globals), or a number that\n"
	"                     bpf_pinning of iproute2 knows; default: as the object says\n"
	"  -v, --verbose      also print libbpf's messages\n"
	"  -h, --help         show this help\n"
	"  -V, --version      show the version\n"
	"\n"
	"Example: %s prog.o old.o && ip link set dev eth0 xdp obj old.o sec xdp\n";
/* clang-format on */

static bool parse_pin(const char *text, long long *pinning)
{
	char *end;

	if (!strcmp(text, "none") || !strcmp(text, "global")) {
		*pinning = *text == 'n' ? LEGACY_PIN_NONE : LEGACY_PIN_GLOBAL;
		return true;
	}
	errno = 0;
	*pinning = strtoll(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *pinning <= UINT32_MAX;
}

/* A pipe or a device would be waited for, or read for ever. */
static int open_object(const char *from)
{
	int in = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (in < 0)
		return failed(-errno, "cannot read object %s", from);
	if (!fstat(in, &st) && S_ISREG(st.st_mode))
		return in;
	close(in);
	return rejected(-EINVAL, "cannot read object %s: it is no regular file", from);
}

static int copy(int from, int to)
{
	struct stat st;

	if (fstat(from, &st))
		return -errno;
	for (off_t done = 0; done < st.st_size;) {
		ssize_t n = sendfile(to, from, &done, st.st_size - done);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
	}
	return 0;
}

/* In memory, so that no half of it is left anywhere, whatever happens. Returns its descriptor. */
static int rewrite(const char *from, long long pinning)
{
	struct legacy_elf e = { .path = from };
	int in = open_object(from), fd, err;

	if (in < 0)
		return in;
	fd = memfd_create("object", MFD_CLOEXEC);
	err = fd < 0 ? -errno : copy(in, fd);
	close(in);
	if (err) {
		failed(err, "cannot copy %s", from);
	} else {
		err = legacy_check(&e, fd, ELF_C_RDWR);
		if (!err)
			err = legacy_rewrite(&e, pinning);
		legacy_close(&e);
	}
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Only a file is replaced: a device or a link by that name is somebody's, and no place for it. */
static int check_target(const char *from, const char *to)
{
	struct stat st, source;
	const char *what;

	if (lstat(to, &st))
		return 0;
	if (!stat(from, &source) && source.st_dev == st.st_dev && source.st_ino == st.st_ino) {
		rejected(-EINVAL, "cannot write %s: it is the object itself, which would be gone",
		         to);
		hint("name another file");
		return -EINVAL;
	}
	if (S_ISREG(st.st_mode))
		return 0;
	what = S_ISLNK(st.st_mode)    ? "a symbolic link"
	       : S_ISDIR(st.st_mode)  ? "a directory"
	       : S_ISFIFO(st.st_mode) ? "a pipe"
	       : S_ISSOCK(st.st_mode) ? "a socket"
	                              : "a device";
	rejected(-EINVAL, "cannot write %s: it is %s, not a regular file", to, what);
	if (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))
		hint("name the file that is to be written");
	else
		hint("to see only whether it can be rewritten: %s %s", cli_command("inspect"),
		     cli_word(from));
	return -EINVAL;
}

/* The new file is for whom the one in its place was for. */
static int keep_mode(int out, const char *to)
{
	mode_t mode = 0777;
	struct stat st;

	if (lstat(to, &st))
		return errno == ENOENT ? 0 : -errno;
	/* Of another owner, who cannot be kept: then it is for nobody else. */
	if (fchown(out, st.st_uid, st.st_gid)) {
		if (errno != EPERM)
			return -errno;
		mode = 0700;
	}
	return fchmod(out, st.st_mode & mode) ? -errno : 0;
}

/* Beside the file first, so that one that is there stays until it is done. */
static int write_file(int from, const char *to)
{
	char *beside;
	int out, err;

	if (asprintf(&beside, "%s.%d", to, getpid()) < 0)
		return failed(-ENOMEM, "cannot write %s", to);
	out = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, access(to, F_OK) ? 0666 : 0600);
	err = out < 0 ? failed(-errno, "cannot write %s", to) : 0;
	if (!err) {
		err = keep_mode(out, to);
		if (!err)
			err = copy(from, out);
		if (close(out) && !err)
			err = -errno;
		if (!err && rename(beside, to))
			err = -errno;
		if (err) {
			failed(err, "cannot write %s", to);
			unlink(beside);
		}
	}
	free(beside);
	return err;
}

static int btf2legacy(const char *from, const char *to, long long pinning)
{
	char path[PATH_MAX];
	int err = check_target(from, to), fd;

	if (!err)
		err = object_find(from, path);
	if (err)
		return err;
	fd = rewrite(path, pinning);
	if (fd < 0)
		return fd;
	err = write_file(fd, to);
	close(fd);
	return err;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the object", "the file to write" };
	long long pinning = LEGACY_PIN_AS_IS;
	bool verbose = false;
	int c;

	argv[0] = (char *)cli_name("btf2legacy");
	while ((c = cli_option(argc, argv, "p:vhV", options, "")) != -1) {
		switch (c) {
		case 'p':
			if (parse_pin(optarg, &pinning))
				break;
			return cli_misused(
				"btf2legacy",
				"no such place to pin '%s'; there is none, global, and numbers",
				optarg);
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "btf2legacy"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("btf2legacy " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("btf2legacy", NULL);
		}
	}
	if (cli_expect_words("btf2legacy", argc - optind, argv + optind, 2, 2, words))
		return EXIT_USAGE;
	log_init("btf2legacy", verbose);
	return cli_finish(btf2legacy(argv[optind], argv[optind + 1], pinning) ? EXIT_KERNEL
	                                                                      : EXIT_SUCCESS);
}
