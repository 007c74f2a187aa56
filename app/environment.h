// What a verb works with: where its words go, how it gets an engine, and whether it was asked to stop.
#pragma once

#include "ddpm/engine.h"
#include "plot_picture.h"

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace ddpm::app {

using EngineFactory = std::function<std::unique_ptr<Engine>(EngineOptions)>;

struct Environment {
    std::ostream& out;            ///< data only
    std::ostream& err;            ///< words: progress, notices, errors
    bool err_is_terminal = false; ///< a progress line may be rewritten in place
    EngineFactory make_engine;
    std::function<bool()> interrupted; ///< true once a person asked to stop
    PlotPainter draw_plot = {};        ///< the window's views; nothing in a build without them
};

/// Everything after the verb.
using Words = std::vector<std::string>;

} // namespace ddpm::app
