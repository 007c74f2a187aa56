// What a canvas shows, in words. A screen reader asks for them when it comes to the canvas, so they may cost
// a little and need no upkeep. A description that was set with setAccessibleDescription() goes before them.
#pragma once

#include <QString>

namespace ddpm::ui {

/// Beside QWidget as a base.
class Described {
public:
    virtual QString description() const = 0; ///< a sentence or two, with the present values; never empty

protected:
    Described(); ///< makes Qt ask for descriptions
    ~Described() = default;
};

} // namespace ddpm::ui
