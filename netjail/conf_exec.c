/*
 * conf_exec.c - run what a file of jails says to run.
 *
 * Theory of operation
 *
 * A command is a line for sh(1) if it has a character in it that only a shell
 * understands, and otherwise words; a single & at its end puts it in the
 * background, where nobody waits for it.  In a jail it is started by jexec(8),
 * which knows users, environments and the ways in.  There the background is the
 * shell's: who does not wait for jexec could see the jail go, for want of a
 * process, before jexec is in it.
 *
 * A command that takes longer than exec.timeout is ended, first kindly.
 *
 * To end a jail's processes, a child enters its namespaces, where kill(-1)
 * means all of them but itself and the jail's init, whoever owns them.  All of
 * its namespaces, and not to be looked into: what is left of the outside about
 * it, as its root directory, the jail's root would else find in /proc.  He may
 * stop it, so it is not waited for any longer than it was to take.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/ctlmsg.h"
#include "netjail/conf_exec.h"
#include "netjail/conf_int.h"
#include "netjail/launch.h"
#include "sysctl/client.h"

#define FOR_SHELL	"!\"$&'()*;<>?[\\]`{|}~"
#define BLANK		" \t\f\v\r\n"
#define KILL_MS		1000	/* from SIGTERM to SIGKILL */
#define STEP_MS		20

/* Words, NULL-terminated; the words are borrowed. */
struct words {
	char	**v;
	unsigned n;
};

static void
add_word(struct words *w, const char *word)
{
	w->v = cf_grow(w->v, w->n, sizeof(*w->v));
	memcpy(&w->v[w->n++], &word, sizeof(word));
}

/* ---- waiting ---- */

/* Has it ended within so many ms (-1: for ever)? */
static bool
ends_within(pid_t pid, int ms)
{
	struct pollfd pfd = { .events = POLLIN };
	int n;

	if ((pfd.fd = (int)syscall(SYS_pidfd_open, pid, 0)) < 0)
		return true;	/* the wait that follows will tell */
	do {
		n = poll(&pfd, 1, ms);
	} while (n < 0 && errno == EINTR && ms < 0);
	close(pfd.fd);
	return n > 0;
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* Wait for a command.  0 or -1, told. */
static int
wait_command(const struct conf_exec *x, pid_t pid, const char *text)
{
	long seconds = conf_int(x->j, "exec.timeout", 0);
	bool late = false;
	int status;

	if (seconds > 0 && !ends_within(pid, (int)(seconds * 1000))) {
		late = true;
		kill(pid, SIGTERM);
		if (!ends_within(pid, KILL_MS))
			kill(pid, SIGKILL);
	}
	status = wait_for(pid);
	if (late)
		warnx("%s: %s: timed out", x->j->name, text);
	else if (WIFSIGNALED(status))
		warnx("%s: %s: exited on signal %d", x->j->name, text,
		    WTERMSIG(status));
	else if (status != 0)
		warnx("%s: %s: failed", x->j->name, text);
	return late || status != 0 ? -1 : 0;
}

/* ---- one command ---- */

/* The words of a command; *copyp, malloc()ed, is what they lie in. */
static void
split(const char *text, struct words *w, char **copyp, bool inside,
    bool *background)
{
	char *copy = cf_strdup(text), *special, *word, *save = NULL;

	*copyp = copy;
	*background = false;
	special = strpbrk(copy, FOR_SHELL);
	if (!inside && special != NULL && strcmp(special, "&") == 0) {
		*special = '\0';
		*background = true;
	} else if (special != NULL) {
		add_word(w, "/bin/sh");
		add_word(w, "-c");
		add_word(w, copy);
		return;
	}
	for (word = strtok_r(copy, BLANK, &save); word != NULL;
	    word = strtok_r(NULL, BLANK, &save))
		add_word(w, word);
}

/* What jexec(8) is called with, before the command. */
static void
enter_words(const struct conf_exec *x, struct words *w, char *jid, size_t len)
{
	const char *user = conf_string(x->j, "exec.jail_user");

	snprintf(jid, len, "%u", x->jid);
	add_word(w, "jexec");
	if (conf_bool(x->j, "exec.clean"))
		add_word(w, "-l");
	if (user != NULL) {
		add_word(w, conf_bool(x->j, "exec.system_jail_user") ? "-u" :
		    "-U");
		add_word(w, user);
	}
	add_word(w, jid);
}

/* What is left of path below dir, which is not "/"; NULL: it is not below. */
static const char *
below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	while (len > 0 && dir[len - 1] == '/')
		len--;
	if (len == 0 || strncmp(path, dir, len) != 0 || path[len] != '/')
		return NULL;
	return path + len + strspn(path + len, "/");
}

/*
 * Open a file to write at its end.  In the tree of the jail, whose root may
 * have put there what he likes, no link is followed, and nothing is waited for.
 * -1 with errno.
 */
static int
open_log(const struct conf_exec *x, const char *path)
{
	const struct open_how how = {
		.flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
		    O_NONBLOCK,
		.mode = 0666,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	const char *tree = conf_string(x->j, "path"), *rest = NULL;
	char real[PATH_MAX];
	int dir, error, fd;

	if (tree != NULL && (rest = below(path, tree)) == NULL &&
	    realpath(tree, real) != NULL)
		rest = below(path, real);
	if (rest == NULL)
		return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		    0666);
	if ((dir = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dir, rest, &how, sizeof(how));
	error = errno;
	close(dir);
	if (fd >= 0)
		(void)fcntl(fd, F_SETFL, O_APPEND);
	errno = error;
	return fd;
}

/* Where a command in the jail writes to: -1 nowhere in particular, -2 told. */
static int
console(const struct conf_exec *x)
{
	const char *path = conf_string(x->j, "exec.consolelog");
	int fd;

	if (path == NULL)
		return -1;
	if ((fd = open_log(x, path)) >= 0)
		return fd;
	warn("%s: exec.consolelog: %s", x->j->name, path);
	return -2;
}

/* Outside of the jail: the user, and the environment. */
static void
set_user(const struct conf_exec *x)
{
	const char *user = conf_string(x->j, "exec.system_user");
	const char *path = conf_string(x->j, "path");
	bool clean = conf_bool(x->j, "exec.clean");
	struct launch_user u = { .name = NULL };
	char jid[16];

	if (user != NULL && launch_user_find(user, &u) != 0)
		_exit(1);
	if (user == NULL && clean && launch_user_self(&u) != 0)
		_exit(1);
	if (u.name != NULL)
		launch_user_env(&u, clean);
	if (user != NULL && launch_user_become(&u) != 0)
		_exit(1);
	if (clean && chdir(u.home) != 0) {
		warn("%s: chdir %s", x->j->name, u.home);
		_exit(1);
	}
	snprintf(jid, sizeof(jid), "%u", x->jid);
	if (x->jid != 0)
		setenv("JID", jid, 1);
	setenv("JNAME", x->j->name, 1);
	setenv("JPATH", path != NULL ? path : "/", 1);
}

static void __attribute__((noreturn))
become(const struct conf_exec *x, const struct words *w, bool inside, int out)
{
	char path[PATH_MAX];

	if (out >= 0 && (dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0))
		_exit(1);
	if (!inside) {
		set_user(x);
		execvp(w->v[0], w->v);
		warn("%s: exec %s", x->j->name, w->v[0]);
	} else if (launch_program(w->v[0], path, sizeof(path))) {
		execv(path, w->v);
		warn("%s", path);
	} else
		warnx("%s: not installed beside netjail", w->v[0]);
	_exit(1);
}

/* Start the words and wait for them, if they are not for the background. */
static int
run(const struct conf_exec *x, const struct words *w, const char *text,
    bool inside, bool background)
{
	int out = inside ? console(x) : -1;
	pid_t pid;

	if (out == -2)
		return -1;
	if (x->verbose)
		printf("%s: run command%s: %s\n", x->j->name,
		    inside ? " in jail" : "", text);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (background)
			setsid();
		become(x, w, inside, out);
	}
	if (out >= 0)
		close(out);
	if (pid < 0) {
		warn("fork");
		return -1;
	}
	return background ? 0 : wait_command(x, pid, text);
}

static int
run_text(const struct conf_exec *x, const char *text, bool inside)
{
	struct words w = { NULL, 0 };
	char *copy, jid[16];
	unsigned before;
	bool background;
	int error = 0;

	if (inside)
		enter_words(x, &w, jid, sizeof(jid));
	before = w.n;
	split(text, &w, &copy, inside, &background);
	if (w.n > before) {
		add_word(&w, NULL);
		error = run(x, &w, text, inside, background);
	}
	free(copy);
	free(w.v);
	return error;
}

int
conf_exec(const struct conf_exec *x, const char *param, bool inside)
{
	const struct conf_param *p = conf_get(x->j, param);
	unsigned i;

	for (i = 0; p != NULL && i < p->nval; i++)
		if (run_text(x, p->val[i], inside) != 0)
			return -1;
	return 0;
}

int
conf_tool(char *const *argv)
{
	char path[PATH_MAX];
	int status;
	pid_t pid;

	if (!launch_program(argv[0], path, sizeof(path))) {
		warnx("%s: not installed beside netjail", argv[0]);
		return 1;
	}
	fflush(NULL);
	if ((pid = fork()) == 0) {
		execv(path, argv);
		warn("%s", path);
		_exit(1);
	}
	if (pid < 0) {
		warn("fork");
		return 1;
	}
	status = wait_for(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- the end of processes ---- */

static void
pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

/* In the jail, as its root: all others, until none is left. */
static void __attribute__((noreturn))
end_others(long ms)
{
	if (launch_become_root() != 0)
		_exit(1);
	for (kill(-1, SIGTERM); ms > 0 && kill(-1, 0) == 0; ms -= STEP_MS)
		pause_ms(STEP_MS);
	_exit(0);
}

/* A pidfd of the jail's init, or -1 told. */
static int
find_init(uint32_t jid)
{
	int sock, fd = -1;

	if ((sock = ctl_connect()) < 0 || ctl_call(sock, CTL_ENTER, jid, NULL,
	    0, -1, NULL, NULL, NULL, &fd, NULL, 0) != 0)
		warn("jail %u", jid);
	if (sock >= 0)
		close(sock);
	return fd;
}

/* Enter the jail of init and end all others there. */
static void __attribute__((noreturn))
enter_and_end(int init, long ms)
{
	pid_t pid;

	if (launch_close_ours(init, -1) != 0 || launch_enter(init) != 0)
		_exit(1);
	close(init);
	/* Here, where nobody in the jail sees us yet. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		_exit(1);
	/* Only children are in the pid namespace. */
	if ((pid = fork()) == 0)
		end_others(ms);
	_exit(pid < 0 || !ends_within(pid, (int)ms + KILL_MS));
}

int
conf_end_processes(uint32_t jid, long seconds)
{
	int init, status;
	pid_t pid;

	if ((init = find_init(jid)) < 0)
		return -1;
	if ((pid = fork()) == 0)
		enter_and_end(init, seconds * 1000);
	close(init);
	if (pid < 0) {
		warn("fork");
		return -1;
	}
	status = wait_for(pid);
	return status == 0 ? 0 : -1;
}
