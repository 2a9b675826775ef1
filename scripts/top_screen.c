// SPDX-License-Identifier: GPL-2.0-or-later
#include <curses.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "scripts/config_use.h"
#include "scripts/rate_text.h"
#include "scripts/source_text.h"
#include "scripts/top_screen.h"

#define ADDRESS_WIDTH 39 /* of IPv6 */

static SCREEN *screen;

bool screen_open(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (screen) {
		refresh();
		return true;
	}
	setlocale(LC_ALL, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return false;
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	return true;
}

void screen_close(void)
{
	if (screen && !isendwin())
		endwin();
}

static const char *sort_name(enum top_sort by)
{
	static const char *const names[] = {
		[TOP_PACKETS] = "packets",
		[TOP_BYTES] = "bytes",
		[TOP_RATE] = "rate",
	};

	return names[by];
}

/* One line, cut at the edge. */
static void draw_line(int row, attr_t attributes, const char *text)
{
	if (row >= LINES)
		return;
	attrset(attributes);
	mvaddnstr(row, 0, text, COLS);
	for (int column = (int)strlen(text); attributes && column < COLS; column++)
		addch(' ');
	attrset(A_NORMAL);
}

static void draw_count(int row, const char *what, const struct top_sample *sample,
                       const struct top_count *count)
{
	char line[600];

	snprintf(line, sizeof(line), "%-*s %14llu %18llu  %s", ADDRESS_WIDTH, what,
	         (unsigned long long)count->packets, (unsigned long long)count->bytes,
	         sample->has_rates ? rate_text(count->pps, count->bps) : "");
	draw_line(row, A_NORMAL, line);
}

/* Protocols take a third of the screen at the most; what is wrong comes first. */
static int draw_protocols(int row, const struct top_sample *sample)
{
	int last = row + LINES / 3;

	for (__u32 slot = PARSE_SLOTS; slot-- && row < last;)
		if (sample->protocols[slot].packets)
			draw_count(row++, top_protocol(slot), sample, &sample->protocols[slot]);
	return row;
}

void screen_draw(const struct config *config, const struct top_sample *sample, enum top_sort by,
                 size_t count)
{
	char line[600], text[INET6_ADDRSTRLEN];
	int row;

	erase();
	snprintf(line, sizeof(line),
	         "%s  %zu sources%s, sorted by %s   p packets  b bytes  r rate  q quit",
	         config->iface.name, sample->len, config_use_is_stale(config) ? " (stale)" : "",
	         sort_name(by));
	draw_line(0, A_BOLD, line);
	draw_count(1, "all", sample, &sample->all);
	row = draw_protocols(2, sample);
	snprintf(line, sizeof(line), "%-*s %14s %18s  %14s  %13s", ADDRESS_WIDTH, "SOURCE",
	         "PACKETS", "BYTES", "PACKETS/S", "BITS/S");
	draw_line(row++, A_REVERSE, line);
	for (size_t i = 0; i < sample->len && (!count || i < count) && row < LINES; i++)
		draw_count(row++, source_text(&sample->busiest[i]->key, text), sample,
		           &sample->busiest[i]->count);
	refresh();
}

bool screen_keys(enum top_sort *by)
{
	int key;

	while ((key = getch()) != ERR) {
		switch (key) {
		case 'q':
		case 'Q': return false;
		case 'p': *by = TOP_PACKETS; break;
		case 'b': *by = TOP_BYTES; break;
		case 'r': *by = TOP_RATE; break;
		default: break; /* KEY_RESIZE: curses knows the new size now */
		}
	}
	return true;
}
