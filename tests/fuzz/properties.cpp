#include "tests/fuzz/properties.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/unit/store_directory.h"

namespace lockstep::fuzz {

std::uint8_t Pieces::number() {
    if (rest_.empty()) return 0;
    const std::uint8_t value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
}

ByteView Pieces::next() {
    std::size_t size = number();
    size = size << 8 | number();
    const ByteView piece = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(piece.size());
    return piece;
}

void add_piece(Bytes& to, ByteView piece) {
    ASSERT(piece.size() <= 0xffff);
    to.push_back(static_cast<std::uint8_t>(piece.size() >> 8));
    to.push_back(static_cast<std::uint8_t>(piece.size()));
    append(to, piece);
}

ScratchFile::ScratchFile(ByteView content) {
    // In memory where there is such a file system; removed when the process ends.
    static const testing::TemporaryDirectory directory;
    static std::uint64_t count = 0;
    path_ = directory.path() + "/" + std::to_string(++count);
    const int file =
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    ASSERT(file >= 0);
    while (!content.empty()) {
        const ssize_t written = ::write(file, content.data(), content.size());
        ASSERT(written > 0);
        content = content.subspan(static_cast<std::size_t>(written));
    }
    ::close(file);
}

ScratchFile::~ScratchFile() {
    ::unlink(path_.c_str());
}

}  // namespace lockstep::fuzz
