// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/resp.h"

#include <hiredis/hiredis.h>

#include <new>

namespace triad::tracker::redis {
namespace {

// What the reply that is being read may still take. hiredis itself would reserve whatever length
// the other end claims.
struct Budget {
  std::size_t elements = 0, bytes = 0;
};

// Where the reply of `task` belongs: into its array, or it is the root. Null: over budget.
Reply* place(const redisReadTask* task, std::size_t elements, std::size_t bytes) noexcept {
  Budget& budget = *static_cast<Budget*>(task->privdata);
  if (!task->parent) {
    budget = {ReplyReader::max_elements, ReplyReader::max_bytes};
  }
  if (elements > budget.elements || bytes > budget.bytes) {
    return nullptr;
  }
  budget.elements -= elements;
  budget.bytes -= bytes;
  if (!task->parent) {
    return new (std::nothrow) Reply;
  }
  auto& siblings = static_cast<Reply*>(task->parent->obj)->elements;
  return &siblings[static_cast<std::size_t>(task->idx)];
}

// hiredis calls these from C: none may throw. A null pointer makes its reader fail.
void* create_text(const redisReadTask* task, char* text, std::size_t size) noexcept {
  Reply* reply = place(task, 0, size);
  if (!reply) {
    return nullptr;
  }
  reply->kind = task->type == REDIS_REPLY_ERROR ? Reply::Kind::error : Reply::Kind::text;
  try {
    reply->text.assign(text, size);
  } catch (const std::bad_alloc&) {
    if (!task->parent) {
      delete reply;
    }
    return nullptr;
  }
  return reply;
}

void* create_array(const redisReadTask* task, int size) noexcept {
  const auto elements = static_cast<std::size_t>(size);
  Reply* reply = size < 0 ? nullptr : place(task, elements, 0);
  if (!reply) {
    return nullptr;
  }
  reply->kind = Reply::Kind::array;
  try {
    reply->elements.resize(elements);
  } catch (const std::bad_alloc&) {
    if (!task->parent) {
      delete reply;
    }
    return nullptr;
  }
  return reply;
}

void* create_integer(const redisReadTask* task, long long value) noexcept {
  Reply* reply = place(task, 0, 0);
  if (reply) {
    reply->kind = Reply::Kind::integer;
    reply->integer = value;
  }
  return reply;
}

void* create_nil(const redisReadTask* task) noexcept {
  return place(task, 0, 0);
}

// Only roots come here: elements go with them.
void free_reply(void* reply) noexcept {
  delete static_cast<Reply*>(reply);
}

redisReplyObjectFunctions functions = {create_text, create_array, create_integer, create_nil,
                                       free_reply};

} // namespace

struct ReplyReader::State {
  Budget budget;
  std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader{
      redisReaderCreateWithFunctions(&functions), &redisReaderFree};
  bool garbled = false;
};

ReplyReader::ReplyReader() : state_(std::make_unique<State>()) {
  if (!state_->reader) {
    throw std::bad_alloc();
  }
  state_->reader->privdata = &state_->budget;
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
  if (redisReaderFeed(state_->reader.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    state_->garbled = true;
  }
}

std::optional<Reply> ReplyReader::next() {
  if (state_->garbled) {
    return std::nullopt;
  }
  void* got = nullptr;
  if (redisReaderGetReply(state_->reader.get(), &got) != REDIS_OK) {
    state_->garbled = true;
    return std::nullopt;
  }
  if (!got) {
    // A part of one reply waits for the rest: of a text, all that came of it.
    state_->garbled = state_->reader->len - state_->reader->pos > max_bytes;
    return std::nullopt;
  }
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(got));
  return std::move(*reply);
}

bool ReplyReader::garbled() const {
  return state_->garbled;
}

void append_command(std::string& out, std::span<const std::string_view> words) {
  std::vector<const char*> pointers;
  std::vector<std::size_t> sizes;
  pointers.reserve(words.size());
  sizes.reserve(words.size());
  for (const std::string_view word : words) {
    pointers.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* encoded = nullptr;
  const int size = redisFormatCommandArgv(&encoded, static_cast<int>(words.size()), pointers.data(),
                                          sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<char, decltype(&redisFreeCommand)> owner(encoded, &redisFreeCommand);
  out.append(encoded, static_cast<std::size_t>(size));
}

std::string command(std::initializer_list<std::string_view> words) {
  std::string out;
  append_command(out, {words.begin(), words.size()});
  return out;
}

} // namespace triad::tracker::redis
