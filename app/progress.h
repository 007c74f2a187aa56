// Progress for people: one line rewritten in place on a terminal, a plain line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace ddpm::app {

class Progress {
public:
    Progress(std::ostream& err, bool terminal, bool quiet) : err_(err), terminal_(terminal), quiet_(quiet) {}

    /// May be called as often as there is news; draws only when it is time. `fraction` in 0…1.
    void show(double fraction, const std::string& text);
    /// A line that stays, above the progress line. Not shown when quiet.
    void say(const std::string& line);
    /// A line that stays, quiet or not: errors, warnings.
    void warn(const std::string& line);
    /// Draws the last state once more and leaves the line.
    void finish();

private:
    void draw();
    void clear_line();

    std::ostream& err_;
    const bool terminal_;
    const bool quiet_;
    double fraction_ = 0;
    std::string text_;
    std::string last_text_; ///< as last drawn
    bool line_open_ = false;
    bool drawn_ = true; ///< the last state given to show() is on screen
    std::chrono::steady_clock::time_point last_draw_{};
};

/// 1234567 -> "1,234,567".
std::string grouped(std::int64_t number);
/// Seconds as "42 s", "3:05" or "2:03:05"; "–" when negative.
std::string duration(double seconds);
/// At most `digits` significant digits, no trailing zeros.
std::string short_number(double value, int digits = 4);

} // namespace ddpm::app
