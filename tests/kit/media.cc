// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes seeded sound with GStreamer's encoders.
#include "kit/media.h"

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <numbers>
#include <ostream>
#include <random>
#include <stdexcept>

namespace triad::test {
namespace {

constexpr int sample_rate = 44'100;

// A slow arpeggio with vibrato over a little noise: it compresses as music does.
std::vector<std::int16_t> synthesize(int seconds, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> noise(-0.02, 0.02);
  std::uniform_int_distribution<int> note(0, 23);
  std::vector<std::int16_t> samples;
  samples.reserve(static_cast<std::size_t>(seconds) * sample_rate * 2);
  double phase = 0, bass = 0, pitch = 220;
  for (int i = 0; i < seconds * sample_rate; ++i) {
    if (i % (sample_rate / 4) == 0)
      pitch = 110 * std::exp2(note(random) / 12.0);
    const double time = static_cast<double>(i) / sample_rate;
    const double vibrato = 1 + 0.004 * std::sin(2 * std::numbers::pi * 5 * time);
    phase += 2 * std::numbers::pi * pitch * vibrato / sample_rate;
    bass += std::numbers::pi * pitch / sample_rate;
    const double tone = 0.3 * std::sin(phase) + 0.1 * std::sin(3 * phase) + 0.2 * std::sin(bass);
    for (const double pan : {0.9, 0.7})
      samples.push_back(static_cast<std::int16_t>(32'000 * pan * (tone + noise(random))));
  }
  return samples;
}

const char* encoder(Format format) {
  switch (format) {
  case Format::ogg_vorbis:
    return "vorbisenc quality=0.5 ! oggmux";
  case Format::ogg_opus:
    return "opusenc bitrate=128000 ! oggmux";
  case Format::mp3:
    return "lamemp3enc target=bitrate bitrate=192 cbr=true ! xingmux";
  case Format::flac:
    return "flacenc seekpoints=-5";
  case Format::m4a_front:
    return "voaacenc bitrate=128000 ! aacparse ! mp4mux faststart=true";
  case Format::m4a_end:
    return "voaacenc bitrate=128000 ! aacparse ! mp4mux";
  }
  return "";
}

struct Unref {
  void operator()(GstElement* element) const {
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
  }
};

void encode(Format format, int seconds, std::uint32_t seed, const std::filesystem::path& target) {
  gst_init(nullptr, nullptr);
  const std::string line = "appsrc name=in format=time caps=audio/x-raw,format=S16LE,rate=44100,"
                           "channels=2,layout=interleaved ! audioconvert ! audioresample ! " +
                           std::string(encoder(format)) + " ! filesink location=\"" +
                           target.string() + "\"";
  GError* error = nullptr;
  const std::unique_ptr<GstElement, Unref> pipeline(
      gst_parse_launch_full(line.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
  if (!pipeline) {
    const std::string reason = error ? error->message : "unknown";
    g_clear_error(&error);
    throw std::runtime_error("cannot encode " + std::string(format_name(format)) + ": " + reason);
  }
  GstElement* source = gst_bin_get_by_name(GST_BIN(pipeline.get()), "in");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);

  const std::vector<std::int16_t> samples = synthesize(seconds, seed);
  constexpr std::size_t samples_per_buffer = 2 * 4410;
  for (std::size_t at = 0; at < samples.size(); at += samples_per_buffer) {
    const std::size_t count = std::min(samples_per_buffer, samples.size() - at);
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, count * sizeof samples[0], nullptr);
    gst_buffer_fill(buffer, 0, samples.data() + at, count * sizeof samples[0]);
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(at / 2, GST_SECOND, sample_rate);
    GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(count / 2, GST_SECOND, sample_rate);
    gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
  }
  gst_app_src_end_of_stream(GST_APP_SRC(source));
  gst_object_unref(source);

  GstBus* bus = gst_element_get_bus(pipeline.get());
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, 120 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  const bool done = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (message)
    gst_message_unref(message);
  gst_object_unref(bus);
  if (!done)
    throw std::runtime_error("cannot encode " + std::string(format_name(format)));
}

} // namespace

const char* format_name(Format format) {
  switch (format) {
  case Format::ogg_vorbis:
    return "ogg_vorbis";
  case Format::ogg_opus:
    return "ogg_opus";
  case Format::mp3:
    return "mp3";
  case Format::flac:
    return "flac";
  case Format::m4a_front:
    return "m4a_front";
  case Format::m4a_end:
    return "m4a_end";
  }
  return "";
}

std::ostream& operator<<(std::ostream& out, Format format) {
  return out << format_name(format);
}

const char* extension(Format format) {
  switch (format) {
  case Format::ogg_vorbis:
    return "ogg";
  case Format::ogg_opus:
    return "opus";
  case Format::mp3:
    return "mp3";
  case Format::flac:
    return "flac";
  case Format::m4a_front:
  case Format::m4a_end:
    return "m4a";
  }
  return "";
}

std::filesystem::path media_file(Format format, int seconds, std::uint32_t seed) {
  const std::filesystem::path folder = TRIAD_MEDIA_FOLDER;
  const std::filesystem::path path =
      folder / (std::string(format_name(format)) + "-" + std::to_string(seconds) + "s-" +
                std::to_string(seed) + "." + extension(format));
  if (std::filesystem::exists(path))
    return path;
  std::filesystem::create_directories(folder);
  std::filesystem::path made = path;
  made += "." + std::to_string(getpid());
  encode(format, seconds, seed, made);
  std::filesystem::rename(made, path); // atomic: no other process sees half a file
  return path;
}

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    throw std::runtime_error("cannot read " + path.string());
  return bytes;
}

std::vector<std::string> make_album(const std::filesystem::path& folder, int seconds) {
  std::filesystem::create_directories(folder);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < all_formats.size(); ++i) {
    const Format format = all_formats[i];
    const std::string number = std::to_string(i + 1);
    names.push_back((number.size() < 2 ? "0" + number : number) + " " + format_name(format) + "." +
                    extension(format));
    std::filesystem::copy_file(media_file(format, seconds, static_cast<std::uint32_t>(i + 1)),
                               folder / names.back(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  return names;
}

} // namespace triad::test
