// What every command has: the node that it talks to, and how its answers and failures are shown.
#pragma once

#include <memory>
#include <string>

#include "connector/client/api_client.h"
#include "connector/client/event_stream.h"
#include "sdk/base/exit_code.h"

namespace lockstep::cli {

struct Global {
    std::string node = "http://127.0.0.1:7100";
    std::string key_file;
    bool json = false;
};

// Tells the failure and what to do about it on standard error; the exit code.
int complain(const Failure& failure, const Global& global);
int wrong_usage(const std::string& what);

class Session {
public:
    // Codes: bad_url, no_tls, unauthenticated (no key is named), of the key file.
    static Result<std::unique_ptr<Session>, Failure> open(const Global& global);
    ~Session();

    client::ApiClient& api() { return *api_; }
    const client::ApiAccess& access() const { return access_; }
    net::IoLoop& loop() { return loop_; }
    const Global& global() const { return global_; }

    // Prints the answer to GET as it is. True when --json was given and it did so.
    bool prints_json() const { return global_.json; }

private:
    Session(const Global& global, client::ApiAccess access);

    const Global& global_;
    net::IoLoop loop_;
    client::ApiAccess access_;
    std::unique_ptr<client::ApiClient> api_;
};

}  // namespace lockstep::cli
