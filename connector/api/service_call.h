// One call on its way through the service, and the small helpers that its two halves share.
#pragma once

#include "connector/api/service.h"
#include "sdk/codec/archive.h"
#include "sdk/codec/json_fields.h"

namespace lockstep::api {

struct Service::Call {
    net::HttpRequest request;
    net::Respond respond;
    Caller caller;
    std::vector<std::string> arguments;  // the parts of the path that the route leaves open

    void answer(const Json& json, int status = 200) const {
        respond(net::json_response(status, write_json(json)));
    }
    void refuse(Reason reason, std::string_view detail = {}) const {
        respond(net::problem(reason, detail));
    }
};

// {"items": [...], "next": cursor}
inline Json page(Json::Array items, const std::string& next = {}) {
    Json json = Json::object({{"items", Json(std::move(items))}});
    if (!next.empty()) json.set("next", next);
    return json;
}

template <class T>
std::optional<T> get_record(const RecordReader& records, core::RecordKind kind, ByteView key) {
    const auto value = records.get(static_cast<std::uint16_t>(kind), key);
    if (!value) return std::nullopt;
    auto decoded = decode_fields<T>(*value);
    return decoded ? std::optional<T>(std::move(*decoded)) : std::nullopt;
}

}  // namespace lockstep::api
