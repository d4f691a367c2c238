// SPDX-License-Identifier: LGPL-2.1-or-later
// One libcurl multi handle as one GSource: its sockets, its timer, and calls that libcurl does not
// take from within its own callbacks.
//
// The context's thread only.
#pragma once

#include <curl/curl.h>
#include <glib.h>

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace triad {

class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
public:
  using Done = std::function<void(CURL*, CURLcode)>;

  // `done` is called outside of libcurl, when a handle's transfer is over; the handle is still in.
  // `keep` lives until the last connection is closed: what connections' own callbacks need.
  static std::shared_ptr<CurlMulti> create(GMainContext* context, Done done,
                                           std::shared_ptr<void> keep);
  ~CurlMulti();

  // Both at once, or as soon as libcurl has returned. `keep` lives until the handle is out.
  void add(CURL* easy);
  void remove(CURL* easy, std::shared_ptr<void> keep);
  // No `done` any more. All handles must have been removed.
  void close();

  void set_option(CURLMoption option, long value);

private:
  struct Source;

  CurlMulti(Done done, std::shared_ptr<void> keep);
  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* unused) noexcept;
  static int on_timer(CURLM* multi, long milliseconds, void* self) noexcept;
  static gboolean dispatch(GSource* source, GSourceFunc callback, gpointer data) noexcept;

  void dispatch_ready();
  void act(curl_socket_t fd, int events);
  void catch_up(); // what was put off while libcurl ran

  Done done_;
  std::shared_ptr<void> keep_;
  CURLM* multi_;
  GSource* source_ = nullptr;
  std::map<curl_socket_t, gpointer> watched_; // GSource's tags
  bool in_curl_ = false, closed_ = false;
  std::vector<CURL*> to_add_;
  std::vector<std::pair<CURL*, std::shared_ptr<void>>> to_remove_;
};

} // namespace triad
