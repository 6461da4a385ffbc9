#include "connector/core/inputs.h"

#include "sdk/codec/archive.h"

namespace lockstep::core {

Bytes encode_node_input(const NodeInput& input) {
    return encode_fields(input);
}
Result<NodeInput> decode_node_input(ByteView octets) {
    return decode_fields<NodeInput>(octets);
}

std::optional<Bytes> encode_recorded(const NodeOutput& output) {
    OerWriter writer;
    if (const auto* command = std::get_if<output::ToLedger>(&output)) {
        writer.u8(1).address(command->ledger);
        write_op(writer, Op{command->id, std::visit([](const auto& body) { return OpBody{body}; },
                                                    command->body)});
        return writer.take();
    }
    if (const auto* release = std::get_if<output::ReleaseSecret>(&output)) {
        writer.u8(2).fixed(release->context).fixed(release->entropy).fixed(release->condition);
        return writer.take();
    }
    return std::nullopt;
}

}  // namespace lockstep::core
