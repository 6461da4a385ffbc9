// What most tests include beside precompiled.h.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "sdk/codec/json.h"
#include "sdk/crypto/hash.h"
