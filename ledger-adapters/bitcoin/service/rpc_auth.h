// Who may call the node: HTTP basic authentication, with a cookie that is made anew at each start,
// or with names and passwords that an operator chose. Source: Bitcoin Core, rpc/request.cpp,
// httprpc.cpp, doc/JSON-RPC-interface.md; RFC 7617.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sdk/base/result.h"

namespace lockstep::bitcoin {

class RpcAuth {
public:
    // Writes `__cookie__:` and 64 random hexadecimal digits to the file, which only its owner can
    // read, in one step. Code: io.
    Result<void, Failure> make_cookie(const std::string& file);
    // The file is gone with the server that made it.
    void remove_cookie();
    void add_password(std::string_view user, std::string_view password);
    // "user:salt$hash", as Bitcoin Core's rpcauth: hash is HMAC-SHA-256 of the password with the
    // salt's text as the key, in hexadecimal. False for another form.
    bool add_hashed(std::string_view text);

    // `header`: the Authorization field's value. Takes as long for any wrong password.
    bool allows(std::string_view header) const;

private:
    struct User {
        std::string name;
        std::string salt;
        std::string hash;  // in hexadecimal
    };
    std::vector<User> users_;
    std::string cookie_file_;
};

}  // namespace lockstep::bitcoin
