// SPDX-License-Identifier: LGPL-2.1-or-later
// Header fields, and what an answer's status and fields make of its body.
#include "server/body_plan.h"
#include "server/http_fields.h"

#include <boost/test/unit_test.hpp>

using namespace triad;

namespace {

HttpRequest ranged(std::uint64_t begin, std::uint64_t end) {
  HttpRequest request;
  request.range = ByteRange{begin, end};
  return request;
}

AnswerHead partial(const std::string& content_range) {
  AnswerHead head;
  head.status = 206;
  head.content_range = content_range;
  return head;
}

bool refused(const HttpRequest& request, const AnswerHead& head) {
  return plan_body(request, head).failure == HttpFailure::no_ranges;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_fields_tests)

BOOST_AUTO_TEST_CASE(content_range) {
  const auto full = parse_content_range(" bytes 2-5/10 ");
  BOOST_TEST((full.value().range == ByteRange{2, 6}));
  BOOST_TEST(full->size.value() == 10u);
  const auto open = parse_content_range("Bytes 0-0/*");
  BOOST_TEST((open.value().range == ByteRange{0, 1}));
  BOOST_TEST(!open->size.has_value());
  const auto none = parse_content_range("bytes */10");
  BOOST_TEST(!none.value().range.has_value());
  BOOST_TEST(none->size.value() == 10u);
  for (const char* bad :
       {"", "bytes", "bytes ", "bytes 2-5", "bytes 5-2/10", "bytes 2-10/10", "bytes -5/10",
        "bytes 2-/10", "bytes a-b/c", "octets 2-5/10", "bytes 2-5/10x", "bytes */*",
        "bytes +2-5/10", "bytes 0-18446744073709551615/*", "bytes 0-99999999999999999999/*",
        "2-5/10"})
    BOOST_TEST(!parse_content_range(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(retry_after) {
  const std::int64_t now = 784'111'777; // Sun, 06 Nov 1994 08:49:37 GMT
  BOOST_TEST(parse_retry_after("120", now).value().count() == 120);
  BOOST_TEST(parse_retry_after(" 0 ", now).value().count() == 0);
  BOOST_TEST(parse_retry_after("99999999", now).value().count() == 86'400);
  for (const char* date : {"Sun, 06 Nov 1994 08:50:37 GMT", "Sunday, 06-Nov-94 08:50:37 GMT",
                           "Sun Nov  6 08:50:37 1994"})
    BOOST_TEST(parse_retry_after(date, now).value().count() == 60, date);
  BOOST_TEST(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now).value().count() == 0);
  BOOST_TEST(parse_retry_after("Sun, 06 Nov 2094 08:00:00 GMT", now).value().count() == 86'400);
  for (const char* bad : {"", "soon", "-1", "1.5", "12 34", "99999999999999999999"})
    BOOST_TEST(!parse_retry_after(bad, now).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(range_fields) {
  BOOST_TEST(range_field(HttpRequest{}).empty());
  BOOST_TEST(range_field(ranged(0, 1)) == "0-0");
  BOOST_TEST(range_field(ranged(5, UINT64_MAX)) == "5-");
  HttpRequest suffix;
  suffix.suffix = 9;
  BOOST_TEST(range_field(suffix) == "-9");
}

BOOST_AUTO_TEST_CASE(partial_answers) {
  const BodyPlan exact = plan_body(ranged(2, 6), partial("bytes 2-5/10"));
  BOOST_TEST(exact.deliver);
  BOOST_TEST(exact.want == 4u);
  BOOST_TEST(!exact.less_than_asked);
  BOOST_TEST(plan_body(ranged(2, 6), partial("bytes 2-9/10")).want == 4u); // more than asked
  BOOST_TEST(plan_body(ranged(2, 6), partial("bytes 2-3/10")).less_than_asked);
  BOOST_TEST(plan_body(ranged(2, 6), partial("bytes 2-3/*")).less_than_asked);
  BOOST_TEST(!plan_body(ranged(2, 60), partial("bytes 2-9/10")).less_than_asked); // the file's end
  BOOST_TEST(!plan_body(ranged(2, UINT64_MAX), partial("bytes 2-9/10")).less_than_asked);
  BOOST_TEST(plan_body(ranged(2, UINT64_MAX), partial("bytes 2-8/10")).less_than_asked);

  BOOST_TEST(refused(ranged(2, 6), partial("bytes 3-5/10")));
  BOOST_TEST(refused(ranged(2, 6), partial("")));
  BOOST_TEST(refused(ranged(2, 6), partial("bytes */10")));
  BOOST_TEST(refused(HttpRequest{}, partial("bytes 0-9/10"))); // nobody asked

  HttpRequest suffix;
  suffix.suffix = 4;
  BOOST_TEST(plan_body(suffix, partial("bytes 6-9/10")).first_byte == 6u);
  BOOST_TEST(plan_body(suffix, partial("bytes 0-2/3")).want == 3u); // a shorter file
  BOOST_TEST(refused(suffix, partial("bytes 7-9/10")));
  BOOST_TEST(refused(suffix, partial("bytes 5-8/10")));
  BOOST_TEST(refused(suffix, partial("bytes 5-9/10")));
}

BOOST_AUTO_TEST_CASE(whole_answers) {
  AnswerHead head;
  head.status = 200;
  head.content_length = 10;
  BOOST_TEST(plan_body(HttpRequest{}, head).want == 10u);
  const BodyPlan through = plan_body(ranged(2, 6), head);
  BOOST_TEST(through.skip == 2u);
  BOOST_TEST(through.want == 4u);
  BOOST_TEST((plan_body(ranged(10, 11), head).failure == HttpFailure::range));
  head.content_length = max_skipped * 2;
  BOOST_TEST(refused(ranged(max_skipped + 1, max_skipped + 2), head));
  HttpRequest limited;
  limited.max_bytes = 9;
  head.content_length = 10;
  BOOST_TEST((plan_body(limited, head).failure == HttpFailure::too_large));
}

BOOST_AUTO_TEST_CASE(other_answers) {
  AnswerHead head;
  head.status = 304;
  BOOST_TEST((plan_body(HttpRequest{}, head).failure == HttpFailure::server_error));
  HttpRequest conditional;
  conditional.if_none_match = "\"1\"";
  BOOST_TEST((plan_body(conditional, head).failure == HttpFailure::none));
  BOOST_TEST(!plan_body(conditional, head).deliver);
}

BOOST_AUTO_TEST_SUITE_END()
