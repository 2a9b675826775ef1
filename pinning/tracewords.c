// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "pinning/tracewords.h"

#define TRACEPOINT_NAME "bpf_xdp_link_attach_failed"
#define TRACEPOINT      "events/xdp/" TRACEPOINT_NAME

/* Where the message's position and length stand in the record (__data_loc char[] msg). */
#define MSG_DATA_LOC 8

/* The tracepoint's number, or 0 if the kernel has none or no tracefs is mounted. */
static unsigned int find_tracepoint(bool *unmounted)
{
	static const char *const mounts[] = { TRACEWORDS_TRACEFS, "/sys/kernel/debug/tracing" };
	unsigned int id = 0;
	char path[128];
	FILE *in;

	*unmounted = true;

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]) && !id; i++) {
		snprintf(path, sizeof(path), "%s/%s/id", mounts[i], TRACEPOINT);
		/* The kernel may know no such tracepoint (before 6.6). */
		in = fopen(path, "re");
		snprintf(path, sizeof(path), "%s/events", mounts[i]);
		if (in || !access(path, F_OK) || errno != ENOENT)
			*unmounted = false;
		if (!in)
			continue;
		if (fscanf(in, "%u", &id) != 1)
			id = 0;
		fclose(in);
	}
	return id;
}

bool tracewords_exist(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool exist = btf && btf__find_by_name(btf, "btf_trace_" TRACEPOINT_NAME) > 0;

	btf__free(btf);
	return exist;
}

void tracewords_begin(struct tracewords *words)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = find_tracepoint(&words->unmounted),
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = 1,
	};

	words->fd = -1;
	if (!attr.config)
		return;
	words->fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (words->fd < 0)
		return;
	words->size = 2 * sysconf(_SC_PAGESIZE);
	words->ring = mmap(NULL, words->size, PROT_READ | PROT_WRITE, MAP_SHARED, words->fd, 0);
	if (words->ring != MAP_FAILED)
		return;
	close(words->fd);
	words->fd = -1;
}

/* A sample of raw data: header, size, then the tracepoint's record. */
struct raw_sample {
	struct perf_event_header header;
	__u32 size;
	char record[];
};

static void read_message(const struct raw_sample *sample, char *out, size_t size)
{
	__u32 where;
	size_t offset, len;

	if (sample->size < MSG_DATA_LOC + sizeof(where))
		return;
	memcpy(&where, sample->record + MSG_DATA_LOC, sizeof(where));
	offset = where & 0xffff;
	len = where >> 16;
	if (offset + len > sample->size)
		return;
	snprintf(out, size, "%.*s", (int)strnlen(sample->record + offset, len),
	         sample->record + offset);
}

void tracewords_end(struct tracewords *words, char *out, size_t size)
{
	const struct perf_event_mmap_page *page = words->ring;
	__u64 at, head;

	*out = '\0';
	if (words->fd < 0)
		return;
	head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	/* One refusal fits the buffer many times over: nothing wraps around. */
	for (at = page->data_tail; at < head;) {
		const struct raw_sample *sample =
			(const void *)((const char *)words->ring + words->size / 2 + at);

		if (at + sizeof(*sample) > words->size / 2 || !sample->header.size)
			break;
		if (sample->header.type == PERF_RECORD_SAMPLE)
			read_message(sample, out, size);
		at += sample->header.size;
	}
	munmap(words->ring, words->size);
	close(words->fd);
	words->fd = -1;
}
