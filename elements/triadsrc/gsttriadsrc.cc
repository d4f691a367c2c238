// SPDX-License-Identifier: LGPL-2.1-or-later
// The class triadsrc, its instances, and the life of an instance's reader.
/**
 * SECTION:element-triadsrc
 * @title: triadsrc
 *
 * Plays a track of a release from this machine's cache or from the release's server, verified.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 playbin3 uri=triad://music.example.org/Nocturnes.torrent/02%20Ice.ogg
 * gst-launch-1.0 triadsrc location=triad://music.example.org/song.ogg.torrent ! filesink
 * location=song.ogg
 * ]|
 *
 * Since: 0.1
 */
#include "triadsrc/gsttriadsrc.h"

#include "triadsrc/private.h"
#include "triadsrc/topmost_bin.h"

#include <utility>

GST_DEBUG_CATEGORY(gst_triad_src_debug);
#define GST_CAT_DEFAULT gst_triad_src_debug

// Every vfunc of this element is noexcept: C code calls them, so an exception ends the process at
// the place where it was thrown instead of running through frames that can't handle it.

G_DEFINE_TYPE_WITH_CODE(GstTriadSrc, gst_triad_src, GST_TYPE_BASE_SRC,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER, triad::init_uri_handler))

GST_ELEMENT_REGISTER_DEFINE_WITH_CODE(triadsrc, "triadsrc", GST_RANK_PRIMARY, GST_TYPE_TRIAD_SRC,
                                      GST_DEBUG_CATEGORY_INIT(gst_triad_src_debug, "triadsrc", 0,
                                                              "Triad source"))

namespace {

GstStaticPadTemplate source_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

// One block of the release: what is verified and fetched comes in multiples of it.
constexpr guint default_blocksize = 16 * 1024;

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) noexcept {
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    if (const auto reader = triad::current_reader(GST_TRIAD_SRC(element)))
      reader->set_copy(triad::is_copy(element));
  return GST_ELEMENT_CLASS(gst_triad_src_parent_class)->change_state(element, transition);
}

// The base class ends a track that was read to its known length without asking the element.
GstPadProbeReturn on_event(GstPad* pad, GstPadProbeInfo* info, gpointer) noexcept {
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
    triad::post_stats(GST_TRIAD_SRC(GST_PAD_PARENT(pad)), "eos");
  return GST_PAD_PROBE_OK;
}

void finalize(GObject* object) noexcept {
  GstTriadSrc* self = GST_TRIAD_SRC(object);
  triad::close_reader(self); // opened by a query and never started
  delete self->priv;
  G_OBJECT_CLASS(gst_triad_src_parent_class)->finalize(object);
}

} // namespace

static void gst_triad_src_class_init(GstTriadSrcClass* klass) {
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  object_class->finalize = finalize;
  element_class->change_state = change_state;
  triad::install_properties(object_class);
  triad::install_queries(GST_BASE_SRC_CLASS(klass));
  triad::install_data_flow(GST_BASE_SRC_CLASS(klass));
  gst_element_class_add_static_pad_template(element_class, &source_template);
  gst_element_class_set_static_metadata(
      element_class, "Triad source", "Source/Network",
      "Plays a track of a published release from the cache or the server, verified",
      "The Triad developers");
}

static void gst_triad_src_init(GstTriadSrc* self) {
  self->priv = new GstTriadSrcPrivate;
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_BYTES);
  gst_base_src_set_blocksize(GST_BASE_SRC(self), default_blocksize);
  gst_pad_add_probe(GST_BASE_SRC_PAD(self), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, nullptr,
                    nullptr);
}

namespace triad {

void set_open_reader(GstTriadSrc* self, OpenReader open) {
  const std::lock_guard guard(self->priv->lock);
  self->priv->open_reader = std::move(open);
}

std::shared_ptr<Reader> current_reader(GstTriadSrc* self) {
  const std::lock_guard guard(self->priv->lock);
  return self->priv->reader;
}

std::shared_ptr<Reader> ensure_reader(GstTriadSrc* self) {
  GstTriadSrcPrivate* priv = self->priv;
  OpenReader open;
  OpenOptions options;
  {
    const std::lock_guard guard(priv->lock);
    if (priv->reader || priv->options.uri.empty())
      return priv->reader;
    open = priv->open_reader;
    options = priv->options;
  }
  auto listener = std::make_shared<ElementListener>(self);
  std::shared_ptr<Reader> reader = open(std::move(options), listener);
  std::unique_lock guard(priv->lock);
  if (priv->reader) { // another thread was faster
    std::shared_ptr<Reader> first = priv->reader;
    guard.unlock();
    listener->close();
    return first;
  }
  priv->listener = std::move(listener);
  priv->reader = reader;
  return reader;
}

void close_reader(GstTriadSrc* self, bool forget_pull) {
  std::shared_ptr<Reader> reader;
  std::shared_ptr<ElementListener> listener;
  {
    const std::lock_guard guard(self->priv->lock);
    reader = std::exchange(self->priv->reader, nullptr);
    listener = std::exchange(self->priv->listener, nullptr);
    self->priv->started = false;
    if (forget_pull)
      self->priv->pull.reset();
    self->priv->length.reset();
  }
  if (!reader)
    return;
  listener->close();
  const ReaderStats stats = reader->stats();
  const std::lock_guard guard(self->priv->lock);
  self->priv->last_stats = stats;
}

} // namespace triad
