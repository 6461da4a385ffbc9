// Requests, batches, and the forms in which they are answered.
#include <doctest/doctest.h>

#include "bitcoin/rpc/envelope.h"

using namespace lockstep;
using namespace lockstep::bitcoin;

namespace {

RpcAnswer serve(const RpcRequest& request) {
    if (request.method == "echo") return request.params;
    if (request.method == "bad") return rpc_fail(RpcCode::invalid_parameter, "no");
    return rpc_fail(RpcCode::method_not_found, "Method not found");
}

struct Row {
    const char* body;
    int status;
    const char* answer;
};

void check(const Row& row) {
    CAPTURE(row.body);
    const RpcReply reply = answer_body(row.body, serve);
    CHECK(reply.http_status == row.status);
    CHECK(reply.body == (*row.answer == 0 ? "" : std::string(row.answer) + "\n"));
}

}  // namespace

TEST_CASE("a request of the older versions is answered with result and error, one of them null") {
    const Row rows[] = {
        {R"({"method":"echo","params":[1],"id":7})", 200, R"({"result":[1],"error":null,"id":7})"},
        {R"({"jsonrpc":"1.0","method":"echo","params":{"a":1},"id":"x"})", 200,
         R"({"result":{"a":1},"error":null,"id":"x"})"},
        {R"({"jsonrpc":"1.1","method":"echo","id":null})", 200,
         R"({"result":[],"error":null,"id":null})"},
        {R"({"method":"echo","params":null})", 200, R"({"result":[],"error":null})"},
        {R"({"method":"bad","id":1})", 500,
         R"({"result":null,"error":{"code":-8,"message":"no"},"id":1})"},
        {R"({"method":"other","id":[1,{}]})", 404,
         R"({"result":null,"error":{"code":-32601,"message":"Method not found"},"id":[1,{}]})"},
        {R"({"id":1})", 400,
         R"({"result":null,"error":{"code":-32600,"message":"Missing method"},"id":1})"},
        {R"({"id":1,"method":1})", 400,
         R"({"result":null,"error":{"code":-32600,"message":"Method must be a string"},"id":1})"},
        {R"({"id":1,"method":"echo","params":1})", 400,
         R"({"result":null,"error":{"code":-32600,"message":"Params must be an array or object"},"id":1})"},
        {R"({"id":1,"jsonrpc":2,"method":"echo"})", 400,
         R"({"result":null,"error":{"code":-32600,"message":"jsonrpc field must be a string"},"id":1})"},
        {R"({"id":1,"jsonrpc":"3.0","method":"echo"})", 400,
         R"({"result":null,"error":{"code":-32600,"message":"JSON-RPC version not supported"},"id":1})"},
        {"{", 500, R"({"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null})"},
        {"7", 500,
         R"({"result":null,"error":{"code":-32700,"message":"Top-level object parse error"},"id":null})"},
    };
    for (const Row& row : rows)
        check(row);
}

TEST_CASE("a request of version 2.0 is answered with 200, and a notification with nothing") {
    const Row rows[] = {
        {R"({"jsonrpc":"2.0","method":"echo","params":[1],"id":7})", 200,
         R"({"jsonrpc":"2.0","result":[1],"id":7})"},
        {R"({"jsonrpc":"2.0","method":"bad","id":7})", 200,
         R"({"jsonrpc":"2.0","error":{"code":-8,"message":"no"},"id":7})"},
        {R"({"jsonrpc":"2.0","method":"other","id":null})", 200,
         R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":null})"},
        {R"({"jsonrpc":"2.0","method":"bad"})", 204, ""},
        {R"({"jsonrpc":"2.0","method":7,"id":1})", 400,
         R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Method must be a string"},"id":1})"},
    };
    for (const Row& row : rows)
        check(row);
}

TEST_CASE("a batch is answered with 200, one by one") {
    const Row rows[] = {
        {"[]", 200, "[]"},
        {R"([{"method":"echo","id":1},7,{"jsonrpc":"2.0","method":"bad","id":2}])", 200,
         R"([{"result":[],"error":null,"id":1},{"result":null,"error":{"code":-32600,"message":"Invalid Request object"},"id":null},{"jsonrpc":"2.0","error":{"code":-8,"message":"no"},"id":2}])"},
        {R"([{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"echo","id":1}])", 200,
         R"([{"jsonrpc":"2.0","result":[],"id":1}])"},
        {R"([{"jsonrpc":"2.0","method":"echo"}])", 204, ""},
    };
    for (const Row& row : rows)
        check(row);
    std::string many = "[0";
    for (std::size_t i = 0; i < max_batch; ++i)
        many += ",0";
    CHECK(answer_body(many + "]", serve).http_status == 400);
}

TEST_CASE("a body may hold a block in hexadecimal, and has an end") {
    std::string block;
    block.resize(16'000'000, 'a');
    const auto with = [](const std::string& text) {
        return answer_body(R"({"method":"bad","params":[")" + text + R"("]})", serve);
    };
    CHECK(with(block).body.find("-8") != std::string::npos);
    CHECK(with(std::string(rpc_limits.max_size, 'a')).body.find("-32700") != std::string::npos);
}
