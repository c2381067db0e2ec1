/*
 * conf_fuzz.c - a file of jails, netjail.conf(5), of bytes.
 *
 * What is read is looked at as `netjail -c' and `netjail -r' would: every
 * parameter by its name and kind, and the order of all jails and of one.  What
 * is refused is refused with a sentence of one line.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "netjail/conf.h"
#include "tests/fuzz/input.h"

static void
said(const char *errmsg)
{
	size_t len = strnlen(errmsg, CONF_ERRLEN);

	assert(len > 0 && len < CONF_ERRLEN);
	assert(strchr(errmsg, '\n') == NULL);
}

static void
values(const struct conf_jail *j, const struct conf_param *p)
{
	assert(conf_get(j, p->name) != NULL);
	for (unsigned i = 0; i < p->nval; i++)
		assert(p->val[i] != NULL);
	switch (conf_kind(p->name)) {
	case CONF_BOOL:
		(void)conf_bool(j, p->name);
		break;
	case CONF_INT:
		(void)conf_int(j, p->name, 10);
		break;
	case CONF_TEXT:
		(void)conf_string(j, p->name);
		break;
	case CONF_JAIL:
	case CONF_LIST:
	case CONF_IGNORED:
		break;
	}
}

static void
jail(const struct conf *c, const struct conf_jail *j)
{
	char errmsg[CONF_ERRLEN] = "";

	assert(conf_jail(c, j->name) != NULL);
	assert(j->nparam > 0);
	if (conf_check(j, errmsg) != 0) {
		said(errmsg);
		return;
	}
	for (unsigned i = 0; i < j->nparam; i++)
		values(j, &j->param[i]);
}

/* Each jail once at the most, and those that are wanted. */
static void
order(const struct conf *c, const unsigned *want, unsigned n, bool stop)
{
	char errmsg[CONF_ERRLEN] = "";
	unsigned count = 0;
	unsigned *list = conf_order(c, want, n, stop, &count, errmsg);

	if (list == NULL) {
		assert(errmsg[0] != '\0' || count == 0);
		return;
	}
	assert(count <= c->njail && count >= (n == 0 ? c->njail : n));
	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < i; k++)
			assert(list[i] < c->njail && list[i] != list[k]);
	free(list);
}

/* Every file is there but "none", and contains its name. */
static int
find(const char *from, const char *pattern, struct conf_text **texts)
{
	struct conf_text *t;

	assert(from[0] != '\0');
	errno = ENOENT;
	if (strcmp(pattern, "none") == 0)
		return -1;
	t = *texts = malloc(sizeof(*t));
	assert(t != NULL);
	t->file = strdup(pattern);
	t->text = strdup(pattern);
	t->len = strlen(pattern);
	assert(t->file != NULL && t->text != NULL);
	return 1;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char errmsg[CONF_ERRLEN] = "", *text = malloc(len > 0 ? len : 1);
	struct conf c;

	assert(text != NULL);
	if (len > 0)
		memcpy(text, data, len);
	if (conf_parse(&c, "fuzz", text, len, find, errmsg) != 0)
		said(errmsg);
	else {
		for (unsigned i = 0; i < c.njail; i++) {
			jail(&c, &c.jail[i]);
			order(&c, &i, 1, i % 2 == 0);
		}
		order(&c, NULL, 0, false);
		order(&c, NULL, 0, true);
	}
	conf_free(&c);
	free(text);
}
