// SPDX-License-Identifier: LGPL-2.1-or-later
// A libFuzzer mutator that knows bencoding: it changes values, and writes lengths that fit, so that
// mutants get past the decoder and reach the rules behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace triad::fuzz {

struct Value {
  char kind = 's';  // 's'tring, 'i'nteger, 'l'ist or 'd'ict
  std::string text; // of a string, or the digits of an integer
  std::vector<Value> items;
  std::vector<std::string> keys; // of a dict: one per item
};

inline std::optional<std::string> read_string(std::string_view& text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon > 7 || text.find_first_not_of("0123456789") != colon)
    return std::nullopt;
  const std::size_t length = std::stoul(std::string(text.substr(0, colon)));
  if (length > text.size() - colon - 1)
    return std::nullopt;
  std::string read(text.substr(colon + 1, length));
  text.remove_prefix(colon + 1 + length);
  return read;
}

inline std::optional<Value> read_value(std::string_view& text, int depth = 0) {
  Value value;
  if (text.empty() || depth > 40)
    return std::nullopt;
  if (text.front() != 'i' && text.front() != 'l' && text.front() != 'd') {
    auto string = read_string(text);
    if (!string)
      return std::nullopt;
    value.text = std::move(*string);
    return value;
  }
  value.kind = text.front();
  text.remove_prefix(1);
  if (value.kind == 'i') {
    const std::size_t end = text.find('e');
    if (end == std::string_view::npos)
      return std::nullopt;
    value.text = text.substr(0, end);
    text.remove_prefix(end + 1);
    return value;
  }
  while (!text.empty() && text.front() != 'e') {
    if (value.kind == 'd') {
      auto key = read_string(text);
      if (!key)
        return std::nullopt;
      value.keys.push_back(std::move(*key));
    }
    auto item = read_value(text, depth + 1);
    if (!item)
      return std::nullopt;
    value.items.push_back(std::move(*item));
  }
  if (text.empty())
    return std::nullopt;
  text.remove_prefix(1);
  return value;
}

inline void write_value(const Value& value, std::string& out) {
  const auto write_string = [&out](const std::string& text) {
    out += std::to_string(text.size()) + ":" + text;
  };
  if (value.kind == 's')
    return write_string(value.text);
  out += value.kind;
  if (value.kind == 'i')
    out += value.text;
  for (std::size_t at = 0; at < value.items.size(); ++at) {
    if (value.kind == 'd')
      write_string(value.keys[at]);
    write_value(value.items[at], out);
  }
  out += 'e';
}

class Mutator {
public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  void mutate(Value& root) {
    std::vector<Value*> all;
    collect(root, all);
    change(*all[below(all.size())], root);
  }

private:
  static void collect(Value& value, std::vector<Value*>& all) {
    all.push_back(&value);
    for (Value& item : value.items)
      collect(item, all);
  }

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  template <std::size_t n>
  std::string pick(const char* const (&choices)[n]) {
    return choices[below(n)];
  }

  std::string name() {
    return pick({"..",
                 ".",
                 "",
                 "a",
                 "a.ogg",
                 "/etc",
                 "a/b",
                 "a\\b",
                 "\xff",
                 "\xe2\x80\xae",
                 "info",
                 "files",
                 "length",
                 "path",
                 "attr",
                 "p",
                 "l",
                 "pieces",
                 "pieces root",
                 "file tree",
                 "meta version",
                 "piece layers",
                 "triad",
                 "durations",
                 "url-list",
                 "announce"});
  }

  std::string number() {
    return pick({"0", "1", "-1", "2", "5000", "16383", "16384", "16385", "32768", "65536",
                 "67108864", "67108865", "4294967295", "4294967296", "34359738368",
                 "9223372036854775807", "-9223372036854775808", "9223372036854775808"});
  }

  void mutate_bytes(std::string& text) {
    std::string grown = text;
    grown.resize(text.size() + 40);
    grown.resize(
        LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(grown.data()), text.size(), grown.size()));
    text = std::move(grown);
  }

  void change_text(Value& value) {
    switch (below(value.kind == 'i' ? 2 : 4)) {
    case 0:
      value.text = value.kind == 'i' ? number() : name();
      break;
    case 1:
      if (value.kind == 'i')
        value.text = std::to_string(std::strtoll(value.text.c_str(), nullptr, 10) % 1'000'000'000 +
                                    static_cast<long long>(below(5)) - 2);
      else
        mutate_bytes(value.text);
      break;
    case 2: // one hash more or less
      value.text.resize(value.text.size() > 60 ? value.text.size() - 20 : value.text.size() + 20);
      break;
    default:
      value.text.resize(value.text.size() > 60 ? value.text.size() - 32 : value.text.size() + 32);
    }
  }

  void change_items(Value& value, const Value& root) {
    const std::size_t at = below(value.items.size());
    const auto offset = static_cast<std::ptrdiff_t>(at);
    switch (below(5)) {
    case 0:
      value.items.erase(value.items.begin() + offset);
      if (value.kind == 'd')
        value.keys.erase(value.keys.begin() + offset);
      break;
    case 1: {
      const Value copy = value.items[at];
      value.items.insert(value.items.begin() + offset, copy);
      if (value.kind == 'd')
        value.keys.insert(value.keys.begin() + offset, value.keys[at] + (below(2) ? "a" : ""));
      break;
    }
    case 2:
      if (value.kind == 'd')
        value.keys[at] = name();
      break;
    case 3:
      std::swap(value.items[at], value.items[below(value.items.size())]);
      break;
    default: { // nest the value, or another of the file, one level deeper
      Value list;
      list.kind = below(2) ? 'l' : 'd';
      list.items.push_back(below(4) ? value.items[at] : root);
      if (list.kind == 'd')
        list.keys.push_back(name());
      value.items[at] = std::move(list);
    }
    }
  }

  void change(Value& value, const Value& root) {
    if (below(20) == 0) {
      static constexpr char kinds[] = {'s', 'i', 'l', 'd'};
      value = Value{kinds[below(4)], "1", {}, {}};
    } else if (value.kind == 's' || value.kind == 'i') {
      change_text(value);
    } else if (value.items.empty()) {
      value.items.push_back(Value{below(2) ? 's' : 'l', name(), {}, {}});
      if (value.kind == 'd')
        value.keys.push_back(name());
    } else {
      const Value before = root; // `value` may be root itself
      change_items(value, before);
    }
  }

  std::mt19937 random_;
};

// For LLVMFuzzerCustomMutator(). One mutation in eight, and what is not bencoded, is left to
// libFuzzer.
inline std::size_t mutate_bencoded(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                   unsigned seed) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto root = read_value(text);
  if (!root || seed % 8 == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  Mutator mutator(seed);
  for (unsigned rounds = 1 + seed / 8 % 3; rounds > 0; --rounds)
    mutator.mutate(*root);
  std::string mutant;
  write_value(*root, mutant);
  if (mutant.size() > max_size)
    return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, mutant.data(), mutant.size());
  return mutant.size();
}

} // namespace triad::fuzz
