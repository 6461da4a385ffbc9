#include "bitcoin/adapter/batch_size.h"

#include <algorithm>

namespace lockstep::bitcoin {

void BatchSize::answered() {
    failed_once_.clear();
    failing_.clear();
    if (now_ >= most_ || ++answers_ < answers_to_grow) return;
    answers_ = 0;
    now_ = std::min(most_, now_ * 2);
}

void BatchSize::failed(std::size_t calls, std::string first) {
    answers_ = 0;
    now_ = std::max(least_, std::min(now_, calls) / 2);
    if (calls > least_) return;
    if (failed_once_ == first) failing_ = first;
    failed_once_ = std::move(first);
}

}  // namespace lockstep::bitcoin
