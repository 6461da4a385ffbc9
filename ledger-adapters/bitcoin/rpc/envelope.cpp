#include "bitcoin/rpc/envelope.h"

namespace lockstep::bitcoin {
namespace {

constexpr int ok_status = 200;
constexpr int no_content = 204;

RpcError invalid(std::string message) {
    return {RpcCode::invalid_request, std::move(message)};
}

RpcReply reply_with(int status, const Json& json) {
    return {status, write_json(json) + "\n"};
}

RpcReply failed_reply(const RpcRequest& request, const RpcError& error) {
    return reply_with(http_status_of(error), reply_to(request, tl::unexpected<RpcError>(error)));
}

RpcReply answer_one(const Json& json, const RpcCall& call) {
    RpcRequest request;
    if (const auto error = read_request(json, request)) return failed_reply(request, *error);
    const RpcAnswer answer = call(request);
    if (request.is_notification()) return {no_content, {}};
    if (!answer && request.version == RpcVersion::legacy)
        return failed_reply(request, answer.error());
    return reply_with(ok_status, reply_to(request, answer));
}

RpcReply answer_batch(const Json::Array& batch, const RpcCall& call) {
    if (batch.size() > max_batch) {
        return failed_reply({}, invalid("A batch of more than " + std::to_string(max_batch) +
                                        " requests is not accepted"));
    }
    Json replies = Json::array();
    for (const Json& json : batch) {
        RpcRequest request;
        RpcAnswer answer;
        if (auto error = read_request(json, request))
            answer = tl::unexpected<RpcError>(std::move(*error));
        else
            answer = call(request);
        if (!request.is_notification()) replies.push(reply_to(request, answer));
    }
    // An empty batch says nothing of its version, and the older ones expect a body.
    if (replies.size() == 0 && !batch.empty()) return {no_content, {}};
    return reply_with(ok_status, replies);
}

}  // namespace

std::optional<RpcError> read_request(const Json& json, RpcRequest& into) {
    into.id = Json();
    if (json.as_object() == nullptr) return invalid("Invalid Request object");
    const Json* const id = json.find("id");
    into.id = id == nullptr ? std::nullopt : std::optional<Json>(*id);
    if (const Json& version = json["jsonrpc"]; !version.is_null()) {
        const std::string* const text = version.as_text();
        if (text == nullptr) return invalid("jsonrpc field must be a string");
        if (*text == "2.0")
            into.version = RpcVersion::second;
        else if (*text != "1.0" && *text != "1.1")
            return invalid("JSON-RPC version not supported");
    }
    const Json& method = json["method"];
    if (method.is_null()) return invalid("Missing method");
    if (method.as_text() == nullptr) return invalid("Method must be a string");
    into.method = *method.as_text();
    const Json& params = json["params"];
    if (params.as_array() != nullptr || params.as_object() != nullptr)
        into.params = params;
    else if (!params.is_null())
        return invalid("Params must be an array or object");
    return std::nullopt;
}

// The older versions have both members, one of them null; 2.0 has the one that says something.
Json reply_to(const RpcRequest& request, const RpcAnswer& answer) {
    const bool legacy = request.version == RpcVersion::legacy;
    Json reply = Json::object();
    if (!legacy) reply.set("jsonrpc", "2.0");
    if (answer || legacy) reply.set("result", answer ? *answer : Json());
    if (!answer) {
        reply.set("error", Json::object({{"code", static_cast<int>(answer.error().code)},
                                         {"message", answer.error().message}}));
    } else if (legacy) {
        reply.set("error", nullptr);
    }
    if (request.id) reply.set("id", *request.id);
    return reply;
}

int http_status_of(const RpcError& error) {
    if (error.code == RpcCode::invalid_request) return 400;
    if (error.code == RpcCode::method_not_found) return 404;
    return 500;
}

RpcReply answer_body(std::string_view body, const RpcCall& call) {
    RpcRequest nobody;
    nobody.id = Json();
    const auto json = parse_json(body, rpc_limits);
    if (!json) return failed_reply(nobody, {RpcCode::parse_error, "Parse error"});
    if (json->as_object() != nullptr) return answer_one(*json, call);
    if (const Json::Array* const batch = json->as_array()) return answer_batch(*batch, call);
    return failed_reply(nobody, {RpcCode::parse_error, "Top-level object parse error"});
}

}  // namespace lockstep::bitcoin
