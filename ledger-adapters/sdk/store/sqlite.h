// A connection and a prepared statement of SQLite, closed and finalized by themselves. Codes are
// SQLite's own; what they mean for a journal is decided where they are used.
#pragma once

#include <string>

#include "sdk/base/bytes.h"
#include "sdk/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lockstep::sqlite {

class Statement {
public:
    Statement() = default;
    Statement(sqlite3* database, const char* sql);
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    bool prepared() const { return statement_ != nullptr; }

    // Parameters count from 1. A bound view must stay alive until the next reset.
    Statement& bind(int index, std::uint64_t value);
    Statement& bind(int index, ByteView value);
    // Columns count from 0; views live until the next step or reset.
    std::uint64_t number(int column) const;
    ByteView octets(int column) const;

    // SQLITE_ROW, SQLITE_DONE or an error with its extended code.
    int step();
    void reset();
    // One step of a statement without rows, and reset.
    int run();

private:
    sqlite3_stmt* statement_ = nullptr;
};

enum class Access { create, read_only };

class Database {
public:
    Database() = default;
    ~Database();
    Database(Database&& other) noexcept;
    Database& operator=(Database&& other) noexcept;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // vfs: the name of a registered file layer; empty is the system's. Codes: io, corrupt.
    static Result<Database, Failure> open(const std::string& file, Access access,
                                          const std::string& vfs);

    // Runs SQL without rows; several statements are allowed.
    int run(const char* sql);
    Statement prepare(const char* sql) { return {handle_, sql}; }
    // The first column of the first row, or 0.
    std::uint64_t number(const char* sql);

    bool in_transaction() const;
    std::uint64_t changes() const;
    // The last error with its file and system error, for people.
    Failure failure(int code, const std::string& doing) const;
    sqlite3* handle() const { return handle_; }
    const std::string& file() const { return file_; }

private:
    sqlite3* handle_ = nullptr;
    std::string file_;
};

// The disk has no room; nothing of the transaction was written.
bool is_disk_full(int code);
// The file is not what SQLite wrote.
bool is_corrupt(int code);

}  // namespace lockstep::sqlite
