// SPDX-License-Identifier: LGPL-2.1-or-later
// Carries what a reader tells on the engine's thread to the element, if that still lives.
#pragma once

#include "node/reader.h"

#include <gst/gst.h>

#include <mutex>
#include <set>
#include <string>

typedef struct _GstTriadSrc GstTriadSrc;

namespace triad {

class ElementListener : public ReaderListener {
public:
  explicit ElementListener(GstTriadSrc* element);
  ~ElementListener() override;
  ElementListener(const ElementListener&) = delete;
  ElementListener& operator=(const ElementListener&) = delete;

  std::optional<std::chrono::nanoseconds> running_time() override;
  void on_facts() override;
  void on_progress(Progress kind, const char* code, const std::string& text) override;
  void on_warning(const Error& warning) override;
  void on_peers_used(const std::vector<std::string>& trackers) override;
  void on_node_options(const NodeOptions& options) override;

  // Nothing more is passed on. Ends the progress that is still open, as applications wait for it.
  // Any thread.
  void close();

private:
  void post_progress(GstElement* element, GstProgressType type, const std::string& code,
                     const std::string& text);

  GWeakRef element_;
  std::mutex lock_; // guards all below; never held while calling out
  bool closed_ = false;
  std::set<std::string> open_progress_; // codes
  std::optional<std::chrono::nanoseconds> last_running_time_;
};

} // namespace triad
