#include "bitcoin/client/rpc_client.h"

#include <algorithm>
#include <future>
#include <iterator>

namespace lockstep::bitcoin {
namespace {

// A block of four million weight units in hexadecimal, and its envelope.
constexpr std::size_t max_answer = 10'000'000;
constexpr int status_unauthorized = 401;

// Errors that are the caller's: type, address, parameter; request, method, parameters. Bitcoin
// Core, rpc/protocol.h.
constexpr std::int64_t errors_of_caller[]{-3, -5, -8, -32600, -32601, -32602};

Result<Json, Failure> read_answer(const net::HttpResponse& response, const net::Url& url) {
    if (response.status == status_unauthorized)
        return fail("unauthenticated", url.origin() + " does not know this user or password");
    const auto answer = parse_json(as_text(response.body), {max_answer, 32});
    // Errors come with a status of their own and a body all the same.
    if (!answer || answer->as_object() == nullptr || answer->find("error") == nullptr)
        return fail("malformed", url.origin() + " answers with status " +
                                     std::to_string(response.status) +
                                     " and no JSON-RPC; is it a Bitcoin node?");
    const Json& error = (*answer)["error"];
    if (error.is_null()) return (*answer)["result"];
    const std::int64_t number = error["code"].as_int64().value_or(0);
    const bool ours = std::find(std::begin(errors_of_caller), std::end(errors_of_caller), number) !=
                      std::end(errors_of_caller);
    return fail(ours ? "bad_call" : "refused",
                error["message"].text_or("no message") + " (" + std::to_string(number) + ")");
}

}  // namespace

RpcClient::RpcClient(net::IoLoop& loop, NodeAccess access, Duration timeout)
    : http_(loop), access_(std::move(access)), timeout_(timeout) {}

RpcClient::~RpcClient() {
    http_.stop();
}

Result<Json, Failure> RpcClient::call(std::string_view method, Json params) {
    net::HttpRequest request;
    request.method = "POST";
    // In the older form of JSON-RPC, which every version answers.
    const std::string body = write_json(
        Json::object({{"id", "lockstep"}, {"method", method}, {"params", std::move(params)}}));
    request.body.assign(body.begin(), body.end());
    net::set_header(request.headers, "content-type", "application/json");
    net::set_header(request.headers, "authorization", access_.login());
    // Shared: a callback may outlive a wait that was given up.
    auto answered = std::make_shared<std::promise<Result<net::HttpResponse, net::ClientError>>>();
    auto answer = answered->get_future();
    http_.request(access_.url, std::move(request), timeout_,
                  [answered](Result<net::HttpResponse, net::ClientError> response) {
                      answered->set_value(std::move(response));
                  });
    const auto response = answer.get();
    if (!response)
        return fail(std::string(to_string(response.error().reason)),
                    access_.url.origin() + ": " + response.error().detail);
    return read_answer(*response, access_.url);
}

}  // namespace lockstep::bitcoin
