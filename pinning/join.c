// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/join.h"

#ifdef HAVE_LIBXDP

#include <xdp/libxdp.h> /* its XDP_MODE_NATIVE is not that of bpffs/query.h, so that stays out */

/* What libxdp warned of last: that says more than its errno. */
static char last_warning[256];

__attribute__((format(printf, 2, 0))) static int on_message(enum libxdp_print_level level,
                                                            const char *fmt, va_list args)
{
	char text[256];
	const char *words = text;

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	if (!strncmp(text, "libxdp: ", 8))
		words += 8;
	if (level == LIBXDP_WARN)
		strcpy(last_warning, words);
	detail("libxdp: %s", words);
	return 0;
}

static enum xdp_attach_mode parse_mode(const char *mode)
{
	if (!strcmp(mode, "native"))
		return XDP_MODE_NATIVE;
	return strcmp(mode, "skb") ? XDP_MODE_UNSPEC : XDP_MODE_SKB;
}

static int attach(struct bpf_object *obj, const char *name, unsigned int ifindex, const char *mode)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .obj = obj, .prog_name = name);
	struct xdp_program *prog = xdp_program__create(&opts);
	int err = libxdp_get_error(prog);

	if (err)
		return err;
	err = xdp_program__attach(prog, (int)ifindex, parse_mode(mode), 0);
	xdp_program__close(prog);
	return err;
}

bool join_is_built(void)
{
	return true;
}

int join_dispatcher(struct bpf_object *obj, const struct bpf_program *prog,
                    const struct interface *iface, const char *mode, bool retry)
{
	const char *name = bpf_program__name(prog);
	int err;

	*last_warning = '\0';
	libxdp_set_print(on_message);
	err = attach(obj, name, iface->ifindex, mode);
	if (!err)
		return 0;
	/* Its own words for a hook that was empty when it looked, or where another dispatcher was.
	 */
	if (err == -EEXIST || err == -EAGAIN)
		err = -EBUSY;
	if (err == -EBUSY && retry) {
		note("somebody else changed what is on xdp of %s meanwhile: looking again",
		     iface->name);
		return err;
	}
	failed(err, "cannot put program %s behind a dispatcher on %s", name, iface->name);
	if (err == -EBUSY)
		hint("somebody else changes what is on xdp of %s: run it again", iface->name);
	if (*last_warning)
		hint("libxdp said: %s", last_warning);
	return err;
}

#else

bool join_is_built(void)
{
	return false;
}

int join_dispatcher(struct bpf_object *obj, const struct bpf_program *prog,
                    const struct interface *iface, const char *mode, bool retry)
{
	(void)obj;
	(void)mode;
	(void)retry;
	rejected(-EOPNOTSUPP,
	         "cannot put program %s behind a dispatcher on %s: ifbpf was built without libxdp",
	         bpf_program__name(prog), iface->name);
	hint("build it with libxdp: apt-get install libxdp-dev, then ./configure and make");
	return -EOPNOTSUPP;
}

#endif
