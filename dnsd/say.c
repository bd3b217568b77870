#include "dnsd/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

static bool to_journal;

/* The stream is the journal's if it is the one that was told of (systemd.exec(5), JOURNAL_STREAM). */
void say_begin(const char *stream)
{
	uintmax_t device, inode;
	struct stat st;
	to_journal = stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(2, &st) == 0 &&
		     device == st.st_dev && inode == st.st_ino;
}

void say(const char *text)
{
	static const char info[] = SAY_INFO;
	enum { PRIORITY = sizeof info - 1 };
	bool has = text[0] == '<' && text[1] >= '0' && text[1] <= '7' && text[2] == '>';
	fprintf(stderr, "%.*sapexd: %s\n", to_journal ? PRIORITY : 0, has ? text : info,
		has ? text + PRIORITY : text);
}

void say_why(void (*log)(const char *text), const char *what, const char *why)
{
	char line[1200];
	snprintf(line, sizeof line, "%s%s", what, why);
	log(line);
}
