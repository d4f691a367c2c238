// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/info.h"

#include "release/metainfo.h"
#include "release/names.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace triad {

namespace {

using Node = lt::bdecode_node;

constexpr std::uint32_t max_piece_length = 64 * 1024 * 1024;
constexpr std::size_t max_path = 2048; // bytes; a cache folder's own path comes before it

std::string_view text(const Node& node) {
  return {node.string_ptr(), static_cast<std::size_t>(node.string_length())};
}

bool is_string(const Node& node) {
  return node && node.type() == Node::string_t;
}

template <typename Digest>
Digest digest_at(std::string_view hashes, std::size_t index) {
  Digest digest;
  std::memcpy(digest.data(), hashes.data() + index * digest.size(), digest.size());
  return digest;
}

Status check_name(std::string_view name, std::string_view what) {
  const std::string_view fault = why_bad_name(name);
  if (fault.empty())
    return ok();
  return refused(std::string(what) + ' ' + quoted(name) + ' ' + std::string(fault));
}

Status append(std::string& path, std::string_view element) {
  if (auto named = check_name(element, "the file name"); !named)
    return named;
  if (path.size() + element.size() > max_path)
    return refused("the path of " + quoted(element) + " is too long");
  if (!path.empty())
    path += '/';
  path += element;
  return ok();
}

// The lengths of a file list, with the limits that keep every later sum from overflowing.
class Lengths {
public:
  explicit Lengths(std::uint32_t piece_length)
      : limit_(std::uint64_t{max_pieces} * piece_length), piece_length_(piece_length) {}

  // `length` of the file dictionary, at the next free offset; on a piece's border if `aligned`.
  Status read(const Node& dictionary, ReleaseFile& file, bool aligned) {
    const Node length = dictionary.dict_find_int("length");
    if (!length || length.int_value() < 0)
      return refused("the file " + quoted(file.path) + " has no valid length");
    file.length = static_cast<std::uint64_t>(length.int_value());
    if (aligned && file.length > 0)
      offset_ = aligned_end();
    file.offset = offset_;
    if (file.length > limit_ - offset_)
      return refused("the files are larger than any release can be");
    offset_ += file.length;
    return ok();
  }
  [[nodiscard]] std::uint64_t end() const { return offset_; }
  // No sum overflows here, as limit_ is a multiple of the piece length and far below 2^64.
  [[nodiscard]] std::uint64_t aligned_end() const {
    return (offset_ + piece_length_ - 1) / piece_length_ * piece_length_;
  }

private:
  std::uint64_t limit_;
  std::uint64_t piece_length_;
  std::uint64_t offset_ = 0;
};

// --- v1 ---

Status read_v1_file(const Node& dictionary, Lengths& lengths, ReleaseFile& file) {
  if (dictionary.type() != Node::dict_t)
    return refused("a file of the list is no dictionary");
  if (auto keys = check_keys(dictionary, "a file"); !keys)
    return keys;
  const Node path = dictionary.dict_find_list("path");
  if (!path || path.list_size() == 0)
    return refused("a file of the list has no path");
  for (int at = 0; at < path.list_size(); ++at) {
    const Node element = path.list_at(at);
    if (!is_string(element))
      return refused("a file's path holds something else than names");
    if (auto appended = append(file.path, text(element)); !appended)
      return appended;
  }
  if (const Node attributes = dictionary.dict_find_string("attr")) {
    if (text(attributes).find('l') != std::string_view::npos)
      return refused("the file " + quoted(file.path) + " is a symbolic link");
    file.pad = text(attributes).find('p') != std::string_view::npos;
  }
  return lengths.read(dictionary, file, false);
}

Status read_v1(Release::Data& data, const Node& info) {
  Lengths lengths(data.piece_length);
  const Node list = info.dict_find("files");
  data.single_file = !list;
  if (!list) {
    data.files.resize(1);
    data.files[0].path = data.name;
    if (auto length = lengths.read(info, data.files[0], false); !length)
      return length;
  } else {
    if (list.type() != Node::list_t || info.dict_find("length"))
      return refused("it must have either a length or a list of files");
    if (list.list_size() > static_cast<int>(max_files))
      return refused("it holds more than " + std::to_string(max_files) + " files");
    data.files.resize(static_cast<std::size_t>(list.list_size()));
    for (int at = 0; at < list.list_size(); ++at)
      if (auto file = read_v1_file(list.list_at(at), lengths, data.files[std::size_t(at)]); !file)
        return file;
  }
  data.size = lengths.end();

  const Node pieces = info.dict_find_string("pieces");
  const std::uint64_t wanted = (data.size + data.piece_length - 1) / data.piece_length;
  if (!pieces || text(pieces).size() != wanted * sizeof(Sha1))
    return refused("its piece hashes don't match the size of its files");
  for (std::size_t at = 0; at < wanted; ++at)
    data.pieces.push_back(digest_at<Sha1>(text(pieces), at));
  return ok();
}

// --- v2 ---

struct V2Files {
  explicit V2Files(std::uint32_t piece_length) : lengths(piece_length) {}

  std::vector<ReleaseFile> files;
  std::vector<Release::Data::Tree> trees;
  Lengths lengths;
};

Status read_v2_file(const Node& dictionary, std::string path, V2Files& into) {
  if (dictionary.type() != Node::dict_t)
    return refused("the file " + quoted(path) +
                   " is described by something else than a dictionary");
  if (auto keys = check_keys(dictionary, "a file"); !keys)
    return keys;
  if (into.files.size() == max_files)
    return refused("it holds more than " + std::to_string(max_files) + " files");
  if (const Node attributes = dictionary.dict_find_string("attr");
      attributes && text(attributes).find_first_of("lp") != std::string_view::npos)
    return refused("the file " + quoted(path) + " is a symbolic link or a pad");
  ReleaseFile file;
  file.path = std::move(path);
  if (auto length = into.lengths.read(dictionary, file, true); !length)
    return length;
  Release::Data::Tree tree;
  if (file.length > 0) {
    const Node root = dictionary.dict_find_string("pieces root");
    if (!root || text(root).size() != sizeof(Sha256))
      return refused("the file " + quoted(file.path) + " has no valid pieces root");
    tree.root = digest_at<Sha256>(text(root), 0);
  }
  into.files.push_back(std::move(file));
  into.trees.push_back(std::move(tree));
  return ok();
}

// The depth of `folder` is bounded by max_depth, which holds for the whole metainfo.
Status read_v2_folder(const Node& folder, const std::string& path, V2Files& into) {
  if (folder.type() != Node::dict_t || folder.dict_size() == 0)
    return refused("the folder " + quoted(path) + " holds nothing");
  if (auto keys = check_keys(folder, "a folder"); !keys)
    return keys;
  for (int at = 0; at < folder.dict_size(); ++at) {
    const auto [key, child] = folder.dict_at(at);
    std::string child_path = path;
    if (auto appended = append(child_path, {key.data(), key.size()}); !appended)
      return appended;
    const bool is_file =
        child.type() == Node::dict_t && child.dict_size() > 0 && child.dict_at(0).first.empty();
    if (is_file && child.dict_size() > 1)
      return refused(quoted(child_path) + " is a file and a folder at once");
    auto read = is_file ? read_v2_file(child.dict_at(0).second, std::move(child_path), into)
                        : read_v2_folder(child, child_path, into);
    if (!read)
      return read;
  }
  return ok();
}

// A hybrid describes the same files twice; both must say the same, in the same order.
Status join(Release::Data& data, V2Files v2) {
  std::size_t at = 0;
  std::vector<Release::Data::Tree> trees(data.files.size());
  for (std::size_t index = 0; index < data.files.size(); ++index) {
    const ReleaseFile& file = data.files[index];
    if (file.pad)
      continue;
    if (at == v2.files.size() || v2.files[at].path != file.path ||
        v2.files[at].length != file.length)
      return refused("its v1 and v2 file lists disagree at " + quoted(file.path));
    if (file.length > 0 && v2.files[at].offset != file.offset)
      return refused("the file " + quoted(file.path) + " does not start on a piece");
    trees[index] = std::move(v2.trees[at++]);
  }
  if (at != v2.files.size())
    return refused("its v1 file list lacks " + quoted(v2.files[at].path));
  if (data.size > v2.lengths.aligned_end())
    return refused("its last pad is longer than a piece");
  data.trees = std::move(trees);
  return ok();
}

Status read_v2(Release::Data& data, const Node& info) {
  if (data.piece_length < block_size || !std::has_single_bit(data.piece_length))
    return refused("a v2 piece length must be a power of two, 16 KiB or more");
  const Node tree = info.dict_find_dict("file tree");
  if (!tree)
    return refused("it has no file tree");
  V2Files v2(data.piece_length);
  if (auto read = read_v2_folder(tree, "", v2); !read)
    return read;
  if (data.info_hash_v1)
    return join(data, std::move(v2));
  data.single_file = v2.files.size() == 1 && v2.files[0].path == data.name;
  data.files = std::move(v2.files);
  data.trees = std::move(v2.trees);
  data.size = v2.lengths.end();
  return ok();
}

// --- both ---

Status index_files(Release::Data& data) {
  for (std::uint32_t at = 0; at < data.files.size(); ++at) {
    ReleaseFile& file = data.files[at];
    if (!file.pad)
      data.by_path.emplace_back(at);
    file.track = !file.pad && file.length > 0 && is_audio(file.path);
  }
  const auto path = [&data](FileIndex index) -> const std::string& {
    return data.files[index.value()].path;
  };
  std::sort(data.by_path.begin(), data.by_path.end(),
            [&path](FileIndex a, FileIndex b) { return path_less(path(a), path(b)); });
  for (std::size_t at = 1; at < data.by_path.size(); ++at) {
    const std::string& before = path(data.by_path[at - 1]);
    const std::string& here = path(data.by_path[at]);
    if (here == before)
      return refused("two files are named " + quoted(here));
    if (here.size() > before.size() && here[before.size()] == '/' && here.starts_with(before))
      return refused(quoted(before) + " is a file and a folder at once");
  }
  for (const FileIndex index : data.by_path)
    if (data.files[index.value()].track)
      data.tracks.push_back(index);
  return ok();
}

Status count_pieces(Release::Data& data) {
  const std::uint64_t count = (data.size + data.piece_length - 1) / data.piece_length;
  const std::uint64_t blocks_per_piece = (data.piece_length - 1) / block_size + 1;
  if (count == 0)
    return refused("its files are empty");
  if (count > max_pieces || count * blocks_per_piece > UINT32_MAX)
    return refused("it holds more than " + std::to_string(max_pieces) + " pieces");
  data.piece_count = static_cast<std::uint32_t>(count);
  for (std::size_t at = 0; at < data.trees.size(); ++at)
    if (data.files[at].length > data.piece_length)
      data.layers_complete = false;
  return ok();
}

} // namespace

Error refused(std::string why) {
  return {ErrorCode::bad_metainfo, "This metainfo can't be used: " + why + ".", why};
}

Status check_keys(const Node& dictionary, std::string_view where) {
  lt::string_view before;
  for (int at = 0; at < dictionary.dict_size(); ++at) {
    const lt::string_view key = dictionary.dict_at(at).first;
    if (at > 0 && !(before < key))
      return refused("the keys of " + std::string(where) + " are not sorted, or not unique");
    before = key;
  }
  return ok();
}

Result<std::unique_ptr<Release::Data>> read_info(const Node& info) {
  if (auto keys = check_keys(info, "the info dictionary"); !keys)
    return keys.error();
  auto data = std::make_unique<Release::Data>();
  const Node name = info.dict_find_string("name");
  if (!name)
    return refused("it has no name");
  if (auto named = check_name(text(name), "its name"); !named)
    return named.error();
  data->name = text(name);
  const Node piece_length = info.dict_find_int("piece length");
  if (!piece_length || piece_length.int_value() < 1 ||
      piece_length.int_value() > std::int64_t{max_piece_length})
    return refused("its piece length is not between 1 byte and 64 MiB");
  data->piece_length = static_cast<std::uint32_t>(piece_length.int_value());
  data->is_private = info.dict_find_int_value("private", 0) == 1;

  const auto section = info.data_section();
  const Bytes raw = std::as_bytes(std::span(section.data(), std::size_t(section.size())));
  const bool v1 = bool(info.dict_find("pieces"));
  const Node version = info.dict_find("meta version");
  if (version && (version.type() != Node::int_t || version.int_value() != 2))
    return refused("its meta version is not 2, the only one there is");
  if (!v1 && !version)
    return refused("it has neither v1 pieces nor a v2 file tree");
  if (v1) {
    data->info_hash_v1 = sha1(raw);
    if (auto read = read_v1(*data, info); !read)
      return read.error();
  }
  if (version) {
    data->info_hash_v2 = sha256(raw);
    if (auto read = read_v2(*data, info); !read)
      return read.error();
  }
  if (auto indexed = index_files(*data); !indexed)
    return indexed.error();
  if (auto counted = count_pieces(*data); !counted)
    return counted.error();
  return data;
}

Status read_layers(Release::Data& data, const Node& layers) {
  std::vector<std::pair<std::string_view, std::string_view>> by_root;
  if (layers) {
    if (layers.type() != Node::dict_t)
      return refused("its piece layers are no dictionary");
    if (auto keys = check_keys(layers, "the piece layers"); !keys)
      return keys;
    for (int at = 0; at < layers.dict_size(); ++at) {
      const auto [root, hashes] = layers.dict_at(at);
      if (!is_string(hashes))
        return refused("a piece layer is no string");
      by_root.emplace_back(std::string_view(root.data(), root.size()), text(hashes));
    }
  }
  for (std::size_t at = 0; at < data.trees.size(); ++at) {
    const ReleaseFile& file = data.files[at];
    const Sha256& digest = data.trees[at].root;
    if (file.length <= data.piece_length)
      continue;
    const std::string_view root(reinterpret_cast<const char*>(digest.data()), digest.size());
    const auto found =
        std::lower_bound(by_root.begin(), by_root.end(), root,
                         [](const auto& entry, std::string_view key) { return entry.first < key; });
    if (found == by_root.end() || found->first != root)
      return refused("the piece layer of " + quoted(file.path) + " is missing");
    if (found->second.size() % sizeof(Sha256) != 0)
      return refused("the piece layer of " + quoted(file.path) + " has the wrong length");
    std::vector<Sha256> layer;
    for (std::size_t piece = 0; piece < found->second.size() / sizeof(Sha256); ++piece)
      layer.push_back(digest_at<Sha256>(found->second, piece));
    if (const std::string why = keep_layer(data, at, std::move(layer)); !why.empty())
      return refused(why);
  }
  data.layers_complete = true;
  return ok();
}

} // namespace triad
