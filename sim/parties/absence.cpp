// Parties that go missing in the middle: silent (up, but nothing leaves it and nothing reaches it)
// and dies (the process ends for good, somewhere inside what it was doing).
#include "sim/parties/families.h"

namespace lockstep::sim {
namespace {

namespace effect = assembly::effect;
namespace event = assembly::event;

bool reaches_others(const assembly::NodeEffect& one) {
    return std::holds_alternative<effect::ToLedger>(one) ||
           std::holds_alternative<effect::SendBatch>(one) ||
           std::holds_alternative<effect::AnswerPeer>(one);
}

bool is_act(const assembly::NodeEffect& one) {
    const auto* request = std::get_if<effect::ToLedger>(&one);
    return std::holds_alternative<effect::SendBatch>(one) ||
           (request != nullptr && request->request.path == "/v1/instructions");
}

class Absent final : public Cheat {
public:
    Absent(const NodeSpec& spec, Means means)
        : Cheat(spec, std::move(means)),
          dies_(spec.behaviour == Behaviour::dies),
          acts_left_(rng().between(2, 20)) {}

    void leaving(Timestamp now, std::vector<assembly::NodeEffect>& effects) override {
        std::vector<assembly::NodeEffect> leave;
        for (assembly::NodeEffect& one : effects) {
            if (!gone_ && !is_resting() && is_act(one) && --acts_left_ == 0) go(now);
            // Whatever it did before in this turn has left; its own caller is still answered.
            if (!gone_ || (!dies_ && !reaches_others(one))) leave.push_back(std::move(one));
        }
        effects = std::move(leave);
    }
    bool hears(Timestamp, assembly::NodeEvent& event) override {
        return !gone_ || std::holds_alternative<event::ForCore>(event);
    }

private:
    void go(Timestamp now) {
        gone_ = true;
        count();
        if (dies_) means_.scheduler.at(now, [this] { means_.die(); });
    }

    bool dies_;
    std::uint64_t acts_left_;
    bool gone_ = false;
};

}  // namespace

std::unique_ptr<Conduct> make_absent(const NodeSpec& node, Means means) {
    return std::make_unique<Absent>(node, std::move(means));
}

}  // namespace lockstep::sim
