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

static bool move_months(struct ax_time *out, int64_t months)
{
	struct tm tm;
	time_t s = (time_t)out->s;
	if (!gmtime_r(&s, &tm) || months > 12 * 10000 || months < -12 * 10000)
		return false;
	tm.tm_mon += (int)months;
	out->s = timegm(&tm);
	return true;
}

/* n may be below 0: back. */
static bool move(struct ax_time *out, int64_t n, const char *unit)
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
			return move_months(out, n * units[i].months);
		out->s += n * units[i].s;
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
		return move(out, -1, "day");
	if (*p < '0' || *p > '9' || sscanf(p, "%10lld %15[a-z] %7[a-z] %c", &n, unit, ago, &rest) != 3)
		return false;
	return n <= NUMBER_MAX && strcmp(ago, "ago") == 0 && move(out, -n, unit);
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

/* -- moments to come ---------------------------------------------------------------------------------------- */

/* "in 2 hours", "2 hours". */
static bool in_a_while(struct ax_time *out, const char *p)
{
	char unit[16], rest;
	long long n;
	if (strncmp(p, "in ", 3) == 0)
		p += 3;
	if (*p < '0' || *p > '9' || sscanf(p, "%10lld %15[a-z] %c", &n, unit, &rest) != 2)
		return false;
	return n <= NUMBER_MAX && move(out, n, unit);
}

/* "22:30", "tomorrow", "tomorrow 6:30": of the clock's day, or of the next if that is past. */
static bool of_a_day(struct ax_time *out, const char *p, struct ax_time now)
{
	unsigned hour = 0, minute = 0;
	char rest;
	int64_t midnight = now.s - (now.s % DAY_S + DAY_S) % DAY_S;
	bool tomorrow = strncmp(p, "tomorrow", 8) == 0;
	if (tomorrow)
		p += 8 + strspn(p + 8, " ");
	if (!(tomorrow && !*p) &&
	    (*p < '0' || *p > '9' || sscanf(p, "%2u:%2u %c", &hour, &minute, &rest) != 2 || hour > 23 || minute > 59))
		return false;
	out->s = midnight + (tomorrow ? DAY_S : 0) + hour * 3600 + minute * 60;
	if (out->s <= now.s)
		out->s += DAY_S;
	return true;
}

enum ax_err ax_when_parse_next(struct ax_time *out, const char *text, size_t n, struct ax_time now)
{
	char s[TEXT_MAX];
	int shown = n > TEXT_MAX ? TEXT_MAX : (int)n;
	struct ax_time start = { now.s, 0, 0 };
	*out = start;
	if (n >= sizeof s || memchr(text, 0, n))
		return ax_fail(AX_EINVAL, "`%.*s`: not a time", shown, text);
	memcpy(s, text, n);
	s[n] = 0;
	bool good = absolute(out, s);
	for (char *p = s; !good && *p; p++)
		*p = *p == '.' ? ' ' : *p;
	if (!good) {
		*out = start;
		good = of_a_day(out, s, now) || in_a_while(out, s);
	}
	out->ns = 0;
	if (good && out->s > now.s)
		return AX_OK;
	*out = (struct ax_time){ 0 };
	return good ? ax_fail(AX_EINVAL, "`%.*s`: that is past (times are in UTC)", shown, text)
		    : ax_fail(AX_EINVAL,
			      "`%.*s`: not a time to come (2026-08-01 10:30, 22:30, tomorrow 6:30, or in 2 hours, in "
			      "UTC)",
			      shown, text);
}
