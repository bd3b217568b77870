#include "tools/who.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct ax_time who_now(void)
{
	struct timespec ts = { 0 };
	struct tm tm = { 0 };
	clock_gettime(CLOCK_REALTIME, &ts);
	tzset(); /* localtime_r need not look at TZ */
	localtime_r(&ts.tv_sec, &tm);
	return (struct ax_time){ ts.tv_sec, (uint32_t)ts.tv_nsec, (int16_t)(tm.tm_gmtoff / 60) };
}

void who_clean(char out[AX_PERSON_MAX + 1], const char *text)
{
	size_t n = 0;
	for (; *text && n < AX_PERSON_MAX; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || (c == ' ' && !n))
			continue;
		out[n++] = *text;
	}
	/* A cut inside a UTF-8 sequence would leave half a character. */
	if (*text)
		while (n && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
			n--;
	if (*text && n && (unsigned char)out[n - 1] >= 0xc0)
		n--;
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = 0;
}

static void login_name(char out[AX_PERSON_MAX + 1], const struct passwd *pw)
{
	if (pw)
		who_clean(out, pw->pw_name);
	if (!pw || !out[0])
		snprintf(out, AX_PERSON_MAX + 1, "uid%u", (unsigned)getuid());
}

static void full_name(char out[AX_PERSON_MAX + 1], const struct passwd *pw)
{
	const char *set = getenv("APEX_AUTHOR_NAME");
	out[0] = 0;
	if (set)
		who_clean(out, set);
	if (!out[0] && pw && pw->pw_gecos) {
		char gecos[AX_PERSON_MAX + 1];
		snprintf(gecos, sizeof gecos, "%.*s", (int)strcspn(pw->pw_gecos, ","), pw->pw_gecos);
		who_clean(out, gecos);
	}
	if (!out[0])
		login_name(out, pw);
}

static void mail_address(char out[AX_PERSON_MAX + 1], const struct passwd *pw)
{
	const char *set = getenv("APEX_AUTHOR_EMAIL");
	out[0] = 0;
	if (set)
		who_clean(out, set);
	if (out[0])
		return;
	char login[AX_PERSON_MAX + 1], host[HOST_NAME_MAX + 1] = "localhost", both[2 * AX_PERSON_MAX];
	login_name(login, pw);
	gethostname(host, sizeof host - 1);
	snprintf(both, sizeof both, "%s@%s", login, host);
	who_clean(out, both);
}

struct ax_actor who_actor(struct who *w)
{
	const struct passwd *pw = getpwuid(getuid());
	full_name(w->name, pw);
	mail_address(w->mail, pw);
	snprintf(w->via, sizeof w->via, "cli uid=%u", (unsigned)getuid());
	struct ax_person me = { w->name, w->mail, who_now() };
	return (struct ax_actor){ .author = me, .committer = me, .via = w->via, .uid = getuid() };
}
