#include "tools/json.h"
#include "tests/core/scratch.h"

static void is_text(struct json_t *root, const char *wanted)
{
	struct ax_buf out = AX_BUF_INIT;
	OK(json_print(&out, root));
	ck_assert_str_eq(ax_buf_cstr(&out), wanted);
	ax_buf_fini(&out);
}

START_TEST(json__an_object_is_printed_in_the_order_it_was_filled)
{
	struct json_t *root = json_object_new(), *list = json_array_new();
	json_put_text(root, "zone", "example.");
	json_put_number(root, "serial", 4294967295u);
	json_put_bool(root, "born", true);
	json_put(root, "old", NULL);
	json_add_slice(list, ax_slice_str("a\"b"));
	json_put(root, "list", list);
	is_text(root, "{\n  \"zone\": \"example.\",\n  \"serial\": 4294967295,\n  \"born\": true,\n  \"old\": null,\n"
		      "  \"list\": [\n    \"a\\\"b\"\n  ]\n}\n");
}
END_TEST

START_TEST(json__bytes_that_are_no_utf8_become_the_replacement_character)
{
	struct json_t *root = json_object_new();
	json_put_text(root, "s", "a\xff\xc0\x80z\xc3\xa4\xed\xa0\x80");
	is_text(root, "{\n  \"s\": \"a\\uFFFD\\uFFFD\\uFFFDz\\u00E4\\uFFFD\\uFFFD\\uFFFD\"\n}\n");
}
END_TEST

START_TEST(json__what_is_printed_is_read_again)
{
	struct json_t *root;
	uint64_t n;
	const char *text = "{\"a\": [1, \"x\", {}], \"n\": null, \"big\": 4294967296}";
	OK(json_parse(&root, ax_slice_str(text), "t"));
	struct json_t *a = json_member(root, "a");
	ck_assert(json_object_is(root) && json_array_is(a) && json_object_is(json_at(a, 2)));
	ck_assert(json_number(&n, json_at(a, 0), 10) && n == 1);
	ck_assert_str_eq(json_text(json_at(a, 1)), "x");
	ck_assert_ptr_null(json_at(a, 3));
	ck_assert_ptr_null(json_member(root, "n"));
	ck_assert_ptr_null(json_member(a, "n"));
	ck_assert(!json_number(&n, json_member(root, "big"), UINT32_MAX));
	ck_assert_ptr_null(json_text(a));
	json_free(root);
}
END_TEST

START_TEST(json__a_member_that_nobody_knows_is_named)
{
	struct json_t *root;
	OK(json_parse(&root, ax_slice_str("{\"a\": 1, \"nwe\": 2, \"b\": []}"), "t"));
	ck_assert_str_eq(json_other(root, (const char *const[]){ "b", "a", NULL }), "nwe");
	ck_assert_ptr_null(json_other(root, (const char *const[]){ "b", "nwe", "a", NULL }));
	ck_assert_ptr_null(json_other(json_member(root, "b"), (const char *const[]){ NULL }));
	json_free(root);
}
END_TEST

START_TEST(json__text_that_is_none_is_refused_with_its_line)
{
	struct json_t *root;
	ck_assert_int_eq(json_parse(&root, ax_slice_str("{\n\"a\": }"), "batch"), AX_EINVAL);
	ck_assert_ptr_null(root);
	ck_assert_msg(!strncmp(ax_err_text(AX_EINVAL), "batch:2: ", 9), "%s", ax_err_text(AX_EINVAL));
	ck_assert_int_eq(json_parse(&root, ax_slice(NULL, 0), "batch"), AX_EINVAL);
	ck_assert_int_eq(json_parse(&root, ax_slice_str("{\"a\": 1, \"a\": 2}"), "batch"), AX_EINVAL);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, json__an_object_is_printed_in_the_order_it_was_filled);
	tcase_add_test(tc, json__bytes_that_are_no_utf8_become_the_replacement_character);
	tcase_add_test(tc, json__what_is_printed_is_read_again);
	tcase_add_test(tc, json__a_member_that_nobody_knows_is_named);
	tcase_add_test(tc, json__text_that_is_none_is_refused_with_its_line);
}

int main(void)
{
	return check_main("json", add);
}
