// SPDX-License-Identifier: LGPL-2.1-or-later
// A value or an error: how every fallible function of Triad answers.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace triad {

// What went wrong, in the terms that GST_RESOURCE_ERROR and exit codes need.
enum class ErrorCode {
  bad_uri,        // not a Triad URI, or not a valid one
  bad_metainfo,   // malformed, hostile or inconsistent metainfo
  bad_message,    // a tracker's or peer's message that breaks its protocol
  not_found,      // no such release, track or file
  not_authorized, // 401, 403 from every source
  unreachable,    // no source could be reached
  read,           // data was lost in mid track and could not be had again
  no_space,       // a disk is full
  io,             // a local file or folder can't be read or written
  settings,       // a property, option or setting out of range
};

struct Error {
  ErrorCode code;
  std::string message; // one sentence for people; names the thing and the remedy
  std::string detail;  // for the debug text: hosts, codes, attempts; may be empty
};

// Holds either a T or an Error. Look before you take: value() of an error is undefined.
template <typename T>
class [[nodiscard]] Result {
public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return *std::get_if<1>(&state_); }

private:
  std::variant<T, Error> state_;
};

using Status = Result<std::monostate>;
inline Status ok() {
  return Status(std::monostate{});
}

} // namespace triad
