#include "progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace ddpm::app {
namespace {

using namespace std::chrono_literals;
constexpr int bar_width = 24;

std::string bar(double fraction) {
    const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * bar_width));
    std::string text;
    for (int i = 0; i < bar_width; ++i)
        text += i < full ? "━" : "╌";
    return text;
}

} // namespace

void Progress::show(double fraction, const std::string& text) {
    fraction_ = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
    text_ = text;
    drawn_ = false;
    if (quiet_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_draw_ < (terminal_ ? 150ms : 5000ms)) return;
    if (!terminal_ && text_ == last_text_) return; // a log is for news
    draw();
}

void Progress::say(const std::string& line) {
    if (!quiet_) warn(line);
}

void Progress::warn(const std::string& line) {
    clear_line();
    err_ << line << '\n' << std::flush;
}

void Progress::finish() {
    if (!quiet_ && !drawn_) draw();
    if (line_open_) err_ << '\n' << std::flush;
    line_open_ = false;
}

void Progress::draw() {
    const std::string percent = fmt::format("{:3.0f} %", fraction_ * 100);
    if (terminal_) {
        err_ << "\r\x1b[K" << bar(fraction_) << ' ' << percent << "  " << text_ << std::flush;
        line_open_ = true;
    } else {
        err_ << percent << "  " << text_ << '\n' << std::flush;
    }
    drawn_ = true;
    last_text_ = text_;
    last_draw_ = std::chrono::steady_clock::now();
}

void Progress::clear_line() {
    if (line_open_) err_ << "\r\x1b[K";
    line_open_ = false;
}

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::ptrdiff_t first = number < 0 ? 1 : 0;
    for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > first; i -= 3)
        digits.insert(static_cast<std::size_t>(i), ",");
    return digits;
}

std::string duration(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) return "–";
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string short_number(double value, int digits) {
    return fmt::format("{:.{}g}", value, digits);
}

} // namespace ddpm::app
