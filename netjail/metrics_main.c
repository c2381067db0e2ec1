/*
 * metrics_main.c - netjail metrics: the stack's state for monitoring systems.
 *
 * To standard output, or (-i) as the answer to one HTTP request that comes on
 * standard input, as inetd(8), socat(1) and a systemd socket with Accept=yes
 * start a server.  Such a process serves one peer and is gone, so there is
 * nothing for a peer to exhaust or hold up but its own process: a request is
 * at most REQUEST_MAX bytes, and each side has PATIENCE seconds, after which
 * the kernel's alarm ends the process wherever it is.
 *
 * The text is complete before the first byte is written, so what could not be
 * read from the stack is an HTTP error and not a text cut short.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/err.h>

#include "netjail/metrics.h"
#include "netstat/source.h"
#include "sysctl/client.h"

#define REQUEST_MAX	8192	/* bytes of a request's head */
#define PATIENCE	15	/* s for the request, and for the answer */

#define OPENMETRICS \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* c as text, malloc()ed.  NULL: no memory. */
static char *
text_of(const struct census *c, bool classic, size_t *lenp)
{
	char *text = NULL;
	FILE *f;

	if ((f = open_memstream(&text, lenp)) == NULL)
		return NULL;
	metrics_write(f, c, classic);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/*
 * The whole text, malloc()ed.  NULL: *what could not be had, and *why.
 */
static char *
make_text(bool classic, size_t *lenp, const char **what, const char **why)
{
	struct census c;
	char *text = NULL;
	int error;

	*what = "cannot reach netjaild";
	if (nj_sysctl_open() == -1) {
		*why = ctl_strerror(errno);
		return NULL;
	}
	error = census_take(&c, &stack_mib, CENSUS_NOBODY, what);
	if (error == 0 && (text = text_of(&c, classic, lenp)) == NULL)
		error = ENOMEM;
	*why = strerror(error);
	census_free(&c);
	return text;
}

static int
print(bool classic)
{
	const char *what, *why;
	size_t len;
	char *text;

	if ((text = make_text(classic, &len, &what, &why)) == NULL)
		errx(1, "%s: %s", what, why);
	if (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0)
		err(1, "stdout");
	free(text);
	return 0;
}

/* ---- one HTTP request ---- */

static bool
head_is_complete(const char *buf)
{
	return strstr(buf, "\r\n\r\n") != NULL || strstr(buf, "\n\n") != NULL;
}

/* Read a request's head.  False: the peer went away. */
static bool
read_head(char *buf, size_t cap, bool *complete)
{
	size_t len = 0;
	ssize_t n;

	*complete = false;
	while (len < cap - 1) {
		n = read(STDIN_FILENO, buf + len, cap - 1 - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		len += (size_t)n;
		buf[len] = '\0';
		if (head_is_complete(buf)) {
			*complete = true;
			return true;
		}
	}
	return true;
}

static void
answer(const char *status, const char *type, const char *body, size_t len,
    bool with_body)
{
	printf("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n%s\r\n", status, type, len,
	    strncmp(status, "405", 3) == 0 ? "Allow: GET, HEAD\r\n" : "");
	if (with_body)
		fwrite(body, 1, len, stdout);
	fflush(stdout);
}

static void
answer_text(const char *status, const char *text, bool with_body)
{
	answer(status, "text/plain; charset=utf-8", text, strlen(text),
	    with_body);
}

static void
answer_metrics(bool with_body)
{
	const char *what, *why;
	size_t len;
	char *text, msg[256];

	if ((text = make_text(false, &len, &what, &why)) == NULL) {
		snprintf(msg, sizeof(msg), "%s: %s\n", what, why);
		answer_text("503 Service Unavailable", msg, with_body);
		return;
	}
	/* However long it took, the answer has its own time. */
	alarm(PATIENCE);
	answer("200 OK", OPENMETRICS, text, len, with_body);
	free(text);
}

/* Answer the request whose first line this is. */
static void
route(char *line)
{
	char *save = NULL, *method, *target, *version;
	bool get, head;

	method = strtok_r(line, " ", &save);
	target = strtok_r(NULL, " ", &save);
	version = strtok_r(NULL, " ", &save);
	if (version == NULL || strtok_r(NULL, " ", &save) != NULL ||
	    strncmp(version, "HTTP/1.", 7) != 0) {
		answer_text("400 Bad Request", "not an HTTP/1 request\n", true);
		return;
	}
	get = strcmp(method, "GET") == 0;
	head = strcmp(method, "HEAD") == 0;
	target[strcspn(target, "?")] = '\0';
	if (!get && !head)
		answer_text("405 Method Not Allowed", "GET or HEAD\n", true);
	else if (strcmp(target, "/metrics") != 0)
		answer_text("404 Not Found", "see /metrics\n", get);
	else
		answer_metrics(get);
}

static int
serve(void)
{
	char buf[REQUEST_MAX];
	bool complete;

	alarm(PATIENCE);
	if (!read_head(buf, sizeof(buf), &complete))
		return 1;
	if (complete) {
		buf[strcspn(buf, "\r\n")] = '\0';
		route(buf);
	} else
		answer_text("431 Request Header Fields Too Large",
		    "request too long\n", true);
	return ferror(stdout) ? 1 : 0;
}

/* --help asks for it: status 0; or the words make no sense: 1. */
static void __attribute__((noreturn))
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr, "usage: netjail metrics [-i | "
	    "-t]\n");
	exit(status);
}

int
main(int argc, char **argv)
{
	bool classic = false, http = false;
	int c;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage(0);
	while ((c = getopt(argc, argv, "it")) != -1)
		switch (c) {
		case 'i':
			http = true;
			break;
		case 't':
			classic = true;
			break;
		default:
			usage(1);
		}
	if (optind < argc || (http && classic))
		usage(1);
	return http ? serve() : print(classic);
}
