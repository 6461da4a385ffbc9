#include "tests/fuzz/seeds.h"

#include <map>

#include "tests/fuzz/seed_makers.h"

namespace lockstep::fuzz {

std::vector<Bytes> seeds(std::string_view target) {
    static const std::map<std::string_view, std::vector<Bytes>> all = [] {
        Seeds made;
        add_text_seeds(made);
        add_codec_seeds(made);
        add_file_seeds(made);
        add_ledger_seeds(made);
        add_bitcoin_seeds(made);
        add_node_seeds(made);
        add_net_seeds(made);
        add_world_seeds(made);
        return made.all;
    }();
    const auto found = all.find(target);
    return found == all.end() ? std::vector<Bytes>{} : found->second;
}

}  // namespace lockstep::fuzz
