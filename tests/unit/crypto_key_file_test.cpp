#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "sdk/crypto/signature.h"

using namespace lockstep;
namespace fs = std::filesystem;

namespace {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (fs::temp_directory_path() / "lockstep-keys-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryDirectory() { fs::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    fs::path operator/(const char* name) const { return path_ / name; }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(path_), fs::directory_iterator{}));
    }

private:
    fs::path path_;
};

std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& text, mode_t mode) {
    std::ofstream(path, std::ios::binary) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}

std::string code(const Result<KeySeed, Failure>& result) {
    return result ? "" : result.error().code;
}

const std::string some_key(64, 'a');

}  // namespace

TEST_CASE("a key file is created once, for its owner only, and read back") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "node.key";
    const auto created = create_key_file(path);
    REQUIRE(created);
    CHECK(contents(path) == to_hex(created->view()) + "\n");
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    CHECK(directory.files() == 1);

    const auto read = read_key_file(path);
    REQUIRE(read);
    CHECK(equal(read->view(), created->view()));

    CHECK(code(create_key_file(path)) == "key_file_exists");
    CHECK(contents(path) == to_hex(created->view()) + "\n");
    CHECK(directory.files() == 1);

    const auto again = read_or_create_key_file(path);
    REQUIRE(again);
    CHECK(equal(again->view(), created->view()));
    const auto other = read_or_create_key_file(directory / "other.key");
    REQUIRE(other);
    CHECK(!equal(other->view(), created->view()));
}

TEST_CASE("what is no private key file is refused and left as it is") {
    struct Row {
        std::string text;
        mode_t mode;
        const char* code;
    };
    const Row rows[] = {
        {some_key + "\n", 0600, ""},
        {some_key + "\n", 0400, ""},
        {std::string(64, 'A') + "\n", 0600, ""},
        {some_key + "\n", 0640, "key_file_not_private"},
        {some_key + "\n", 0604, "key_file_not_private"},
        {some_key + "\n", 0620, "key_file_not_private"},
        {some_key + "\n", 0644, "key_file_not_private"},
        {"", 0600, "key_file_malformed"},
        {some_key, 0600, "key_file_malformed"},
        {some_key + "\r\n", 0600, "key_file_malformed"},
        {some_key + "\n\n", 0600, "key_file_malformed"},
        {some_key + "aa\n", 0600, "key_file_malformed"},
        {some_key.substr(2) + "\n", 0600, "key_file_malformed"},
        {some_key.substr(1) + "g\n", 0600, "key_file_malformed"},
        {" " + some_key.substr(1) + "\n", 0600, "key_file_malformed"},
        {std::string(10'000, 'a'), 0600, "key_file_malformed"},
    };
    const TemporaryDirectory directory;
    const fs::path path = directory / "node.key";
    for (const Row& row : rows) {
        CAPTURE(row.text.substr(0, 80));
        fs::remove(path);
        write(path, row.text, row.mode);
        CHECK(code(read_key_file(path)) == row.code);
        CHECK(code(read_or_create_key_file(path)) == row.code);
        CHECK(contents(path) == row.text);
    }
}

TEST_CASE("a key file that is missing or cannot be made is said to be so, with its path") {
    const TemporaryDirectory directory;
    const fs::path missing = directory / "nothing.key";
    CHECK(code(read_key_file(missing)) == "key_file_missing");
    CHECK(read_key_file(missing).error().detail.find(missing.string()) != std::string::npos);
    CHECK(code(read_key_file(directory / "")) == "key_file_malformed");
    CHECK(code(create_key_file(directory / "no" / "such.key")) == "key_file_io");
    CHECK(code(read_or_create_key_file(directory / "no" / "such.key")) == "key_file_io");
    CHECK(directory.files() == 0);
}
