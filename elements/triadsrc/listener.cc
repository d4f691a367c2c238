// SPDX-License-Identifier: LGPL-2.1-or-later
// Passes a reader's news on to the element's bus.
#include "triadsrc/listener.h"

#include "triadsrc/private.h"
#include "triadsrc/topmost_bin.h"

namespace triad {
namespace {

GstPtr<GstElement> get(GWeakRef& weak) {
  return GstPtr<GstElement>(static_cast<GstElement*>(g_weak_ref_get(&weak)));
}

GstProgressType progress_type(ReaderListener::Progress kind) {
  switch (kind) {
  case ReaderListener::Progress::start:
    return GST_PROGRESS_TYPE_START;
  case ReaderListener::Progress::proceed:
    return GST_PROGRESS_TYPE_CONTINUE;
  case ReaderListener::Progress::complete:
    return GST_PROGRESS_TYPE_COMPLETE;
  case ReaderListener::Progress::cancelled:
    return GST_PROGRESS_TYPE_CANCELED;
  case ReaderListener::Progress::error:
    return GST_PROGRESS_TYPE_ERROR;
  }
  return GST_PROGRESS_TYPE_ERROR;
}

} // namespace

ElementListener::ElementListener(GstTriadSrc* element) {
  g_weak_ref_init(&element_, element);
}

ElementListener::~ElementListener() {
  g_weak_ref_clear(&element_);
}

std::optional<std::chrono::nanoseconds> ElementListener::running_time() {
  std::optional<std::chrono::nanoseconds> moving;
  if (const GstPtr<GstElement> element = get(element_))
    moving = moving_running_time(element.get());
  const std::lock_guard guard(lock_);
  if (moving)
    last_running_time_ = moving;
  return last_running_time_; // stands while the pipeline is paused or prerolls
}

void ElementListener::on_facts() {
  if (const GstPtr<GstElement> element = get(element_))
    announce_length(GST_TRIAD_SRC(element.get()));
}

void ElementListener::on_progress(Progress kind, const char* code, const std::string& text) {
  {
    const std::lock_guard guard(lock_);
    if (closed_)
      return;
    // CONTINUE without START, or an end without one, would confuse those who count.
    if (kind == Progress::start)
      open_progress_.insert(code);
    else if (!open_progress_.contains(code))
      return;
    else if (kind != Progress::proceed)
      open_progress_.erase(code);
  }
  if (const GstPtr<GstElement> element = get(element_))
    post_progress(element.get(), progress_type(kind), code, text);
}

void ElementListener::on_warning(const Error& warning) {
  const GstPtr<GstElement> element = get(element_);
  if (!element)
    return;
  GstTriadSrcPrivate* priv = GST_TRIAD_SRC(element.get())->priv;
  {
    const std::lock_guard guard(priv->lock);
    if (!priv->started) {
      priv->early_warnings.push_back(warning);
      return;
    }
  }
  post_warning(element.get(), warning);
}

void ElementListener::on_peers_used(const std::vector<std::string>& trackers) {
  const GstPtr<GstElement> element = get(element_);
  if (!element)
    return;
  GstTriadSrc* self = GST_TRIAD_SRC(element.get());
  {
    const std::lock_guard guard(self->priv->lock);
    if (!self->priv->started) {
      self->priv->early_trackers = trackers;
      return;
    }
  }
  post_peers_used(self, trackers);
}

void ElementListener::on_node_options(const NodeOptions& options) {
  if (const GstPtr<GstElement> element = get(element_))
    show_node_options(GST_TRIAD_SRC(element.get()), options);
}

void ElementListener::close() {
  std::set<std::string> unfinished;
  {
    const std::lock_guard guard(lock_);
    closed_ = true;
    unfinished.swap(open_progress_);
  }
  const GstPtr<GstElement> element = get(element_);
  for (const std::string& code : unfinished)
    if (element)
      post_progress(element.get(), GST_PROGRESS_TYPE_CANCELED, code, "Closed");
}

void ElementListener::post_progress(GstElement* element, GstProgressType type,
                                    const std::string& code, const std::string& text) {
  gst_element_post_message(
      element, gst_message_new_progress(GST_OBJECT(element), type, code.c_str(), text.c_str()));
}

} // namespace triad
