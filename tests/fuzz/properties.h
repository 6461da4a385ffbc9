// What targets have in common: the property of a canonical codec, a reader of made-up scripts, and
// a file for parsers that want a path.
#pragma once

#include <string>

#include "sdk/base/assert.h"
#include "sdk/base/result.h"
#include "sdk/codec/archive.h"

namespace lockstep::fuzz {

// Why octets may be refused before anybody looks at what they mean.
constexpr bool is_form(Reason reason) {
    return reason == Reason::malformed || reason == Reason::not_canonical ||
           reason == Reason::unknown_version || reason == Reason::too_large ||
           reason == Reason::too_many_ops;
}

// What decodes is encoded as the same octets; what does not is refused for its form.
template <class Decode, class Encode>
bool is_canonical(ByteView octets, Decode decode, Encode encode) {
    const auto decoded = decode(octets);
    if (!decoded) {
        ASSERT(is_form(decoded.error()));
        return false;
    }
    ASSERT(equal(encode(*decoded), octets));
    return true;
}

template <class T>
bool is_canonical_archive(ByteView octets) {
    return is_canonical(
        octets, [](ByteView from) { return decode_fields<T>(from); },
        [](const T& value) { return encode_fields(value); });
}

// For a reader and writer of OER that come as a pair of functions.
template <class T>
bool is_canonical_pair(ByteView octets, T (*read)(OerReader&),
                       void (*write)(OerWriter&, const T&)) {
    return is_canonical(
        octets,
        [&](ByteView from) -> Result<T> {
            OerReader reader(from);
            T value = read(reader);
            if (const auto end = reader.finish(); !end) return refuse(end.error());
            return value;
        },
        [&](const T& value) {
            OerWriter writer;
            write(writer, value);
            return writer.take();
        });
}

// A machine whose state was read from octets writes these octets; where it refuses them, it is as
// it was before.
template <class M>
bool is_canonical_snapshot(ByteView octets, M& machine) {
    const Bytes before = machine.write_snapshot();
    const auto read = machine.read_snapshot(octets);
    if (!read) {
        ASSERT(is_form(read.error()) || read.error() == Reason::unknown_key);
        ASSERT(machine.write_snapshot() == before);
        return false;
    }
    ASSERT(equal(machine.write_snapshot(), octets));
    return true;
}

// Cuts octets into pieces: each has a length of two octets before it, and the last takes what is
// left. So an input is a list of messages, and a mutation of one leaves the others alone.
class Pieces {
public:
    explicit Pieces(ByteView octets) : rest_(octets) {}

    bool done() const { return rest_.empty(); }
    std::uint8_t number();
    ByteView next();
    ByteView rest() { return std::exchange(rest_, {}); }

private:
    ByteView rest_;
};
// Puts a piece behind what is there.
void add_piece(Bytes& to, ByteView piece);

// A file with this content, of mode 0600, that lives as long as this object.
class ScratchFile {
public:
    explicit ScratchFile(ByteView content);
    ~ScratchFile();
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace lockstep::fuzz
