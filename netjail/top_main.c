/*
 * top_main.c - netjail top: jails and their sockets, live.
 *
 * A screen is made anew from a census every few seconds, or at a key; between
 * two nothing runs.  What was selected stays selected by its jid, wherever the
 * order has put it.  A stack that goes away is told on the last line, and its
 * last numbers stay until there is one again.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netjail/top.h"
#include "netstat/source.h"
#include "sysctl/client.h"

#define FILTER_MAX	63
#define KEY_ESC		27
#define TABLE_LINE	(TOP_LINES + 1)	/* the first row's */

struct options {
	bool	 batch;		/* -b */
	long	 count;		/* -n; 0: for ever, or once with -b */
	double	 delay;		/* -d, s */
};

struct top {
	struct census census;
	struct top_rates rates;
	struct timespec taken;	/* when */
	bool	 have;		/* there is a census */
	const char *why;	/* the last try failed; NULL: it did not */
	const char *what;	/* that concerns */
	int	 look;		/* jid looked into, or CENSUS_NOBODY */
	struct top_order order[2];	/* of jails, of sockets */
	char	 filter[2][FILTER_MAX + 1];
	const void **rows;
	size_t	 nrows;
	size_t	 cursor, first;	/* row selected, row on the first line */
	int	 selected;	/* its jid */
	bool	 typing;	/* a filter */
};

/* ---- data ---- */

static struct top_order *
order(struct top *t)
{
	return &t->order[t->look != CENSUS_NOBODY];
}

static char *
filter_text(struct top *t)
{
	return t->filter[t->look != CENSUS_NOBODY];
}

static double
seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) +
	    (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

/* A new census in place of the old one. */
static void
take(struct top *t)
{
	struct timespec now;
	struct census c;
	int error;

	t->why = NULL;
	if (nj_sysctl_open() == -1) {
		t->what = "cannot reach netjaild";
		t->why = ctl_strerror(errno);
		return;
	}
	error = census_take(&c, &stack_mib, t->look, &t->what);
	if (error != 0) {
		t->why = strerror(error);
		census_free(&c);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (t->have)
		top_rates(&t->rates, &t->census, &c,
		    seconds_between(&t->taken, &now));
	census_free(&t->census);
	t->census = c;
	t->taken = now;
	t->have = true;
}

/* ---- for programs ---- */

static void
print_rates(const struct top *t)
{
	const struct top_rates *r = &t->rates;
	const struct census *c = &t->census;

	const struct { const char *key; uint64_t value; } values[] = {
		{ "sockets", c->total },
		{ "packets_in", r->packets_in },
		{ "packets_out", r->packets_out },
		{ "bytes_in", r->bytes_in }, { "bytes_out", r->bytes_out },
		{ "datagrams_in", r->datagrams_in },
		{ "datagrams_out", r->datagrams_out },
		{ "connects", r->connects }, { "accepts", r->accepts },
		{ "drops", r->drops }, { "retransmits", r->retransmits },
		{ "picks", r->picks }, { "exhausted", c->ports.exhausted },
		{ "conflicts", c->ports.conflicts },
		{ "denied", c->ports.denied },
		{ "overflows", c->tcp.tcps_listendrop },
		{ "range", (uint64_t)census_range_size(c, RANGE_DEFAULT) },
	};
	size_t i;

	printf("stack version=%s", c->version);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		printf(" %s=%" PRIu64, values[i].key, values[i].value);
	putchar('\n');
}

static void
print_batch(struct top *t)
{
	size_t i;

	print_rates(t);
	t->rows = top_rows(order(t), &t->census, &t->nrows);
	for (i = 0; i < t->nrows; i++)
		top_print("jail", order(t)->kind, &t->census, t->rows[i]);
	putchar('\n');
	free(t->rows);
	t->rows = NULL;
}

static void
pause_for(double seconds)
{
	struct timespec ts;
	double whole;

	ts.tv_nsec = (long)(modf(seconds, &whole) * 1e9);
	ts.tv_sec = (time_t)whole;
	nanosleep(&ts, NULL);
}

static int
run_batch(struct top *t, const struct options *o)
{
	long i, count = o->count > 0 ? o->count : 1;

	take(t);
	for (i = 0; t->why == NULL && i < count; i++) {
		pause_for(o->delay);
		take(t);
		if (t->why != NULL)
			break;
		print_batch(t);
		if (fflush(stdout) != 0)
			err(1, "stdout");
	}
	if (t->why != NULL)
		errx(1, "%s: %s", t->what, t->why);
	return 0;
}

/* ---- the screen ---- */

static size_t
page(void)
{
	return LINES > TABLE_LINE + 1 ? (size_t)(LINES - TABLE_LINE - 1) : 1;
}

/* Keep the cursor on a row and on the screen. */
static void
clamp(struct top *t)
{
	if (t->cursor >= t->nrows)
		t->cursor = t->nrows > 0 ? t->nrows - 1 : 0;
	/* No empty lines while there are rows above. */
	if (t->first + page() > t->nrows)
		t->first = t->nrows > page() ? t->nrows - page() : 0;
	if (t->cursor < t->first)
		t->first = t->cursor;
	if (t->cursor >= t->first + page())
		t->first = t->cursor - page() + 1;
}

static void
note_selected(struct top *t)
{
	const struct census_jail *j;

	if (t->look != CENSUS_NOBODY || t->nrows == 0)
		return;
	j = t->rows[t->cursor];
	t->selected = j->jid;
}

/* Rows anew; the selected jail stays so. */
static void
arrange(struct top *t)
{
	const struct census_jail *j;
	size_t i;

	free(t->rows);
	t->rows = top_rows(order(t), &t->census, &t->nrows);
	for (i = 0; t->look == CENSUS_NOBODY && i < t->nrows; i++) {
		j = t->rows[i];
		if (j->jid == t->selected)
			t->cursor = i;
	}
	clamp(t);
	note_selected(t);
}

static void
put_line(int y, const char *text)
{
	if (y >= LINES)
		return;
	mvaddnstr(y, 0, text, COLS);
	clrtoeol();
}

static void
draw_head(const struct top *t)
{
	char line[TOP_LINES][TOP_WIDTH + 1], now[16];
	time_t clock = time(NULL);
	struct tm tm;
	int i;

	top_summary(line, &t->census, &t->rates);
	for (i = 0; i < TOP_LINES; i++)
		put_line(i, line[i]);
	localtime_r(&clock, &tm);
	strftime(now, sizeof(now), "%H:%M:%S", &tm);
	if (COLS > (int)(strlen(line[0]) + strlen(now)) + 1)
		mvaddstr(0, COLS - (int)strlen(now), now);
}

static void
draw_titles(struct top *t)
{
	char buf[1024];

	top_line(buf, sizeof(buf), COLS, order(t)->kind, &t->census, NULL);
	attron(A_REVERSE);
	mvprintw(TOP_LINES, 0, "%-*.*s", COLS, COLS, buf);
	attroff(A_REVERSE);
}

static void
draw_rows(struct top *t)
{
	char buf[1024];
	size_t i;
	int y = TABLE_LINE;

	for (i = t->first; i < t->nrows && y < LINES - 1; i++, y++) {
		top_line(buf, sizeof(buf), COLS, order(t)->kind, &t->census,
		    t->rows[i]);
		if (i == t->cursor)
			attron(A_STANDOUT);
		mvprintw(y, 0, "%-*.*s", i == t->cursor ? COLS : 0, COLS, buf);
		attroff(A_STANDOUT);
		clrtoeol();
	}
	for (; y < LINES - 1; y++)
		put_line(y, "");
}

/* What is looked at, in words. */
static void
place(const struct top *t, char *buf, size_t size)
{
	const struct census_jail *j = census_find(&t->census, t->look);
	char name[TOP_CELL] = "";

	if (t->look == CENSUS_NOBODY) {
		snprintf(buf, size, "%zu jails", t->nrows);
		return;
	}
	if (j != NULL)
		top_clean(name, j->name);
	snprintf(buf, size, "jail %d %.40s: %zu of %zu sockets", t->look, name,
	    t->nrows, t->census.found);
}

static void
draw_foot(struct top *t)
{
	const struct top_order *o = order(t);
	char buf[512], where[128];

	place(t, where, sizeof(where));
	if (t->typing)
		snprintf(buf, sizeof(buf), "filter: %s_", filter_text(t));
	else if (t->why != NULL)
		snprintf(buf, sizeof(buf), "%s: %s", t->what, t->why);
	else
		snprintf(buf, sizeof(buf), "%s by %s%s%s%s | </> sort r "
		    "reverse / filter %s q quit", where,
		    o->kind->col[o->sort].title,
		    o->reverse ? " reversed" : "",
		    *o->filter != '\0' ? " with " : "", o->filter,
		    t->look == CENSUS_NOBODY ? "enter look" : "esc back");
	put_line(LINES - 1, buf);
}

static void
draw(struct top *t)
{
	if (t->have) {
		draw_head(t);
		draw_titles(t);
		draw_rows(t);
	}
	draw_foot(t);
	refresh();
}

/* ---- keys ---- */

static void
move_to(struct top *t, long row)
{
	t->cursor = row < 0 ? 0 : (size_t)row;
	clamp(t);
	note_selected(t);
}

static void
sort_by(struct top *t, int step)
{
	struct top_order *o = order(t);

	o->sort = (o->sort + o->kind->ncols + (unsigned)step) % o->kind->ncols;
	arrange(t);
}

static void
look_into(struct top *t, int jid)
{
	t->look = jid;
	t->cursor = t->first = 0;
	take(t);
	arrange(t);
}

static void
enter(struct top *t)
{
	if (t->look == CENSUS_NOBODY && t->nrows > 0)
		look_into(t, t->selected);
}

static void
back(struct top *t)
{
	if (t->look != CENSUS_NOBODY)
		look_into(t, CENSUS_NOBODY);
}

static void
type(struct top *t, int key)
{
	char *f = filter_text(t);
	size_t len = strlen(f);

	if (key == '\n' || key == '\r' || key == KEY_ENTER)
		t->typing = false;
	else if (key == KEY_ESC) {
		t->typing = false;
		*f = '\0';
	} else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') &&
	    len > 0)
		f[len - 1] = '\0';
	else if (key > ' ' && key < 127 && len < FILTER_MAX) {
		f[len] = (char)key;
		f[len + 1] = '\0';
	}
	t->cursor = t->first = 0;
	arrange(t);
}

/* False: to end. */
static bool
press(struct top *t, int key)
{
	long row = (long)t->cursor, rows = (long)page();

	switch (key) {
	case 'q':
		return false;
	case KEY_UP: case 'k':
		move_to(t, row - 1);
		break;
	case KEY_DOWN: case 'j':
		move_to(t, row + 1);
		break;
	case KEY_PPAGE:
		move_to(t, row - rows);
		break;
	case KEY_NPAGE:
		move_to(t, row + rows);
		break;
	case KEY_HOME: case 'g':
		move_to(t, 0);
		break;
	case KEY_END: case 'G':
		move_to(t, LONG_MAX);
		break;
	case '<': case KEY_LEFT:
		sort_by(t, -1);
		break;
	case '>': case KEY_RIGHT:
		sort_by(t, 1);
		break;
	case 'r':
		order(t)->reverse = !order(t)->reverse;
		arrange(t);
		break;
	case '/':
		t->typing = true;
		break;
	case '\n': case '\r': case KEY_ENTER:
		enter(t);
		break;
	case KEY_ESC: case KEY_BACKSPACE: case 127: case '\b':
		back(t);
		break;
	case ' ':
		take(t);
		arrange(t);
		break;
	case KEY_RESIZE:
		clear();
		arrange(t);
		break;
	default:
		break;
	}
	return true;
}

/* Keys until the next census is due.  False: to end. */
static bool
serve_keys(struct top *t, double delay)
{
	struct timespec start, now;
	double left = delay;
	int key;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (left > 0) {
		timeout((int)(left * 1000) + 1);
		key = getch();
		if (key != ERR && t->typing)
			type(t, key);
		else if (key != ERR && !press(t, key))
			return false;
		draw(t);
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = delay - seconds_between(&start, &now);
	}
	return true;
}

static int
run_screen(struct top *t, const struct options *o)
{
	long i;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		errx(1, "not a terminal; see -b");
	/* Told before the screen is taken. */
	take(t);
	if (t->why != NULL)
		errx(1, "%s: %s", t->what, t->why);
	if (newterm(NULL, stdout, stdin) == NULL)
		errx(1, "the terminal \"%s\" is unknown",
		    getenv("TERM") != NULL ? getenv("TERM") : "");
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	for (i = 0; o->count == 0 || i < o->count; i++) {
		if (i > 0)
			take(t);
		arrange(t);
		draw(t);
		if (!serve_keys(t, o->delay))
			break;
	}
	endwin();
	return 0;
}

/* ---- options ---- */

/* --help asks for it: status 0; or the words make no sense: 1. */
static void __attribute__((noreturn))
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr, "usage: netjail top [-br] "
	    "[-d seconds] [-f text] [-n count] [-s column]\n");
	exit(status);
}

static void
set_sort(struct top *t, const char *name)
{
	int i = top_column_find(&top_jails, name);

	if (i < 0)
		errx(1, "no column \"%s\"", name);
	t->order[0].sort = (unsigned)i;
}

static void
set_delay(struct options *o, const char *arg)
{
	char *end;

	o->delay = strtod(arg, &end);
	if (end == arg || *end != '\0' || !(o->delay >= 0.1) ||
	    o->delay > 86400)
		errx(1, "-d %s: not from 0.1 to 86400 seconds", arg);
}

static void
set_count(struct options *o, const char *arg)
{
	char *end;

	o->count = strtol(arg, &end, 10);
	if (end == arg || *end != '\0' || o->count < 1)
		errx(1, "-n %s: not a number from 1 on", arg);
}

static void
parse(struct top *t, struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "bd:f:n:rs:")) != -1)
		switch (c) {
		case 'b':
			o->batch = true;
			break;
		case 'd':
			set_delay(o, optarg);
			break;
		case 'f':
			snprintf(t->filter[0], FILTER_MAX + 1, "%s", optarg);
			break;
		case 'n':
			set_count(o, optarg);
			break;
		case 'r':
			t->order[0].reverse = true;
			break;
		case 's':
			set_sort(t, optarg);
			break;
		default:
			usage(1);
		}
	if (optind < argc)
		usage(1);
}

int
main(int argc, char **argv)
{
	struct options o = { .delay = 2 };
	static struct top t = { .look = CENSUS_NOBODY, .selected = -1 };
	int status;

	t.order[0] = (struct top_order){ .kind = &top_jails,
		.sort = top_jails.sort, .filter = t.filter[0] };
	t.order[1] = (struct top_order){ .kind = &top_sockets,
		.sort = top_sockets.sort, .filter = t.filter[1] };
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage(0);
	parse(&t, &o, argc, argv);
	status = o.batch ? run_batch(&t, &o) : run_screen(&t, &o);
	free(t.rows);
	census_free(&t.census);
	return status;
}
