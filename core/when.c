#include "core/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT_MAX = 64, NS_END = 999999999, DAY_S = 86400, NUMBER_MAX = 1000000000 };

/* Exactly n digits. */
static bool digits(int *out, const char **p, int n)
{
	*out = 0;
	for (; n; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

static bool clock_time(struct tm *tm, const char **p)
{
	if (!digits(&tm->tm_hour, p, 2) || *(*p)++ != ':' || !digits(&tm->tm_min, p, 2))
		return false;
	if (**p != ':')
		return true;
	(*p)++;
	return digits(&tm->tm_sec, p, 2);
}

static bool absolute(struct ax_time *out, const char *p)
{
	struct tm tm = { 0 }, normal;
	if (!digits(&tm.tm_year, &p, 4) || *p++ != '-' || !digits(&tm.tm_mon, &p, 2) || *p++ != '-' ||
	    !digits(&tm.tm_mday, &p, 2))
		return false;
	if ((*p == ' ' || *p == 'T')) {
		p++;
		if (!clock_time(&tm, &p))
			return false;
		if (*p == 'Z')
			p++;
	}
	if (*p || tm.tm_year < 1970 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	normal = tm;
	out->s = timegm(&normal);
	out->ns = NS_END;
	/* the 31st of February becomes another day */
	return tm.tm_sec == 60 || (normal.tm_mday == tm.tm_mday && normal.tm_mon == tm.tm_mon);
}

static bool months_back(struct ax_time *out, int64_t months)
{
	struct tm tm;
	time_t s = (time_t)out->s;
	if (!gmtime_r(&s, &tm) || months > 12 * 10000)
		return false;
	tm.tm_mon -= (int)months;
	out->s = timegm(&tm);
	return true;
}

static bool back(struct ax_time *out, int64_t n, const char *unit)
{
	static const struct {
		const char *name;
		int64_t s;
		int months;
	} units[] = {
		{ "second", 1, 0 },       { "minute", 60, 0 }, { "hour", 3600, 0 }, { "day", DAY_S, 0 },
		{ "week", 7 * DAY_S, 0 }, { "month", 0, 1 },   { "year", 0, 12 },
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t len = strlen(units[i].name);
		if (strncmp(unit, units[i].name, len) != 0 || (unit[len] && strcmp(unit + len, "s") != 0))
			continue;
		if (units[i].months)
			return months_back(out, n * units[i].months);
		out->s -= n * units[i].s;
		return true;
	}
	return false;
}

static bool relative(struct ax_time *out, const char *p)
{
	char unit[16], ago[8], rest;
	long long n;
	if (strcmp(p, "now") == 0)
		return true;
	if (strcmp(p, "yesterday") == 0)
		return back(out, 1, "day");
	if (*p < '0' || *p > '9' || sscanf(p, "%10lld %15[a-z] %7[a-z] %c", &n, unit, ago, &rest) != 3)
		return false;
	return n <= NUMBER_MAX && strcmp(ago, "ago") == 0 && back(out, n, unit);
}

enum ax_err ax_when_parse(struct ax_time *out, const char *text, size_t n, struct ax_time now)
{
	char s[TEXT_MAX];
	*out = (struct ax_time){ now.s, now.ns, 0 };
	if (n < sizeof s && !memchr(text, 0, n)) {
		memcpy(s, text, n);
		s[n] = 0;
		if (absolute(out, s))
			return AX_OK;
		*out = (struct ax_time){ now.s, now.ns, 0 };
		for (char *p = s; *p; p++)
			if (*p == '.')
				*p = ' ';
		if (relative(out, s))
			return AX_OK;
	}
	*out = (struct ax_time){ 0 };
	return ax_fail(AX_EINVAL,
		       "`%.*s`: not a time (2026-08-01, 2026-08-01 10:30, yesterday, or 2 days ago, in UTC)",
		       n > TEXT_MAX ? TEXT_MAX : (int)n, text);
}
