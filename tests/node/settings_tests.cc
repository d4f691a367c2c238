// SPDX-License-Identifier: LGPL-2.1-or-later
// Property before environment before file; bad values name their key.
#include "node/settings.h"

#include "kit/temporary_folder.h"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>

using namespace triad;

namespace {

struct SettingsFixture {
  void file(const std::string& text) { std::ofstream(folder.path() / "triad.conf") << text; }
  Result<Settings> resolve(const OpenOptions& options = {}) {
    const SettingsOrigin origin{folder.path() / "triad.conf",
                                [this](const char* name) -> std::optional<std::string> {
                                  const auto found = environment.find(name);
                                  if (found == environment.end())
                                    return std::nullopt;
                                  return found->second;
                                },
                                "/default"};
    return resolve_settings(options, origin);
  }

  kit::TemporaryFolder folder;
  std::map<std::string, std::string> environment;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(settings, SettingsFixture)

BOOST_AUTO_TEST_CASE(defaults_without_a_file) {
  const auto settings = resolve();
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->cache_dir == "/default");
  BOOST_TEST(!settings->cache_size);
  BOOST_TEST(uses(settings->sources, Sources::server));
  BOOST_TEST(uses(settings->sources, Sources::cache));
}

BOOST_AUTO_TEST_CASE(property_before_environment_before_file) {
  file("[triad]\nsources=cache\ncache-dir=/from/file\ncache-size=1M\n");
  auto settings = resolve();
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->cache_dir == "/from/file");
  BOOST_TEST(*settings->cache_size == 1u << 20);
  BOOST_TEST(!uses(settings->sources, Sources::server));

  environment = {{"TRIAD_SOURCES", "server"},
                 {"TRIAD_CACHE_DIR", "/from/environment"},
                 {"TRIAD_CACHE_SIZE", "2K"}};
  settings = resolve();
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->cache_dir == "/from/environment");
  BOOST_TEST(*settings->cache_size == 2048u);
  BOOST_TEST(!uses(settings->sources, Sources::cache));

  OpenOptions options;
  options.cache_dir = "/from/property";
  options.cache_size = 5;
  options.sources = Sources::all;
  settings = resolve(options);
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->cache_dir == "/from/property");
  BOOST_TEST(*settings->cache_size == 5u);
  BOOST_TEST(uses(settings->sources, Sources::cache));
}

BOOST_AUTO_TEST_CASE(bad_values_name_their_key) {
  const auto fails_with = [&](const std::string& part) {
    const auto settings = resolve();
    BOOST_REQUIRE(!settings);
    BOOST_TEST((settings.error().code == ErrorCode::settings));
    BOOST_TEST(settings.error().message.find(part) != std::string::npos,
               settings.error().message << " lacks " << part);
  };
  file("[triad]\nsources=cache,peas\n");
  fails_with("key sources in " + (folder.path() / "triad.conf").string());
  file("[triad]\ncache-size=big\n");
  fails_with("key cache-size");
  file("[triad]\ncache-size=99999999999G\n");
  fails_with("key cache-size");
  file("[triad]\ncache-dir=here\n");
  fails_with("key cache-dir");
  file("sources=cache\n");
  fails_with("triad.conf");
  file("");
  environment = {{"TRIAD_CACHE_SIZE", "-1"}};
  fails_with("TRIAD_CACHE_SIZE");
  environment = {{"TRIAD_SOURCES", ","}};
  fails_with("TRIAD_SOURCES");
}

BOOST_AUTO_TEST_CASE(a_property_hides_a_bad_value) {
  file("[triad]\nsources=peas\n");
  OpenOptions options;
  options.sources = Sources::cache;
  BOOST_TEST(static_cast<bool>(resolve(options)));
  options.sources = Sources::none;
  BOOST_TEST(!resolve(options));
}

BOOST_AUTO_TEST_SUITE_END()
