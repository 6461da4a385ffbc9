#include "bitcoin/rpc/methods.h"

#include <map>

#include "bitcoin/rpc/read_methods.h"

namespace lockstep::bitcoin {
namespace {

std::array<std::span<const ReadMethod>, 5> all_methods() {
    return {chain_methods(), pool_methods(), transaction_methods(), script_methods(),
            node_methods()};
}

const ReadMethod* method_named(std::string_view name) {
    for (const std::span<const ReadMethod> part : all_methods())
        for (const ReadMethod& method : part)
            if (method.spec.name == name) return &method;
    return nullptr;
}

constexpr ParamSpec help_params[]{{"command", ParamType::text}};
constexpr MethodSpec help_spec{"control", "help", help_params,
                               "List all commands, or get help for a specified command."};

std::vector<const MethodSpec*> known_methods(const NodeView& node) {
    std::vector<const MethodSpec*> specs{&help_spec};
    for (const std::span<const ReadMethod> part : all_methods())
        for (const ReadMethod& method : part)
            specs.push_back(&method.spec);
    specs.insert(specs.end(), node.others.begin(), node.others.end());
    return specs;
}

std::string title_of(std::string_view category) {
    std::string title(category);
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z')
        title[0] = static_cast<char>(title[0] - 'a' + 'A');
    return "== " + title + " ==\n";
}

RpcAnswer help(const NodeView& node, const Json& given) {
    Params params(help_spec, given);
    if (params.failed()) return params.failure();
    const std::vector<const MethodSpec*> specs = known_methods(node);
    if (params.has(0)) {
        const std::string command = params.text(0);
        for (const MethodSpec* const spec : specs)
            if (spec->name == command) return help_of(*spec);
        return "help: unknown command: " + command;
    }
    // The first line of each, by category.
    std::map<std::string_view, std::map<std::string_view, std::string>> lines;
    for (const MethodSpec* const spec : specs) {
        const std::string text = help_of(*spec);
        lines[spec->category][spec->name] = text.substr(0, text.find('\n'));
    }
    std::string list;
    for (const auto& [category, methods] : lines) {
        if (!list.empty()) list += "\n";
        list += title_of(category);
        for (const auto& [name, line] : methods)
            list += line + "\n";
    }
    list.pop_back();
    return list;
}

}  // namespace

std::optional<RpcAnswer> call_read(const NodeView& node, const RpcRequest& request) {
    if (request.method == help_spec.name) return help(node, request.params);
    const ReadMethod* const method = method_named(request.method);
    if (method == nullptr) return std::nullopt;
    Params params(method->spec, request.params);
    if (params.failed()) return RpcAnswer(params.failure());
    return method->call(node, params);
}

FeeRate max_fee_rate(Params& params, std::size_t i) {
    constexpr FeeRate otherwise = coin / 10;
    if (!params.has(i)) return otherwise;
    const FeeRate rate = params.amount(i);
    if (rate < coin) return rate;
    params.refuse(RpcCode::invalid_parameter,
                  "Fee rates larger than or equal to 1BTC/kvB are not accepted");
    return otherwise;
}

}  // namespace lockstep::bitcoin
