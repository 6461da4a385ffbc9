// Headers that most sources include, parsed once. Every source still includes what it uses: builds
// with -DLOCKSTEP_TOGETHER=OFF have no precompiled header.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "sdk/codec/archive.h"
#include "sdk/machine/adapter.h"
