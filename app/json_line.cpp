#include "json_line.h"

#include <nlohmann/json.hpp>

namespace ddpm::app {

nlohmann::ordered_json to_json(const MetricPoint& point) {
    return {{"step", point.step},
            {"loss", point.loss},
            {"gradient_norm", point.gradient_norm},
            {"learning_rate", point.learning_rate},
            {"seconds", point.seconds}};
}

nlohmann::ordered_json to_json(const Error& error) {
    return {{"what", error.what}, {"where", error.where}, {"remedy", error.remedy}};
}

std::string line_of(const nlohmann::ordered_json& object) {
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace ddpm::app
