// Engine values as JSON, for --json: one object a line. Not-a-number becomes null, as JSON has no other word
// for it.
#pragma once

#include "ddpm/event.h"

#include <nlohmann/json_fwd.hpp>

namespace ddpm::app {

nlohmann::ordered_json to_json(const MetricPoint& point);
nlohmann::ordered_json to_json(const Error& error);

/// The object in one line, with invalid UTF-8 (a strange file name) replaced rather than thrown at.
std::string line_of(const nlohmann::ordered_json& object);

} // namespace ddpm::app
